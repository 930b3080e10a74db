"""Parameters, included files, `current`, replaced artifacts, and what `self.next` refuses."""

import os
import unittest

from driver import GRAPH_INFO, Worker, node

PARAMETERS = """
    import os
    from metaflow import FlowSpec, step, Parameter, JSONType, IncludeFile, current, project

    calls = []

    def choose(context):
        print("chosen by", context.user_name)
        return context.flow_name + "/" + context.parameter_name

    @project(name="fruit")
    class ParameterFlow(FlowSpec):
        text = Parameter("text", default="t")
        number = Parameter("a-number", default=1)
        ratio = Parameter("ratio", type=float)
        flag = Parameter("flag", default=False)
        data = Parameter("data", type=JSONType, default='{"a": [1]}')
        names = Parameter("names", default="a,b", separator=",")
        several = Parameter("several", multiple=True, type=int)
        chosen = Parameter("chosen", default=choose, help="by a function")
        needed = Parameter("needed", required=True)
        notes = IncludeFile("notes", default="notes.txt")
        raw = IncludeFile("raw", is_text=False)

        @step
        def start(self):
            self.seen = {name: getattr(self, name) for name in current.parameter_names}
            self.next(self.end)

        @step
        def asks(self):
            names = ("flow_name", "run_id", "step_name", "task_id", "retry_count", "origin_run_id", "pathspec", "namespace",
                     "username", "is_running_flow", "project_name", "branch_name", "is_user_branch", "is_production",
                     "project_flow_name", "tempdir", "nothing")
            self.answers = {name: current.get(name, "-") for name in names}
            self.tags = sorted(current.tags)
            self.graph = current.graph["start_step"]
            self.contained = ("run_id" in current, "nothing" in current)
            try:
                current.card
            except AttributeError as error:
                print(error)

        @step
        def end(self):
            pass

    if __name__ == "__main__":
        assert not current.is_running_flow and current.run_id is None
        ParameterFlow()
"""


class ParameterTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.worker = Worker(PARAMETERS, files=[("notes.txt", "Grüße\n"), ("raw.bin", "abc")])
        cls.addClassCleanup(cls.worker.close)
        cls.files = os.path.join(cls.worker.directory.name, "store", "files")

    def evaluate(self, **values):
        spec = self.worker.spec("_parameters", [], kind="parameters", files=self.files, graph=GRAPH_INFO)
        return self.worker.run({**spec, "values": {"needed": "x", **values}})

    def seen(self, task, **more):
        return self.worker.value(self.worker.step("start", task, node=node("end"), **more), "seen")

    def test_defaults(self):
        task = self.evaluate()
        self.assertEqual(
            self.seen(task),
            {
                "text": "t",
                "number": 1,
                "ratio": None,
                "flag": False,
                "data": {"a": [1]},
                "names": ["a", "b"],
                "several": (),
                "chosen": "ParameterFlow/chosen",
                "needed": "x",
                "notes": "Grüße\n",
                "raw": None,
            },
        )
        self.assertIn("chosen by me\n", task.stdout)
        # Said by the runtime, and so no part of the task's output.
        said = [message["text"] for message in task.messages if message["t"] == "log"]
        self.assertEqual(said, ["Including file notes.txt of size 8B"])

    def test_given_values_are_converted(self):
        seen = self.seen(
            self.evaluate(
                text="5",
                **{"a-number": "7"},
                ratio="2",
                flag="yes",
                data="[1]",
                names="x",
                several=["1", "2"],
                raw="raw.bin",
            )
        )
        self.assertEqual((seen["text"], seen["number"], seen["ratio"]), ("5", 7, 2.0))
        self.assertEqual((seen["flag"], seen["data"], seen["names"]), (True, [1], ["x"]))
        self.assertEqual((seen["several"], seen["raw"]), ((1, 2), b"abc"))

    def test_values_that_do_not_fit_are_sentences(self):
        cases = [
            ({"a-number": "seven"}, "The parameter 'a-number' takes a value of type int, not 'seven'"),
            ({"flag": "maybe"}, "takes a value of type bool, not 'maybe'"),
            ({"data": "{"}, "is not valid JSON"),
            ({"needed": None}, "The parameter 'needed' is required: give it with --needed."),
            ({"colour": "red"}, "The flow has no parameter 'colour'"),
            ({"notes": "nowhere.txt"}, "The file 'notes' cannot be read"),
        ]
        for values, sentence in cases:
            with self.subTest(values=values):
                done = self.evaluate(**values).done
                self.assertEqual((done["exit"], done["objects"]), (1, {}))
                self.assertIn(sentence, done["error"]["message"])

    def test_variables_come_before_defaults(self):
        variables = {"METAFLOW_RUN_A_NUMBER": "9", "METAFLOW_RUN_NEEDED": "n", "METAFLOW_RUN_SEVERAL": "1 2"}
        with Worker(PARAMETERS, files=[("notes.txt", "")], env=variables) as worker:
            spec = worker.spec("_parameters", [], kind="parameters", files=self.files, graph=GRAPH_INFO)
            task = worker.run({**spec, "values": {"several": ["3"]}})
            values = worker.values(task, "number", "needed", "several")
            self.assertEqual(values, {"number": 9, "needed": "n", "several": (3,)})

    def test_description(self):
        described = {one["attr"]: one for one in self.worker.flow["parameters"]}
        self.assertEqual(described["number"]["name"], "a-number")
        self.assertEqual((described["data"]["type"], described["ratio"]["type"]), ("JSON", "float"))
        chosen = described["chosen"]
        self.assertEqual(
            (chosen["deploy_time"], chosen["default"], chosen["default_repr"], chosen["help"]),
            (True, None, "choose", "by a function"),
        )
        self.assertEqual((described["names"]["separator"], described["several"]["multiple"]), (",", True))
        self.assertEqual((described["notes"]["kind"], described["needed"]["required"]), ("IncludeFile", True))

    def test_current(self):
        task = self.worker.step("asks", self.evaluate(), tags=["b", "a"])
        run, task_id = task.spec["run_id"], task.spec["task_id"]
        self.assertEqual(
            self.worker.value(task, "answers"),
            {
                "flow_name": "ParameterFlow",
                "run_id": run,
                "step_name": "asks",
                "task_id": task_id,
                "retry_count": 0,
                "origin_run_id": None,
                "pathspec": f"ParameterFlow/{run}/asks/{task_id}",
                "namespace": "user:me",
                "username": "me",
                "is_running_flow": True,
                "project_name": "fruit",
                "branch_name": "user.me",
                "is_user_branch": True,
                "is_production": False,
                "project_flow_name": "fruit.user.me.ParameterFlow",
                "tempdir": ".",
                "nothing": "-",
            },
        )
        values = self.worker.values(task, "tags", "graph", "contained")
        self.assertEqual(values, {"tags": ["a", "b"], "graph": "start", "contained": (True, False)})
        self.assertIn("@card", task.stdout)

    def test_parameters_can_be_replaced(self):
        task = self.evaluate()
        replaced = self.worker.step(
            "start", task, node=node("end"), set={"number": "5", "names": "c,d", "extra": "[1, 'x']"}
        )
        seen = self.worker.value(replaced, "seen")
        self.assertEqual((seen["number"], seen["names"], seen["text"]), (5, ["c", "d"], "t"))
        # What was replaced is what the next step sees, whether this one has looked at it or not.
        self.assertEqual(self.worker.values(replaced, "number", "extra"), {"number": 5, "extra": [1, "x"]})


OVERRIDES = """
    from metaflow import FlowSpec, step

    class OverrideFlow(FlowSpec):
        @step
        def start(self):
            self.k = 1
            self.other = "o"
            self.next(self.a, self.b)

        @step
        def a(self):
            self.next(self.join)

        @step
        def b(self):
            self.next(self.join)

        @step
        def join(self, inputs):
            self.ks = [one.k for one in inputs]
            self.next(self.end)

        @step
        def end(self):
            self.got = (self.k, self.other)

    if __name__ == "__main__":
        OverrideFlow()
"""

JOIN = node("end", type="join", join=True)


class OverrideTest(unittest.TestCase):
    def setUp(self):
        module = "ARTIFACTS = {'k': 10, 'other': 'module'}\n"
        self.worker = Worker(OVERRIDES, files=[("artifacts.py", module)])
        self.addCleanup(self.worker.close)
        self.start = self.worker.step("start", self.worker.parameters(), node=node("a", "b"))
        self.module = os.path.join(self.worker.directory.name, "artifacts.py")

    def test_single_values_beat_the_module(self):
        task = self.worker.step("end", self.start, set={"k": "word"}, artifacts_module=self.module)
        self.assertEqual(self.worker.value(task, "got"), ("word", "module"))

    def test_a_join_takes_a_dictionary_for_each_input(self):
        a, b = (self.worker.step(name, self.start, node=node("join")) for name in "ab")
        with open(self.module, "w") as file:
            file.write(f"ARTIFACTS = {{'{a.pathspec}': {{'k': 'A'}}, 'OverrideFlow/{b.pathspec}': {{'k': 'B'}}}}\n")
        task = self.worker.step("join", a, b, node=JOIN, artifacts_module=self.module)
        self.assertEqual(self.worker.value(task, "ks"), ["A", "B"])
        both = self.worker.step("join", a, b, node=JOIN, set={"k": "3"})
        self.assertEqual(self.worker.value(both, "ks"), [3, 3])

    def test_module_without_artifacts(self):
        with open(self.module, "w") as file:
            file.write("x = 1\n")
        done = self.worker.step("end", self.start, artifacts_module=self.module).done
        self.assertIn("a dictionary named ARTIFACTS", done["error"]["message"])


REFUSED = {
    "unknown_option": ("self.next(self.end, colour=1)", "unknown argument 'colour'"),
    "called_twice": ("self.next(self.end)\n            self.next(self.end)", "more than once"),
    "no_method": ("self.next('end')", "argument 1 of self.next() is not a method"),
    "no_step": ("self.next(self.helper)", "'helper', which is not a step"),
    "nothing": ("self.next()", "without saying which step follows"),
    "foreach_number": ("self.next(self.end, foreach=3)", "must be the name of an attribute"),
    "foreach_unset": ("self.next(self.end, foreach='missing')", "'self.missing', which is not set"),
    "foreach_two": ("self.next(self.end, self.start, foreach='x')", "takes exactly one step"),
    "foreach_number_value": ("self.x = 3\n            self.next(self.end, foreach='x')", "cannot be iterated over"),
    "foreach_empty": ("self.x = []\n            self.next(self.end, foreach='x')", "is empty"),
    "no_nodes": ("self.next(self.end, num_parallel=0)", "at least 1"),
    "no_condition": ("self.next({'a': self.end})", "without saying 'condition'"),
    "condition_number": ("self.next({'a': self.end}, condition=3)", "must be the name of an attribute"),
    "condition_unset": ("self.next({'a': self.end}, condition='missing')", "'self.missing', which is not set"),
    "no_case": ("self.x = 'b'\n            self.next({'a': self.end}, condition='x')", "the cases are: 'a'"),
    "merge_outside": ("self.merge_artifacts([])", "can only be called in a join"),
}


TYPED = """
    from metaflow import FlowSpec, step, Parameter
    from metaflow._vendor import click

    class TypedFlow(FlowSpec):
        one = Parameter("one", type=click.Choice(["a", "b"]), default="a")
        near = Parameter("near", type=click.IntRange(1, 5), default=2)
        day = Parameter("day", type=click.DateTime(), default="2020-01-02")
        place = Parameter("place", type=click.Path(exists=True), default=".")
        listed = Parameter("listed", type=list, default=[1])
        asked = Parameter("asked", default=lambda context, deploying: str(deploying))

        @step
        def start(self):
            pass

    if __name__ == "__main__":
        TypedFlow()
"""


class TypesTest(unittest.TestCase):
    def setUp(self):
        self.worker = Worker(TYPED)
        self.addCleanup(self.worker.close)

    def test_values(self):
        names = ("one", "near", "listed", "asked")
        found = self.worker.values(self.worker.parameters(near="5", listed="[2, 3]"), *names)
        self.assertEqual(found, {"one": "a", "near": 5, "listed": [2, 3], "asked": "False"})
        self.assertEqual(self.worker.value(self.worker.parameters(), "day").year, 2020)

    def test_what_does_not_fit(self):
        for values, sentence in (({"one": "c"}, "invalid choice: c"), ({"near": "6"}, "6 is not in"), ({"place": "no"}, "no does not")):
            error = self.worker.parameters(**values).done["error"]
            self.assertEqual(error["type"], "metaflow.parameters.UsageError")
            self.assertIn(sentence, error["message"])

    def test_names_and_options(self):
        cases = {
            'Parameter("run-id")': "reserved",
            'Parameter("a", separator=",", type=int)': "only possible with strings",
            'Parameter("a", required=lambda: True)': "cannot be a function",
            'Parameter("a", nonsense=1)': "has no option 'nonsense'",
            'Parameter("ONE")': "declared twice",
        }
        for code, sentence in cases.items():
            with Worker(TYPED.replace("        @step", f"        more = {code}\n\n        @step")) as worker:
                self.assertIn(sentence, worker.loaded["error"]["message"])


class NextTest(unittest.TestCase):
    def test_refusals(self):
        steps = "".join(
            f"        @step\n        def {name}(self):\n            {code}\n\n" for name, (code, _) in REFUSED.items()
        )
        source = (
            "    from metaflow import FlowSpec, step\n"
            "    class RefusedFlow(FlowSpec):\n"
            "        def helper(self): pass\n"
            "        @step\n        def start(self):\n            self.next(self.end)\n\n"
            "        @step\n        def end(self):\n            pass\n\n" + steps + "    RefusedFlow()\n"
        )
        with Worker(source) as worker:
            start = worker.step("start", worker.parameters())
            for name, (_, sentence) in REFUSED.items():
                with self.subTest(step=name):
                    done = worker.step(name, start).done
                    self.assertEqual(done["exit"], 1)
                    self.assertIn(sentence, done["error"]["message"])


if __name__ == "__main__":
    unittest.main()

"""Decorators and mutators that users write: order, skipping, replacing, swallowing, what is recorded of them."""

import unittest

from driver import Worker, node

WRAPPED = """
    from metaflow import FlowSpec, StepMutator, UserStepDecorator, USER_SKIP_STEP, step, user_step_decorator

    @user_step_decorator
    def around(step_name, flow, inputs, attributes):
        flow.order = flow.__dict__.get("order", []) + ["before " + attributes.get("name", "-")]
        yield
        flow.order = flow.order + ["after " + attributes.get("name", "-")]

    @user_step_decorator
    def skips(step_name, flow, inputs, attributes):
        yield attributes.get("how", USER_SKIP_STEP)

    @user_step_decorator
    def swallows(step_name, flow, inputs):
        try:
            yield
        except ValueError as error:
            flow.swallowed = str(error)

    @user_step_decorator
    def replaces(step_name, flow, inputs, attributes):
        def instead(flow, *inputs):
            flow.replaced = len(inputs)
            return attributes.get("onward", True)
        yield instead

    @user_step_decorator
    def twice(step_name, flow, inputs):
        yield
        yield

    class Named(UserStepDecorator):
        def init(self, *args, **kwargs):
            self.name = kwargs["name"]
        def pre_step(self, step_name, flow, inputs=None):
            flow.order = flow.__dict__.get("order", []) + ["pre " + self.name]
        def post_step(self, step_name, flow, exception=None):
            flow.order = flow.order + ["post " + self.name + " " + repr(exception)]
            return exception

    class Forgets(UserStepDecorator):
        def post_step(self, step_name, flow, exception=None):
            pass

    class Skips(UserStepDecorator):
        def pre_step(self, step_name, flow, inputs=None):
            self.skip_step = {"foreach": "others"}

    class WrappedFlow(FlowSpec):
        others = ["x", "y"]

        @around(name="outer")
        @Named(name="middle")
        @around(name="inner")
        @step
        def start(self):
            self.order = self.order + ["body"]
            self.next(self.end)

        @Named(name="outer")
        @around
        @skips
        @step
        def skipped(self):
            raise Exception("not reached")

        @skips
        @step
        def skipped_split(self):
            raise Exception("not reached")

        @skips(how={"foreach": "others"})
        @step
        def turned(self):
            raise Exception("not reached")

        @Skips
        @step
        def turned_by_class(self):
            raise Exception("not reached")

        @swallows
        @step
        def swallowed_one(self):
            raise ValueError("v")

        @Forgets
        @step
        def forgotten(self):
            1 / 0

        @replaces
        @step
        def replaced_one(self):
            raise Exception("not reached")

        @replaces(onward={"foreach": "others"})
        @step
        def replaced_split(self):
            raise Exception("not reached")

        @replaces
        @step
        def replaced_join(self, inputs):
            raise Exception("not reached")

        @swallows
        @step
        def other_exception(self):
            raise KeyError("k")

        @twice
        @step
        def yields_twice(self):
            self.next(self.end)

        @step
        def end(self):
            pass

    if __name__ == "__main__":
        WrappedFlow()
"""


class WrapperTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.worker = Worker(WRAPPED)
        cls.addClassCleanup(cls.worker.close)
        cls.parameters = cls.worker.parameters()

    def run_step(self, name, place=None, **more):
        attempt = self.worker.step(name, self.parameters, node=place or node("end"), **more)
        self.assertEqual(attempt.done["exit"], 0, attempt.stderr)
        return attempt

    def test_order(self):
        start = self.run_step("start")
        expected = ["before outer", "pre middle", "before inner", "body", "after inner", "post middle None", "after outer"]
        self.assertEqual(self.worker.value(start, "order"), expected)
        self.assertEqual(start.done["transition"], [["end"], None])

    def test_skipping(self):
        skipped = self.run_step("skipped")
        self.assertEqual(skipped.done["transition"], [["end"], None])
        self.assertEqual(self.worker.value(skipped, "order"), ["pre outer", "before -", "after -", "post outer None"])
        split = node("end", type="split-foreach", foreach="others")
        self.assertEqual(self.run_step("skipped_split", split).done["transition"], [["end"], "others"])
        for name in ("turned", "turned_by_class"):
            done = self.run_step(name, split).done
            self.assertEqual((done["transition"], done["num_splits"]), ([["end"], "others"], 2))

    def test_exceptions(self):
        swallowed = self.run_step("swallowed_one")
        self.assertEqual(swallowed.done["transition"], [["end"], None])
        self.assertEqual(self.worker.value(swallowed, "swallowed"), "v")
        self.assertTrue(swallowed.done["success"])
        self.assertEqual(self.run_step("forgotten").done["transition"], [["end"], None])
        other = self.worker.step("other_exception", self.parameters, node=node("end"))
        self.assertEqual((other.done["exit"], other.done["error"]["type"]), (1, "builtins.KeyError"))
        twice = self.worker.step("yields_twice", self.parameters, node=node("end"))
        self.assertIn("only once", twice.done["error"]["message"])

    def test_replacing(self):
        one = self.run_step("replaced_one")
        self.assertEqual((self.worker.value(one, "replaced"), one.done["transition"]), (0, [["end"], None]))
        split = self.run_step("replaced_split", node("end", type="split-foreach", foreach="unset"))
        self.assertEqual(split.done["transition"], [["end"], "others"])
        join = self.worker.step("replaced_join", one, one, node=node("end", type="join", join=True))
        self.assertEqual(self.worker.value(join, "replaced"), 1)

    def test_what_only_the_step_knows(self):
        skipped = self.worker.step("skipped", self.parameters, node=node("end", "start", type="split-switch"))
        self.assertEqual(skipped.done["exit"], 1)
        self.assertIn("arguments of self.next", skipped.done["error"]["message"])

    def test_description(self):
        described = {one["name"]: one["decorators"] for one in self.worker.flow["steps"]}
        names = [(one["name"], one["attributes"]) for one in described["start"]]
        self.assertEqual(
            names,
            [
                ("__main__.around", {"_args": [], "name": "inner"}),
                ("__main__.Named", {"_args": [], "name": "middle"}),
                ("__main__.around", {"_args": [], "name": "outer"}),
            ],
        )

    def test_with(self):
        load = ["around:name=given", "retry:times=1", "__main__.around:name=second"]
        with Worker(WRAPPED, **{"with": load}) as worker:
            described = {one["name"]: one["decorators"] for one in worker.flow["steps"]}
            self.assertEqual([one["name"] for one in described["end"]], ["retry", "__main__.around"])
            self.assertEqual(described["end"][1]["attributes"], {"_args": [], "name": "given"})
            self.assertFalse(described["end"][1]["statically_defined"])
            # What the step has, it keeps.
            self.assertEqual(len(described["start"]), 4)
            end = worker.step("end", worker.parameters())
            self.assertEqual(worker.value(end, "order"), ["before given", "after given"])

    def test_misuse(self):
        head = "from metaflow import *\nfrom metaflow import user_step_decorator, UserStepDecorator\n"
        cases = {
            "@user_step_decorator\ndef plain(a, b, c): pass": "has to yield",
            "@user_step_decorator\ndef few(a, b): yield": "takes 2 arguments",
            "@user_step_decorator\ndef good(a, b, c): yield\ngood(3)": "only keyword arguments",
            "class D(UserStepDecorator): pass\n@D()\ndef function(): pass": "only be applied to a step",
        }
        for code, sentence in cases.items():
            with Worker(head + code + "\n") as worker:
                self.assertIn(sentence, worker.loaded["error"]["message"])
        lacks_init = WRAPPED.replace("@Forgets\n", "@Forgets(a=1)\n")
        with Worker(lacks_init) as worker:
            self.assertIn("no method 'init'", worker.loaded["error"]["message"])


MUTATED = """
    import os
    from metaflow import FlowMutator, FlowSpec, Parameter, StepMutator, card, environment, project, retry, schedule, step, timeout
    from metaflow import user_step_decorator

    said = []

    @user_step_decorator
    def quiet(step_name, flow, inputs):
        yield

    class Base(FlowMutator):
        def pre_mutate(self, mutable_flow):
            said.append("base")

    class Shape(FlowMutator):
        def init(self, word, times=1):
            self.word, self.times = word, times
        def pre_mutate(self, mutable_flow):
            said.append("flow " + self.word)
            mutable_flow.add_parameter("added", Parameter("added", default=self.times))
            assert mutable_flow.remove_parameter("gone") and not mutable_flow.remove_parameter("gone")
            assert mutable_flow.remove_parameter("inherited")
            assert mutable_flow.has_decorator("schedule")
            assert mutable_flow.add_decorator(schedule, deco_kwargs={"weekly": True}) is None
            mutable_flow.add_decorator("schedule:weekly=true", duplicates=mutable_flow.OVERRIDE)
            mutable_flow.add_decorator(project, deco_kwargs={"name": "p"})
            assert mutable_flow.remove_decorator("project") and not mutable_flow.has_decorator("project")
            mutable_flow.start.add_decorator(Inner, ["by flow"])
        def mutate(self, mutable_flow):
            said.append("flow again")
            for name, one in mutable_flow.steps:
                one.add_decorator(environment, deco_kwargs={"vars": {"V": name}})
                assert one.add_decorator("environment") is None
            mutable_flow.end.add_decorator("retry:times=4", duplicates=mutable_flow.OVERRIDE)
            assert mutable_flow.end.remove_decorator("timeout", deco_kwargs={"seconds": 9, "minutes": 0, "hours": 0})
            assert not mutable_flow.end.remove_decorator("timeout", deco_kwargs={"seconds": 9})

    class Inner(StepMutator):
        def init(self, *args):
            self.args = args
        def pre_mutate(self, mutable_step):
            said.append("step " + self.args[0])
            mutable_step.add_decorator(quiet)
        def mutate(self, mutable_step):
            said.append("step again")
            specs = {name: (full, args) for name, full, args, kwargs in mutable_step.decorator_specs}
            assert specs["Inner"] == ("__main__.Inner", ["by flow"]), specs
            assert specs["quiet"] == ("__main__.quiet", []), specs
            mutable_step.remove_decorator("quiet")
            mutable_step.add_decorator(card, deco_kwargs={"id": "a"})
            mutable_step.add_decorator(card, deco_kwargs={"id": "b"})

    @Base
    class Parent(FlowSpec):
        inherited = Parameter("inherited", default=1)
        @step
        def start(self):
            self.value = (self.added, os.environ["V"], hasattr(self, "gone"), hasattr(self, "inherited"))
            self.next(self.end)

    @Shape("word", times=5)
    @schedule(hourly=True)
    class MutatedFlow(Parent):
        gone = Parameter("gone", default=2)
        @timeout(seconds=9)
        @retry
        @step
        def end(self):
            self.said = said

    if __name__ == "__main__":
        MutatedFlow()
"""


class MutatorTest(unittest.TestCase):
    def test_flow_and_steps_are_changed(self):
        with Worker(MUTATED) as worker:
            flow = worker.flow
            self.assertEqual([one["attr"] for one in flow["parameters"]], ["added"])
            self.assertEqual([one["name"] for one in flow["decorators"]], ["schedule", "Base", "Shape"])
            self.assertEqual(flow["decorators"][0]["attributes"]["weekly"], True)
            self.assertEqual(flow["decorators"][0]["inserted_by"], ["__main__.Shape"])
            steps = {one["name"]: one for one in flow["steps"]}
            names = [(one["name"], one["inserted_by"]) for one in steps["start"]["decorators"]]
            inner = ["__main__.Inner", "__main__.Shape"]
            expected = [("environment", ["__main__.Shape"]), ("card", inner), ("card", inner), ("__main__.Inner", ["__main__.Shape"])]
            self.assertEqual(names, expected)
            self.assertEqual([one["name"] for one in steps["end"]["decorators"]], ["environment", "retry"])
            self.assertEqual(steps["end"]["retry"][0], 4)
            parameters = worker.parameters()
            start = worker.step("start", parameters)
            self.assertEqual(start.done["exit"], 0, start.stderr)
            self.assertEqual(worker.value(start, "value"), (5, "start", False, False))
            said = ["base", "flow word", "step by flow", "flow again", "step again"]
            self.assertEqual(worker.value(worker.step("end", start), "said"), said)

    def test_refusals(self):
        head = """
            from metaflow import FlowMutator, FlowSpec, Parameter, StepMutator, retry, step
            class Other(StepMutator):
                pass
            class M(FlowMutator):
                def {moment}(self, mutable_flow):
                    {code}
            @M
            class F(FlowSpec):
                p = Parameter("p")
                @retry
                @step
                def start(self):
                    self.next(self.end)
                @step
                def end(self):
                    pass
            if __name__ == "__main__":
                F()
        """
        cases = [
            ("mutate", "mutable_flow.add_parameter('x', Parameter('x'))", "in 'pre_mutate' only"),
            ("mutate", "mutable_flow.add_decorator('project:name=x')", "in 'pre_mutate' only"),
            ("mutate", "mutable_flow.start.add_decorator(Other)", "in 'pre_mutate' only"),
            ("pre_mutate", "mutable_flow.add_parameter('p', Parameter('p'))", "has a member 'p' already"),
            ("pre_mutate", "mutable_flow.add_parameter('x', 3)", "takes a Parameter or an IncludeFile, not int"),
            ("pre_mutate", "mutable_flow.add_parameter('x', Parameter('P'))", "declared twice"),
            ("pre_mutate", "mutable_flow.add_decorator('nonsense')", "'nonsense'"),
            ("pre_mutate", "mutable_flow.remove_decorator('M')", "cannot be removed"),
            ("pre_mutate", "mutable_flow.start.add_decorator(3)", "not 3"),
            ("mutate", "mutable_flow.start.add_decorator(retry, duplicates=mutable_flow.ERROR)", "has @retry twice"),
            ("mutate", "mutable_flow.start.add_decorator('retry:times=1', deco_kwargs={'times': 2})", "has arguments already"),
            ("mutate", "mutable_flow.nowhere", "'nowhere'"),
        ]
        for moment, code, sentence in cases:
            with Worker(head.format(moment=moment, code=code)) as worker:
                self.assertEqual(worker.loaded["t"], "failed", code)
                self.assertIn(sentence, worker.loaded["error"]["message"])


if __name__ == "__main__":
    unittest.main()

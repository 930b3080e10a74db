"""Whole flows, from `_parameters` to `end`: the artifacts of each task are those that Metaflow would have stored."""

import unittest

from driver import Worker, node

LINEAR = """
    from metaflow import FlowSpec, step, Parameter, current

    class LinearFlow(FlowSpec):
        '''Three steps.'''
        CONST = [1, 2]
        _hidden = 5
        alpha = Parameter("alpha", default=3, help="a number")

        @step
        def start(self):
            '''Begins.'''
            self.x = self.alpha + 1
            self.big = list(range(10))
            self.untouched = {"a": [1]}
            print("hello", current.step_name)
            self.next(self.middle)

        @step
        def middle(self):
            self.big.append(99)
            self.next(self.end)

        @step
        def end(self):
            print(self.x, len(self.big), current.pathspec)

    if __name__ == "__main__":
        LinearFlow()
"""

LINEAR_GRAPH = {"start": node("middle", type="start"), "middle": node("end"), "end": node(type="end")}


class LinearTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.worker = Worker(LINEAR)
        cls.addClassCleanup(cls.worker.close)
        cls.tasks = cls.worker.run_flow(LINEAR_GRAPH, alpha="7")

    def test_description_names_steps_parameters_and_constants(self):
        flow = self.worker.flow
        self.assertEqual((flow["name"], flow["doc"]), ("LinearFlow", "Three steps."))
        self.assertEqual([step["name"] for step in flow["steps"]], ["start", "middle", "end"])
        self.assertEqual(flow["steps"][0]["doc"], "Begins.")
        self.assertEqual(flow["steps"][0]["line"], 10)
        parameter = flow["parameters"][0]
        self.assertEqual((parameter["attr"], parameter["type"], parameter["default"]), ("alpha", "int", 3))
        self.assertEqual(flow["constants"], [{"name": "CONST", "type": "list"}])

    def test_parameters_task_holds_what_metaflow_stores(self):
        task = self.tasks["_parameters"][0]
        self.assertEqual(
            self.worker.values(task),
            {
                "CONST": [1, 2],
                "_configs_processed": True,
                "_foreach_stack": [],
                "_graph_info": task.spec["graph"],
                "_hidden": 5,
                "_success": True,
                "_task_ok": True,
                "_transition": None,
                "alpha": 7,
                "name": "LinearFlow",
            },
        )

    def test_start_task_holds_what_metaflow_stores(self):
        task = self.tasks["start"][0]
        values = self.worker.values(task)
        values.pop("_graph_info")
        self.assertEqual(
            values,
            {
                "CONST": [1, 2],
                "_configs_processed": True,
                "_current_step": "start",
                "_exception": None,
                "_foreach_num_splits": None,
                "_foreach_stack": [],
                "_foreach_var": None,
                "_hidden": 5,
                "_iteration_stack": [],
                "_success": True,
                "_task_ok": True,
                "_transition": (["middle"], None),
                "alpha": 7,
                "big": list(range(10)),
                "name": "LinearFlow",
                "untouched": {"a": [1]},
                "x": 8,
            },
        )
        self.assertEqual(task.stdout, "hello start\n")
        self.assertEqual(task.done["objects"]["CONST"], {"from": 0})
        self.assertEqual(task.status, 0)

    def test_only_loaded_mutable_artifacts_are_pickled_again(self):
        objects = self.tasks["middle"][0].done["objects"]
        self.assertEqual(objects["untouched"], {"from": 0})
        self.assertEqual(objects["x"], {"from": 0})
        self.assertIn("at", objects["big"])
        self.assertEqual(self.worker.value(self.tasks["middle"][0], "big")[-1], 99)

    def test_end_reports_no_transition(self):
        done = self.tasks["end"][0].done
        self.assertIsNone(done["transition"])
        self.assertIn("x", done["objects"])
        self.assertEqual(self.tasks["end"][0].stdout, "8 11 1700000000000000/end/3\n".replace("17", "LinearFlow/17", 1))


FOREACH = """
    from metaflow import FlowSpec, step

    class NestedFlow(FlowSpec):
        @step
        def start(self):
            self.outer = ["a", "b"]
            self.next(self.fan, foreach="outer")

        @step
        def fan(self):
            self.letter = self.input
            self.inner = [1, 2, 3]
            self.next(self.body, foreach="inner")

        @step
        def body(self):
            self.seen = (self.letter, self.input, self.index, self.foreach_stack())
            self.text = str(self)
            self.next(self.join_inner)

        @step
        def join_inner(self, inputs):
            self.rows = [one.seen for one in inputs]
            self.last = inputs.body.seen
            self.count = len(inputs)
            self.first_stack = inputs[0].foreach_stack()
            self.after = (self.index, self.input)
            self.next(self.join_outer)

        @step
        def join_outer(self, inputs):
            self.all = [row[:3] for one in inputs for row in one.rows]
            self.next(self.end)

        @step
        def end(self):
            pass

    if __name__ == "__main__":
        NestedFlow()
"""

FOREACH_GRAPH = {
    "start": node("fan", type="split-foreach", foreach="outer"),
    "fan": node("body", type="split-foreach", foreach="inner"),
    "body": node("join_inner"),
    "join_inner": node("join_outer", type="join", join=True, foreach_join=True),
    "join_outer": node("end", type="join", join=True, foreach_join=True),
    "end": node(type="end"),
}


class ForeachTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.worker = Worker(FOREACH)
        cls.addClassCleanup(cls.worker.close)
        cls.tasks = cls.worker.run_flow(FOREACH_GRAPH)

    def test_split_records_its_items(self):
        task = self.tasks["start"][0]
        self.assertEqual((task.done["num_splits"], task.done["foreach_var"]), (2, "outer"))
        self.assertEqual(self.worker.value(task, "_foreach_values"), ["a", "b"])
        self.assertEqual(self.worker.value(task, "_transition"), (["fan"], "outer"))

    def test_stack_grows_and_shrinks(self):
        body = self.tasks["body"][4]
        self.assertEqual(body.done["foreach_stack"], [["fan", "outer", 2, 1, "b"], ["body", "inner", 3, 1, "2"]])
        self.assertEqual(
            body.done["meta"], {"foreach-stack": ["outer=b", "inner=2"], "foreach-execution-path": "fan:1,body:1"}
        )
        frame = self.worker.value(body, "_foreach_stack")[0]
        self.assertEqual(tuple(frame), ("fan", "outer", 2, 1, "b"))
        self.assertEqual(type(frame).__module__, "__main__")
        self.assertEqual(self.tasks["join_inner"][0].done["foreach_stack"], [["fan", "outer", 2, 0, "a"]])
        self.assertEqual(self.tasks["join_outer"][0].done["foreach_stack"], [])

    def test_each_body_sees_its_items(self):
        self.assertEqual(self.worker.value(self.tasks["body"][5], "seen"), ("b", 3, 2, [(1, 2, "b"), (2, 3, 3)]))
        self.assertEqual(
            self.worker.value(self.tasks["body"][0], "text"), "<flow NestedFlow step body[0,0] (input: 1)>"
        )

    def test_joins_read_their_inputs_in_order(self):
        inner = self.worker.values(self.tasks["join_inner"][1], "rows", "last", "count", "first_stack", "after")
        self.assertEqual([row[1] for row in inner["rows"]], [1, 2, 3])
        self.assertEqual(inner["last"][1], 3)
        self.assertEqual(inner["count"], 3)
        self.assertEqual(inner["first_stack"], [(1, 2, "b"), (0, 3, 1)])
        # The outer list did not come through the join, so its item is not known.
        self.assertEqual(inner["after"], (1, None))
        self.assertEqual(
            self.worker.value(self.tasks["join_outer"][0], "all"),
            [(letter, number, number - 1) for letter in "ab" for number in (1, 2, 3)],
        )
        self.assertNotIn("rows", self.tasks["join_outer"][0].done["objects"])


BRANCH = """
    from metaflow import FlowSpec, step, Parameter

    class BranchFlow(FlowSpec):
        alpha = Parameter("alpha", default="x")

        @step
        def start(self):
            self.common = 5
            self.n = 0
            self.next(self.a, self.b)

        @step
        def a(self):
            self.only_a = 1
            self.differs = "a"
            self.next(self.join)

        @step
        def b(self):
            self.differs = "b"
            self.next(self.join)

        @step
        def join(self, inputs):
            self.pair = (inputs.a.differs, inputs.b.differs, inputs[0].common, inputs.a.alpha)
            try:
                self.merge_artifacts(inputs)
            except Exception as error:
                self.conflict = (type(error).__name__, error.artifact_names)
            self.has_only_a = hasattr(self, "only_a")
            self.differs = "resolved"
            self.merge_artifacts(inputs)
            self.sum = self.common + self.only_a
            self.next(self.loop)

        @step
        def loop(self):
            self.n += 1
            self.go = "again" if self.n < 3 else "out"
            self.next({"again": self.loop, "out": self.end}, condition="go")

        @step
        def end(self):
            pass

    if __name__ == "__main__":
        BranchFlow()
"""

BRANCH_GRAPH = {
    "start": node("a", "b", type="split-static"),
    "a": node("join"),
    "b": node("join"),
    "join": node("loop", type="join", join=True, branches=2),
    "loop": node("loop", "end", type="split-switch"),
    "end": node(type="end"),
}


class BranchTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.worker = Worker(BRANCH)
        cls.addClassCleanup(cls.worker.close)
        cls.tasks = cls.worker.run_flow(BRANCH_GRAPH)

    def test_merge_reports_conflicts_and_then_takes_the_rest(self):
        join = self.tasks["join"][0]
        values = self.worker.values(join)
        self.assertEqual(values["conflict"], ("UnhandledInMergeArtifactsException", ["differs"]))
        self.assertIs(values["has_only_a"], False)
        self.assertEqual((values["differs"], values["only_a"], values["sum"]), ("resolved", 1, 6))
        self.assertEqual(values["pair"], ("a", "b", 5, "x"))
        self.assertEqual(join.done["objects"]["common"], {"from": 0})
        self.assertEqual(join.done["objects"]["alpha"], {"from": 0})

    def test_a_switch_loops_and_leaves(self):
        loops = self.tasks["loop"]
        self.assertEqual([task.done["iteration_stack"] for task in loops], [[0], [1], [2]])
        self.assertEqual([task.done["transition"] for task in loops], [[["loop"], None]] * 2 + [[["end"], None]])
        self.assertEqual(self.tasks["end"][0].done["iteration_stack"], [])
        self.assertEqual(self.worker.value(self.tasks["end"][0], "n"), 3)


if __name__ == "__main__":
    unittest.main()

"""`flow._graph`: steps, edges, splits and joins under Metaflow's names."""

import os
import sys
import tempfile
import unittest

from driver import ASSETS  # noqa: F401
from metaflow import FlowSpec

SHAPES = """
from metaflow import FlowSpec, parallel, step


class Base(FlowSpec):
    @step
    def middle(self):
        self.next(self.join)


class Split(Base):
    "All."

    @step
    def start(self):
        "Begins."
        self.next(self.middle, self.fan)

    @step
    def fan(self):
        self.next(self.each, foreach="items")

    @step
    def each(self):
        self.next(self.inner)

    @step
    def inner(self, inputs):
        self.next(self.join)

    @step
    def join(self, inputs):
        self.next(self.choose)

    @step
    def choose(self):
        self.next({"again": self.choose, 1: self.gang, self.cfg.key: self.end}, condition="what")

    @step
    def gang(self):
        self.next(self.node, num_parallel=3)

    @parallel
    @step
    def node(self):
        self.next(self.gathered)

    @step
    def gathered(self, inputs):
        self.next(self.end)

    @step
    def end(self):
        pass


class Renamed(FlowSpec):
    @step(start=True)
    def begin(self):
        self.next(self.finish)

    @step(end=True)
    def finish(self):
        pass


class Single(FlowSpec):
    @step
    def only(self):
        pass


class Wrong(FlowSpec):
    @step
    def start(self):
        if True:
            self.next(self.end)

    @step
    def end(self):
        self.next(self.a, self.b, foreach="x")
"""


class GraphTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        cls.file = os.path.join(cls.directory.name, "shapes_of_graphs.py")
        with open(cls.file, "w") as file:
            file.write(SHAPES)
        sys.path.insert(0, cls.directory.name)
        import shapes_of_graphs

        cls.module = shapes_of_graphs

    @classmethod
    def tearDownClass(cls):
        sys.path.remove(cls.directory.name)
        del sys.modules["shapes_of_graphs"]
        cls.directory.cleanup()

    def test_kinds_and_edges(self):
        graph = self.module.Split._graph
        self.assertEqual(
            {node.name: (node.type, node.in_funcs, node.out_funcs) for node in graph},
            {
                "start": ("split", [], ["middle", "fan"]),
                "middle": ("linear", ["start"], ["join"]),
                "fan": ("foreach", ["start"], ["each"]),
                "each": ("linear", ["fan"], ["inner"]),
                "inner": ("join", ["each"], ["join"]),
                "join": ("join", ["inner", "middle"], ["choose"]),
                "choose": ("split-switch", ["join"], ["choose", "gang", "end"]),
                "gang": ("foreach", ["choose"], ["node"]),
                "node": ("linear", ["gang"], ["gathered"]),
                "gathered": ("join", ["node"], ["end"]),
                "end": ("end", ["choose", "gathered"], []),
            },
        )
        self.assertEqual((graph.start_step, graph.end_step, graph.doc), ("start", "end", "All."))
        self.assertEqual(graph.sorted_nodes[0], "start")
        self.assertEqual(graph.sorted_nodes[-1], "end")

    def test_splits_and_their_joins(self):
        graph = self.module.Split._graph
        self.assertEqual(graph["fan"].matching_join, "inner")
        self.assertEqual(graph["start"].matching_join, "join")
        self.assertEqual(graph["each"].split_parents, ["start", "fan"])
        self.assertEqual(graph["each"].split_branches, ["fan", "each"])
        self.assertEqual(graph["join"].split_parents, ["start"])
        self.assertEqual((graph["each"].is_inside_foreach, graph["inner"].is_inside_foreach), (True, False))

    def test_what_a_transition_says(self):
        graph = self.module.Split._graph
        self.assertEqual(graph["fan"].foreach_param, "items")
        self.assertEqual((graph["gang"].num_parallel, graph["gang"].parallel_foreach), (3, True))
        self.assertTrue(graph["node"].parallel_step)
        self.assertFalse(graph["each"].parallel_step)
        self.assertEqual(graph["choose"].condition, "what")
        self.assertEqual(graph["choose"].switch_cases, {"again": "choose", 1: "gang", "config:cfg.key": "end"})

    def test_places(self):
        node = self.module.Split._graph["start"]
        lines = SHAPES.splitlines()
        self.assertEqual(node.source_file, self.file)
        self.assertEqual(lines[node.func_lineno - 1].strip(), "def start(self):")
        self.assertEqual(lines[node.tail_next_lineno - 1].strip(), "self.next(self.middle, self.fan)")

    def test_other_terminals(self):
        graph = self.module.Renamed._graph
        self.assertEqual([(node.name, node.type) for node in graph], [("begin", "start"), ("finish", "end")])
        self.assertEqual(graph.output_steps()[1], ["begin", "finish"])
        graph = self.module.Single._graph
        self.assertEqual((graph.start_step, graph.end_step, graph["only"].type), ("only", "only", "end"))
        self.assertEqual(graph.output_steps()[1], ["only"])

    def test_transitions_that_are_none(self):
        graph = self.module.Wrong._graph
        self.assertEqual((graph["start"].has_tail_next, graph["start"].out_funcs), (False, []))
        self.assertEqual((graph["end"].has_tail_next, graph["end"].invalid_tail_next), (True, True))

    def test_a_flow_without_command_line_lists_its_steps(self):
        flow = self.module.Split(use_cli=False)
        self.assertEqual(
            [step.__name__ for step in flow],
            ["choose", "each", "end", "fan", "gang", "gathered", "inner", "join", "middle", "node", "start"],
        )
        self.assertIs(flow._graph, self.module.Split._graph)
        self.assertEqual(FlowSpec._graph.nodes, {})


if __name__ == "__main__":
    unittest.main()

"""The demo that comes with flowdev runs, and shows what it promises."""

import os
import unittest

from driver import ASSETS, Worker, node

DEMO = os.path.join(os.path.dirname(ASSETS), "demo")
GRAPH = {
    "start": node("analyse", type="split-foreach", foreach="cities"),
    "analyse": node("compare"),
    "compare": node("report", type="join", join=True, foreach_join=True),
    "report": node("end"),
    "end": node(type="end"),
}


def read(name):
    with open(os.path.join(DEMO, name)) as file:
        return file.read()


class DemoTest(unittest.TestCase):
    def test_demo(self):
        with Worker(read("flow.py"), files=[("helpers.py", read("helpers.py"))]) as worker:
            tasks = worker.run_flow(GRAPH, days="40")
            self.assertEqual(len(tasks["analyse"]), 5)
            self.assertIn("Lisbon  1  ", tasks["analyse"][0].stdout)
            self.assertEqual(len(tasks["end"][0].stdout.splitlines()), 5)
            [section] = tasks["report"][0].cards[-1]["components"]
            components = section["contents"]
            self.assertEqual([one["type"] for one in components], ["markdown", "table", "vegaChart"])
            self.assertEqual(len(components[1]["data"]), 5)


if __name__ == "__main__":
    unittest.main()

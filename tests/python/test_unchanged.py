"""Artifacts that a step only reads are handed on as they are; those that it changes are stored anew."""

import unittest

from driver import Worker, node

COLLECTIONS = """
    from metaflow import FlowSpec, step

    class CollectionFlow(FlowSpec):
        @step
        def start(self):
            self.numbers = [1, 2, 3]
            self.pairs = {"a": 1, "b": None}
            self.nested = [[1], [2]]
            self.next(self.end)

        @step
        def reads(self):
            self.seen = (len(self.numbers), self.pairs["a"], len(self.nested))

        @step
        def changes(self):
            self.numbers[1] = True
            self.numbers[1] = 2.0
            self.pairs["b"] = 0
            self.nested[0].append(3)

        @step
        def reorders(self):
            self.numbers.reverse()
            self.pairs["a"] = self.pairs.pop("a")

        @step
        def end(self):
            pass

    CollectionFlow()
"""


class CollectionTest(unittest.TestCase):
    def test_plain_collections(self):
        with Worker(COLLECTIONS) as worker:
            start = worker.step("start", worker.parameters(), node=node("end"))
            reads = worker.step("reads", start).done["objects"]
            self.assertEqual((reads["numbers"], reads["pairs"]), ({"from": 0}, {"from": 0}))
            # What is in it could have changed, which only pickling tells.
            self.assertIn("at", reads["nested"])
            changes = worker.step("changes", start)
            self.assertEqual(
                worker.values(changes, "numbers", "pairs", "nested"),
                {"numbers": [1, 2.0, 3], "pairs": {"a": 1, "b": 0}, "nested": [[1, 3], [2]]},
            )
            self.assertIsInstance(worker.value(changes, "numbers")[1], float)
            reorders = worker.values(worker.step("reorders", start), "numbers", "pairs")
            self.assertEqual((reorders["numbers"], list(reorders["pairs"])), ([3, 2, 1], ["b", "a"]))


ARRAYS = """
    import os, sys
    import numpy as np
    from metaflow import FlowSpec, step

    class ArrayFlow(FlowSpec):
        @step
        def start(self):
            self.array = {"data": np.arange(1_000_000.0), "name": "x"}
            self.next(self.end)

        @step
        def reads(self):
            self.sum = float(self.array["data"].sum())

        @step
        def changes_one(self):
            self.array["data"][250_000] = -1

        @step
        def changes_ends(self):
            self.array["data"][-1] = -1

        @step
        def changes_rest(self):
            self.array["name"] = "y"

        @step
        def same_name_other_array(self):
            self.array = {"data": self.array["data"].copy(), "name": "x"}

        @step
        def forks(self):
            self.array["data"][250_000] = -1
            sys.stdout.flush()
            read, write = os.pipe()
            if os.fork() == 0:
                # Lives on while the artifacts are looked at, and so shares the changed page.
                os.close(write)
                os.close(1)
                os.close(2)
                os.read(read, 1)
                os._exit(0)
            os.close(read)

        @step
        def end(self):
            pass

    ArrayFlow()
"""


def has_numpy():
    try:
        import numpy  # noqa: F401
    except ImportError:
        return False
    return True


@unittest.skipUnless(has_numpy(), "needs numpy")
class ArrayTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.worker = Worker(ARRAYS)
        cls.addClassCleanup(cls.worker.close)
        cls.start = cls.worker.step("start", cls.worker.parameters(), node=node("end"))
        cls.worker.hold(cls.start.objects["array"][0])

    def stored(self, step):
        """How the manifest of that step has the array."""
        task = self.worker.step(step, self.start)
        self.assertEqual(task.done["exit"], 0, task.stderr)
        return next(iter(task.done["objects"]["array"]))

    def test_every_change_is_stored(self):
        for step in ("changes_one", "changes_ends", "changes_rest", "forks", "same_name_other_array"):
            with self.subTest(step=step):
                self.assertEqual(self.stored(step), "at")

    @unittest.skipUnless(__import__("os").path.exists("/proc/self/pagemap"), "needs Linux")
    def test_an_array_that_is_only_read_is_handed_on(self):
        self.assertEqual(self.stored("reads"), "from")


if __name__ == "__main__":
    unittest.main()

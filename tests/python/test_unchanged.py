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


ITEMS = """
    from metaflow import FlowSpec, step

    class ItemFlow(FlowSpec):
        @step
        def start(self):
            self.items = [{"a": 1}, {"a": 2, "b": []}, 3, {"a": 4}]
            self.next(self.reads, foreach="items")

        @step
        def reads(self):
            self.seen = self.input["a"]

        @step
        def reads_plain(self):
            self.seen = self.input

        @step
        def changes(self):
            self.input["a"] = True

        @step
        def changes_within(self):
            self.input["b"].append(1)

        @step
        def changes_another(self):
            self.seen = self.input
            self.items[0]["a"] = 5

        @step
        def changes_list(self):
            self.seen = self.input
            self.items.pop()

        @step
        def nests(self):
            self.next(self.of_two, foreach="items")

        @step
        def of_two(self):
            outer, inner = [item for _, _, item in self.foreach_stack()]
            outer["a"] = inner["a"]

        @step
        def end(self):
            pass

    ItemFlow()
"""


class ItemTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.worker = Worker(ITEMS)
        cls.addClassCleanup(cls.worker.close)
        cls.start = cls.step("start", cls.worker.parameters(), node=node("reads", foreach="items"))

    @classmethod
    def step(cls, name, *inputs, **more):
        task = cls.worker.step(name, *inputs, **more)
        if task.done["exit"] != 0:
            raise AssertionError(task.stderr)
        return task

    def items(self, step, index):
        """The items after that step: None where they are handed on as they were."""
        task = self.step(step, self.start, split_index=index)
        return self.worker.value(task, "items") if "at" in task.done["objects"]["items"] else None

    def test_an_item_that_is_only_read_leaves_the_list_as_it_is(self):
        self.assertIsNone(self.items("reads", 0))
        self.assertIsNone(self.items("reads_plain", 2))

    def test_what_is_changed_in_place_is_stored(self):
        second, third, fourth = {"a": 2, "b": []}, 3, {"a": 4}
        self.assertEqual(self.items("changes", 0), [{"a": True}, second, third, fourth])
        self.assertEqual(self.items("changes_within", 1), [{"a": 1}, {"a": 2, "b": [1]}, third, fourth])
        self.assertEqual(self.items("changes_another", 2), [{"a": 5}, second, third, fourth])
        self.assertEqual(self.items("changes_list", 2), [{"a": 1}, second, third])

    def test_two_levels_over_one_list(self):
        outer = self.step("nests", self.start, split_index=0, node=node("of_two", foreach="items"))
        inner = self.step("of_two", outer, split_index=3)
        self.assertEqual(self.worker.value(inner, "items")[0], {"a": 4})


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

"""The newest first, and how little is read for it."""

import builtins
import os
import unittest
from unittest import mock

from client_case import Case
from metaflow.client import Flow, Metaflow, Run, namespace, order
from metaflow.exception import MetaflowNamespaceMismatch

RUNS = 200
FIRST = 1_795_000_000_000_000
GAP = 60_000_000


class ManyRuns(Case):
    def fill(self):
        """A run a minute; files are as old as they say."""
        self.ids = [str(FIRST + number * GAP) for number in range(RUNS)]
        for number, run in enumerate(self.ids):
            if number % 100 == 99:
                self.store.whole_run(f"F/{run}", {"x": number}, success=number != RUNS - 1)
            self.write(run, tags=["even"] if number % 2 == 0 else ["odd"])

    def write(self, run, **fields):
        time = int(run) // 1000 + 1
        self.store.put(f"F/{run}/_meta/_self.json", {**self.store.identity(f"F/{run}"), "ts_epoch": time, **fields})
        self.store.record("F")
        path = self.store.root / "F" / run / "_meta" / "_self.json"
        os.utime(path, (time / 1000 + 0.1234, time / 1000 + 0.1234))

    def opened(self, function):
        """The answer, and how many files of the store were opened for it."""
        count = 0
        plain = builtins.open

        def counting(file, *rest, **options):
            nonlocal count
            count += str(file).startswith(str(self.store.root))
            return plain(file, *rest, **options)

        with mock.patch.object(builtins, "open", counting):
            answer = function()
        return answer, count

    def test_little_is_read(self):
        last, other = self.ids[-1], self.ids[99]
        flow, count = self.opened(lambda: Flow("F"))
        self.assertLessEqual(count, 2)
        for question, answer, limit in (
            (lambda: flow.latest_run.id, last, 2),
            (lambda: flow[other].id, other, 1),
            (lambda: other in flow, True, 1),
            (lambda: Run(f"F/{other}").successful, True, 16),
            (lambda: Run(f"F/{other}").data.x, 99, 16),
            (lambda: Run(f"F/{self.ids[0]}").finished, False, 2),
            (lambda: [flow.id for flow in Metaflow()], ["F"], 3),
            (lambda: next(iter(flow.runs("even"))).id, self.ids[-2], 3),
        ):
            found, count = self.opened(question)
            self.assertEqual(found, answer)
            self.assertLessEqual(count, limit, answer)

    def test_the_latest_successful_run_ends_the_search(self):
        run, count = self.opened(lambda: Flow("F").latest_successful_run)
        self.assertEqual(run.id, self.ids[99])
        # A hundred runs had no end, which takes a look at each.
        self.assertLess(count, 250)

    def test_all_runs_in_order(self):
        self.assertEqual([run.id for run in Flow("F")], self.ids[::-1])

    def test_tagging_makes_an_old_run_the_newest(self):
        Run(f"F/{self.ids[7]}").add_tag("x")
        runs, count = self.opened(lambda: [run.id for run, _ in zip(Flow("F"), range(2))])
        self.assertEqual(runs, [self.ids[7], self.ids[-1]])
        self.assertLessEqual(count, 6)

    def test_files_that_are_older_than_they_say(self):
        path = self.store.root / "F" / self.ids[5] / "_meta" / "_self.json"
        Run(f"F/{self.ids[5]}").add_tag("x")
        os.utime(path, (1, 1))
        self.assertEqual(sorted(run.id for run in Flow("F")), self.ids)
        self.assertEqual([run.id for run in Flow("F")].count(self.ids[5]), 1)

    def test_files_that_are_all_of_one_time(self):
        for run in self.ids:
            os.utime(self.store.root / "F" / run / "_meta" / "_self.json", (2e9, 2e9))
        self.assertEqual([run.id for run in Flow("F")], self.ids[::-1])

    def test_a_namespace_without_runs(self):
        namespace("user:nobody")
        with self.assertRaises(MetaflowNamespaceMismatch):
            Flow("F")


class EqualTimes(unittest.TestCase):
    def test_the_order_of_the_names_decides(self):
        records = {name: {"ts_epoch": 5} for name in "cab"}

        with mock.patch.object(order.os, "stat", lambda path: mock.Mock(st_mtime_ns=0)):
            found = order.newest_first("d", list("cab"), lambda path: records[path.split("/")[1]])
            self.assertEqual([name for name, _ in found], list("cab"))


if __name__ == "__main__":
    unittest.main()

"""The spool file of a task where there is no room for it."""

import errno
import io
import os
import pickle
import tempfile
import unittest

from driver import Worker
from metaflow._worker.artifacts import Spool, Unpicklable
from metaflow._worker.spool import NoRoom

FULL = "/dev/full"

FLOW = """
    from metaflow import FlowSpec, step

    class F(FlowSpec):
        @step
        def start(self):
            self.x = [1, 2]
            self.next(self.end)

        @step
        def end(self):
            pass

    if __name__ == "__main__":
        F()
"""


class Small(io.FileIO):
    """A file on a file system that has room for this many bytes."""

    left = 3 << 20

    def write(self, data):
        if not self.left:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        count = super().write(memoryview(data)[: self.left])
        self.left -= count
        return count


class OpensNothing:
    def __reduce__(self):
        raise FileNotFoundError("as asked")


class SpoolTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = os.path.join(directory.name, "memory", "1-start-1.0")
        self.overflow = os.path.join(directory.name, "disk")
        for made in (os.path.dirname(self.path), self.overflow):
            os.mkdir(made)

    def small(self, overflow):
        spool = Spool(self.path, overflow)
        spool._raw._file.close()
        spool._raw._file = Small(self.path, "w")
        return spool

    def test_what_does_not_fit_goes_on_in_the_other_directory_with_what_did(self):
        values = {"few": [1], "noise": os.urandom(5 << 20), "many": [str(n) for n in range(500_000)], "last": None}
        with self.small(self.overflow) as spool:
            entries = {name: spool.write(name, value) for name, value in values.items()}
        self.assertFalse(os.path.exists(self.path))
        with open(os.path.join(self.overflow, os.path.basename(self.path)), "rb") as file:
            data = file.read()
        for name, entry in entries.items():
            start, length = entry["at"]
            self.assertEqual(pickle.loads(data[start : start + length]), values[name], name)

    def test_where_there_is_no_other_the_file_system_is_named(self):
        with self.assertRaises(NoRoom) as raised, self.small(None) as spool:
            spool.write("noise", os.urandom(5 << 20))
        place = os.path.dirname(os.path.dirname(self.path))
        self.assertRegex(str(raised.exception), rf"the file system of {place} is full: 5\.\d MB or more are needed")

    def test_what_is_found_to_be_too_much_at_the_end_is_told_too(self):
        with self.assertRaises(NoRoom), self.small(None) as spool:
            spool.write("noise", os.urandom((3 << 20) - 5))

    def test_an_object_that_cannot_open_a_file_is_no_full_disk(self):
        with self.assertRaises(Unpicklable), Spool(self.path) as spool:
            spool.write("x", OpensNothing())

    @unittest.skipUnless(os.path.exists(FULL), "the system has no file that is always full")
    def test_a_task_that_finds_no_room_says_so(self):
        os.symlink(FULL, self.path)
        with Worker(FLOW) as worker:
            parameters = worker.parameters()
            failed = worker.run(worker.spec("start", [parameters], spool=self.path))
            self.assertIn("is full", failed.done["no_room"])
            self.assertEqual((failed.done["ok"], failed.done["objects"], failed.status), (False, {}, 1))
            self.assertEqual(failed.stderr, "")
            done = worker.run(worker.spec("start", [parameters], spool=self.path, overflow=self.overflow))
            self.assertEqual((done.done["ok"], done.done["no_room"], done.status), (True, None, 0))
            self.assertEqual(worker.value(done, "x"), [1, 2])


if __name__ == "__main__":
    unittest.main()

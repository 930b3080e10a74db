"""What the tasks of a foreach have in common is unpickled once, and each still gets its own."""

from __future__ import annotations

import os
import pickle
import tempfile
import unittest
import zlib
from collections import OrderedDict
from hashlib import sha1

from metaflow._worker import artifacts, siblings


class Siblings(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.blobs = directory.name
        self.addCleanup(siblings.SHARED.clear)

    def put(self, value: object) -> list:
        return self.put_bytes(pickle.dumps(value, 4))

    def put_bytes(self, data: bytes, member: int = 1 << 30) -> list:
        sha = sha1(data).hexdigest()
        os.makedirs(os.path.join(self.blobs, sha[:2]), exist_ok=True)
        with open(os.path.join(self.blobs, sha[:2], sha), "wb") as file:
            for start in range(0, len(data), member):
                packer = zlib.compressobj(1, wbits=31)
                file.write(packer.compress(data[start : start + member]) + packer.flush())
        return [sha, "pickle-v4", "<class 'list'>", len(data)]

    def expect(self, parent: str, objects: dict[str, list], count: int) -> None:
        spec = {"split_index": 0, "inputs": [{"pathspec": parent, "blobs": self.blobs, "objects": objects}]}
        for _ in range(count):
            siblings.expect(spec)

    def objects(self, items: object) -> dict[str, list]:
        return {
            "_foreach_var": self.put("items"),
            "_foreach_values": self.put(["a", "b"]),
            "_foreach_num_splits": self.put(7),
            "items": self.put(items),
            "other": self.put(["not read"]),
        }

    def test_from_the_third_on(self) -> None:
        objects = self.objects(["a", "b"])
        self.expect("1/start/1", objects, 2)
        self.assertEqual(siblings.SHARED, {})
        self.expect("1/start/1", objects, 1)
        self.assertIn(objects["items"][0], siblings.SHARED)
        self.assertNotIn(objects["other"][0], siblings.SHARED)

    def test_a_task_gets_it_once(self) -> None:
        objects = self.objects(["a", "b", "c"])
        self.expect("1/start/2", objects, 3)
        sha = objects["items"][0]
        first = artifacts.load_blob(self.blobs, sha)
        first.append("changed")
        self.assertEqual(artifacts.load_blob(self.blobs, sha), ["a", "b", "c"])

    def test_another_parent_lets_go(self) -> None:
        self.expect("1/start/3", self.objects([1, 2]), 3)
        self.expect("1/start/4", self.objects([3, 4]), 1)
        self.assertEqual(siblings.SHARED, {})

    def test_classes_of_libraries_are_left_to_the_tasks(self) -> None:
        objects = self.objects([OrderedDict(a=1)])
        self.expect("1/start/5", objects, 3)
        self.assertNotIn(objects["items"][0], siblings.SHARED)
        self.assertIn(objects["_foreach_values"][0], siblings.SHARED)

    def test_members_in_a_row_and_a_cut(self) -> None:
        data = os.urandom(3_000_000)
        sha = self.put_bytes(data, member=700_000)[0]
        self.assertEqual(artifacts.read_blob(self.blobs, sha), data)
        path = os.path.join(self.blobs, sha[:2], sha)
        os.truncate(path, os.path.getsize(path) - 3)
        with self.assertRaisesRegex(OSError, "cut short"):
            artifacts.read_blob(self.blobs, sha)


if __name__ == "__main__":
    unittest.main()

"""Which files belong to a code package, where the conformance suite does not look."""

import os
import tempfile
import unittest

import driver as _driver  # noqa: F401 (the package under test is found by it)
from metaflow.packaging_sys.contents import Contents, NonUniqueFileNameToFilePathMappingException
from metaflow.packaging_sys.walk import files_below, has_suffix, suffixes_of


class WalkTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name

    def write(self, name):
        path = os.path.join(self.directory, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8"):
            return path

    def names(self, **options):
        return [name for _path, name in files_below(self.directory, **options)]

    def test_hidden_and_excluded_directories(self):
        for name in ("a/one.py", ".b/two.py", "skip/three.py", "a/skip/four.py", "a/__pycache__/five.pyc", ".six"):
            self.write(name)
        self.assertEqual(self.names(excluded=("skip",)), [".six", "a/one.py", "a/skip/four.py"])
        self.assertIn(".b/two.py", self.names(hidden=True))

    def test_links_are_followed_but_not_in_circles(self):
        self.write("a/one.py")
        os.symlink(self.directory, os.path.join(self.directory, "a", "up"))
        os.symlink(os.path.join(self.directory, "a"), os.path.join(self.directory, "other"))
        self.assertEqual(self.names(), ["a/one.py", "other/one.py"])

    def test_suffixes(self):
        suffixes = suffixes_of(".py, R,.env,")
        self.assertEqual(suffixes, (".py", ".r", ".env"))
        wanted = [name for name in ("a.py", "A.R", ".env", ".x.env", "b.txt") if has_suffix(name, suffixes)]
        self.assertEqual(wanted, ["a.py", "A.R", ".env"])

    def test_one_name_for_two_files(self):
        first, second = self.write("first.txt"), self.write("second.txt")
        contents = Contents.__new__(Contents)
        contents._code = {}
        contents._user, contents._other = {}, {}
        contents._add(first, "name.txt")
        contents._add(first, "name.txt")
        with self.assertRaises(NonUniqueFileNameToFilePathMappingException) as caught:
            contents._add(second, "name.txt")
        self.assertIn("second.txt", str(caught.exception))


if __name__ == "__main__":
    unittest.main()

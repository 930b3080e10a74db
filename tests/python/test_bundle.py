"""The worker's code in one file: it is what the modules come from, as long as it is this Python's."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

from driver import ASSETS

USE = """
import sys
sys.path.insert(0, sys.argv[1] + "/_worker")
from bundle import use
use(sys.argv[1])
sys.path[0] = sys.argv[1] + "/.."
"""
WRITE = """
import sys
sys.path.insert(0, sys.argv[1] + "/..")
from metaflow._worker import bundle, clock
bundle.write(sys.argv[1], ["metaflow", "metaflow._worker", "metaflow._worker.clock"])
"""


class Bundle(unittest.TestCase):
    def setUp(self):
        directory = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, directory)
        self.package = os.path.join(directory, "metaflow")
        shutil.copytree(os.path.join(ASSETS, "metaflow"), self.package, ignore=shutil.ignore_patterns("__pycache__"))
        os.mkdir(os.path.join(self.package, "__pycache__"))
        self.python(WRITE)

    def python(self, script, **environment):
        usual = {name: value for name, value in os.environ.items() if name != "FLOWDEV_ASSETS"}
        return subprocess.run(
            [sys.executable, "-c", script, self.package],
            env={**usual, **environment},
            check=True,
            capture_output=True,
            text=True,
        ).stdout.split("\n")

    def break_source(self):
        with open(os.path.join(self.package, "_worker", "clock.py"), "w") as source:
            source.write("edited = True")

    def test_modules_are_as_from_their_files(self):
        show = """
import metaflow
from metaflow._worker import clock
print(clock.__name__, clock.__package__, clock.__spec__.loader.get_source(clock.__name__))
for path in (clock.__file__, clock.__cached__, clock.start.__code__.co_filename, *metaflow.__path__):
    print(os.path.normpath(path))
"""
        plain = "import sys; sys.path.insert(0, sys.argv[1] + '/..')"
        self.assertEqual(self.python("import os\n" + USE + show), self.python("import os\n" + plain + show))

    def test_it_is_what_modules_come_from(self):
        self.break_source()
        self.assertEqual(self.python(USE + "from metaflow._worker import clock; print(hasattr(clock, 'enter'))")[0], "True")

    def test_a_directory_that_somebody_works_on_is_read(self):
        self.break_source()
        show = "from metaflow._worker import clock; print(hasattr(clock, 'enter'))"
        self.assertEqual(self.python(USE + show, FLOWDEV_ASSETS=self.package)[0], "False")

    def test_that_of_another_python_is_left(self):
        self.break_source()
        path = self.python(USE + "from metaflow._worker import bundle; print(bundle.path(sys.argv[1]))")[0]
        with open(path, "r+b") as file:
            file.write(b"\0\0\0\0")
        self.assertEqual(self.python(USE + "from metaflow._worker import clock; print(clock.edited)")[0], "True")


if __name__ == "__main__":
    unittest.main()

"""`metaflow.metaflow_config`: which source of a value counts, and what type it gets."""

import json
import os
import subprocess
import sys
import tempfile
import textwrap
import unittest

from driver import ASSETS, PYCACHE


class ConfigurationTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = os.path.realpath(directory.name)
        os.makedirs(os.path.join(self.directory, "work", ".metaflow"))
        os.makedirs(os.path.join(self.directory, "work", "below"))

    def put(self, path, values):
        with open(os.path.join(self.directory, path), "w") as file:
            file.write(values if isinstance(values, str) else json.dumps(values))

    def python(self, code, **environ):
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(("METAFLOW_", "FLOWDEV_"))}
        return subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code)],
            cwd=os.path.join(self.directory, "work", "below"),
            env={
                **inherited,
                "PYTHONPATH": ASSETS,
                "PYTHONPYCACHEPREFIX": PYCACHE,
                "METAFLOW_HOME": self.directory,
                **environ,
            },
            capture_output=True,
            text=True,
        )

    def printed(self, expression, **environ):
        done = self.python(
            f"from metaflow.metaflow_config import CLIENT_CACHE_MAX_SIZE, from_conf\nprint({expression})", **environ
        )
        self.assertEqual(done.stderr, "")
        return done.stdout.strip()

    def test_environment_then_project_then_profile_then_default(self):
        self.assertEqual(self.printed("from_conf('USER', 'd')"), "d")
        self.put("config.json", {"METAFLOW_USER": "profile"})
        self.assertEqual(self.printed("from_conf('USER', 'd')"), "profile")
        self.put("config_other.json", {"METAFLOW_USER": "other"})
        self.assertEqual(self.printed("from_conf('USER', 'd')", METAFLOW_PROFILE="other"), "other")
        self.put("work/.metaflow/config.json", {"METAFLOW_USER": "project"})
        self.assertEqual(self.printed("from_conf('USER', 'd')"), "project")
        self.assertEqual(self.printed("from_conf('USER', 'd')", METAFLOW_USER="environment"), "environment")

    def test_values_have_the_type_of_the_default(self):
        self.assertEqual(self.printed("repr(from_conf('X', 3))", METAFLOW_X="4"), "4")
        self.assertEqual(self.printed("from_conf('X', True)", METAFLOW_X="false"), "False")
        self.assertEqual(self.printed("from_conf('X', {})", METAFLOW_X='{"a": 1}'), "{'a': 1}")
        done = self.python("from metaflow.metaflow_config import from_conf\nfrom_conf('X', 3)", METAFLOW_X="many")
        self.assertIn("METAFLOW_X must be int, not 'many'", done.stderr)

    def test_constants(self):
        self.assertEqual(self.printed("CLIENT_CACHE_MAX_SIZE", METAFLOW_CLIENT_CACHE_MAX_SIZE="5"), "5")
        code = "import metaflow.metaflow_config as c\nprint(c.DEFAULT_DATASTORE, hasattr(c, 'NOTHING_OF_THE_KIND'))"
        self.assertEqual(self.python(code).stdout, "local False\n")

    def test_what_is_set_can_be_listed(self):
        code = """
            from metaflow.metaflow_config import config_values, from_conf
            from_conf("A"); from_conf("B", 1); from_conf("C", {})
            print(sorted(config_values()))
        """
        self.assertEqual(
            self.python(code, METAFLOW_A="x", METAFLOW_C='{"k": 2}').stdout,
            "[('METAFLOW_A', 'x'), ('METAFLOW_C', '{\"k\": 2}')]\n",
        )

    def test_files_that_are_not_as_they_should_be(self):
        done = self.python("from metaflow.metaflow_config import from_conf\nfrom_conf('X')", METAFLOW_PROFILE="none")
        self.assertIn("There is no profile 'none'", done.stderr)
        self.put("config.json", "{")
        done = self.python("from metaflow.metaflow_config import from_conf\nfrom_conf('X')")
        self.assertIn("cannot be read", done.stderr)


if __name__ == "__main__":
    unittest.main()

"""The package as flows and other programs import it, outside a worker."""

import os
import subprocess
import sys
import textwrap
import unittest

from driver import ASSETS, PYCACHE


def python(code, *arguments, **environ):
    """What a fresh interpreter prints that has the package on its path."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("METAFLOW_", "FLOWDEV_"))}
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *arguments],
        env={**inherited, "PYTHONPATH": ASSETS, "PYTHONPYCACHEPREFIX": PYCACHE, **environ},
        capture_output=True,
        text=True,
    )


class ImportTest(unittest.TestCase):
    def printed(self, code):
        done = python(code)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def test_import_costs_little(self):
        heavy = "{'re', 'json', 'typing', 'inspect', 'dataclasses', 'enum', 'socket', 'signal', 'pickle', 'threading', 'asyncio', 'random'}"
        code = f"""
            import sys
            before = set(sys.modules)
            import metaflow, metaflow.flowspec, metaflow.decorators, metaflow._worker.server, metaflow._worker.loading
            print(sorted({heavy} & set(sys.modules) - before))
        """
        self.assertEqual(self.printed(code), "[]\n")

    def test_star_import(self):
        code = "from metaflow import *\nfrom metaflow.cards import *\nprint(FlowSpec.__name__, retry.__name__, Markdown.__name__)"
        self.assertEqual(self.printed(code), "FlowSpec retry Markdown\n")

    def test_an_interpreter_that_is_too_old_is_named(self):
        said = f"flowdev needs Python 3.9 or newer, and {sys.executable} is "
        older = "import sys; sys.version_info = (3, 8, 18); "
        self.assertIn(f"\nImportError: {said}", python(older + "import metaflow").stderr)
        worker = os.path.join(ASSETS, "metaflow/_worker/main.py")
        done = python(older + "import runpy; runpy.run_path(sys.argv[1], run_name='__main__')", worker)
        self.assertEqual((done.returncode, done.stderr[: len(said)]), (1, said))

    def test_a_name_that_is_missed_is_the_users_line_alone(self):
        done = python("from metaflow import Nonsense")
        self.assertEqual(done.stderr.count("  File "), 1, done.stderr)
        self.assertIn("'metaflow' has no 'Nonsense'", done.stderr)

    def test_names_that_are_not_offered(self):
        code = """
            import metaflow
            print(hasattr(metaflow, "R"), getattr(metaflow, "R", 3))
            for line in ("from metaflow import R", "from metaflow import Nonsense", "from metaflow.cards import Nonsense",
                         "import metaflow.tutorials", "from metaflow.plugins.azure import x"):
                try:
                    exec(line)
                except ImportError as error:
                    print(error)
        """
        lines = self.printed(code).splitlines()
        self.assertEqual(lines[0], "False 3")
        self.assertIn("does not offer 'R'; write the flow in Python", lines[1])
        self.assertIn("'metaflow' has no 'Nonsense'; flowdev offers: ", lines[2])
        self.assertIn(" FlowMutator, FlowSpec, ", lines[2])
        self.assertIn("'metaflow.cards' has no 'Nonsense'; flowdev offers: Artifact, ", lines[3])
        self.assertIn("has no module 'metaflow.tutorials'", lines[4])
        self.assertIn("has no module 'metaflow.plugins.azure'", lines[5])

    def test_misplaced_decorators(self):
        code = """
            from metaflow import FlowSpec, card, current, project, retry, step
            def attempt(function):
                try:
                    function()
                except Exception as error:
                    print(type(error).__name__, error)
            def f(self): pass
            attempt(lambda: retry(f))
            attempt(lambda: step(retry(times=1)(f)))
            attempt(lambda: retry(retry(step(f))))
            attempt(lambda: retry(3))
            attempt(lambda: retry(time=3)(step(f)))
            attempt(lambda: project(name="x")(f))
            card(card(step(f)))
            print(current.is_running_flow, current.run_id, "card" in current)
        """
        lines = self.printed(code).splitlines()
        self.assertEqual(
            [line.split()[0] for line in lines[:6]],
            [
                "BadStepDecoratorException",
                "BadStepDecoratorException",
                "DuplicateStepDecoratorException",
                "MetaflowException",
                "InvalidDecoratorAttribute",
                "BadFlowDecoratorException",
            ],
        )
        self.assertEqual(lines[6], "False None False")

    def test_exceptions_of_another_metaflow_can_be_read(self):
        code = """
            import pickle, metaflow
            data = (b"\\x80\\x04\\x95f\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x8c\\x12metaflow.exception\\x94\\x8c\\x18MetaflowExceptionWrapper"
                    b"\\x94\\x93\\x94N\\x85\\x94R\\x94}\\x94(\\x8c\\texception\\x94\\x8c\\x01e\\x94\\x8c\\x04type\\x94\\x8c\\x01t\\x94\\x8c\\nstacktrace"
                    b"\\x94Nub.")
            print(pickle.loads(data))
        """
        self.assertEqual(self.printed(code), "[no stacktrace]\nt: e\n")


if __name__ == "__main__":
    unittest.main()

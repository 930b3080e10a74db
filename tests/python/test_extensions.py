"""Extension packages: what one of them adds to `metaflow`, and when the hooks of its decorators run."""

import os
import subprocess
import sys
import unittest

from driver import ASSETS, Worker

FIXTURES = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "fixtures", "extensions"))

FINAL = {"type": "end", "next": []}


def flow_source():
    """The flow of the fixtures, which finds the extension by the import path."""
    with open(os.path.join(FIXTURES, "acme_flow.py")) as file:
        return f"import sys\nsys.path.insert(1, {FIXTURES!r})\n" + file.read()


def python(code):
    """What a Python with the extension on its path prints."""
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join((ASSETS, FIXTURES))}
    result = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=False)
    return result.stdout.strip() or result.stderr.strip().splitlines()[-1]


class ExtensionTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        options = {"acme-level": "3", "acme_loud": "true"}
        cls.worker = Worker(flow_source(), name="acme_flow.py", options=options, **{"with": ["acme_step"]})
        cls.addClassCleanup(cls.worker.close)
        cls.first = cls.worker.step(
            "start", cls.worker.parameters(), node={"next": ["fails"]}, attempt=1, max_user_retries=1
        )

    def test_description(self):
        flow = self.worker.flow
        steps = {step["name"]: step for step in flow["steps"]}
        self.assertEqual(steps["start"]["retry"], [1, 0])
        self.assertEqual([deco["name"] for deco in steps["end"]["decorators"]], ["acme_step"])
        self.assertEqual(flow["decorators"][0]["attributes"], {"colour": "blue"})
        self.assertEqual(flow["sys_tags"], ["acme:blue"])
        self.assertEqual(list(flow["extensions"]["installed"]), ["_pythonpath_0"])

    def test_names_and_modules(self):
        values = self.worker.values(self.first, "top_level", "config", "tool", "headline", "replaced")
        expected = {
            "top_level": (43, 8),
            "config": 42,
            "tool": "hammer",
            "headline": "Acme is not amused",
            "replaced": True,
        }
        self.assertEqual(values, expected)

    def test_options_of_the_flow_decorator(self):
        self.assertEqual(self.worker.value(self.first, "options"), (3, True, "blue", ["end", "fails", "start"]))

    def test_hooks_around_the_step(self):
        values = self.worker.values(self.first, "acme_hooks", "acme_initialised", "acme_context", "acme_published")
        expected = {
            "acme_hooks": ["pre:start:1", "decorated:1", "post"],
            "acme_initialised": ("start", "local", "local", True),
            "acme_context": (True, self.first.spec["task_id"], 1, 1),
            "acme_published": True,
        }
        self.assertEqual(values, expected)
        self.assertIn("finished start True", self.first.stdout)

    def test_hooks_change_the_environment_of_the_task(self):
        self.assertEqual(self.worker.value(self.first, "variables"), ("START", "3"))

    def test_metadata_that_a_hook_registers(self):
        begin = next(message for message in self.first.messages if message["t"] == "begin")
        self.assertEqual(begin["records"], [{"field": "acme", "type": "acme", "value": "START"}])

    def test_hook_that_takes_the_exception(self):
        fails = self.worker.step("fails", self.first, node={"next": ["end"]})
        self.assertEqual((fails.done["ok"], fails.done["success"], fails.done["exit"]), (True, False, 0))
        self.assertEqual(fails.done["transition"], [["end"], None])
        self.assertEqual(self.worker.value(fails, "acme_swallowed"), "swallowed")

    def test_decorators_of_the_command_line(self):
        end = self.worker.step("end", self.first, node=FINAL)
        self.assertEqual(self.worker.value(end, "acme_hooks"), ["pre:end:1", "decorated:0", "post"])

    def test_artifacts_with_a_serializer_of_their_own(self):
        entry = self.first.done["objects"]["temperature"]
        self.assertEqual((entry["encoding"], entry["at"][1]), ("acme-degrees", 2))
        self.assertEqual(entry["info"], {"source": "_pythonpath_0", "unit": "C"})
        end = self.worker.step("end", self.first, node=FINAL)
        self.assertEqual(self.worker.value(end, "degrees"), 21)

    def test_tasks_that_fail_tell_their_decorators(self):
        again = self.worker.step(
            "start", self.worker.parameters(), node={"next": ["fails"]}, attempt=0, max_user_retries=1
        )
        self.assertEqual(again.done["ok"], False)
        self.assertIn("finished start False", again.stdout)


class PackageTest(unittest.TestCase):
    """Without any flow."""

    def test_a_module_takes_the_place_of_ours(self):
        code = (
            "import metaflow.plugins.frameworks.pytorch as new\n"
            "import metaflow.plugins.frameworks._orig.pytorch as old\n"
            "from metaflow import pytorch_parallel\n"
            "print(new.__name__, old.setup_torch_distributed is new.setup_torch_distributed, "
            "pytorch_parallel.kind is new.AcmePytorchParallelDecorator)"
        )
        self.assertEqual(python(code), "metaflow_extensions.acme.plugins.frameworks.pytorch True True")

    def test_a_decorator_that_is_toggled_off(self):
        self.assertTrue(python("from metaflow import acme_unwanted").startswith("ImportError: "))

    def test_lists_of_plugins(self):
        code = "from metaflow.plugins import FLOW_DECORATORS as found; print(*(each.name for each in found))"
        self.assertLess({"acme_flow", "project", "exit_hook"}, set(python(code).split()))

    def test_names_are_listed(self):
        code = "import metaflow; print('acme_value' in dir(metaflow), 'acme_step' in dir(metaflow))"
        self.assertEqual(python(code), "True True")


if __name__ == "__main__":
    unittest.main()

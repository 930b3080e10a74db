"""The code of a run, what it ran in, and what started it."""

import io
import json
import os
import tarfile
import unittest

from client_case import Case
from metaflow.client import Run, Task
from metaflow.datastore.exceptions import DataException
from metaflow.events import Trigger

SHA = "ab" + "0" * 38


class Code(Case):
    def fill(self):
        super().fill()
        self.store.task("F/1/start/2", {"x": 1})

    def pack(self, files, environment="local", **more):
        archive = io.BytesIO()
        info = {"script": "flow.py", "environment_type": environment}
        with tarfile.open(fileobj=archive, mode="w:gz") as tar:
            for name, text in {**files, more.get("info", ".mf_meta/INFO"): json.dumps(info)}.items():
                member = tarfile.TarInfo(name)
                member.size = len(text)
                tar.addfile(member, io.BytesIO(text.encode()))
        path = f"F/data/ab/{SHA}"
        self.store.put(path, archive.getvalue())
        self.store.put(f"{path}_meta", {"cas_raw": True, "cas_version": 1})
        package = {"ds_type": "local", "sha": SHA, "location": str(self.store.root / path), "metadata": "{}"}
        self.store.field("F/1/start/2", "code-package", json.dumps(package))

    def test_the_code_of_a_task(self):
        self.assertIsNone(Task("F/1/start/2").code)
        files = {"flow.py": "print(1)", "lib/a.py": "", ".mf_install": "{}", ".mf_code/metaflow/__init__.py": ""}
        self.pack({**files, "../outside.py": ""})
        code = Task("F/1/start/2").code
        self.assertEqual((code.script_name, code.flowspec, str(code)), ("flow.py", b"print(1)", "<MetaflowCode: flow.py>"))
        self.assertEqual(code.info["environment_type"], "local")
        self.assertEqual(code.path, str(self.store.root / "F" / "data" / "ab" / SHA))
        self.assertIn("lib/a.py", code.tarball.getnames())
        with code.extract() as directory:
            self.assertEqual(sorted(os.listdir(directory)), ["flow.py", "lib"])
        self.assertEqual(code.tarball.extractfile("flow.py").read(), b"print(1)")
        self.assertEqual(Run("F/1").code.script_name, "flow.py")
        self.assertEqual(Task("F/1/start/2").environment_info, "Local environment")
        self.assertIsNone(Run("F/2").code)

    def test_an_old_package(self):
        self.pack({"flow.py": "", "metaflow/__init__.py": "", "CONFIG": ""}, info="INFO")
        with Task("F/1/start/2").code.extract() as directory:
            self.assertEqual(os.listdir(directory), ["flow.py"])

    def test_an_environment_of_packages(self):
        manifest = {"linux-64": {"id": {"pip": ["x"]}}}
        self.pack({"flow.py": "", ".mf_install": "{}", "conda.manifest": json.dumps(manifest)}, environment="conda")
        self.assertEqual(Task("F/1/start/2").environment_info, {})
        self.store.field("F/1/start/2", "conda_env_prefix", "/id/linux-64")
        self.assertEqual(Task("F/1/start/2").environment_info, {"pip": ["x"]})

    def test_a_lost_package(self):
        self.pack({"flow.py": "", ".mf_install": "{}"})
        (self.store.root / "F" / "data" / "ab" / SHA).unlink()
        with self.assertRaises(DataException):
            Task("F/1/start/2").code  # noqa: B018


class Triggers(Case):
    def test_a_run_that_an_event_started(self):
        self.assertIsNone(Run("F/1").trigger)
        events = [
            {"name": "early", "id": "1", "timestamp": 5, "type": "event"},
            {"name": "late", "id": "2", "timestamp": 9, "type": "event"},
        ]
        self.store.task("F/1/start/2", {}, fields={"execution-triggers": json.dumps(events)})
        trigger = Run("F/1").trigger
        self.assertEqual([event.name for event in trigger], ["late", "early"])
        self.assertEqual((trigger.event.id, trigger.run, trigger.runs), ("2", None, None))
        self.assertEqual(trigger["early"].timestamp.timestamp(), 5)
        self.assertNotIn("never", trigger)

    def test_runs_that_start_a_run(self):
        self.store.whole_run("G/1", {}, end="last")
        trigger = Trigger.from_runs([Run("F/1"), Run("G/1")])
        self.assertEqual([event.name for event in trigger.events], ["metaflow.G.last", "metaflow.G.end", "metaflow.F.end"])
        self.assertEqual((trigger.run.pathspec, trigger["F"].pathspec), ("G/1", "F/1"))
        again = Trigger([{"name": "metaflow.F.end", "id": "F/1/end/1", "timestamp": 5, "type": "run"}])
        self.assertEqual([run.pathspec for run in again.runs], ["F/1"])

    def test_nothing(self):
        self.assertEqual((Trigger().event, Trigger().events, Trigger().run, list(Trigger())), (None, None, None, []))


if __name__ == "__main__":
    unittest.main()

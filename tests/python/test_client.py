"""The client that flows import, over a store made by hand."""

import gzip
import hashlib
import json
import os
import pickle
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ASSETS = Path(__file__).parents[2] / "assets" / "python"


class Store:
    """Writes runs as Metaflow does, as far as a client looks."""

    def __init__(self, root):
        self.root = Path(root) / ".metaflow"
        self.time = 1_000_000

    def put(self, path, content):
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())

    def record(self, path, tags):
        self.time += 1
        self.put(f"{path}/_meta/_self.json", {"ts_epoch": self.time, "tags": tags, "system_tags": ["user:me"]})

    def run(self, run, artifacts, tags=(), success=True):
        self.record("F", [])
        self.record(f"F/{run}", list(tags))
        self.record(f"F/{run}/end", [])
        self.record(f"F/{run}/end/1", [])
        objects = {}
        for name, value in {**artifacts, "_success": success, "_task_ok": True}.items():
            data = pickle.dumps(value, 4)
            objects[name] = hashlib.sha1(data).hexdigest()
            self.put(f"F/data/{objects[name][:2]}/{objects[name]}", gzip.compress(data))
        self.put(f"F/{run}/end/1/0.data.json", {"objects": objects})
        self.put(f"F/{run}/end/1/0.DONE.lock", b'""')


class Client(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        store = Store(self.directory)
        store.run("1", {"x": [1, 2]}, tags=["good"])
        store.run("2", {"x": [3]}, success=False)

    def answer(self, code):
        env = {**os.environ, "PYTHONPATH": str(ASSETS), "USERNAME": "me"}
        for name in list(env):
            if name.startswith("METAFLOW_"):
                del env[name]
        done = subprocess.run(
            [sys.executable, "-c", f"from metaflow import *\nfrom metaflow import Flow, Run, Task, namespace\n{code}"],
            cwd=self.directory,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip()

    def test_the_latest_runs(self):
        self.assertEqual(self.answer("print(Flow('F').latest_run)"), "Run('F/2')")
        self.assertEqual(self.answer("r = Flow('F').latest_successful_run; print(r, r.data.x)"), "Run('F/1') [1, 2]")

    def test_down_to_an_artifact(self):
        code = "t = Run('F/1')['end'].task; print(t, t.successful, t['x'].data, 'x' in t, 'y' in t, [a.id for a in t])"
        self.assertEqual(self.answer(code), "Task('F/1/end/1') True [1, 2] True False ['x']")

    def test_tags(self):
        self.assertEqual(self.answer("print([r.id for r in Flow('F').runs('good')])"), "['1']")
        self.assertEqual(self.answer("print(sorted(Task('F/1/end/1').tags))"), "['good', 'user:me']")

    def test_another_namespace_hides_runs(self):
        self.assertEqual(self.answer("namespace('user:you'); print(list(Flow('F')), '1' in Flow('F'))"), "[] False")
        self.assertEqual(self.answer("namespace(None); print(len(list(Flow('F'))))"), "2")

    def test_what_is_not_there(self):
        code = """
for make in (lambda: Flow('G'), lambda: Run('F/3'), lambda: Run('F'), lambda: Flow('..'), lambda: Flow('F').code):
    try:
        make()
    except Exception as error:
        print(type(error).__name__)
"""
        self.assertEqual(
            self.answer(code).split(),
            ["MetaflowNotFound", "MetaflowNotFound", "MetaflowInvalidPathspec", "MetaflowInvalidPathspec", "AttributeError"],
        )


if __name__ == "__main__":
    unittest.main()

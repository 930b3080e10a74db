"""Writes runs as Metaflow does, by hand: for tests of those who read them."""

import gzip
import hashlib
import json
import pickle
import uuid
from pathlib import Path

SYSTEM = ["user:me", "runtime:dev"]


class StoreWriter:
    """A store in a directory; its clock is a number that is counted up."""

    def __init__(self, directory, kind=".metaflow"):
        self.root = Path(directory) / kind
        self.type = kind.replace(".metaflow", "").strip("_") or "local"
        self.time = 1_000_000

    def put(self, path, content):
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())

    def identity(self, path):
        self.time += 1
        fields = dict(zip(("flow_id", "run_number", "step_name", "task_id"), path.split("/")))
        return {**fields, "user_name": "me", "tags": [], "system_tags": SYSTEM, "ts_epoch": self.time}

    def record(self, path, **fields):
        if not (self.root / path / "_meta" / "_self.json").exists():
            self.put(f"{path}/_meta/_self.json", {**self.identity(path), **fields})

    def blob(self, flow, value):
        data = pickle.dumps(value, 4)
        sha = hashlib.sha1(data).hexdigest()
        self.put(f"{flow}/data/{sha[:2]}/{sha}", gzip.compress(data))
        return sha, len(data)

    def field(self, path, name, value, attempt=0):
        self.time += 1
        entry = {**self.identity(path), "field_name": name, "type": name, "value": value}
        entry["tags"] = [f"attempt_id:{attempt}"]
        self.put(f"{path}/_meta/sysmeta_{name}_{self.time}.json", entry)

    def run(self, path, tags=(), **fields):
        self.record(path.split("/")[0])
        self.record(path, tags=list(tags), **fields)

    def task(self, path, artifacts, attempt=0, fields=None, stdout=None):
        flow, run, step, _ = path.split("/")
        self.run(f"{flow}/{run}")
        self.record(f"{flow}/{run}/{step}")
        self.record(path)
        self.put(f"{path}/{attempt}.attempt.json", {"time": self.time})
        for name, value in {"ds-type": self.type, "ds-root": str(self.root), "attempt": str(attempt), **(fields or {})}.items():
            self.field(path, name, value, attempt)
        objects, info = {}, {}
        for name, value in artifacts.items():
            objects[name], size = self.blob(flow, value)
            info[name] = {"size": size, "type": str(type(value)), "encoding": "pickle-v4"}
            record = {
                "attempt_id": attempt,
                "name": name,
                "content_type": "pickle-v4",
                "type": "metaflow.artifact",
                "sha": objects[name],
                "ds_type": self.type,
                "location": f":root:{self.root}",
            }
            self.put(f"{path}/_meta/{attempt}_artifact_{name}.json", {**self.identity(path), **record})
        self.put(f"{path}/{attempt}.data.json", {"objects": objects, "info": info})
        self.put(f"{path}/{attempt}.DONE.lock", b'""')
        self.field(path, "attempt-done", str(attempt), attempt)
        if stdout is not None:
            self.put(f"{path}/{attempt}.runtime_stdout.log", b"".join(stdout))

    def whole_run(self, path, artifacts, success=True, tags=(), end="end"):
        """A run with parameters and a last step."""
        self.run(path, tags)
        self.task(f"{path}/_parameters/0", {"name": path.split("/")[0]}, fields={"end_step": end})
        self.task(f"{path}/{end}/1", {**artifacts, "_success": success, "_task_ok": True})


def line(text, second=0, source="runtime"):
    """A line of a log."""
    return f"[MFLOG|0|2026-01-01T00:00:{second:02}.000001Z|{source}|{uuid.uuid4()}]{text}\n".encode()

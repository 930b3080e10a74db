"""A small engine for tests: speaks the worker protocol, keeps artifacts in a directory, schedules a whole flow.

It stands in for the Rust side, so that the Python half can be tested by itself:
`python3 -m unittest discover tests/python`.
"""

from __future__ import annotations

import array
import gzip
import hashlib
import json
import os
import pickle
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import textwrap
from collections import namedtuple

ASSETS = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", "assets", "python"))
# Bytecode of the package under test stays out of the checkout.
PYCACHE = os.path.join(tempfile.gettempdir(), f"worker-test-pycache-{os.getuid()}")
if ASSETS not in sys.path:
    sys.path.insert(0, ASSETS)

# The artifacts name this class in `__main__`, which here is the test runner.
ForeachFrame = namedtuple("ForeachFrame", ("step", "var", "num_splits", "index", "value"), module="__main__")
if not hasattr(sys.modules["__main__"], "ForeachFrame"):
    sys.modules["__main__"].ForeachFrame = ForeachFrame


# What the engine makes of the flow's source and the worker's description.
GRAPH_INFO = {"start_step": "start", "end_step": "end", "steps": {}}


# In which a worker that was let go has ended.
SECONDS = 60


class WorkerGone(Exception):
    """The other side closed its channel."""


class Link:
    """One end of a control socket, in blocking use."""

    def __init__(self, sock):
        self.sock = sock
        self.buffer = b""

    def send(self, message, fds=()):
        body = json.dumps(message).encode()
        frame = struct.pack(">I", len(body)) + body
        ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        self.sock.sendmsg([frame], ancillary)

    def receive(self):
        """The next message that says more than that something begins."""
        while True:
            message = self.next()
            if message["t"] != "taken":
                return message

    def next(self):
        while True:
            if len(self.buffer) >= 4:
                end = 4 + struct.unpack_from(">I", self.buffer)[0]
                if len(self.buffer) >= end:
                    frame, self.buffer = self.buffer[4:end], self.buffer[end:]
                    return json.loads(frame)
            data = self.sock.recv(1 << 16)
            if not data:
                raise WorkerGone
            self.buffer += data

    def expect(self, kind):
        message = self.receive()
        if message["t"] != kind:
            raise AssertionError(f"expected {kind}, got {message}")
        return message


class Attempt:
    """What became of one task."""

    def __init__(self, spec):
        self.spec = spec
        self.messages = []
        self.stdout = ""
        self.stderr = ""
        self.status = None
        self.objects = {}

    @property
    def done(self):
        return next((message for message in self.messages if message["t"] == "done"), None)

    @property
    def cards(self):
        return [message for message in self.messages if message["t"] == "card"]

    @property
    def pathspec(self):
        return f"{self.spec['run_id']}/{self.spec['step']}/{self.spec['task_id']}"


class Worker:
    """A forkserver, a template of one flow, and a store."""

    def __init__(self, source, name="flow.py", python=None, fork=True, files=(), more=None, **load):
        self.directory = tempfile.TemporaryDirectory(prefix="worker-test-")
        root = self.directory.name
        self.blobs = os.path.join(root, "store", "data")
        self.file = os.path.join(root, name)
        self.fork = fork
        for path, text in ((name, source), *files):
            with open(os.path.join(root, path), "w") as file:
                file.write(textwrap.dedent(text))
        ours, theirs = socket.socketpair()
        environ = {key: value for key, value in os.environ.items() if not key.startswith(("METAFLOW_", "PYTHON"))}
        environ.update(FLOWDEV_ASSETS=ASSETS, PYTHONPATH=ASSETS, PYTHONPYCACHEPREFIX=PYCACHE, USERNAME="me")
        environ.update(more or {})
        self.process = subprocess.Popen(
            [python or sys.executable, os.path.join(ASSETS, "metaflow", "_worker", "main.py")],
            stdin=theirs.fileno(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environ,
        )
        theirs.close()
        self.server = Link(ours)
        self.template = self.server
        self.output = None
        if fork:
            self._start_template()
        self.template.send({"t": "load", "file": self.file, "cwd": root, "env": {}, "argv": [name, "run"], **load})
        self.loaded = self.template.receive()
        self.next_id = 0
        self.run_id = "1700000000000000"
        self.run_tasks = {}

    def preload(self, modules, cwd=None):
        around = {"directory": self.directory.name, "cwd": cwd or self.directory.name}
        self.server.send({"t": "preload", "modules": modules, "project": around})
        return self.server.expect("preloaded")

    def _start_template(self):
        ours, theirs = socket.socketpair()
        self.output, write = os.pipe()
        self.server.send({"t": "template", "id": "T1", "fds": 3}, [theirs.fileno(), write, write])
        theirs.close()
        os.close(write)
        self.server.expect("forked")
        self.template = Link(ours)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.template is not self.server:
            self.template.sock.close()
        self.server.sock.close()
        try:
            self.process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            raise
        if self.output is not None:
            os.close(self.output)
        self.directory.cleanup()

    @property
    def flow(self):
        if self.loaded["t"] != "loaded":
            raise AssertionError(self.loaded)
        return self.loaded["flow"]

    # One task

    def run(self, spec):
        """Run one attempt to its end."""
        attempt = Attempt(spec)
        ours, theirs = socket.socketpair()
        out, out_write = os.pipe()
        err, err_write = os.pipe()
        message = {"t": "task", "id": spec["task_id"], "fds": 3, "fork": self.fork, "spec": spec}
        self.template.send(message, [theirs.fileno(), out_write, err_write])
        theirs.close()
        os.close(out_write)
        os.close(err_write)
        answer = self.template.receive()
        if answer["t"] != "forked":
            raise AssertionError(answer)
        attempt.pid = answer["pid"]
        self._collect(attempt, Link(ours), out, err)
        if self.fork:
            attempt.status = self.template.expect("exited")["status"]
        else:
            attempt.status = self.process.wait()
        self._store(attempt)
        return attempt

    def _collect(self, attempt, link, out, err):
        texts = {out: b"", err: b""}
        waiting = {link.sock, out, err}
        while waiting:
            for ready in select.select(list(waiting), [], [])[0]:
                if ready is link.sock:
                    try:
                        self._heard(attempt, link)
                    except WorkerGone:
                        waiting.discard(ready)
                else:
                    data = os.read(ready, 1 << 16)
                    texts[ready] += data
                    if not data:
                        waiting.discard(ready)
                        os.close(ready)
            while len(link.buffer) >= 4:
                self._heard(attempt, link)
        link.sock.close()
        attempt.stdout = texts[out].decode()
        attempt.stderr = texts[err].decode()

    def _heard(self, attempt, link):
        message = link.next()
        if message["t"] == "taken":
            return
        attempt.messages.append(message)
        if message["t"] == "done" and message.get("renders"):
            link.send({"t": "stored"})

    def _store(self, attempt):
        done = attempt.done
        if done is None or not done.get("objects"):
            return
        path = attempt.spec["spool"]
        if not os.path.exists(path):
            path = os.path.join(attempt.spec["overflow"], os.path.basename(path))
        with open(path, "rb") as file:
            spool = file.read()
        for name, entry in done["objects"].items():
            if "from" in entry:
                attempt.objects[name] = attempt.spec["inputs"][entry["from"]]["objects"][name]
            else:
                start, length = entry["at"]
                data = spool[start : start + length]
                attempt.objects[name] = [self.save(data), entry["encoding"], entry["type"], length]

    def save(self, data):
        """Store a pickle as the engine does; answers its key."""
        sha = hashlib.sha1(data).hexdigest()
        directory = os.path.join(self.blobs, sha[:2])
        os.makedirs(directory, exist_ok=True)
        with open(os.path.join(directory, sha), "wb") as file:
            file.write(gzip.compress(data, 3))
        return sha

    def value(self, attempt, name):
        sha = attempt.objects[name][0]
        with gzip.open(os.path.join(self.blobs, sha[:2], sha)) as file:
            return pickle.loads(file.read())

    def values(self, attempt, *names):
        return {name: self.value(attempt, name) for name in names or attempt.objects}

    # Specs

    def as_input(self, attempt):
        return {
            "pathspec": attempt.pathspec,
            "step": attempt.spec["step"],
            "blobs": self.blobs,
            "objects": attempt.objects,
        }

    def spec(self, step, inputs, node=None, **more):
        task_id = str(self.next_id)
        self.next_id += 1
        plain = {"type": "linear", "join": False, "next": [], "foreach": None, "foreach_join": False}
        return {
            "kind": "task",
            "mode": "run",
            "flow": self.flow["name"],
            "run_id": self.run_id,
            "step": step,
            "task_id": task_id,
            "attempt": 0,
            "max_user_retries": 0,
            "user": "me",
            "namespace": "user:me",
            "tags": ["a"],
            "sys_tags": ["user:me"],
            "origin_run_id": None,
            "graph": None,
            "node": {**plain, "split_parents": [], **(node or {})},
            "inputs": [self.as_input(attempt) for attempt in inputs],
            "split_index": None,
            "ubf": None,
            "spool": os.path.join(self.directory.name, f"spool-{task_id}"),
            "values": {},
            "set": {},
            "artifacts_module": None,
            "skip_decorators": False,
            "tempdir": ".",
            **more,
        }

    def parameters(self, **values):
        self.next_id = 0
        return self.run(self.spec("_parameters", [], kind="parameters", values=values, graph=GRAPH_INFO))

    def hold(self, *shas, drop=()):
        """Have the template hold artifacts; answers what it says."""
        around = {"directory": self.directory.name, "cwd": self.directory.name}
        self.template.send({"t": "hot", "blobs": self.blobs, "shas": shas, "drop": drop, "project": around})
        return self.template.expect("hot")

    def step(self, name, *inputs, node=None, **more):
        """Run one step on the results of others."""
        return self.run(self.spec(name, inputs, node, **more))

    def run_flow(self, graph, **values):
        """Run every step of a flow whose graph is given as {step: node}; answers {step: [attempts]}."""
        return Schedule(self, graph, values).run()


class Schedule:
    """The order of a run: a queue, and barriers for joins."""

    def __init__(self, worker, graph, values):
        self.worker = worker
        self.graph = graph
        self.values = values
        self.results = {}
        self.barriers = {}

    def run(self):
        parameters = self.worker.parameters(**self.values)
        self.results["_parameters"] = [parameters]
        # (step, inputs, index of the split)
        queue = [("start", [parameters], None)]
        while queue:
            step, inputs, index = queue.pop(0)
            attempt = self.worker.step(step, *inputs, node=self.graph[step], split_index=index)
            self.results.setdefault(step, []).append(attempt)
            if attempt.done is None or attempt.done["exit"]:
                raise AssertionError(f"{step} failed:\n{attempt.stderr}{attempt.messages}")
            queue += self.successors(attempt)
        return self.results

    def successors(self, attempt):
        done = attempt.done
        names = (done["transition"] or [[]])[0]
        for name in names:
            if self.graph[name].get("join"):
                yield from self.arrive(name, attempt)
            elif done["foreach_var"]:
                for index in range(done["num_splits"]):
                    yield name, [attempt], index
            else:
                yield name, [attempt], None

    def arrive(self, join, attempt):
        """A join starts when all of its inputs are there."""
        node = self.graph[join]
        stack = attempt.done["foreach_stack"]
        outer = stack[:-1] if node.get("foreach_join") else stack
        arrived = self.barriers.setdefault((join, json.dumps(outer)), [])
        arrived.append(attempt)
        expected = stack[-1][2] if node.get("foreach_join") else node["branches"]
        if len(arrived) == expected:
            if node.get("foreach_join"):
                arrived.sort(key=lambda one: one.done["foreach_stack"][-1][3])
            yield join, arrived, None


def node(*following, **more):
    """A node of the graph, as the engine describes it to a task."""
    return {"type": "linear", "next": list(following), **more}

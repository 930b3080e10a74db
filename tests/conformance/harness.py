"""Carries out one case: makes the files, runs the flow, resumes it where asked, and has the run checked."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from formatter import flow_text
from pathlib import Path

from behaviour import Behaviour
from engines import HERE, WORK, Engine
from graphs import Graph

TOP = (
    "--metadata=local",
    "--datastore=local",
    "--environment=local",
    "--event-logger=nullSidecarLogger",
    "--no-pylint",
    "--quiet",
)
RUN = ("--max-workers", "50", "--max-num-splits", "10000")
TAGS = ("--tag", "刺身 means sashimi", "--tag", "multiple tags should be ok")
SECONDS = int(os.environ.get("FLOWDEV_CONFORMANCE_SECONDS", "300"))
# Part of the key of remembered results: to be changed with what is written by this file and `views.py`.
VERSION = 1


@dataclass
class Outcome:
    """What became of a case."""

    passed: bool
    stage: str  # where it failed: run, resume, check; ok otherwise
    detail: str
    seconds: float
    place: str = ""
    remembered: bool = False


@dataclass
class Case:
    """A shape with a behaviour."""

    graph: Graph
    behaviour: type[Behaviour]

    @property
    def name(self) -> str:
        """As the tables print it."""
        return f"{self.behaviour.AREA}/{self.behaviour.__name__}/{self.graph.name}"

    def key(self, judge: str) -> str:
        """The same while nothing has changed that decides about the outcome."""
        import inspect

        text = json.dumps(
            [VERSION, judge, flow_text(self.graph, self.behaviour), inspect.getsource(self.behaviour), self.graph.text]
        )
        return hashlib.sha1(text.encode()).hexdigest()


def carry_out(case: Case, engine: Engine, judge: Engine, keep: bool = False) -> Outcome:
    """Runs a case with one engine and has it checked by one: the same, or the other."""
    started = time.monotonic()
    place = WORK / f"{engine.name}-{judge.name}" / f"{case.behaviour.__name__}-{case.graph.name}"
    shutil.rmtree(place, ignore_errors=True)
    (place / "tmp").mkdir(parents=True)
    try:
        stage, detail = _Sequence(case, engine, judge, place).go()
    except _Failed as failure:
        stage, detail = failure.args
    passed = stage == "ok"
    if passed and not keep:
        shutil.rmtree(place, ignore_errors=True)
    return Outcome(passed, stage, detail, time.monotonic() - started, str(place))


class _Failed(Exception):
    """A stage failed: its name, and what was printed."""


class _Sequence:
    """The stages of one case, in its directory."""

    def __init__(self, case: Case, engine: Engine, judge: Engine, place: Path) -> None:
        self.behaviour = case.behaviour
        self.graph = case.graph
        self.engine = engine
        self.judge = judge
        self.place = place

    def go(self) -> tuple[str, str]:
        behaviour = self.behaviour
        (self.place / "test_flow.py").write_text(flow_text(self.graph, behaviour), encoding="utf-8")
        for name, content in behaviour.FILES.items():
            file = self.place / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
        top = [*TOP, *behaviour.TOP]
        fails = behaviour.FAILS or behaviour.RESUME
        self._flow("run", [*top, "run", *RUN, *TAGS, *behaviour.RUN, "--run-id-file", "run-id"], fails)
        run_id, origin = self._run_id(), None
        if behaviour.RESUME:
            origin = run_id
            (self.place / "run-id").unlink()
            step = [behaviour.RESUME_STEP] if behaviour.RESUME_STEP else []
            options = [*TAGS, *behaviour.RESUME_OPTIONS, "--run-id-file", "run-id"]
            self._flow("resume", [*top, "resume", *RUN, *options, *step], behaviour.FAILS)
            run_id = self._run_id()
        given = {"run": run_id, "origin": origin, "top": list(top)}
        script = [str(HERE / "check.py"), behaviour.__name__, self.graph.name, "cli", "client"]
        code, printed = self._process(self.judge, "check", script, {"CONFORMANCE_RUN": json.dumps(given)})
        if code:
            raise _Failed("check", printed)
        return "ok", ""

    def _flow(self, stage: str, arguments: list[str], fails: bool) -> None:
        code, printed = self._process(self.engine, stage, ["test_flow.py", *arguments], {})
        if (code != 0) != fails or code not in (0, 1):
            expected = "a failure" if fails else "success"
            raise _Failed(stage, f"exit code {code}, expected {expected}\n{printed}")

    def _run_id(self) -> str:
        try:
            return (self.place / "run-id").read_text()
        except OSError as error:
            raise _Failed("run", f"no run id file: {error}") from error

    def _process(self, engine: Engine, stage: str, arguments: list[str], more: dict[str, str]) -> tuple[int, str]:
        environment = {**engine.environment(self.place, True), **self.behaviour.ENV, **more}
        command = [engine.python, "-B", *arguments]
        log = self.place / f"{stage}.log"
        with open(log, "wb") as output:
            process = subprocess.Popen(
                command,
                cwd=self.place,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                code = process.wait(SECONDS)
            except subprocess.TimeoutExpired:
                code = -99
            finally:
                _end_group(process)
        (self.place / f"{stage}.sh").write_text(_again(command, environment), encoding="utf-8")
        return code, log.read_text(encoding="utf-8", errors="replace")


def _end_group(process: subprocess.Popen) -> None:
    """Nothing that a case started outlives it."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def _again(command: list[str], environment: dict[str, str]) -> str:
    """A script that does the same again, for whoever looks for the reason."""
    import shlex

    pairs = " ".join(f"{name}={shlex.quote(value)}" for name, value in environment.items())
    return f"#!/bin/sh\ncd \"$(dirname \"$0\")\"\nenv -i {pairs} {shlex.join(command)}\n"

"""The two ways to look at a finished run: through the flow's command line, and through the client."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import tempfile
from typing import Any


class Mismatch(AssertionError):
    """A run is not as its behaviour says."""


def same(wanted: Any, got: Any, what: str = "") -> None:
    """Fails unless equal."""
    if wanted != got:
        raise Mismatch(f"{what or 'value'}: expected {wanted!r:.2000}, got {got!r:.2000}")


def true(holds: Any, what: str) -> None:
    """Fails unless it holds."""
    if not holds:
        raise Mismatch(what)


class View:
    """What both ways have in common."""

    name = ""

    def __init__(self, flow: str, run_id: str, top: list[str], origin_run_id: str | None = None) -> None:
        self.flow = flow
        self.run_id = run_id
        self.origin_run_id = origin_run_id
        # Without it, so that what is printed can be seen; commands ask for it where they want it.
        self.top = [option for option in top if option != "--quiet"]
        self._dumps: dict[str, dict[str, dict[str, Any]]] = {}

    def command(self, *arguments: str, check: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
        """`python test_flow.py ARGUMENTS`, which is to succeed unless told otherwise."""
        done = subprocess.run(
            [sys.executable, "test_flow.py", *self.top, *arguments],
            capture_output=True,
            timeout=120,
            env=dict(os.environ, **environment),
        )
        result = subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8")
        )
        if check and done.returncode:
            raise Mismatch(f"{' '.join(arguments)} ended with {done.returncode}:\n{result.stdout}{result.stderr}")
        return result

    def artifacts(self, step: str) -> dict[str, dict[str, Any]]:
        """Task id -> name -> value, private ones included."""
        raise NotImplementedError

    def log(self, step: str, stream: str) -> str:
        """The text of a stream of a step's tasks."""
        raise NotImplementedError

    def user_tags(self) -> set[str]:
        """The run's tags."""
        raise NotImplementedError

    def system_tags(self) -> set[str]:
        """The tags that the run got on its own."""
        raise NotImplementedError

    def change_tags(self, add: list[str] = [], remove: list[str] = []) -> bool:  # noqa: B006
        """Changes them, and says whether that was accepted."""
        raise NotImplementedError

    def cards(self, step: str, task: str, **chosen: str) -> list[dict[str, Any]]:
        """`hash`, `type`, `id` and `html` of each card of a task."""
        raise NotImplementedError

    def tasks(self, step: str) -> list[str]:
        """Ids of the tasks of a step."""
        return sorted(self.artifacts(step), key=lambda name: (len(name), name))

    def values(self, step: str, name: str) -> list[Any]:
        """The values of an artifact, one a task, in the order of task ids; tasks without it are left out."""
        found = self.artifacts(step)
        return [found[task][name] for task in self.tasks(step) if name in found[task]]

    def expect(self, step: str, name: str, *wanted: Any) -> None:
        """In each task of a step the artifact has one of these values."""
        values = self.values(step, name)
        same(len(self.tasks(step)), len(values), f"number of tasks of {step} with {name}")
        true(values, f"{step} has no task")
        for value in values:
            true(value in wanted, f"{step}.{name}: expected {wanted!r:.2000}, got {value!r:.2000}")

    def expect_none(self, step: str, name: str) -> None:
        """No task of a step has the artifact."""
        same([], self.values(step, name), f"{step}.{name}")


class CommandLine(View):
    """Sees what `python test_flow.py dump`, `logs`, `tag` and `card` say."""

    name = "cli"
    run = None

    def artifacts(self, step: str) -> dict[str, dict[str, Any]]:
        if step not in self._dumps:
            with tempfile.TemporaryDirectory() as place:
                file = os.path.join(place, "dump.pickle")
                self.command(
                    "dump", "--max-value-size", "100000000000", "--private", "--file", file, f"{self.run_id}/{step}"
                )
                with open(file, "rb") as stream:
                    found = pickle.load(stream)
            self._dumps[step] = {pathspec.split("/")[-1]: names for pathspec, names in found.items()}
        return self._dumps[step]

    def only(self, step: str, name: str) -> dict[str, Any]:
        """Task id -> value, by `dump --include`."""
        with tempfile.TemporaryDirectory() as place:
            file = os.path.join(place, "dump.pickle")
            arguments = ["--max-value-size", "100000000000", "--private", "--include", name, "--file", file]
            self.command("dump", *arguments, f"{self.run_id}/{step}")
            with open(file, "rb") as stream:
                found = pickle.load(stream)
        return {pathspec.split("/")[-1]: names[name] for pathspec, names in found.items() if name in names}

    def log(self, step: str, stream: str) -> str:
        return self.command("--quiet", "logs", "--" + stream, f"{self.run_id}/{step}").stdout

    def _tags(self, *options: str) -> set[str]:
        done = self.command("tag", "list", "--flat", f"--run-id={self.run_id}", *options)
        # One heading line, then one tag a line.
        return {line for line in done.stderr.splitlines()[1:] if line}

    def user_tags(self) -> set[str]:
        return self._tags("--hide-system-tags")

    def system_tags(self) -> set[str]:
        return self._tags() - self.user_tags()

    def change_tags(self, add: list[str] = [], remove: list[str] = []) -> bool:  # noqa: B006
        run = f"--run-id={self.run_id}"
        if add and remove:
            options = [f"--add={tag}" for tag in add] + [f"--remove={tag}" for tag in remove]
            return self.command("tag", "replace", run, *options, check=False).returncode == 0
        verb = "add" if add else "remove"
        return self.command("tag", verb, run, *(add or remove), check=False).returncode == 0

    def cards(self, step: str, task: str, **chosen: str) -> list[dict[str, Any]]:
        pathspec = f"{self.run_id}/{step}/{task}"
        options = [f"--{name}={value}" for name, value in chosen.items()]
        done = self.command("card", "list", *options, pathspec, "--as-json", check=False)
        if done.returncode:
            if "CardNotPresent" in done.stderr or "Card not found" in done.stderr:
                return []
            raise Mismatch(f"card list: {done.stderr}")
        listed = json.loads(done.stdout.strip() or '{"cards": []}')["cards"]
        cards = []
        for card in listed:
            with tempfile.TemporaryDirectory() as place:
                file = os.path.join(place, "card.html")
                self.command("card", "get", "--hash", card["hash"], pathspec, file)
                with open(file, encoding="utf-8") as stream:
                    cards.append({**card, "html": stream.read()})
        return cards


class Client(View):
    """Sees what `metaflow.Run` and the like say."""

    name = "client"

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        from metaflow.client import Flow, get_namespace

        true(get_namespace() == "user:tester", f"namespace is {get_namespace()!r}")
        self.run = Flow(self.flow)[self.run_id]
        same(self.run_id, self.run.id, "run id")
        same([self.run.id], [run.id for run in Flow(self.flow) if run.id == self.run_id], "runs of the flow")

    def artifacts(self, step: str) -> dict[str, dict[str, Any]]:
        if step not in self._dumps:
            self._dumps[step] = {
                task.id: _Lazily({artifact.id: artifact for artifact in task}, task) for task in self.run[step]
            }
        return self._dumps[step]

    def log(self, step: str, stream: str) -> str:
        return "".join(getattr(task, stream) for task in sorted(self.run[step], key=lambda task: (len(task.id), task.id)))

    def user_tags(self) -> set[str]:
        from metaflow import Run

        return set(Run(self.run.pathspec).user_tags)

    def system_tags(self) -> set[str]:
        return set(self.run.system_tags)

    def change_tags(self, add: list[str] = [], remove: list[str] = []) -> bool:  # noqa: B006
        from metaflow.exception import MetaflowException

        try:
            if add and remove:
                self.run.replace_tags(remove, add)
            elif add:
                self.run.add_tags(add)
            else:
                self.run.remove_tags(remove)
        except MetaflowException:
            return False
        return True

    def cards(self, step: str, task: str, **chosen: str) -> list[dict[str, Any]]:
        from metaflow.cards import get_cards
        from metaflow.plugins.cards.exception import CardNotPresentException

        try:
            found = get_cards(self.run[step][task], **chosen)
        except CardNotPresentException:
            return []
        return [{"hash": card.hash, "type": card.type, "id": card.id, "html": card.get()} for card in found]


class _Lazily:
    """The artifacts of a task, read when asked for; those with names that begin with _ too."""

    def __init__(self, artifacts: dict[str, Any], task: Any) -> None:
        self._artifacts = artifacts
        self._task = task

    def __contains__(self, name: str) -> bool:
        return name in self._artifacts or (name.startswith("_") and name in self._task)

    def __getitem__(self, name: str) -> Any:
        return (self._artifacts.get(name) or self._task[name]).data

    def __iter__(self) -> Any:
        return iter(self._artifacts)


VIEWS = {"cli": CommandLine, "client": Client}

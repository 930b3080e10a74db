"""Tasks in the store, read as files: which attempt counts, its manifest, its logs."""

from __future__ import annotations

import json
import os

from ..metaflow_config import MAX_ATTEMPTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_SOURCES = ("runtime", "task")


class StoredTask:
    """One attempt of one task."""

    def __init__(self, root: str, flow: str, run_id: str, step: str, task_id: str, attempt: int) -> None:
        self.run_id = run_id
        self.step = step
        self.task_id = task_id
        self.attempt = attempt
        self.blobs = os.path.join(root, flow, "data")
        self.directory = os.path.join(root, flow, run_id, step, task_id)

    @property
    def pathspec(self) -> str:
        return f"{self.run_id}/{self.step}/{self.task_id}"

    @property
    def is_done(self) -> bool:
        return os.path.exists(self._file("DONE.lock"))

    def _file(self, name: str) -> str:
        return os.path.join(self.directory, f"{self.attempt}.{name}")

    def manifest(self) -> tuple[dict[str, str], dict[str, dict[str, Any]]]:
        """Artifact names with their keys, and what is known of each."""
        from ..exception import MetaflowDataMissing

        try:
            with open(self._file("data.json"), encoding="utf-8") as file:
                manifest = json.load(file)
            return manifest["objects"], manifest.get("info", {})
        except (OSError, ValueError, KeyError) as error:
            raise MetaflowDataMissing(f"The manifest of the task {self.pathspec} cannot be read: {error}") from error

    def load(self, name: str, key: str) -> Any:
        """The value of an artifact."""
        from .._worker.artifacts import load_blob
        from ..exception import MetaflowDataMissing

        try:
            return load_blob(self.blobs, key)
        except OSError as error:
            raise MetaflowDataMissing(f"The artifact {name} of {self.pathspec} cannot be read: {error}") from error

    def logs(self, stream: str, attempt: int | None = None) -> list[bytes]:
        """The texts of a stream, from those that captured it."""
        number = self.attempt if attempt is None else attempt
        texts = []
        for source in _SOURCES:
            try:
                with open(os.path.join(self.directory, f"{number}.{source}_{stream}.log"), "rb") as file:
                    texts.append(file.read())
            except OSError:
                continue
        return texts

    def scrub(self, stream: str) -> None:
        """Replace what was logged by a mark; raises `OSError`."""
        for source in _SOURCES:
            path = self._file(f"{source}_{stream}.log")
            if os.path.exists(path):
                staged = f"{path}.new"
                with open(staged, "w", encoding="utf-8") as file:
                    file.write(f"[REDACTED {source} {stream}]")
                os.replace(staged, path)


def find(root: str, flow: str, path: str) -> list[list[StoredTask]]:
    """For each task of `run/step[/task]`, its attempts in order; tasks without an attempt are left out."""
    from ..exception import CommandException

    parts = path.split("/")
    if len(parts) not in (2, 3) or not all(parts):
        raise CommandException("input_path should either be run_id/step_name or run_id/step_name/task_id")
    run_id, step = parts[:2]
    directory = os.path.join(root, flow, run_id, step)
    names = parts[2:] or [name for name in _listed(directory) if not name.startswith(("_", "."))]
    tasks = ([*_attempts(root, flow, run_id, step, name)] for name in names)
    return [attempts for attempts in tasks if attempts]


def _attempts(root: str, flow: str, run_id: str, step: str, name: str) -> Iterator[StoredTask]:
    there = set(_listed(os.path.join(root, flow, run_id, step, name)))
    for attempt in range(MAX_ATTEMPTS):
        if f"{attempt}.attempt.json" in there:
            yield StoredTask(root, flow, run_id, step, name, attempt)


def _listed(directory: str) -> list[str]:
    try:
        return sorted(os.listdir(directory), key=lambda name: (len(name), name))
    except OSError:
        return []

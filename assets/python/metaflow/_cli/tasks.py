"""The tasks that a path on the command line names, as directories of the store."""

from __future__ import annotations

import os

from ..metaflow_config import MAX_ATTEMPTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


class StoredTask:
    """One task, and its attempts, of which there is at least one."""

    def __init__(self, directory: str, attempts: list[int]) -> None:
        self.directory = directory
        self.run_id, self.step, self.task_id = directory.split(os.sep)[-3:]
        self.attempts = attempts

    @property
    def pathspec(self) -> str:
        return f"{self.run_id}/{self.step}/{self.task_id}"

    def is_done(self, attempt: int) -> bool:
        return os.path.exists(f"{self.directory}/{attempt}.DONE.lock")


def find(root: str, flow: str, path: str) -> list[StoredTask]:
    """The tasks of `run/step`, or that of `run/step/task`; those without an attempt are left out."""
    from ..exception import CommandException

    parts = path.split("/")
    if len(parts) not in (2, 3) or not all(parts):
        raise CommandException("A path is RUN/STEP or RUN/STEP/TASK")
    step = os.path.join(os.path.abspath(root), flow, *parts[:2])
    names = parts[2:] or [name for name in _listed(step) if name[0] not in "_."]
    return list(_with_attempts(os.path.join(step, name) for name in names))


def _with_attempts(directories: Iterator[str]) -> Iterator[StoredTask]:
    for directory in directories:
        there = set(_listed(directory))
        attempts = [attempt for attempt in range(MAX_ATTEMPTS) if f"{attempt}.attempt.json" in there]
        if attempts:
            yield StoredTask(directory, attempts)


def _listed(directory: str) -> list[str]:
    try:
        return sorted(os.listdir(directory), key=lambda name: (len(name), name))
    except OSError:
        return []

"""The two engines: how a flow is run with the real Metaflow, and how with ours."""

from __future__ import annotations

import os
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR") or REPOSITORY / "target")
# Worktrees that share a target directory keep out of each other's way.
WORK = TARGET / "conformance" / ("work" if TARGET.parent == REPOSITORY else f"work-{REPOSITORY.name}")

# What every flow of the suite is started with.
_GIVEN = {
    "METAFLOW_USER": "tester",
    "METAFLOW_RUN_BOOL_PARAM": "False",
    "METAFLOW_RUN_NO_DEFAULT_PARAM": "test_str",
    "METAFLOW_DEFAULT_METADATA": "local",
    "LANG": "C.UTF-8",
    "PYTHONDONTWRITEBYTECODE": "1",
}


class Engine:
    """A Python, and what it has to find."""

    def __init__(self, name: str, python: str, path: list[str], environment: dict[str, str]) -> None:
        self.name = name
        self.python = python
        self._path = path
        self._environment = environment

    def environment(self, place: Path, extensions: bool) -> dict[str, str]:
        """For a process in `place`; nothing of ours gets in but this."""
        path = [*self._path, str(HERE / "beside")]
        if extensions:
            path.append(str(HERE / "extensions"))
        return {
            **_GIVEN,
            "HOME": str(place),
            "TMPDIR": str(place / "tmp"),
            "METAFLOW_CLIENT_CACHE_PATH": str(place / "cache"),
            "PATH": os.path.dirname(self.python) + os.pathsep + os.environ.get("PATH", ""),
            "PYTHONPATH": os.pathsep.join(path),
            **self._environment,
        }


def oracle() -> Engine:
    """The real one, in the environment that the Rust tests make."""
    return Engine("oracle", str(TARGET / "venv/bin/python"), [], {})


def ours() -> Engine:
    """The one of this repository: `FLOWDEV_BIN`, or what Cargo built."""
    assets = REPOSITORY / "assets/python"
    binary = os.environ.get("FLOWDEV_BIN") or str(TARGET / "debug/flowdev")
    python = os.environ.get("FLOWDEV_CONFORMANCE_PYTHON") or _system_python()
    return Engine("ours", python, [str(assets)], {"FLOWDEV_BIN": binary, "FLOWDEV_ASSETS": str(assets)})


def _system_python() -> str:
    for place in os.environ.get("PATH", "").split(os.pathsep):
        candidate = os.path.join(place, "python3")
        if os.access(candidate, os.X_OK) and not candidate.startswith(str(TARGET)):
            return candidate
    return "python3"

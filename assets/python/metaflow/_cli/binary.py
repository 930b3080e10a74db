"""The flowdev binary: finding it, and becoming it."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


def find() -> str:
    """The path of the binary: `$FLOWDEV_BIN`, the one that unpacked this package, PATH, a build in the source tree."""
    named = os.environ.get("FLOWDEV_BIN")
    if named:
        return named
    home = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    try:
        with open(os.path.join(home, "_binary"), encoding="utf-8") as file:
            recorded = file.read().strip()
    except OSError:
        recorded = ""
    if recorded and os.access(recorded, os.X_OK):
        return recorded
    for directory in os.environ.get("PATH", os.defpath).split(os.pathsep):
        candidate = os.path.join(directory or ".", "flowdev")
        if os.access(candidate, os.X_OK) and os.path.isfile(candidate):
            return candidate
    for build in ("release", "debug"):
        candidate = os.path.normpath(os.path.join(home, "..", "..", "target", build, "flowdev"))
        if os.access(candidate, os.X_OK):
            return candidate
    from ..exception import MetaflowException

    error = MetaflowException(
        "flowdev, which runs this flow, was not found: put it on PATH, or name it in the variable FLOWDEV_BIN."
    )
    error.headline = "The flowdev binary is missing"
    raise error


def become(arguments: list[str]) -> NoReturn:
    """This process goes on as the binary."""
    binary = find()
    sys.stdout.flush()
    sys.stderr.flush()
    # The flow is to run in the Python that the user has started here.
    os.environ.setdefault("FLOWDEV_PYTHON", sys.executable)
    try:
        os.execv(binary, [binary, *arguments])
    except OSError as problem:
        from ..exception import MetaflowException

        raise MetaflowException(f"flowdev cannot be started as {binary}: {problem.strerror}.") from problem


def succeeds(arguments: list[str]) -> bool:
    """Whether the binary ends well with these arguments; what it prints is of no interest."""
    binary = find()
    sys.stdout.flush()
    sys.stderr.flush()
    null = os.open(os.devnull, os.O_RDWR)
    try:
        moves = [(os.POSIX_SPAWN_DUP2, null, descriptor) for descriptor in (0, 1, 2)]
        child = os.posix_spawn(binary, [binary, *arguments], os.environ, file_actions=moves)
    except OSError:
        return False
    finally:
        os.close(null)
    return os.waitpid(child, 0)[1] == 0


def flow_file() -> str:
    """The file that defines the flow, as it was named."""
    return os.path.abspath(sys.argv[0])

"""What a process that was forked ahead of its work does with its time.

After a fork, the first write to a page of memory copies it, and in Python even reading an object writes to it. The
objects that imported libraries consist of are touched before anybody waits for it.
"""

from __future__ import annotations

import gc
import sys

from . import libraries

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .project import Project

# Objects that were made by imports; not those of artifacts that are held, of which there may be millions.
_imported: list[Any] = []
_AT_ONCE = 4096


def before_import() -> None:
    """What is made from here on is to be told from what is there."""
    gc.freeze()


def after_import() -> None:
    """What has been made since is what libraries consist of."""
    _imported.extend(gc.get_objects())


# What flows are made of: compiling it brings the compiler into memory.
_SAMPLE = """
from metaflow import FlowSpec, Parameter, step

class Sample(FlowSpec):
    n = Parameter("n", default=1)

    @step
    def start(self):
        with open(self.n) as file:
            self.lines = [line for line in file if line]
        print(f"{self.n}", len(self.lines), sep="")
        self.next(self.end, foreach="lines")

if __name__ == "__main__":
    Sample()
"""


def touch(is_wanted: Callable[[], bool]) -> None:
    """In the new process, until it has something to do."""
    if not is_wanted():
        compile(_SAMPLE, "<sample>", "exec", dont_inherit=True)
    for start in range(0, len(_imported), _AT_ONCE):
        if is_wanted():
            break
        for _object in _imported[start : start + _AT_ONCE]:
            pass
    _imported.clear()


# Those of our own modules that say the same wherever they are imported: no settings, no extension packages.
_OWN = tuple(
    "metaflow." + name
    for name in (
        "_builtin_decorators",
        "_cards",
        "_worker",
        "cards",
        "plugins.cards",
        "user_configs",
        "user_decorators",
    )
)


def worth_importing(names: list[str], project: Project) -> list[str]:
    """Which of the modules that were imported (newest first) a forkserver can import for all (oldest first)."""
    return [
        name
        for name in reversed(names)
        if (name.startswith(_OWN) if name.partition(".")[0] == "metaflow" else _is_installed(name, project))
    ]


def _is_installed(name: str, project: Project) -> bool:
    spec = getattr(sys.modules.get(name), "__spec__", None)
    # Some put objects in their place, or make modules that no file defines.
    return spec is not None and spec.name == name and not project.files_of([name]) and bool(spec.origin)


def worth_importing_again(names: list[str], project: Project) -> list[str]:
    """The same of those that a step has imported: no library that nothing outside of steps has asked for."""
    if not names:
        return []
    new = {name for name in names if "." not in name and not libraries.is_standard(name)}
    return worth_importing([name for name in names if name.partition(".")[0] not in new], project)

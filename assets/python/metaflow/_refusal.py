"""The sentence for names that Metaflow has and this package has not."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType


class Finder:
    """Last in the import system's row: says what it means that a module of Metaflow's is not found here."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> None:
        if name.startswith("metaflow."):
            raise ModuleNotFoundError(
                f"flowdev's own 'metaflow' package has no module '{name}'; install Metaflow into an environment of "
                "its own for what flowdev does not offer.",
                name=name,
            )


def refuse(module: str, name: str, advice: str | None, offered: Iterable[str]) -> Exception:
    """What a module's `__getattr__` is to raise for a name it does not have."""
    if name.startswith("__"):
        return AttributeError(f"module '{module}' has no attribute '{name}'")
    if advice:
        sentence = f"flowdev's own '{module}' package does not offer '{name}'; {advice}."
    else:
        sentence = f"'{module}' has no '{name}'; flowdev offers: {', '.join(sorted(offered))}."
    # `from metaflow import X` replaces an AttributeError by a sentence of its own, and passes an ImportError on;
    # `hasattr`, and the import system's look-up for submodules, want the AttributeError.
    import opcode

    frame = sys._getframe(2)
    if frame.f_code.co_code[frame.f_lasti] == opcode.opmap["IMPORT_FROM"]:
        if sys.excepthook is sys.__excepthook__:
            sys.excepthook = _show
        return ImportError(sentence, name=module)
    return AttributeError(sentence)


def _show(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print an exception that nobody caught up to the user's line: where this package missed the name is of no use."""
    frame = trace
    while isinstance(error, ImportError) and frame is not None and frame.tb_next is not None:
        if frame.tb_next.tb_frame.f_globals.get("__name__") == error.name:
            frame.tb_next = None
        frame = frame.tb_next
    sys.__excepthook__(kind, error, trace)

"""`debug`: messages for those who look for errors in Metaflow; here there are none, whatever METAFLOW_DEBUG_... say."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Debug:
    """Any `debug.<subject>` is False, any `debug.<subject>_exec(text)` says nothing."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _say_nothing if name.endswith("_exec") else False


def _say_nothing(_text: object) -> None:
    return None


debug = Debug()

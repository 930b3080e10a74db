"""First in the import system's row: an extension package may have a module in the place of one of ours."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Finder:
    """Answers for modules of this package only, and only where an extension replaces them."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> Any:
        # Names with an underscore are our own affair, and `extension_support` is what would be asked.
        if not name.startswith("metaflow.") or name.startswith(("metaflow._", "metaflow.extension_support")):
            return None
        from .extension_support import find_replacement

        return find_replacement(name)

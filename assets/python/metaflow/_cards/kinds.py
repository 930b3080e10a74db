"""Which types of cards there are, and who makes their pages.

The engine makes the pages of the two common types, so that tasks need not. All other types are classes: a few come with
the package, the rest from extensions.
"""

from __future__ import annotations

import sys

from .. import extension_support

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Type -> (module of `_cards`, class) of those that come with the package.
_OWN = {
    "default": ("pages", "DefaultCard"),
    "blank": ("pages", "BlankCard"),
    "default_json": ("pages", "DefaultCardJSON"),
    "error": ("pages", "ErrorCard"),
    "taskspec_card": ("pages", "TaskSpecCard"),
    "test_error_card": ("examples", "TestErrorCard"),
    "test_timeout_card": ("examples", "TestTimeoutCard"),
    "test_mock_card": ("examples", "TestMockCard"),
    "test_pathspec_card": ("examples", "TestPathSpecCard"),
    "test_editable_card": ("examples", "TestEditableCard"),
    "test_editable_card_2": ("examples", "TestEditableCard2"),
    "test_non_editable_card": ("examples", "TestNonEditableCard"),
    "test_refresh_card": ("examples", "TestRefreshCard"),
    "test_component_refresh_card": ("examples", "TestRefreshComponentCard"),
    "test_image_card": ("examples", "TestImageCard"),
}

# Made by the engine.
_IN_ENGINE = ("default", "blank")


class Kind:
    """A type of card as @card needs to know it; `load` gives its class."""

    def __init__(self, name: str) -> None:
        self.name = name
        external = external_cards().get(name)
        self._class = external
        self.is_known = external is not None or name in _OWN
        self.in_engine = external is None and name in _IN_ENGINE
        if self.in_engine:
            self.is_editable = self.is_updatable = True
        else:
            found = self.load()
            self.is_editable = bool(getattr(found, "ALLOW_USER_COMPONENTS", False))
            self.is_updatable = bool(getattr(found, "RUNTIME_UPDATABLE", False))

    def load(self) -> Any:
        """The class; None if there is none of this type."""
        if self._class is None and self.is_known:
            self._class = _own(self.name)
        return self._class


_kinds: dict[str, Kind] = {}
_external: dict[str, Any] | None = None


def kind_of(name: Any) -> Kind:
    """The type of a name."""
    name = str(name)
    if name not in _kinds:
        _kinds[name] = Kind(name)
    return _kinds[name]


def _own(name: str) -> Any:
    module, attribute = _OWN[name]
    qualified = f"{__package__}.{module}"
    __import__(qualified)
    return getattr(sys.modules[qualified], attribute)


def external_cards() -> dict[str, Any]:
    """The classes of extensions by type."""
    global _external
    if _external is None:
        # Known at once: the modules import ours, which may ask again.
        _external = {}
        if extension_support.present():
            from .extensions import load

            _external = load()
    return _external


def all_cards() -> list[Any]:
    """Every class, those of extensions in the place of ours with the same type."""
    external = external_cards()
    return [external.get(name) or _own(name) for name in _OWN] + [
        found for name, found in external.items() if name not in _OWN
    ]

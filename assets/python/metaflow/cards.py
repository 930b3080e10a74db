"""The components of cards, under the names by which flows import them."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._cards.base import MetaflowCard as MetaflowCard
    from ._cards.base import MetaflowCardComponent as MetaflowCardComponent
    from ._cards.components import Artifact as Artifact
    from ._cards.components import Error as Error
    from ._cards.components import JSONViewer as JSONViewer
    from ._cards.components import Markdown as Markdown
    from ._cards.components import PythonCode as PythonCode
    from ._cards.components import Table as Table
    from ._cards.components import YAMLViewer as YAMLViewer
    from ._cards.indicators import EventsTimeline as EventsTimeline
    from ._cards.indicators import ProgressBar as ProgressBar
    from ._cards.indicators import ValueBox as ValueBox
    from ._cards.media import Image as Image
    from ._cards.media import VegaChart as VegaChart

_OFFERED = {
    **dict.fromkeys(("MetaflowCard", "MetaflowCardComponent"), "base"),
    **dict.fromkeys(("Artifact", "Error", "JSONViewer", "Markdown", "PythonCode", "Table", "YAMLViewer"), "components"),
    **dict.fromkeys(("EventsTimeline", "ProgressBar", "ValueBox"), "indicators"),
    **dict.fromkeys(("Image", "VegaChart"), "media"),
}

__all__ = sorted(_OFFERED)

_MISSING = {"get_cards": "open a card with `flowdev card`, or read its file in the datastore"}


def __getattr__(name: str) -> Any:
    module = _OFFERED.get(name)
    if module is None:
        from . import _refusal

        raise _refusal.refuse(__name__, name, _MISSING.get(name), _OFFERED)
    qualified = f"{__package__}._cards.{module}"
    __import__(qualified)
    value = getattr(sys.modules[qualified], name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(_OFFERED)

"""Cards and their components, under the names by which flows import them."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._cards.base import MetaflowCardComponent as MetaflowCardComponent
    from ._cards.card import MetaflowCard as MetaflowCard
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
    from ._cards.pages import BlankCard as BlankCard
    from ._cards.pages import DefaultCard as DefaultCard
    from ._cards.pages import ErrorCard as ErrorCard
    from ._cards.parts import PageComponent as PageComponent
    from .plugins.cards.card_client import get_cards as get_cards

_OFFERED = {
    "MetaflowCard": "_cards.card",
    "MetaflowCardComponent": "_cards.base",
    "PageComponent": "_cards.parts",
    "get_cards": "plugins.cards.card_client",
    **dict.fromkeys(
        ("Artifact", "Error", "JSONViewer", "Markdown", "PythonCode", "Table", "YAMLViewer"), "_cards.components"
    ),
    **dict.fromkeys(("BlankCard", "DefaultCard", "ErrorCard"), "_cards.pages"),
    **dict.fromkeys(("EventsTimeline", "ProgressBar", "ValueBox"), "_cards.indicators"),
    **dict.fromkeys(("Image", "VegaChart"), "_cards.media"),
}

__all__ = sorted(_OFFERED)


def __getattr__(name: str) -> Any:
    module = _OFFERED.get(name)
    if module is None:
        from . import _refusal

        raise _refusal.refuse(__name__, name, None, _OFFERED)
    qualified = f"{__package__}.{module}"
    __import__(qualified)
    value = getattr(sys.modules[qualified], name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(_OFFERED)

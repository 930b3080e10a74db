"""The components that flows append to cards."""

from ...._cards.base import MetaflowCardComponent, UserComponent
from ...._cards.components import Artifact, Error, JSONViewer, Markdown, PythonCode, Table, YAMLViewer
from ...._cards.indicators import EventsTimeline, ProgressBar, ValueBox
from ...._cards.media import Image, VegaChart
from ...._cards.store import StubComponent

__all__ = [
    "Artifact",
    "Error",
    "EventsTimeline",
    "Image",
    "JSONViewer",
    "Markdown",
    "MetaflowCardComponent",
    "ProgressBar",
    "PythonCode",
    "StubComponent",
    "Table",
    "UserComponent",
    "ValueBox",
    "VegaChart",
    "YAMLViewer",
]

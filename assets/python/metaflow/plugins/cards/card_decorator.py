"""`@card`: what the decorator says; the cards of a step are kept together by `_cards.collector`."""

from __future__ import annotations

from metaflow._decorator_base import StepDecorator


class CardDecorator(StepDecorator):
    """Makes a page about the task."""

    name = "card"
    allow_multiple = True
    defaults = {
        "type": "default",
        "options": {},
        "scope": "task",
        "rank": None,
        "timeout": 45,
        "id": None,
        "save_errors": True,
        "customize": False,
        "refresh_interval": 5,
    }

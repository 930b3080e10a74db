"""`@resources`."""

from __future__ import annotations

from metaflow._decorator_base import StepDecorator


class ResourcesDecorator(StepDecorator):
    """What a step needs, for the places that can choose; this machine has what it has."""

    name = "resources"
    defaults = {"cpu": "1", "gpu": None, "disk": None, "memory": "4096", "shared_memory": None}

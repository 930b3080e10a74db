"""Metaflow's name for a metadata record of a task; what is registered is stored by the engine."""

from __future__ import annotations

from collections import namedtuple

MetaDatum = namedtuple("MetaDatum", ("field", "value", "type", "tags"))

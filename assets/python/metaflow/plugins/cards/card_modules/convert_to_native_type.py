"""Artifacts as plain data."""

from ...._cards.native import MAX_ARTIFACT_SIZE, TIME_FORMAT, TaskToDict

__all__ = ["MAX_ARTIFACT_SIZE", "TIME_FORMAT", "TaskToDict"]

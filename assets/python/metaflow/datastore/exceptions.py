"""Errors of stored data."""

from __future__ import annotations

from ..exception import MetaflowException


class DataException(MetaflowException):
    headline = "Data store error"


class UnpicklableArtifactException(MetaflowException):
    headline = "Cannot pickle artifact"

    def __init__(self, artifact_name: str | None = None) -> None:
        named = f' named "{artifact_name}"' if artifact_name else ""
        super().__init__(f"An artifact{named} has no pickle, so it cannot be stored.")

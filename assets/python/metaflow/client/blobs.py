"""The contents of artifacts: bytes under the hash that names them, and the objects that they are pickles of."""

from __future__ import annotations

import os

from .._worker.artifacts import PICKLES, load_blob, read_blob
from ..datastore.exceptions import DataException

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def load(roots: list[str], flow: str, sha: str, name: str, encoding: str) -> Any:
    """The object of a blob, from the first of these stores that has it."""
    blobs = _directory(roots, flow, sha)
    if "://" in blobs:
        raise DataException(f"The artifact '{name}' is stored at {blobs}, which flowdev's client does not read.")
    try:
        if encoding not in PICKLES:
            from ..datastore.artifacts.serializer import deserialize

            return deserialize(name, read_blob(blobs, sha), (encoding, "", 0))
        return load_blob(blobs, sha)
    except Exception as error:
        from .._worker.damage import damage_of

        damage = damage_of(blobs, sha)
        if damage is None:
            # The user's classes raise what they like while they are unpickled; only damage is ours to explain.
            raise
        raise DataException(f"The artifact '{name}' cannot be read: {damage}.") from error


def read_raw(roots: list[str], flow: str, sha: str) -> bytes:
    """The bytes of a blob as they are stored."""
    path = os.path.join(_directory(roots, flow, sha), sha[:2], sha)
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise DataException(f"The blob {sha} cannot be read: {error}") from error


def _directory(roots: list[str], flow: str, sha: str) -> str:
    for root in roots:
        blobs = os.path.join(root, flow, "data")
        if os.path.exists(os.path.join(blobs, sha[:2], sha)):
            return blobs
    return os.path.join(roots[0], flow, "data")

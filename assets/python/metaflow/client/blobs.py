"""The contents of artifacts: bytes under the hash that names them, and the objects that they are pickles of."""

from __future__ import annotations

import os

from .. import _remote
from .._worker.artifacts import PICKLES, inflated, load_blob, read_blob
from ..datastore.exceptions import DataException

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def load(roots: list[str], flow: str, sha: str, name: str, encoding: str) -> Any:
    """The object of a blob, from the first of these stores that has it."""
    blobs = _directory(roots, flow, sha)
    if _remote.is_remote(blobs):
        return _load(inflated(_fetched(blobs, sha), sha), name, encoding)
    try:
        return load_blob(blobs, sha) if encoding in PICKLES else _load(read_blob(blobs, sha), name, encoding)
    except Exception as error:
        from .._worker.damage import damage_of

        damage = damage_of(blobs, sha)
        if damage is None:
            # The user's classes raise what they like while they are unpickled; only damage is ours to explain.
            raise
        raise DataException(f"The artifact '{name}' cannot be read: {damage}.") from error


def _load(data: bytes, name: str, encoding: str) -> Any:
    if encoding in PICKLES:
        import pickle

        return pickle.loads(data)
    from ..datastore.artifacts.serializer import deserialize

    return deserialize(name, data, (encoding, "", 0))


def _fetched(blobs: str, sha: str) -> bytes:
    """The bytes of a blob in a store with an address, as they are stored."""
    data = _remote.read(f"{blobs}/{sha[:2]}/{sha}")
    if data is None:
        raise DataException(f"The blob {sha} cannot be read: there is none in {blobs}.")
    return data


def read_raw(roots: list[str], flow: str, sha: str) -> bytes:
    """The bytes of a blob as they are stored."""
    blobs = _directory(roots, flow, sha)
    if _remote.is_remote(blobs):
        return _fetched(blobs, sha)
    path = os.path.join(blobs, sha[:2], sha)
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

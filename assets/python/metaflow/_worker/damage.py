"""What is wrong with a blob that could not be read, or not be unpickled."""

from __future__ import annotations

import os

from .artifacts import read_blob

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def damage_of(blobs: str, sha: str) -> str | None:
    """The end of a sentence; None for a blob that is what its name says, whatever it was that failed."""
    import hashlib
    import zlib

    place = os.path.join(blobs, sha[:2], sha)
    try:
        data = read_blob(blobs, sha)
    except FileNotFoundError:
        return f"there is no blob {place}"
    except (OSError, zlib.error) as error:
        version = _version(place)
        if version not in (None, 1):
            return f"the blob {place} has the unknown encoding version {version}"
        return f"the blob {place} is damaged: {error}"
    if hashlib.sha1(data, usedforsecurity=False).hexdigest() != sha:
        return f"the content of the blob {place} is not the one that its name stands for"
    return None


def _version(place: str) -> Any:
    """The version of the encoding, where a companion of the blob says one."""
    import json

    try:
        with open(f"{place}_meta", encoding="utf-8") as file:
            return json.load(file).get("cas_version")
    except (OSError, ValueError, AttributeError):
        return None

"""Tags of a run, changed after the fact: its record is read, written anew, and read again to see whether it stayed."""

from __future__ import annotations

import fcntl
import json
import os
import random
import tempfile
import time
from contextlib import contextmanager, suppress

from ..exception import MetaflowTaggingError
from ..tagging_util import validate_tag, validate_tags
from ..util import get_username

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from .store import Store

_TRIES = 5


def mutate(store: Store, flow: str, run: str, remove: Iterable[Any] = (), add: Iterable[Any] = ()) -> frozenset[str]:
    """Remove tags, then add tags; answers the user tags that the run has then."""
    removed, added = _checked("tags_to_remove", remove), _checked("tags_to_add", add)
    if not removed and not added:
        raise MetaflowTaggingError("There is no tag to add, and none to remove")
    for tried in range(1, _TRIES + 1):
        with _alone(f"{store.path(flow, run)}/_meta"):
            tags = _once(store, flow, run, removed, added)
        if tags is not None:
            return tags
        if tried < _TRIES:
            time.sleep(0.3 * random.uniform(1.1, 1.3) ** tried)
    raise MetaflowTaggingError("The tags could not be changed: others are changing them all the time.")


@contextmanager
def _alone(directory: str) -> Iterator[None]:
    """Nobody else who asks so works in this directory; Metaflow's own client does not ask."""
    try:
        descriptor = os.open(directory, os.O_RDONLY)
    except OSError:
        # There is no such run, which is said by who looks for it.
        yield
        return
    try:
        # Not all file systems have locks; the record is read again in any case.
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _checked(what: str, tags: Any) -> frozenset[str]:
    if isinstance(tags, (str, bytes)):
        raise MetaflowTaggingError(f"{what} may not be a string: give a list of tags.")
    try:
        listed = list(tags)
    except TypeError:
        raise MetaflowTaggingError(f"{what} must be iterable, which {tags!r} is not.") from None
    for tag in listed:
        validate_tag(tag)
    return frozenset(tag.decode() if isinstance(tag, bytes) else tag for tag in listed)


def _once(
    store: Store, flow: str, run: str, removed: frozenset[str], added: frozenset[str]
) -> frozenset[str] | None:
    """One try; None if somebody else has written in between."""
    record = _record(store, flow, run)
    before, system = frozenset(record.get("tags") or ()), frozenset(record.get("system_tags") or ())
    # A system tag says the same already.
    added = added - system
    if removed & system:
        raise MetaflowTaggingError(f"System tags stay with a run ({sorted(removed & system)})")
    after = (before - removed) | added
    if after == before:
        return before
    validate_tags(after, existing_tags=before)
    _write(
        f"{store.path(flow, run)}/_meta/_self.json",
        {
            "run_number": run,
            "flow_id": flow,
            "user_name": get_username(),
            "tags": sorted(after),
            "system_tags": sorted(system),
            "ts_epoch": round(time.time() * 1000),
        },
    )
    final = frozenset(_record(store, flow, run).get("tags") or ())
    return final if added <= final and not (removed - added) & final else None


def _record(store: Store, flow: str, run: str) -> dict[str, Any]:
    record = store.record(flow, run)
    if record is None:
        raise MetaflowTaggingError(f"Run not found ({flow}, {run})")
    return record


def _write(path: str, record: dict[str, Any]) -> None:
    """Whole or not at all."""
    descriptor, temporary = tempfile.mkstemp(dir=os.path.dirname(path))
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(record, file)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise

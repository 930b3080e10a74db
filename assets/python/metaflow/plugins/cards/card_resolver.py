"""From a task to its cards; a resumed task has those of the task that it was cloned from."""

from __future__ import annotations

import os

from ... import _remote, _roots
from .card_datastore import CARD_SUFFIX, CardDatastore, configured_root
from .exception import UnresolvableDatastoreException

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def resumed_info(task: Any) -> str | None:
    """The pathspec of the task that really ran, if this one is a clone of it."""
    from ...client import Task

    origin = None
    while task.origin_pathspec is not None:
        origin = task.origin_pathspec
        task = Task(origin, _namespace_check=False)
    return origin


def datastore_of(task: Any) -> CardDatastore:
    """The cards of a task, where its metadata says that its data is."""
    metadata = task.metadata_dict
    if metadata.get("ds-type") is None:
        raise UnresolvableDatastoreException(task)
    root = metadata.get("ds-root")
    if root and _remote.is_remote(root):
        return CardDatastore(f"{root}/{CARD_SUFFIX}", task.pathspec)
    if root and not os.path.isdir(root):
        # The store was moved since.
        root = None
    below = os.path.join(root, CARD_SUFFIX) if root else CardDatastore.get_storage_root("local")
    return CardDatastore(_first_root(below, task.pathspec), task.pathspec)


def _first_root(below: str, pathspec: str) -> str:
    """The first root that has cards of the task's run; the one beside the task's data if none has."""
    # Metaflow keeps them below the nearest store of the working directory, whichever store the run is in.
    nearest = os.path.join(_roots.nearest(".metaflow"), CARD_SUFFIX)
    for root in (configured_root(), below, nearest):
        if root is not None and os.path.isdir(os.path.join(root, *_run_of(pathspec))):
            return root
    return below


def _run_of(pathspec: str) -> tuple[str, str, str]:
    flow, run = pathspec.split("/")[:2]
    return flow, "runs", run


def resolve_paths_from_task(
    root: str,
    pathspec: str,
    type: str | None = None,
    hash: str | None = None,
    card_id: str | None = None,
) -> tuple[list[str], CardDatastore]:
    """Paths of the cards of a task, and the place that they are in."""
    datastore = CardDatastore(_first_root(root, pathspec), pathspec)
    return datastore.extract_card_paths(card_type=type, card_hash=hash, card_id=card_id), datastore

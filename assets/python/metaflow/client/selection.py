"""What the client looks at: the namespace, and the store (Metaflow's "metadata provider")."""

from __future__ import annotations

from ..exception import MetaflowException
from ..metaflow_config import from_conf
from ..metaflow_current import current
from ..util import resolve_identity
from .store import KINDS, Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_UNSET = object()
_namespace: Any = _UNSET
_store: Store | None = None


def namespace(ns: str | None) -> str | None:
    """Choose the namespace: objects outside it are not found. `None` finds all. Answers the namespace."""
    global _namespace
    _namespace = ns
    return get_namespace()


def get_namespace() -> str | None:
    """The namespace in which objects are found; `None` finds all."""
    if _namespace is not _UNSET:
        return _namespace
    if current.is_running_flow:
        return current._client_namespace
    return default_namespace()


def default_namespace() -> str:
    """Go back to the user's own namespace; answers it."""
    global _namespace
    _namespace = resolve_identity()
    return _namespace


def metadata(ms: str) -> str:
    """Choose where runs are read from: `local@/dir`, `spin@/dir`, or a directory that has `.metaflow` in it."""
    global _store
    _store = open_store(ms)
    return get_metadata()


def get_metadata() -> str:
    """Where runs are read from, as `local@/dir`."""
    return store().describe()


def default_metadata() -> str:
    """Go back to the store of the task that this is, or to that of the working directory."""
    global _store
    described = current.get("_metadata_str")
    # A spun step reads other runs where they are; what it makes itself is apart from them.
    in_runs = described is not None and described.startswith("local@")
    _store = open_store(described) if in_runs else Store(_default_kind())
    return get_metadata()


def inspect_spin(datastore_root: str = ".") -> None:
    """Read spins from now on: those that are kept in this directory."""
    metadata(f"spin@{datastore_root}")


def store() -> Store:
    """The store that is looked at now."""
    if _store is None:
        default_metadata()
    assert _store is not None
    return _store


def _default_kind() -> str:
    kind = from_conf("DEFAULT_METADATA", "local")
    return kind if kind in KINDS else "local"


def open_store(described: str) -> Store:
    """The store of such a description; ValueError where it is not."""
    kind, separator, directory = described.partition("@")
    if kind in KINDS:
        return Store(kind, directory) if separator and directory else Store(kind)
    if kind == "service" or described.startswith("http"):
        raise MetaflowException(
            f"flowdev reads runs of stores on this machine, not of a metadata service ({described}); name a directory "
            "as in metadata('local@/dir')."
        )
    return Store("local", described)

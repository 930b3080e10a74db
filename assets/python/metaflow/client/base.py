"""What flows, runs, steps, tasks and artifacts have in common: name, record, children, and who may see them."""

from __future__ import annotations

from collections import namedtuple
from datetime import datetime

from ..exception import (
    MetaflowInternalError,
    MetaflowInvalidPathspec,
    MetaflowNamespaceMismatch,
    MetaflowNotFound,
)
from . import selection
from .store import MAX_ATTEMPTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from .store import Store

# Pickles name the classes of the client by this module.
PUBLIC = "metaflow.client.core"

Metadata = namedtuple("Metadata", ("name", "value", "created_at", "type", "task"), module=PUBLIC)

# Metaflow's version in which the newest form of the pickles appeared.
_PICKLE_VERSION = "2.12.27"
# Version of the form -> the names of its fields.
_PICKLE_FIELDS = {
    "2.8.4": ("pathspec", "attempt", "_namespace_check"),
    "2.12.4": ("pathspec", "attempt", "_current_namespace", "_namespace_check"),
    "2.12.27": ("pathspec", "attempt", "_current_metadata", "_current_namespace", "_namespace_check"),
}


class MetaflowObject:
    """One object of the store, as it was when it was asked for."""

    __module__ = PUBLIC

    _NAME = "base"
    # Parts of a pathspec, and how such a one looks.
    _DEPTH = 0
    _FORM = ""
    _CHILD_CLASS: Any = None
    _PARENT_CLASS: Any = None
    _HAS_ATTEMPTS = False
    _ID_FIELD = ""

    def __init__(
        self,
        pathspec: str | None = None,
        attempt: int | None = None,
        _object: dict[str, Any] | None = None,
        _parent: MetaflowObject | None = None,
        _namespace_check: bool = True,
        _metaflow: Any = None,
        _current_namespace: str | None = None,
        _current_metadata: str | None = None,
        _store: Store | None = None,
    ) -> None:
        if _current_metadata:
            _store = selection.open_store(_current_metadata)
        elif _metaflow is not None:
            _store = _metaflow._store
        self._store: Store = _store or selection.store()
        self._parent = _parent
        self._attempt = self._checked_attempt(attempt)
        self._current_namespace = _current_namespace or selection.get_namespace()
        # Without a namespace there is nothing to check for the children either, whatever is chosen later.
        self._namespace_check = _namespace_check and self._current_namespace is not None
        if _object is None:
            self._path = self._split(pathspec)
            self.id = self._path[-1]
            found = self._find()
            if not found:
                raise MetaflowNotFound(f"{self} does not exist")
            _object = found
        else:
            self._path = str(pathspec or _object[self._ID_FIELD]).split("/")
            self.id = self._path[-1]
        self._object: dict[str, Any] = _object
        self._created_at = datetime.fromtimestamp(_object.get("ts_epoch", 0) / 1000)
        self._user_tags = frozenset(_object.get("tags") or ())
        self._system_tags = frozenset(_object.get("system_tags") or ())
        self._tags = self._user_tags | self._system_tags
        if self._namespace_check and not self._is_in_namespace(self._current_namespace):
            raise MetaflowNamespaceMismatch(self._current_namespace or "")

    def _checked_attempt(self, attempt: Any) -> int | None:
        if attempt is None:
            return None
        if not self._HAS_ATTEMPTS:
            raise MetaflowNotFound(f"Only tasks and artifacts have attempts, a {self._NAME} has none.")
        try:
            number = int(attempt)
        except ValueError:
            raise MetaflowNotFound(f"An attempt is a number, not {attempt!r}.") from None
        if not 0 <= number < MAX_ATTEMPTS:
            raise MetaflowNotFound(f"Attempts are numbered from 0 to {MAX_ATTEMPTS - 1}; there is no attempt {number}.")
        return number

    def _split(self, pathspec: Any) -> list[str]:
        if not isinstance(pathspec, str):
            raise AttributeError(f"A pathspec is a text, as in {self._FORM}; this is {pathspec!r}.")
        parts = pathspec.split("/")
        if len(parts) != self._DEPTH:
            raise MetaflowInvalidPathspec(f"Expects {self._FORM}, not '{pathspec}'.")
        return parts

    def _find(self) -> dict[str, Any] | None:
        return self._store.record(*self._path)

    def _find_child(self, id: str) -> dict[str, Any] | None:
        return self._store.record(*self._path, id)

    def _records(self) -> Iterator[dict[str, Any]]:
        """Of the children, the newest first."""
        return self._store.children(*self._path)

    def _listed(self, id: str) -> bool:
        """Whether iteration comes by a child of this name."""
        return True

    def _make_child(self, id: str, record: dict[str, Any]) -> Any:
        return self._CHILD_CLASS(
            f"{self.pathspec}/{id}",
            attempt=self._attempt,
            _object=record,
            _parent=self,
            _store=self._store,
            _namespace_check=self._namespace_check,
            _current_namespace=self._current_namespace if self._namespace_check else None,
        )

    def _sees(self, record: dict[str, Any]) -> bool:
        wanted = self._current_namespace
        if not self._namespace_check or not wanted:
            return True
        return wanted in (record.get("tags") or ()) or wanted in (record.get("system_tags") or ())

    def __iter__(self) -> Iterator[Any]:
        """The children, the newest first; those outside the namespace are left out."""
        for record in self._records():
            id = str(record[self._CHILD_CLASS._ID_FIELD])
            if self._sees(record) and self._listed(id):
                yield self._make_child(id, record)

    def __getitem__(self, id: str) -> Any:
        """The child of that name; KeyError if there is none."""
        record = self._find_child(str(id))
        if not record:
            raise KeyError(id)
        return self._make_child(str(id), record)

    def __contains__(self, id: object) -> bool:
        return bool(self._find_child(str(id)))

    def _filtered_children(self, *tags: str) -> Iterator[Any]:
        return (child for child in self if all(tag in child.tags for tag in tags))

    def _ipython_key_completions_(self) -> list[str]:
        return [child.id for child in self]

    def is_in_namespace(self) -> bool:
        """Whether this is in the namespace that is chosen now."""
        return self._is_in_namespace(selection.get_namespace())

    def _is_in_namespace(self, ns: str | None) -> bool:
        return ns is None or ns in self._tags

    def __str__(self) -> str:
        attempt = "" if self._attempt is None else f", attempt={self._attempt}"
        return f"{type(self).__name__}('{self.pathspec}'{attempt})"

    def __repr__(self) -> str:
        return str(self)

    def __getstate__(self) -> dict[str, Any]:
        return {
            "version": _PICKLE_VERSION,
            "data": [
                self.pathspec,
                self._attempt,
                self._store.address(),
                self._current_namespace,
                self._namespace_check,
            ],
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        if "version" not in state or "data" not in state:
            # From before the pickles had a form of their own: the attributes as they were.
            self.__init__(  # type: ignore[misc]
                state.get("_pathspec"), state.get("_attempt"), _namespace_check=state.get("_namespace_check", False)
            )
            return
        fields = _PICKLE_FIELDS.get(state["version"])
        if fields is None:
            raise MetaflowInternalError(
                f"This object was pickled by Metaflow {state['version']} or newer, in a form that is not known here."
            )
        if len(fields) != len(state["data"]):
            raise MetaflowInternalError(f"This pickled object has {len(state['data'])} fields, not {len(fields)}.")
        self.__init__(**dict(zip(fields, state["data"])))  # type: ignore[misc]

    @property
    def pathspec(self) -> str:
        """Where this is: the names from the flow down to this object."""
        return "/".join(self._path)

    @property
    def path_components(self) -> list[str]:
        """The parts of the pathspec."""
        return list(self._path)

    @property
    def tags(self) -> frozenset[str]:
        """User tags and system tags of the run that this belongs to."""
        return self._tags

    @property
    def user_tags(self) -> frozenset[str]:
        """Tags that people gave to the run."""
        return self._user_tags

    @property
    def system_tags(self) -> frozenset[str]:
        """Tags that the run got by itself: the user, the version of Python..."""
        return self._system_tags

    @property
    def created_at(self) -> datetime:
        """When this came to be; for a run, when it was tagged the last time."""
        return self._created_at

    @property
    def parent(self) -> Any:
        """What this is a part of; None for a flow."""
        if self._parent is None and self._PARENT_CLASS is not None:
            attempt = self._attempt if self._PARENT_CLASS._HAS_ATTEMPTS else None
            self._parent = self._PARENT_CLASS(
                "/".join(self._path[:-1]), attempt=attempt, _namespace_check=False, _store=self._store
            )
        return self._parent

    @property
    def origin_pathspec(self) -> str | None:
        """The object that this was taken over from by a resume."""
        above = self.parent.origin_pathspec if self.parent is not None else None
        name = self._origin_id()
        return f"{above}/{name}" if above and name is not None else None

    def _origin_id(self) -> str | None:
        return self.id

"""What a flow object knows about the task it is part of: where its attributes come from, and which were loaded.

One `FlowState` per flow object: that of the running task, and one for each input of a join.
"""

from __future__ import annotations

from _operator import is_

from . import witness
from .artifacts import IMMUTABLE
from .hot import SHAPES
from .reads import Reads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..flowspec import FlowSpec
    from .artifacts import TaskInput

# Items of a collection that is compared instead of pickled.
_MAX_ITEMS = 200_000


class FlowState:
    """Resolves names to artifacts of one input (`source`), or of several by name (`taken`, in a join).

    `reads` is what the whole task has read, from whichever of its flow objects.
    """

    def __init__(self, source: TaskInput | None, is_join: bool = False, reads: Reads | None = None) -> None:
        self.source = source
        self.is_join = is_join
        self.reads = reads or Reads()
        self.taken: dict[str, TaskInput] = {}
        # The input that tells where the task is in the flow's loops.
        self.first = source
        # The objects as they were loaded, to see later whether a name still holds the same.
        self.loaded: dict[str, Any] = {}
        # The items of plain collections among them.
        self.contained: dict[str, tuple] = {}
        # Values of parameters, read once.
        self.parameters: dict[str, Any] = {}
        # Contents of included files.
        self.contents: dict[str, Any] = {}
        # Items of the foreach stack by level.
        self.items: dict[int, Any] = {}
        # The collections that they are from, which nobody has asked for by name so far.
        self.collections: dict[str, Any] = {}
        # Of each the one item that was handed out, and its contents then: the code has seen nothing else of it.
        self.given: dict[str, tuple[Any, tuple]] = {}

    def find(self, name: str) -> TaskInput | None:
        """The input that a name comes from."""
        taken = self.taken.get(name)
        if taken is not None:
            return taken
        source = self.source
        return source if source is not None and name in source else None

    def has(self, name: str) -> bool:
        return self.find(name) is not None

    def load(self, name: str) -> Any:
        """The artifact, for who asks for it by name."""
        self.reads.items.pop((self.find(name).index, name), None)
        if name not in self.collections:
            return self._load(name)
        value = self.collections.pop(name)
        if self.given.pop(name, None) is not None:
            self._remember(name, value)
        return value

    def item(self, name: str, position: int | None) -> Any:
        """What one item is taken from; the others do not matter to the task."""
        source = self.find(name)
        if name not in self.collections:
            # A control task looks at no item in particular.
            if position is not None and (source.index, name) not in self.reads.artifacts:
                self.reads.items[source.index, name] = position
            value = self.collections[name] = self._read(name)
            # What is done to each of many items must not take longer because there are many.
            given = _given(value, position)
            if given is None:
                self._remember(name, value)
            else:
                self.given[name] = given
        elif self.reads.items.get((source.index, name)) != position:
            # Two levels of foreach over one collection.
            self.reads.items.pop((source.index, name), None)
            if self.given.pop(name, None) is not None:
                self._remember(name, self.collections[name])
        return self.collections[name]

    def let_go(self, name: str) -> bool:
        """The task wants no more of the collection that items were taken from; whether there is one."""
        self.given.pop(name, None)
        return self.collections.pop(name, self) is not self

    def counts(self, name: str) -> None:
        """The code has seen how many items there are, and so of which collection."""
        # A join does not have the collection itself.
        source = self.find(name) or self.first
        if source is None:
            return
        self.reads.items.pop((source.index, name), None)
        for seen in (name, "_foreach_var", "_foreach_stack"):
            if seen in source:
                source.note(self.reads, seen)

    def _load(self, name: str) -> Any:
        value = self._read(name)
        self._remember(name, value)
        return value

    def _read(self, name: str) -> Any:
        source = self.find(name)
        source.note(self.reads, name)
        value = self.loaded[name] = source.load(name)
        return value

    def _remember(self, name: str, value: object) -> None:
        contents = _contents(value)
        if contents is not None:
            self.contained[name] = contents

    def touched_collections(self) -> dict[str, Any]:
        """The collections of which something that was handed out may have been changed in place."""
        return {name: value for name, value in self.collections.items() if not self._is_as_given(name)}

    def _is_as_given(self, name: str) -> bool:
        if name not in self.given:
            return False
        item, contents = self.given[name]
        return type(item) in IMMUTABLE or _are_same(contents, _contents(item))

    def misses(self, name: str) -> None:
        """The code has asked for an artifact that is not there."""
        if self.source is not None:
            self.reads.absent[self.source.index, name] = None

    def is_set(self, flow: FlowSpec, name: str) -> bool:
        """What `hasattr` would say, without loading anything."""
        return name in flow.__dict__ or hasattr(type(flow), name) or self.has(name)

    def parameter(self, name: str) -> Any:
        """The value of a parameter, the same object at each access."""
        self.reads.parameters[name] = None
        return self.value_of(name)

    def value_of(self, name: str) -> Any:
        """The stored value of a parameter or config."""
        if name not in self.parameters:
            source = self.find(name)
            if source is None:
                raise AttributeError(f"The parameter *{name}* has no value in the run that this task belongs to.")
            self.parameters[name] = source.load(name)
        return self.parameters[name]

    def unchanged(self, name: str, value: object) -> bool:
        """Whether a name holds for certain what was loaded for it, so that the input's blob still says what it is."""
        if name not in self.loaded or self.loaded[name] is not value:
            return False
        source = self.find(name)
        sha = source.sha(name) if source is not None else None
        if sha is None:
            return False
        if type(value) in IMMUTABLE:
            return True
        if name in self.contained:
            return _are_same(self.contained[name], _contents(value))
        shape = SHAPES.get(sha)
        return shape is not None and witness.is_unchanged(value, shape)


def _given(collection: object, position: int | None) -> tuple[Any, tuple] | None:
    """The item at that position with its contents; None where the collection or the item is of no simple kind."""
    if position is None or type(collection) not in (list, tuple) or not 0 <= position < len(collection):
        return None
    item = collection[position]
    if type(item) in IMMUTABLE:
        return item, ()
    contents = _contents(item)
    return None if contents is None else (item, contents)


def _contents(value: object) -> tuple | None:
    """The items of a plain collection of immutable ones; None for all else, and for what is too large for it."""
    kind = type(value)
    if kind is list or kind is tuple:
        items = tuple(value)
    elif kind is dict:
        items = (*value.keys(), *value.values())
    else:
        return None
    if len(items) > _MAX_ITEMS or not IMMUTABLE.issuperset(map(type, items)):
        return None
    return items


def _are_same(before: tuple, now: tuple | None) -> bool:
    """By identity: an item that was replaced by an equal one of another type is a change."""
    return now is not None and len(before) == len(now) and all(map(is_, before, now))

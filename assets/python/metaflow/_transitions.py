"""What `self.next` and `self.merge_artifacts` do: checks first, then the artifacts that record the decision."""

from __future__ import annotations

import os

from .exception import (
    MetaflowException,
    MissingInMergeArtifactsException,
    UnhandledInMergeArtifactsException,
)
from .unbounded_foreach import UnboundedForeachInput

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, NoReturn

    from .flowspec import FlowSpec

# Artifacts of one split that must not leak through a join.
_INTERNAL = frozenset(
    (
        "_foreach_values",
        "_unbounded_foreach",
        "_control_mapper_tasks",
        "_control_task_is_mapper_zero",
        "_parallel_ubf_iter",
    )
)

_OPTIONS = ("foreach", "num_parallel", "condition")


def _refuse(message: str) -> NoReturn:
    from .flowspec import InvalidNextException

    raise InvalidNextException(message)


def next_step(flow: FlowSpec, targets: tuple, options: dict[str, Any]) -> None:
    """Check the arguments of `self.next` and set `_transition` and the artifacts of a foreach."""
    step = flow._current_step
    for option in options:
        if option not in _OPTIONS:
            _refuse(f"Step *{step}* passes the unknown argument '{option}' to self.next().")
    if flow._transition is not None:
        _refuse(f"Step *{step}* calls self.next() more than once.")
    foreach, num_parallel, condition = (options.get(option) for option in _OPTIONS)
    if condition is not None:
        if foreach is not None or num_parallel is not None:
            _refuse(f"Step *{step}*: a switch cannot be a foreach or num_parallel at the same time.")
        flow._transition = ([_chosen(flow, step, targets, condition)], None)
        return
    if len(targets) == 1 and isinstance(targets[0], dict):
        _refuse(f"Step *{step}* gives a dictionary to self.next() without saying *condition*.")
    names = [_name_of(flow, step, target, f"argument {number}") for number, target in enumerate(targets, 1)]
    if num_parallel is not None:
        foreach = _parallel(flow, step, names, num_parallel)
    if foreach is not None:
        _split(flow, step, names, foreach)
    elif not names:
        _refuse(f"Step *{step}* calls self.next() without saying which step follows.")
    flow._transition = (names, foreach)


def _name_of(flow: FlowSpec, step: str, target: object, what: str) -> str:
    function = getattr(target, "__func__", None)
    if function is None:
        _refuse(f"Step *{step}*: {what} of self.next() is not a method of the flow, such as self.{step}.")
    name = function.__name__
    if not getattr(getattr(flow, name, None), "is_step", False):
        _refuse(f"Step *{step}*: {what} of self.next() is *{name}*, which is not a step.")
    return name


def _chosen(flow: FlowSpec, step: str, targets: tuple, condition: object) -> str:
    if len(targets) != 1 or not isinstance(targets[0], dict) or not targets[0]:
        _refuse(f"Step *{step}*: with *condition*, self.next() takes one dictionary from values to steps.")
    if not isinstance(condition, str):
        _refuse(f"Step *{step}*: the *condition* of self.next() must be the name of an attribute, as a string.")
    cases = targets[0]
    try:
        value = getattr(flow, condition)
    except AttributeError:
        _refuse(f"Step *{step}* switches on *self.{condition}*, which is not set.")
    if value not in cases:
        raise RuntimeError(
            f"self.{condition} is {value!r}, for which step '{step}' has no case; the cases are: "
            + ", ".join(map(repr, cases))
        )
    return _name_of(flow, step, cases[value], f"case {value!r}")


def _parallel(flow: FlowSpec, step: str, names: list[str], num_parallel: object) -> str:
    from .flowspec import ParallelUBF

    if len(names) != 1:
        _refuse(f"Step *{step}*: num_parallel takes exactly one step.")
    if not isinstance(num_parallel, int) or num_parallel < 1:
        _refuse(f"Step *{step}*: num_parallel must be a number of at least 1, not {num_parallel!r}.")
    flow._parallel_ubf_iter = ParallelUBF(num_parallel)
    return "_parallel_ubf_iter"


def _split(flow: FlowSpec, step: str, names: list[str], foreach: object) -> None:
    if not isinstance(foreach, str):
        _refuse(f"Step *{step}*: the *foreach* of self.next() must be the name of an attribute, as a string.")
    if len(names) != 1:
        _refuse(f"Step *{step}*: a foreach takes exactly one step.")
    try:
        items = getattr(flow, foreach)
    except AttributeError:
        _refuse(f"Step *{step}* makes a foreach over *self.{foreach}*, which is not set.")
    if isinstance(items, UnboundedForeachInput):
        flow._unbounded_foreach = True
        flow._foreach_values = None
        flow._foreach_num_splits = None
        flow._foreach_var = foreach
        return
    try:
        flow._foreach_values, flow._foreach_num_splits = _describe_items(items)
    except Exception as error:
        _refuse(f"Step *{step}*: *self.{foreach}* cannot be iterated over: {error}")
    if flow._foreach_num_splits == 0:
        _refuse(f"Step *{step}*: *self.{foreach}* is empty, so that the foreach has nothing to do.")
    flow._foreach_var = foreach


def _describe_items(items: Iterable) -> tuple[list[str] | None, int]:
    """A short text for each item, and their number; the texts can be switched off, as in Metaflow."""
    if os.environ.get("METAFLOW_INCLUDE_FOREACH_STACK", "True").lower() in ("0", "false", "no", ""):
        return None, sum(1 for _ in items)
    length = int(os.environ.get("METAFLOW_MAXIMUM_FOREACH_VALUE_CHARS", "30"))
    from reprlib import Repr

    shorten = Repr().repr
    texts = [(str(item) if isinstance(item, (str, int, float)) else shorten(item))[:length] for item in items]
    return texts, len(texts)


def merge_artifacts(flow: FlowSpec, inputs: Iterable[FlowSpec], exclude: list[str], include: list[str]) -> None:
    """Take artifacts over by reference; nothing is taken when there is a conflict."""
    state = flow.__dict__.get("__mf__")
    step = flow.__dict__.get("_current_step")
    if state is None or not state.is_join:
        raise MetaflowException(f"merge_artifacts can only be called in a join; step *{step}* is not one.")
    if include and exclude:
        raise MetaflowException("merge_artifacts takes either *include* or *exclude*, not both.")
    found: dict[str, Any] = {}
    conflicts: list[str] = []
    names: set[str] = set()
    for flow_input in inputs:
        source = flow_input.__dict__["__mf__"].source
        names |= source.names()
        for name in source.names():
            wanted = name in include if include else name not in exclude and name not in _INTERNAL
            if not wanted or state.is_set(flow, name):
                continue
            first = found.setdefault(name, source)
            if first is not source and not _same(first, source, name) and name not in conflicts:
                conflicts.append(name)
    if conflicts:
        conflicts.sort()
        raise UnhandledInMergeArtifactsException(
            f"Step *{step}* cannot merge these artifacts, whose values differ between its inputs: "
            f"[{', '.join(conflicts)}]. Set them with self.<name> = ... before merge_artifacts, or exclude them.",
            conflicts,
        )
    missing = [name for name in include if name not in found and not state.is_set(flow, name)]
    if missing:
        raise MissingInMergeArtifactsException(
            f"Step *{step}* wants to merge [{', '.join(include)}], but none of its inputs has [{', '.join(missing)}].",
            missing,
        )
    state.taken.update(found)
    if not include:
        # What else the inputs may have some day would be taken, too.
        state.reads.left = [*(state.reads.left or ()), *sorted(names.difference(state.taken))]


def _same(first: Any, second: Any, name: str) -> bool:
    """Whether two inputs hold the same pickle, or the same replaced value."""
    left, right = first.sha(name), second.sha(name)
    if left is None and right is None:
        return first.replaced[name] == second.replaced[name]
    return left == right

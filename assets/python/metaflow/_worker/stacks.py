"""Where a task stands in foreachs and loops, from what its inputs recorded."""

from __future__ import annotations

from .._frames import ForeachFrame
from ..exception import MetaflowInternalError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from .artifacts import TaskInput

# Characters of the `foreach-stack` metadata, over all levels.
_MAX_STACK_TEXT = 256


def foreach_stack(spec: dict[str, Any], inputs: list[TaskInput]) -> list[ForeachFrame]:
    """The frames around this task: one more after a split, one less in the join of a foreach."""
    stack = _recorded(spec, inputs)
    for level, (frame, splits) in enumerate(zip(stack, spec.get("splits") or ())):
        # An input that was taken over from an earlier run has recorded how many there were then.
        if frame.num_splits not in (None, splits):
            stack[level] = frame._replace(num_splits=splits)
    return stack


def _recorded(spec: dict[str, Any], inputs: list[TaskInput]) -> list[ForeachFrame]:
    node, step, first = spec["node"], spec["step"], inputs[0]
    if first.step == "_parameters" or _start_step(spec) == step:
        return []
    stack = list(first.get("_foreach_stack", ()))
    if node["join"]:
        if not node["foreach_join"]:
            return stack
        if not stack:
            raise MetaflowInternalError(f"Step *{step}* joins a foreach, but {first.pathspec} is in none.")
        # Whether all inputs are there the engine knows: what is told here may be of an earlier number of splits.
        return stack[:-1]
    variable = first.get("_foreach_var")
    if variable is None:
        return stack
    index = spec["split_index"]
    if index is None and spec.get("ubf") is None:
        raise MetaflowInternalError(f"Step *{step}* follows a foreach, but was started without an index.")
    texts = first.get("_foreach_values")
    text = texts[index] if texts and index is not None and index < len(texts) else None
    stack.append(ForeachFrame(step, variable, first.get("_foreach_num_splits"), index, text))
    return stack


def _start_step(spec: dict[str, Any]) -> str:
    return (spec.get("graph") or {}).get("start_step") or "start"


def iteration_stack(spec: dict[str, Any], inputs: list[TaskInput]) -> list[int]:
    """How often a step that switches to itself has run; empty in all other steps."""
    if spec["node"]["type"] != "split-switch" or spec["step"] not in spec["node"]["next"]:
        return []
    stack = list(inputs[0].get("_iteration_stack") or ())
    return [*stack[:-1], stack[-1] + 1] if stack else [0]


def stack_metadata(stack: Iterable[ForeachFrame]) -> dict[str, Any]:
    """The records by which the client finds the relatives of a task in a foreach."""
    texts: list[str] = []
    length = 0
    for frame in stack:
        text = f"{frame.var}={frame.value}"
        length += len(text)
        if not frame.var or not frame.value or length > _MAX_STACK_TEXT:
            break
        texts.append(text)
    meta: dict[str, Any] = {}
    if texts:
        meta["foreach-stack"] = texts
    path = ",".join(f"{frame.step}:{frame.index}" for frame in stack)
    if path:
        meta["foreach-execution-path"] = path
    return meta

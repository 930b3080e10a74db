"""A step with user decorators around it: what runs before, in place of and after its code, and how it goes on."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ..flowspec import FlowSpec


def run_wrapped(
    flow: FlowSpec, name: str, wrappers: list[Any], body: Callable[..., None], inputs: Any, node: dict[str, Any]
) -> None:
    """Run `body` with its wrappers, the innermost of which comes first in the list. `inputs` is None but for joins."""
    given = () if inputs is None else (inputs,)
    entered = []
    replacement: Callable | None = None
    # What `self.next` is to be called with by us: None or False, not at all; True or {}, as the step's source says.
    onward: Any = None
    raised: Exception | None = None
    for wrapper in reversed(wrappers):
        replacement = wrapper.pre_step(name, flow, inputs)
        entered.append(wrapper)
        if wrapper.skip_step:
            onward = wrapper.skip_step
            break
        if replacement:
            break
    has_failed = False
    if not onward:
        try:
            if replacement:
                onward = replacement(flow, *given) or None
            else:
                body(*given)
        except Exception as error:
            raised = error
            has_failed = True
    for wrapper in reversed(entered):
        raised, onward = _leave(wrapper, name, flow, raised, onward)
    if raised is not None:
        raise raised
    if has_failed or (onward is not None and onward is not False):
        _go_on(flow, name, onward, node)


def _leave(wrapper: Any, name: str, flow: FlowSpec, raised: Exception | None, onward: Any) -> tuple[Any, Any]:
    """The exception and the arguments for `next` after one wrapper had its say."""
    try:
        answer = wrapper.post_step(name, flow, raised)
    except Exception as error:
        answer = error
    if answer is None:
        return None, onward
    if isinstance(answer, Exception):
        return answer, onward
    if isinstance(answer, tuple) and len(answer) == 2:
        # None has nothing to say about `next`: a decorator inside may have, or have passed the step over.
        return answer[0], onward if answer[1] is None else answer[1]
    if isinstance(answer, tuple) and len(answer) == 3:
        raise answer[2]
    raise RuntimeError(
        f"{wrapper}: *post_step* is to give back an exception, or an exception and arguments for self.next, "
        f"and not {answer!r}"
    )


def _go_on(flow: FlowSpec, name: str, onward: Any, node: dict[str, Any]) -> None:
    """Call `self.next` in place of the step."""
    steps = [getattr(flow, target) for target in node["next"]]
    if not steps:
        return
    flow._transition = None
    if isinstance(onward, dict) and onward:
        flow.next(*steps, **onward)
        return
    if onward is not None and onward is not True and onward != {}:
        raise RuntimeError(f"Step *{name}*: self.next is to be called with a dictionary of arguments, not {onward!r}")
    if node["type"] in ("split-parallel", "split-switch"):
        raise RuntimeError(
            f"Step *{name}* was passed over, and what its self.next would have said is known to it alone: the "
            "decorator has to give the arguments of self.next in a dictionary."
        )
    if node["foreach"]:
        flow.next(*steps, foreach=node["foreach"])
    else:
        flow.next(*steps)

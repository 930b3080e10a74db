"""Makes the flow's file of a shape and a behaviour."""

from __future__ import annotations

import textwrap

from behaviour import Behaviour
from graphs import Graph, Step

_OPENING = """\
# -*- coding: utf-8 -*-
from metaflow import (
    Config,
    FlowMutator,
    FlowSpec,
    IncludeFile,
    JSONType,
    Parameter,
    StepMutator,
    UserStepDecorator,
    config_expr,
    current,
    parallel,
    project,
    step,
    user_step_decorator,
)

from flow_support import Expected, ResumeHere, RetryMe, expect, expect_equal, expect_raises, is_resumed
"""


def flow_name(behaviour: type[Behaviour]) -> str:
    """The class in the file."""
    return behaviour.__name__ + "Flow"


def flow_text(graph: Graph, behaviour: type[Behaviour]) -> str:
    """The whole file."""
    name = flow_name(behaviour)
    parts = [_OPENING]
    if any(step.kind == "unbounded" for step in graph.steps.values()):
        parts.append("from metaflow import unbounded_test_foreach_internal")
        parts.append("from metaflow.plugins import InternalTestUnboundedForeachInput")
    parts.append(textwrap.dedent(behaviour.HEADER))
    if behaviour.FLOW:
        return "\n".join([*parts, textwrap.dedent(behaviour.FLOW), f'if __name__ == "__main__":\n    {name}()\n'])
    parts += behaviour.FLOW_DECORATORS
    parts.append(f"class {name}(FlowSpec):")
    if behaviour.FIELDS:
        parts.append(textwrap.indent(textwrap.dedent(behaviour.FIELDS).strip("\n"), "    ") + "\n")
    parts += [_step_text(graph, behaviour, step) for step in graph.steps.values()]
    parts.append(f'if __name__ == "__main__":\n    {name}()\n')
    return "\n".join(parts)


def _step_text(graph: Graph, behaviour: type[Behaviour], step: Step) -> str:
    snippet = behaviour.chosen(step)
    lines = ["@" + decorator for decorator in (snippet.decorators if snippet else [])]
    if "gang-body" in step.marks:
        lines.append("@parallel")
    if "unbounded-body" in step.marks:
        lines.append("@unbounded_test_foreach_internal")
    terminals = [f"{end}=True" for end in ("start", "end") if _is_terminal(graph, step, end) and step.name != end]
    lines.append(f"@step({', '.join(terminals)})" if terminals else "@step")
    lines.append(f"def {step.name}(self{', inputs' if step.join else ''}):")
    body = [f'"""The step {step.name}, {step.kind}."""']
    body += _before(graph, step)
    if snippet:
        body.append(snippet.body())
    body += _after(step)
    lines.append(textwrap.indent("\n".join(body), "    "))
    return textwrap.indent("\n".join(lines) + "\n", "    ")


def _is_terminal(graph: Graph, step: Step, end: str) -> bool:
    return step is (graph.first if end == "start" else graph.last)


def _before(graph: Graph, step: Step) -> list[str]:
    """What the transition needs; the snippet may change it."""
    if step.name in graph.setup:
        return [graph.setup[step.name]]
    if step.kind == "foreach":
        items = "list(range(32))" if graph.name == "simple-foreach" else "[1, 2]" if step.depth else "[1, 2, 3]"
        return [f"self.items_{step.name} = {items}"]
    if step.kind == "unbounded":
        return [f'self.items_{step.name} = InternalTestUnboundedForeachInput(["a", "b"])']
    if step.rounds:
        name = step.name
        return [
            f'self.round_{name} = getattr(self, "round_{name}", 0) + 1',
            f'self.mode_{name} = "again" if self.round_{name} < {step.rounds} else "done"',
        ]
    if step.kind == "switch":
        return [f'self.mode_{step.name} = "{step.targets[0]}"']
    return []


def _after(step: Step) -> list[str]:
    targets = ", ".join("self." + target for target in step.targets)
    if step.kind == "last":
        return []
    if step.kind in ("linear", "split"):
        return [f"self.next({targets})"]
    if step.kind in ("foreach", "unbounded"):
        return [f'self.next({targets}, foreach="items_{step.name}")']
    if step.kind == "gang":
        return [f"self.next({targets}, num_parallel={step.gang})"]
    names = ["again", "done"] if step.rounds else step.targets
    cases = ", ".join(f'"{name}": self.{target}' for name, target in zip(names, step.targets))
    return [f'self.next({{{cases}}}, condition="mode_{step.name}")']

"""A `FlowGraph` for other programs: as plain data, and as a drawing."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .graph import DAGNode, FlowGraph

_RECORD = (
    '"{name}"[ label = <<b>{name}</b> | <font point-size="10">{type}</font>>   fontname = "Helvetica" '
    '  shape = "record" ];'
)
_HEXAGON = (
    '"{name}" [ label = <<b>{name}</b><br/><font point-size="9">{type}</font>>   fontname = "Helvetica" '
    '  shape = "hexagon"   style = "filled" fillcolor = "lightgreen" ];'
)


def dot(graph: FlowGraph) -> str:
    nodes, edges = [], []
    for node in graph:
        if node.type == "split-switch":
            label = f"switch: {node.condition}" if node.condition else "switch"
            nodes.append(_HEXAGON.format(name=node.name, type=label))
            edges += [
                f'{node.name} -> {step} [label="{case}" color="blue" fontcolor="blue"];'
                for case, step in node.switch_cases.items()
            ]
        else:
            nodes.append(_RECORD.format(name=node.name, type="join" if node.num_args > 1 else node.type))
            edges += [f"{node.name} -> {step};" for step in node.out_funcs]
    return "\n".join([f"digraph {graph.name} {{", *nodes, *edges, "}"])


def steps_and_structure(graph: FlowGraph) -> tuple[dict[str, Any], list[Any]]:
    start, end = graph.start_step, graph.end_step
    if start is None or end is None:
        missing = " and ".join(name for name, step in (("start", start), ("end", end)) if step is None)
        raise ValueError(f"The flow {graph.name} has no {missing} step, so that its structure is unknown.")
    steps: dict[str, Any] = {}
    structure = [] if start == end else _block(graph, start, end, steps)
    steps[end] = _step(graph[end])
    return steps, [*structure, end]


def _block(graph: FlowGraph, first: str, last: str | None, steps: dict[str, Any]) -> list[Any]:
    """The steps from `first` up to, not including, `last`; a split is followed by the list of its branches."""
    block: list[Any] = []
    name: str | None = first
    while name is not None and name != last:
        node = graph[name]
        steps[name] = _step(node)
        block.append(name)
        kind = _kind(node)
        if kind in ("split-static", "split-foreach"):
            block.append([_block(graph, step, node.matching_join, steps) for step in node.out_funcs])
            name = node.matching_join
        elif kind == "split-switch":
            block.append([_block(graph, step, last, steps) for step in node.out_funcs if step != name])
            name = last
        else:
            name = node.out_funcs[0] if node.out_funcs else None
    return block


def _kind(node: DAGNode) -> str:
    if node.type == "split":
        return "split-static"
    if node.type == "foreach":
        return "split-parallel" if node.parallel_foreach else "split-foreach"
    return node.type or "unknown"


def _step(node: DAGNode) -> dict[str, Any]:
    from .decorators import plain

    kind = _kind(node)
    step = {
        "name": node.name,
        "type": kind,
        "line": node.func_lineno,
        "source_file": node.source_file,
        "doc": node.doc,
        "decorators": [decorator.describe() for decorator in [*node.decorators, *node.wrappers]],
        "next": node.out_funcs,
        "node_info": plain(node.node_info),
    }
    if kind == "split-foreach":
        step["foreach_artifact"] = node.foreach_param
    elif kind == "split-parallel":
        step["num_parallel"] = node.num_parallel
    elif kind == "split-switch":
        step["condition"] = node.condition
        step["switch_cases"] = node.switch_cases
    if node.matching_join:
        step["matching_join"] = node.matching_join
    return step

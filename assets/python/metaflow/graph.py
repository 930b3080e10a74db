"""The graph of a flow as Metaflow's Python names it: `flow._graph["step"].out_funcs` and the like.

Read from the source of the step functions: the last statement of each says where the flow goes on. The engine checks
flows and records their graphs by a reader of its own; this one is for code that looks at a flow in Python.
"""

from __future__ import annotations

import ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any


def deindent_docstring(doc: str | None) -> str:
    from ._worker.describe import dedent

    return dedent(doc)


class DAGNode:
    """One step, and its place among the others."""

    def __init__(self, name: str, function: Callable, source: ast.FunctionDef | None) -> None:
        self.name = name
        self.source_file = _file_of(function)
        self.func_lineno = source.lineno if source is not None else function.__code__.co_firstlineno
        self.decorators = function.decorators
        self.wrappers = getattr(function, "wrappers", [])
        self.config_decorators = getattr(function, "config_decorators", [])
        self.doc = deindent_docstring(function.__doc__)
        self.parallel_step = any(
            getattr(decorator, "IS_PARALLEL", decorator.name == "parallel") for decorator in self.decorators
        )
        self.is_start_step = getattr(function, "is_start_step", False)
        self.is_end_step = getattr(function, "is_end_step", False)
        self.node_info = getattr(function, "node_info", None) or {}
        self.tail_next_lineno = 0
        self.type: str | None = None
        self.out_funcs: list[str] = []
        self.has_tail_next = False
        self.invalid_tail_next = False
        self.num_args = function.__code__.co_argcount
        self.switch_cases: dict[Any, str] = {}
        self.condition: str | None = None
        self.foreach_param: str | None = None
        self.num_parallel: Any = 0
        self.parallel_foreach = False
        if source is not None:
            self._read_tail(source.body[-1])
        # Known once all steps are.
        self.in_funcs: Any = set()
        self.split_parents: list[str] = []
        self.split_branches: list[str] = []
        self.matching_join: str | None = None
        self.is_inside_foreach = False

    def _read_tail(self, tail: ast.stmt) -> None:
        call = tail.value if isinstance(tail, ast.Expr) else None
        if not isinstance(call, ast.Call) or _self_attribute(call.func) != "next":
            return
        self.has_tail_next = self.invalid_tail_next = True
        self.tail_next_lineno = tail.lineno
        options = {keyword.arg: _literal(keyword.value) for keyword in call.keywords}
        if len(call.args) == 1 and isinstance(call.args[0], ast.Dict) and "condition" in options:
            self._read_switch(call.args[0], options["condition"])
            return
        targets = [target.attr for target in call.args if isinstance(target, ast.Attribute)]
        if len(targets) != len(call.args):
            return
        self.out_funcs = targets
        valid = False
        if set(options) == {"foreach"}:
            self.type = "foreach"
            valid = len(targets) == 1
            self.foreach_param = options["foreach"] if valid else None
        elif set(options) == {"num_parallel"}:
            self.type = "foreach"
            self.parallel_foreach = True
            valid = len(targets) == 1
            self.num_parallel = options["num_parallel"] if valid else 0
        elif not options and targets:
            self.type = "split" if len(targets) > 1 else "join" if self.num_args > 1 else "linear"
            valid = True
        self.invalid_tail_next = not valid

    def _read_switch(self, table: ast.Dict, condition: object) -> None:
        cases: dict[Any, str] = {}
        for key, value in zip(table.keys, table.values):
            case, step = _case(key), _self_attribute(value)
            if case is None or step is None:
                return
            cases[case] = step
        if cases and isinstance(condition, str):
            self.type = "split-switch"
            self.condition = condition
            self.switch_cases = cases
            self.out_funcs = list(cases.values())
            self.invalid_tail_next = False

    def __str__(self) -> str:
        def names(steps: Any) -> str:
            return ", ".join(f"[{step}]" for step in steps)

        rows = [
            ("in_funcs", names(self.in_funcs)),
            ("out_funcs", names(self.out_funcs)),
            ("split_parents", names(self.split_parents)),
            ("split_branches", names(self.split_branches)),
            ("matching_join", names([self.matching_join]) if self.matching_join else None),
            ("is_inside_foreach", self.is_inside_foreach),
            ("decorators", " | ".join(map(str, self.decorators))),
            ("num_args", self.num_args),
            ("has_tail_next", f"{self.has_tail_next} (line {self.tail_next_lineno})"),
            ("invalid_tail_next", self.invalid_tail_next),
            ("foreach_param", self.foreach_param),
            ("condition", self.condition),
            ("parallel_step", self.parallel_step),
            ("parallel_foreach", self.parallel_foreach),
        ]
        lines = [f"*[{self.name} {self.type} ({self.source_file} line {self.func_lineno})]*"]
        lines += [f"    {label}={value}" for label, value in rows]
        return "\n".join([*lines, f"    -> {names(self.out_funcs)}"])


class FlowGraph:
    """The steps of a flow class by name, and how they follow one another."""

    def __init__(self, flow: type) -> None:
        from .decorators import steps_of

        self.name = flow.__name__
        self.doc = deindent_docstring(flow.__doc__)
        sources: dict[str, dict[int, ast.FunctionDef]] = {}
        self.nodes: dict[str, DAGNode] = {}
        for function in sorted(steps_of(flow), key=lambda function: function.__name__):
            file = _file_of(function)
            if file not in sources:
                sources[file] = _functions_of(file)
            source = sources[file].get(function.__code__.co_firstlineno)
            self.nodes[function.__name__] = DAGNode(function.__name__, function, source)
        self.sorted_nodes: list[str] = []
        self.start_step = self._terminal("is_start_step", "start")
        self.end_step = self._terminal("is_end_step", "end")
        self._name_terminals()
        if self.start_step is not None:
            self._walk(self.nodes[self.start_step], [], [], [])
        for node in self.nodes.values():
            node.in_funcs = sorted(node.in_funcs)
            around = [name for name in node.split_parents if self.nodes[name].type == "foreach"]
            node.is_inside_foreach = any(self.nodes[name].matching_join != node.name for name in around)

    def _terminal(self, mark: str, usual: str) -> str | None:
        if len(self.nodes) == 1:
            return next(iter(self.nodes))
        marked = [name for name, node in self.nodes.items() if getattr(node, mark)]
        if len(marked) == 1:
            return marked[0]
        return usual if not marked and usual in self.nodes else None

    def _name_terminals(self) -> None:
        if self.end_step is not None:
            self.nodes[self.end_step].type = "end"
        if self.start_step is not None:
            start = self.nodes[self.start_step]
            if start.type in (None, "linear"):
                start.type = "start"

    def _walk(self, node: DAGNode, seen: list[str], parents: list[str], branches: list[str]) -> None:
        # Sorted so that a step comes after all those that lead to it.
        if node.name in self.sorted_nodes:
            self.sorted_nodes.remove(node.name)
        self.sorted_nodes.append(node.name)
        node.split_parents = parents
        node.split_branches = branches
        opens = node.type in ("split", "foreach")
        if opens:
            parents = [*parents, node.name]
        elif node.type == "join":
            node.split_parents, node.split_branches = [], []
            if parents:
                self.nodes[parents[-1]].matching_join = node.name
                node.split_parents = parents
                parents, branches = parents[:-1], branches[:-1]
                node.split_branches = branches
        for name in node.out_funcs:
            if name in seen or name not in self.nodes:
                continue
            child = self.nodes[name]
            child.in_funcs.add(node.name)
            self._walk(child, [*seen, name], parents, [*branches, name] if opens else branches)

    def __getitem__(self, name: str) -> DAGNode:
        return self.nodes[name]

    def __contains__(self, name: object) -> bool:
        return name in self.nodes

    def __iter__(self) -> Iterator[DAGNode]:
        return iter(self.nodes.values())

    def __str__(self) -> str:
        return "\n".join(str(self.nodes[name]) for name in self.sorted_nodes)

    def output_dot(self) -> str:
        """The graph in the language of Graphviz."""
        from ._graph_output import dot

        return dot(self)

    def output_steps(self) -> tuple[dict[str, Any], list[Any]]:
        """The steps as plain data, and the order of the flow with its branches as nested lists."""
        from ._graph_output import steps_and_structure

        return steps_and_structure(self)


def _file_of(function: Callable) -> str:
    import os

    return os.path.abspath(function.__code__.co_filename)


def _functions_of(file: str) -> dict[int, ast.FunctionDef]:
    """The functions of a file by the line of their first decorator, as code objects know it."""
    import linecache

    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except SyntaxError:
        return {}
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            first = min([decorator.lineno for decorator in node.decorator_list] + [node.lineno])
            found[first] = node
    return found


def _literal(node: ast.expr) -> Any:
    return node.value if isinstance(node, ast.Constant) else None


def _self_attribute(node: ast.expr | None) -> str | None:
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
        return node.attr
    return None


def _case(key: ast.expr | None) -> Any:
    """What a switch compares with: a literal, or the name of a value in a config."""
    if isinstance(key, ast.Constant):
        return key.value
    if isinstance(key, ast.Attribute):
        config = _self_attribute(key.value)
        return None if config is None else f"config:{config}.{key.attr}"
    return None

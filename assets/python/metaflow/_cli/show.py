"""Commands that print the flow itself: `show`, `output-raw`, `output-dot`, `help`, `version`."""

from __future__ import annotations

from . import terminal
from .options import Command, Context, Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .state import State


def show(state: State) -> None:
    graph = state.flow._graph
    terminal.write(f"\n{graph.doc}", err=True)
    for name in graph.sorted_nodes:
        node = graph[name]
        terminal.write("", err=True)
        for decorator in node.decorators:
            terminal.write(f"@{decorator.name}")
        for wrapper in node.wrappers:
            terminal.write(f"@{wrapper.decorator_name}")
        terminal.write(f"Step *{name}*")
        terminal.write(terminal.indented(node.doc or "?"))
        if node.type != "end":
            targets = ", ".join(f"*{target}*" for target in node.out_funcs)
            terminal.write(f"{terminal.INDENT}*=>* {targets}")
    terminal.write("", err=True)


def output_raw(state: State, json: bool) -> None:
    if json:
        from json import dumps

        steps, structure = state.flow._graph.output_steps()
        terminal.write("The graph, in JSON:", err=True, colour="magenta")
        terminal.write(dumps({"graph": steps, "graph_structure": structure}, indent=4), raw=True)
    else:
        terminal.write("The graph:", err=True, colour="magenta")
        terminal.write(str(state.flow._graph))


def output_dot(state: State) -> None:
    terminal.write("The graph for GraphViz", err=True, colour="magenta")
    hint = "A picture of it: `output-dot | dot -Tpng -o graph.png`"
    terminal.write(terminal.INDENT + hint, err=True)
    terminal.write(state.flow._graph.output_dot(), raw=True)


def version(state: State) -> None:
    from .. import __version__

    terminal.write(__version__, err=True)


class Help(Command):
    """`help`: the page that `--help` shows of the whole command line."""

    def run(self, context: Context, words: list[str], state: State) -> None:
        from .help import page

        self.parse(context, words)
        assert context.parent is not None
        print(page(context.parent))


COMMANDS = {
    "show": Command(show, "Describe the flow and its steps."),
    "output-raw": Command(
        output_raw,
        "Print the graph as the engine sees it.",
        [Option("--json", flag=True, help="As JSON.")],
    ),
    "output-dot": Command(output_dot, "Print the graph for Graphviz."),
    "version": Command(version, "Print the version."),
    "help": Help(None, "List the commands and the options before them."),
}

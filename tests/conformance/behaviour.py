"""What a behaviour is: snippets for the steps of any shape, and a look at the finished run."""

from __future__ import annotations

import ast
import inspect
import textwrap
from typing import Any, Callable

from graphs import GRAPHS, Graph, Step

BEHAVIOURS: dict[str, type[Behaviour]] = {}


class Snippet:
    """The body of a step, for the steps with one of the marks."""

    def __init__(self, function: Callable, marks: tuple[str, ...], needed: bool, decorators: list[str]) -> None:
        self.function = function
        self.marks = set(marks)
        self.needed = needed
        self.decorators = decorators

    def body(self) -> str:
        """Its source text, without indentation."""
        source = textwrap.dedent(inspect.getsource(self.function))
        function = ast.parse(source).body[0]
        assert isinstance(function, ast.FunctionDef)
        return textwrap.dedent("\n".join(source.splitlines()[function.body[0].lineno - 1 :])).strip("\n")


def at(*marks: str, needed: bool = True, decorators: list[str] | None = None) -> Callable:
    """Says for which steps a snippet is; of several that fit, the first in the class is taken.

    `needed` shapes only: those that have such a step.
    """

    def mark(function: Callable) -> Snippet:
        return Snippet(function, marks, needed, decorators or [])

    return mark


class Behaviour:
    """One thing that flows do. Subclasses set what they need; everything has a default."""

    GRAPHS: tuple[str, ...] = ()  # these shapes only; all that fit, if empty
    WITHOUT: tuple[str, ...] = ()  # but not these
    QUICK: tuple[str, ...] = ()  # the shapes of the chosen subset; the first that fits, if empty
    HEADER = ""  # lines before the class
    FIELDS = ""  # lines at the beginning of the class
    FLOW = ""  # the class, written out; the shape does not count then
    FLOW_DECORATORS: tuple[str, ...] = ()
    FILES: dict[str, str | bytes] = {}  # files beside the flow
    ENV: dict[str, str] = {}
    TOP: tuple[str, ...] = ()  # options before the command
    RUN: tuple[str, ...] = ()  # options of the command
    FAILS = False  # the run is to fail
    RESUME = False  # the run is to fail, and to be resumed
    RESUME_STEP: str | None = None
    RESUME_OPTIONS: tuple[str, ...] = ()
    HEAVY = False  # not in the matrix, only when named
    AREA = ""  # the topic; the file's name

    def __init_subclass__(cls) -> None:
        cls.AREA = cls.__module__.rpartition(".")[2]
        BEHAVIOURS[cls.__name__] = cls

    @classmethod
    def snippets(cls) -> list[Snippet]:
        """In the order of the class."""
        return [value for value in vars(cls).values() if isinstance(value, Snippet)]

    @classmethod
    def chosen(cls, step: Step) -> Snippet | None:
        """The snippet for a step."""
        return next((snippet for snippet in cls.snippets() if snippet.marks & step.marks), None)

    @classmethod
    def fits(cls, graph: Graph) -> bool:
        """Whether the shape has what the behaviour needs."""
        if cls.GRAPHS:
            return graph.name in cls.GRAPHS
        if graph.name in cls.WITHOUT:
            return False
        used = {id(cls.chosen(step)) for step in graph.steps.values()}
        return all(id(snippet) in used for snippet in cls.snippets() if snippet.needed)

    @classmethod
    def graphs(cls) -> list[Graph]:
        """All shapes it goes with."""
        return [graph for graph in GRAPHS.values() if cls.fits(graph)]

    @classmethod
    def quick(cls) -> list[str]:
        """The shapes of the chosen subset."""
        if cls.HEAVY:
            return []
        return list(cls.QUICK or [graph.name for graph in cls.graphs()[:1]])

    @staticmethod
    def check(graph: Graph, flow: Any, look: Any) -> None:
        """Looks at the finished run; `look` is one of the views of `views.py`."""

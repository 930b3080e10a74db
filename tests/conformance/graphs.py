"""The shapes of flows: steps, transitions, and what each step is called by those who write snippets for it.

A shape is written one step a line: `name(options) ARROW targets`, where the arrow says the kind of the transition:
`->` goes on or splits, `=>` is a foreach, `=N>` a gang of N, `=u>` an unbounded foreach, `?` a switch, whose first
target is the one taken unless the options say otherwise. A line without an arrow is the last step.
"""

from __future__ import annotations

import re


class Step:
    """One step of a shape: how it goes on, where it stands, and the marks that choose its snippet."""

    def __init__(self, name: str, options: list[str], kind: str, targets: list[str]) -> None:
        self.name = name
        self.options = options
        self.kind = kind  # last, linear, split, foreach, gang, unbounded, switch
        self.targets = targets
        self.join = "join" in options
        self.gang = 0
        self.rounds = 0
        self.marks: set[str] = {"all"}
        self.depth = 0
        self.runs = True  # whether any task of it runs
        self.opened_by: str | None = None  # of a join: the split it closes

    def mark(self, *names: str) -> None:
        """Adds marks."""
        self.marks.update(names)


class Graph:
    """A shape, read and marked."""

    def __init__(self, name: str, text: str, setup: dict[str, str] | None = None) -> None:
        self.name = name
        self.text = text
        self.setup = setup or {}  # step -> a line of its own, before its snippet
        self.steps: dict[str, Step] = {}
        for line in text.strip().splitlines():
            self._read(line.strip())
        self.first = next(iter(self.steps.values()))
        self.last = next(step for step in self.steps.values() if step.kind == "last")
        self._place(self.first.name, [])
        self._mark()

    def _read(self, line: str) -> None:
        head, arrow, rest = re.match(r"(\S+)\s*(->|=>|=\d+>|=u>|\?)?\s*(.*)", line).groups()
        name, options = re.match(r"(\w+)(?:\((.*)\))?$", head).groups()
        step = Step(name, (options or "").split(","), "last", rest.split())
        if arrow == "->":
            step.kind = "split" if len(step.targets) > 1 else "linear"
        elif arrow == "=>":
            step.kind = "foreach"
        elif arrow == "=u>":
            step.kind = "unbounded"
        elif arrow == "?":
            step.kind = "switch"
            step.rounds = next((int(option[6:]) for option in step.options if option.startswith("rounds")), 0)
        elif arrow:
            step.kind, step.gang = "gang", int(arrow[1:-1])
        self.steps[name] = step

    def _place(self, name: str, open_splits: list[tuple[str, str]]) -> None:
        """Walks from the first step, to know what is inside of what."""
        step = self.steps[name]
        if step.join:
            step.opened_by = open_splits[-1][0]
            open_splits = open_splits[:-1]
        if "placed" in step.marks:
            return
        step.mark("placed")
        step.depth = sum(kind != "split" for _, kind in open_splits)
        step.mark(*("in-" + kind for _, kind in open_splits))
        if step.kind in ("split", "foreach", "gang", "unbounded"):
            open_splits = [*open_splits, (name, step.kind)]
        for target in step.targets:
            if step.kind in ("foreach", "gang", "unbounded"):
                self.steps[target].mark(step.kind + "-body")
            self._place(target, open_splits)

    def _mark(self) -> None:
        taken: set[str] = set()
        ahead = [self.first.name]
        while ahead:
            name = ahead.pop()
            if name in taken:
                continue
            taken.add(name)
            step = self.steps[name]
            both = step.kind != "switch" or "both" in step.options or step.rounds
            ahead += step.targets if both else step.targets[:1]
        for step in self.steps.values():
            step.marks.discard("placed")
            step.runs = step.name in taken
            step.mark("=" + step.name)
            if step is self.first:
                step.mark("first")
            if step is self.last:
                step.mark("last")
            if step.kind in ("split", "foreach", "gang", "unbounded", "switch"):
                step.mark(step.kind + "-split")
            if step.join:
                step.mark("join", self.steps[step.opened_by].kind + "-join")
            elif step.kind in ("linear", "last"):
                step.mark("linear")
            if step.depth == 0:
                step.mark("singleton")
            else:
                step.mark("inner")
            if step.depth > 1:
                step.mark("nested-inner")
            if not step.runs:
                step.mark("untaken")

    @property
    def ran(self) -> list[Step]:
        """The steps that a run has tasks of."""
        return [step for step in self.steps.values() if step.runs]


GRAPHS: dict[str, Graph] = {}


def _graph(name: str, text: str, setup: dict[str, str] | None = None) -> None:
    GRAPHS[name] = Graph(name, text, setup)


_graph(
    "single-linear-step",
    """
    start -> a
    a -> end
    end
    """,
)
_graph(
    "single-and-branch",
    """
    start -> a b
    a -> join
    b -> join
    join(join) -> end
    end
    """,
)
_graph(
    "nested-branches",
    """
    start -> a b
    a -> a1 a2
    a1 -> a_join
    a2 -> a2x a2y
    a2x -> a2x1 a2x2
    a2x1 -> a2x_join
    a2x2 -> a2x_join
    a2x_join(join) -> a2_join
    a2y -> a2_join
    a2_join(join) -> a_join
    a_join(join) -> join
    b -> b1 b2
    b1 -> b_join
    b2 -> b_join
    b_join(join) -> join
    join(join) -> end
    end
    """,
)
_graph(
    "simple-foreach",
    """
    start => inner
    inner -> join
    join(join) -> end
    end
    """,
)
_graph(
    "small-foreach",
    """
    start => inner
    inner -> join
    join(join) -> end
    end
    """,
)
_graph(
    "nested-foreach",
    """
    start => x
    x => y
    y => z
    z -> inner
    inner -> z_join
    z_join(join) -> y_join
    y_join(join) -> x_join
    x_join(join) -> end
    end
    """,
)
_graph(
    "small-parallel",
    """
    start -> split
    split =4> gang
    gang -> join
    join(join) -> end
    end
    """,
)
_graph(
    "branch-parallel",
    """
    start -> a b
    a =2> gang
    gang -> gang_join
    gang_join(join) -> join
    b -> join
    join(join) -> end
    end
    """,
)
_graph(
    "unbounded-foreach",
    """
    start =u> inner
    inner -> join
    join(join) -> end
    end
    """,
)
_graph(
    "nested-unbounded",
    """
    start => outer
    outer =u> inner
    inner -> inner_join
    inner_join(join) -> outer_join
    outer_join(join) -> end
    end
    """,
)
_graph(
    "simple_switch",
    """
    start ? a b
    a -> end
    b -> end
    end
    """,
)
_graph(
    "recursive_switch",
    """
    start -> loop
    loop(rounds3) ? loop after
    after -> end
    end
    """,
)
_graph(
    "switch_in_branch",
    """
    start -> a b
    a ? a1 a2
    a1 -> a_end
    a2 -> a_end
    a_end -> join
    b -> join
    join(join) -> end
    end
    """,
)
_graph(
    "switch_in_foreach",
    """
    start => inner
    inner(both) ? even odd
    even -> after
    odd -> after
    after -> join
    join(join) -> end
    end
    """,
    {"inner": 'self.mode_inner = "odd" if self.index % 2 else "even"'},
)
_graph(
    "switch_nested",
    """
    start ? a b
    a ? a1 a2
    a1 -> after
    a2 -> after
    b -> after
    after -> end
    end
    """,
)
_graph(
    "foreach_in_switch",
    """
    start ? many one
    many => inner
    inner -> join
    join(join) -> after
    one -> after
    after -> end
    end
    """,
)
_graph(
    "branch_in_switch",
    """
    start ? two one
    two -> a b
    a -> join
    b -> join
    join(join) -> after
    one -> after
    after -> end
    end
    """,
)
_graph(
    "recursive_switch_in_foreach",
    """
    start => inner
    inner -> loop
    loop(rounds2) ? loop after
    after -> join
    join(join) -> end
    end
    """,
)
_graph(
    "custom-terminals",
    """
    begin -> a b
    a -> join
    b -> join
    join(join) -> finish
    finish
    """,
)
_graph(
    "single-step",
    """
    only
    """,
)
_graph(
    "hybrid",
    """
    start -> a b
    a => a_inner
    a_inner -> p q
    p -> pq_join
    q -> pq_join
    pq_join(join) -> a_join
    a_join(join) -> join
    b ? b1 b2
    b1 -> b_end
    b2 -> b_end
    b_end -> join
    join(join) -> end
    end
    """,
)

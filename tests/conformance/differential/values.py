"""Kinds of artifacts, class attributes, outputs, and ways to end."""

from differential import Case

_KINDS = '''
import collections
import datetime
import decimal
import sys

from metaflow import FlowSpec, Parameter, step


class Mixin:
    """A mix-in."""

    mixed_in = (1, 2)

    def helper(self):
        return 5


class KindsFlow(Mixin, FlowSpec):
    """
    A flow with values of many kinds.

    In several paragraphs.
    """

    text = "constant"
    mapping = {"a": [1, None]}
    _private = 1
    p = Parameter("p", default=1.5)

    @property
    def computed(self):
        return 1

    @step
    def start(self):
        self.none, self.true, self.integer, self.big = None, True, -1, 10**30
        self.real, self.complex_one, self.words, self.raw = 0.1, 1j, "é☃", b"\\x00"
        self.items, self.pair, self.several, self.frozen = [1, [2]], (1,), {1, 2}, frozenset([1])
        self.when, self.exact = datetime.datetime(2020, 1, 1), decimal.Decimal("1.0")
        self.ordered, self.counted = collections.OrderedDict(a=1), collections.Counter("aab")
        self.dropped = lambda: 1
        self._hidden = 3
        self.name_of_step = self._current_step
        self.helped = self.helper()
        print("user: é☃ on stdout")
        print("user: on stderr", file=sys.stderr)
        print("  indented  ")
        sys.stdout.write("without an end")
        self.next(self.end)

    @step
    def end(self):
        """The last one."""
        self.items.append(3)
        del self.words


if __name__ == "__main__":
    KindsFlow()
'''

_TERMINALS = """
from metaflow import FlowSpec, step


class TerminalsFlow(FlowSpec):
    @step(start=True)
    def first(self):
        self.x = 1
        self.next(self.last)

    @step(end=True)
    def last(self):
        if not hasattr(self, "nothing"):
            self.y = 2


if __name__ == "__main__":
    TerminalsFlow()
"""

_SINGLE = """
from metaflow import FlowSpec, step


class SingleFlow(FlowSpec):
    @step(start=True, end=True)
    def only(self):
        self.x = 1


if __name__ == "__main__":
    SingleFlow()
"""

_EXITS = """
import os
import signal
import sys

from metaflow import FlowSpec, Parameter, retry, step


class ExitsFlow(FlowSpec):
    how = Parameter("how", default="exit")

    @step
    def start(self):
        self.before = 1
        self.next(self.middle)

    @step
    def middle(self):
        self.set_here = 2
        if self.how == "exit":
            sys.exit(3)
        if self.how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.how == "pickle":
            self.bad = open(os.devnull)
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    ExitsFlow()
"""

CASES = (
    Case("kinds", "KindsFlow", _KINDS, commands=(("run", "--p", "2"),)),
    Case("custom-terminals", "TerminalsFlow", _TERMINALS),
    Case("single-step", "SingleFlow", _SINGLE),
    Case("exit", "ExitsFlow", _EXITS),
    Case("killed", "ExitsFlow", _EXITS, commands=(("run", "--how", "kill"),)),
    Case("unpicklable", "ExitsFlow", _EXITS, commands=(("run", "--how", "pickle"),)),
)

"""The flows that are measured."""

_HEAD = "from metaflow import FlowSpec, Parameter, step\n\n\n"
_END = '''
    @step
    def end(self):
        pass


if __name__ == "__main__":
    %s()
'''

LINEAR = (
    _HEAD
    + '''class LinearFlow(FlowSpec):
    @step
    def start(self):
        self.x = 1
        self.next(self.middle)

    @step
    def middle(self):
        self.y = self.x + 1
        self.next(self.end)
'''
    + _END % "LinearFlow"
)

FAN = (
    _HEAD
    + '''class FanFlow(FlowSpec):
    splits = Parameter("splits", default=50)

    @step
    def start(self):
        self.items = list(range(self.splits))
        self.next(self.work, foreach="items")

    @step
    def work(self):
        self.y = self.input + 1
        self.next(self.join)

    @step
    def join(self, inputs):
        self.total = sum(one.y for one in inputs)
        self.next(self.end)
'''
    + _END % "FanFlow"
)

# NAME and ROWS are filled in: flows of one name would share their runs.
FRAME = (
    "import pandas\n\n"
    "from metaflow import FlowSpec, card, current, step\n"
    "from metaflow.cards import Table\n\n\n"
    + '''class NAME(FlowSpec):
    @step
    def start(self):
        self.frame = pandas.DataFrame({"a": range(ROWS), "b": range(ROWS)})
        self.next(self.middle)

    @card(type="blank")
    @step
    def middle(self):
        self.y = int(self.frame.a.sum()) + 1
        current.card.append(Table.from_dataframe(self.frame.head(5)))
        self.next(self.end)
'''
    + _END % "NAME"
)

# `kept` and not `kept` differ in nothing but that the frame is an artifact.
PERSIST = (
    "import numpy\nimport pandas\n\n"
    + _HEAD
    + '''class PersistFlow(FlowSpec):
    kept = Parameter("kept", default=False)
    seed = Parameter("seed", default=0)

    @step
    def start(self):
        random = numpy.random.default_rng(self.seed)
        frame = pandas.DataFrame({name: random.standard_normal(6_250_000) for name in "abcd"})
        if self.kept:
            self.frame = frame
        self.next(self.end)
'''
    + _END % "PersistFlow"
)

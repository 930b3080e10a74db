"""What the flow's class says of itself, in tasks and outside."""

from behaviour import Behaviour, at
from views import same


class ParametersOfTheClass(Behaviour):
    """`_get_parameters` lists parameters by attribute, constants not among them; before a run and within its tasks."""

    QUICK = ("single-linear-step", "small-parallel")
    FIELDS = """
    constant = 5
    second = Parameter("second", default=2)
    first = Parameter("renamed", default=1)
    """

    @at("all")
    def step_all(self):
        expect_equal(["first", "second"], [name for name, _ in self._get_parameters()])
        expect_equal((1, 2, 5), (self.first, self.second, self.constant))

    @staticmethod
    def check(graph, flow, look):
        same({"first": "renamed", "second": "second"}, {name: parameter.name for name, parameter in flow._get_parameters()})

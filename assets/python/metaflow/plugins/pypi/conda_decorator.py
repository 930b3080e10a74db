"""`@conda` and `@conda_base`."""

from __future__ import annotations

from metaflow.plugins._elsewhere import ElsewhereFlowDecorator, ElsewhereStepDecorator


class CondaStepDecorator(ElsewhereStepDecorator):
    """Asks for a Conda environment."""

    name = "conda"
    defaults = {"packages": {}, "libraries": {}, "python": None, "disabled": None}

    def init(self) -> None:
        # `libraries` is the older name of `packages`.
        self.attributes["packages"] = {**self.attributes["libraries"], **self.attributes["packages"]}
        self.attributes["libraries"] = {}


class CondaFlowDecorator(ElsewhereFlowDecorator):
    """Asks for a Conda environment for all steps."""

    name = "conda_base"
    defaults = {"packages": {}, "libraries": {}, "python": None, "disabled": None}

    def init(self) -> None:
        self.attributes["packages"] = {**self.attributes["libraries"], **self.attributes["packages"]}
        self.attributes["libraries"] = {}

"""`@pypi` and `@pypi_base`."""

from __future__ import annotations

from metaflow.plugins._elsewhere import ElsewhereFlowDecorator, ElsewhereStepDecorator


class PyPIStepDecorator(ElsewhereStepDecorator):
    """Asks for an environment with packages from PyPI."""

    name = "pypi"
    defaults = {"packages": {}, "python": None, "disabled": None}


class PyPIFlowDecorator(ElsewhereFlowDecorator):
    """Asks for an environment with packages from PyPI for all steps."""

    name = "pypi_base"
    defaults = {"packages": {}, "python": None, "disabled": None}

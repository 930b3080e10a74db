"""Decorators that say where or when a step runs elsewhere: recorded with the run, without effect on this machine."""

from __future__ import annotations

from .._decorator_base import FlowDecorator, StepDecorator


class ElsewhereStepDecorator(StepDecorator):
    """A step decorator that asks for another place than this machine."""

    IS_LOCAL = False


class ElsewhereFlowDecorator(FlowDecorator):
    """A flow decorator that asks for another place than this machine."""

    IS_LOCAL = False

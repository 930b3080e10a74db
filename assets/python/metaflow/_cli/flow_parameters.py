"""The flow's parameters as options of `run`: texts are judged here, and go to the engine as they were given."""

from __future__ import annotations

import os
import sys

from .errors import BadValue
from .kinds import BOOLEAN, INTEGER, REAL, TEXT, Kind
from .options import Context, Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..flowspec import FlowSpec
    from ..parameters import Parameter

_PLAIN = {str: TEXT, int: INTEGER, float: REAL, bool: BOOLEAN}


class _Judge(Kind):
    """Says whether a text is a value of the parameter; the text itself is what goes on."""

    def __init__(self, parameter: Parameter) -> None:
        self.parameter = parameter
        plain = _PLAIN.get(parameter.type)
        self.plain = plain
        self.name = plain.name if plain else str(parameter.type_name).upper()

    def convert(self, value: Any) -> str:
        if self.plain is not None:
            self.plain.convert(value)
            return value
        from ..parameters import JSONTypeClass, UsageError

        try:
            self.parameter.convert(value)
        except UsageError as problem:
            if isinstance(self.parameter.type, JSONTypeClass):
                raise BadValue(f"{value} is not a valid JSON object ({problem.__cause__})") from problem
            raise BadValue(problem.message) from problem
        return value


class _FileJudge(Kind):
    """Says whether the file of an `IncludeFile` can be read; the path is what goes on."""

    name = "FILEPATH"

    def convert(self, value: Any) -> str:
        path = os.path.expanduser(value)
        # Addresses are for the parameter itself to judge.
        if "://" not in path and not os.access(path, os.R_OK):
            raise BadValue(f"IncludeFile: could not open file '{value}' for reading")
        return value


class ParameterOption(Option):
    """The option of one parameter; its value is the tuple of texts that were given for it."""

    def __init__(self, parameter: Parameter, required: bool) -> None:
        super().__init__(
            f"--{parameter.name}",
            kind=_FileJudge() if _is_file(parameter) else _Judge(parameter),
            default=parameter.default,
            multiple=parameter.multiple,
            required=required and parameter.required,
            help=parameter.help or "",
            show_default=True,
        )
        self.parameter = parameter.name

    def finish(self, given: Any, context: Context) -> tuple[str, ...]:
        default, self.default = self.default, None
        required, self.required = self.required, self.required and default is None
        try:
            value = super().finish(given, context)
        finally:
            self.default, self.required = default, required
        return value if self.multiple else () if value is None else (value,)


def _is_file(parameter: Parameter) -> bool:
    # A flow that has one has imported it.
    module = sys.modules.get("metaflow.includefile")
    return module is not None and isinstance(parameter, module.IncludeFile)


def options_of(flow: FlowSpec, taken: list[Option], required: bool) -> list[ParameterOption]:
    """An option for each parameter that is no config, and whose name is not an option of the command itself."""
    from .._worker.classes import parameters_of

    known = {option.dest for option in taken}
    options = [
        ParameterOption(parameter, required)
        for _, parameter in parameters_of(type(flow))
        if not parameter.IS_CONFIG_PARAMETER
    ]
    return [option for option in options if option.dest not in known]

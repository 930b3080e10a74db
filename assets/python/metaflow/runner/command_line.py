"""Keyword arguments of Python as the command line of a flow: judged before anything runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile

from . import described
from .fields import Field
from .flow_file import flow_class

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

PACKAGE_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class CommandLine:
    """What one flow's command line takes."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.flow = flow_class(file)

    def words(
        self,
        verb: str,
        arguments: list[str],
        top: Mapping[str, Any],
        own: Mapping[str, Any],
        environ: Mapping[str, str],
        directory: str,
    ) -> list[str]:
        """`FLOW.py [options] VERB [arguments] [options]`; ValueError or TypeError for what the command cannot take."""
        from .._cli.execute import COMMANDS

        before = _words(self._top_fields(), top)
        options = [Field.of_option(option) for option in COMMANDS[verb].options]
        given = dict(own)
        if verb == "resume":
            # Metaflow's keyword for the one argument of `resume`.
            step = given.pop("step_to_rerun", None)
            arguments = [*arguments, *([] if step is None else [_text("step_to_rerun", step)])]
        taken = {field.dest for field in options}
        parameters = [field for field in self._parameter_fields(top, environ, directory) if field.dest not in taken]
        after = _words([*parameters, *options], given)
        if verb == "run":
            for field in parameters:
                variable = f"METAFLOW_RUN_{field.dest.upper()}"
                if field.required and given.get(field.dest) is None and variable not in environ:
                    raise ValueError(f"Missing argument: {field.dest} is required.")
        return [self.file, *before, verb, *arguments, *after]

    def _top_fields(self) -> list[Field]:
        from .._cli.top import options_for

        return [Field.of_option(option) for option in options_for(self.flow(use_cli=False))]

    def _parameter_fields(self, top: Mapping[str, Any], environ: Mapping[str, str], directory: str) -> list[Field]:
        if described.depends(self.flow):
            found = self._ask(top, environ, directory)
        else:
            found = described.parameters_of(self.flow)
        return [Field.of_parameter(**parameter) for parameter in found]

    def _ask(self, top: Mapping[str, Any], environ: Mapping[str, str], directory: str) -> list[dict[str, Any]]:
        """The parameters that the flow has with these configs."""
        given: dict[str, dict[str, str]] = {"files": {}, "values": {}}
        for field in self._top_fields():
            if field.is_pair:
                words = field.words(top.get(field.dest))
                pairs = zip(words[1::3], words[2::3])
                given["files" if field.dest == "config" else "values"].update(pairs)
        with tempfile.TemporaryDirectory() as place:
            answer = os.path.join(place, "parameters.json")
            asked = subprocess.run(
                [sys.executable, "-m", described.__name__, self.file, answer],
                input=json.dumps(given),
                env=dict(environ),
                cwd=directory,
                capture_output=True,
                text=True,
                check=False,
            )
            try:
                with open(answer, encoding="utf-8") as file:
                    found = json.load(file)
            except (OSError, ValueError):
                found = {"error": asked.stderr}
        if "error" in found:
            raise ValueError(f"The parameters of {self.file} cannot be known:\n{found['error']}")
        return found["parameters"]


def _words(fields: list[Field], given: Mapping[str, Any]) -> list[str]:
    known = {field.dest: field for field in fields}
    words = []
    for name, value in given.items():
        if name not in known:
            raise ValueError(f"Unknown argument: '{name}', possible args are: {', '.join(known)}")
        words += known[name].words(value)
    return words


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"Invalid type for '{name}', expected: str, but found {value!r}.")
    return value


def environment(env: Mapping[str, str] | None, profile: str | None) -> dict[str, str]:
    """The environment of a process that is to find this package, whichever way the caller has found it."""
    found = {**os.environ, **(env or {})}
    if profile:
        found["METAFLOW_PROFILE"] = profile
    paths = found.get("PYTHONPATH", "").split(os.pathsep)
    if paths[0] != PACKAGE_ROOT:
        found["PYTHONPATH"] = os.pathsep.join([PACKAGE_ROOT, *(path for path in paths if path)])
    return found

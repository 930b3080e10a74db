"""`check`, and the lines about it before a run."""

from __future__ import annotations

import os
import sys

from . import binary, terminal
from .options import Command, Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .state import State


def check(state: State, warnings: bool) -> int:
    state.echo("Validating your flow...", colour="magenta")
    errors, code, words = _errors()
    if errors:
        _show(errors)
        return 1
    if code != 0:
        from ..exception import MetaflowException

        raise MetaflowException(words.strip() or "The flow could not be checked.")
    state.echo(f"{terminal.INDENT}The graph looks good!", colour="green", bold=True)
    _pylint(state, warnings)
    file = os.path.abspath(sys.argv[0])
    state.echo(
        f"\n*'{file} show'* shows a description of this flow.\n"
        f"*'{file} run'* runs the flow locally.\n"
        f"*'{file} help'* shows all available commands and options.\n"
    )
    return 0


def before_run(state: State) -> None:
    """The lines of a run about the flow's validity: the end of it, if the flow is not valid."""
    if state.is_quiet:
        return
    state.echo("Validating your flow...", colour="magenta")
    if binary.succeeds(["check", binary.flow_file()]):
        state.echo(f"{terminal.INDENT}The graph looks good!", colour="green", bold=True)
        _pylint(state, warnings=False)
        return
    errors, _, _ = _errors()
    if errors:
        _show(errors)
        raise SystemExit(1)
    # Anything else that is wrong, the run itself says.


def _errors() -> tuple[list[dict[str, Any]], int, str]:
    """What is wrong with the flow's graph; how the check ended, and what it said besides."""
    import json
    import subprocess

    command = [binary.find(), "check", binary.flow_file(), "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    found: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return [finding for finding in found if finding["severity"] == "error"], done.returncode, done.stderr


def _show(findings: list[dict[str, Any]]) -> None:
    for finding in findings:
        place = f"in file {finding['file']} on line {finding['line']}"
        terminal.write(f"{terminal.INDENT}Validity checker found an issue {place}:", err=True, bold=True)
        text = finding["message"] + (f"\n{finding['hint']}" if finding.get("hint") else "")
        terminal.write(terminal.indented(text), err=True, raw=True)
        terminal.write("", err=True)


def _pylint(state: State, warnings: bool) -> None:
    if not state.values["pylint"]:
        return
    from importlib.util import find_spec

    state.echo("Running pylint...", colour="magenta")
    if find_spec("pylint") is None:
        state.echo(f"{terminal.INDENT}Pylint not found, so extra checks are disabled.", colour="green")
        return
    import subprocess

    command = [sys.executable, "-m", "pylint", binary.flow_file(), "--score=n", "--disable=no-member"]
    if not warnings:
        command.append("--errors-only")
    done = subprocess.run(command, capture_output=True, text=True)
    text = done.stdout.strip()
    # 1, 2 and 32: fatal, errors found, wrong usage.
    if done.returncode & 3:
        from ..exception import MetaflowException

        terminal.write(text, err=True, raw=True)
        error = MetaflowException("Mend what pylint has found, or leave it out with --no-pylint.")
        error.headline = "Pylint is not happy"
        raise error
    if text:
        terminal.write(text, err=True, raw=True)
    state.echo(f"{terminal.INDENT}Pylint is happy!", colour="green", bold=True)


COMMANDS = {
    "check": Command(
        check,
        "Validate the flow; what happens without a command.",
        [Option("--warnings/--no-warnings", default=False, show_default=True, help="Also what Pylint only warns of.")],
    )
}

"""Words of a command line as options and arguments: `--opt VALUE`, `--opt=VALUE`, `-o VALUE`, `--flag`, `--`."""

from __future__ import annotations

from .errors import NoSuchOption, UsageError
from .options import HELP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .options import Command, Context, Option


def parse(command: Command, context: Context, words: list[str]) -> tuple[dict[str, Any], list[str], list[str]]:
    """What was given for each option, the order in which it was, and the words that are no options."""
    table: dict[str, tuple[Option, bool]] = {}
    for option in [*command.options, HELP]:
        table.update(dict.fromkeys(option.names, (option, True)))
        table.update(dict.fromkeys(option.off_names, (option, False)))
    given: dict[str, Any] = {}
    order: list[str] = []
    plain: list[str] = []
    left = list(words)
    while left:
        word = left.pop(0)
        if word == "--":
            break
        if not word.startswith("-") or len(word) == 1:
            if not command.interspersed:
                left.insert(0, word)
                break
            plain.append(word)
            continue
        name, equals, value = word.partition("=")
        if name not in table:
            raise NoSuchOption(_unknown(name, list(table)), context)
        option, on = table[name]
        order.append(option.dest)
        if not option.takes_value:
            if equals:
                raise UsageError(f"{name} option does not take a value", context)
            given[option.dest] = on
            continue
        if equals:
            left.insert(0, value)
        if len(left) < option.nargs:
            what = "an argument" if option.nargs == 1 else f"{option.nargs} arguments"
            raise UsageError(f"{name} option requires {what}", context)
        taken: Any = left.pop(0) if option.nargs == 1 else tuple(left.pop(0) for _ in range(option.nargs))
        if option.multiple:
            given.setdefault(option.dest, []).append(taken)
        else:
            given[option.dest] = taken
    return given, order, plain + left


def _unknown(name: str, known: list[str]) -> str:
    similar = sorted(word for word in known if word.startswith(name))
    if not similar:
        return f"no such option: {name}"
    if len(similar) == 1:
        return f"no such option: {name}  Did you mean {similar[0]}?"
    return f"no such option: {name}  (Possible options: {', '.join(similar)})"

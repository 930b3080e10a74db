"""Help pages, and the lines that say how a command is called."""

from __future__ import annotations

import shutil
import textwrap

from .options import HELP, Group

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .options import Context, Option

# The widest first column of a table.
_COLUMN = 30
_GAP = 2
# What a line of the list of commands says of one.
_SUMMARY = 45


def _width() -> int:
    return max(min(shutil.get_terminal_size((80, 24)).columns, 80) - 2, 50)


def usage(context: Context) -> str:
    head = f"Usage: {context.path} "
    return textwrap.fill(
        context.command.usage(), _width(), initial_indent=head, subsequent_indent=" " * min(len(head), 40)
    )


def how(context: Context) -> str:
    """The lines above the sentence of a usage error."""
    return f"{usage(context)}\nTry '{context.path} --help' for help.\n"


def page(context: Context) -> str:
    command = context.command
    lines = [usage(context)]
    if command.help:
        lines += ["", textwrap.fill(command.help, _width(), initial_indent="  ", subsequent_indent="  ")]
    options = [(_label(option), _text(option)) for option in [*command.options, HELP] if not option.hidden]
    lines += ["", "Options:", *_table(options)]
    if isinstance(command, Group):
        names = command.listed()
        limit = max(_SUMMARY, _width() - 6 - max(len(name) for name, _ in names))
        lines += ["", "Commands:", *_table([(name, summary(text, limit)) for name, text in names])]
    return "\n".join(lines)


def _label(option: Option) -> str:
    label = " / ".join([*option.names, *option.off_names])
    return label if option.is_flag else f"{label} {option.kind.name}"


def _text(option: Option) -> str:
    notes = []
    if option.show_default and option.default is not None:
        default = option.default
        shown = ", ".join(str(item) for item in default) if isinstance(default, (list, tuple)) else default
        notes.append(f"default: {'(dynamic)' if callable(shown) else shown}")
    if option.required:
        notes.append("required")
    note = f"[{'; '.join(notes)}]" if notes else ""
    return "  ".join(part for part in (option.help, note) if part)


def _table(rows: list[tuple[str, str]]) -> list[str]:
    first = min(max(len(label) for label, _ in rows), _COLUMN) + _GAP
    lines: list[str] = []
    for label, text in rows:
        wrapped = textwrap.wrap(text, max(_width() - first - 2, 10)) or [""]
        if len(label) > first - _GAP:
            lines.append(f"  {label}")
        else:
            lines.append(f"  {label:<{first}}{wrapped.pop(0)}".rstrip())
        lines += [f"  {'':<{first}}{line}".rstrip() for line in wrapped]
        if len(lines) > 1 and lines[-1].startswith(" " * first):
            lines.append("")
    while lines and not lines[-1]:
        lines.pop()
    return lines


def summary(text: str, limit: int) -> str:
    """The first sentence of a help text, cut where it would not fit."""
    sentence = text.split(". ")[0].rstrip(".") + ("." if "." in text else "")
    if len(sentence) <= limit:
        return sentence
    return textwrap.shorten(sentence, limit, placeholder="...")

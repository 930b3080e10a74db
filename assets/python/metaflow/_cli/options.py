"""Commands, and what they take: options, arguments, values from the environment."""

from __future__ import annotations

import os

from .errors import BadValue, Exit, UsageError
from .kinds import BOOLEAN, TEXT, kind_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .kinds import Kind


class Context:
    """One level of a command line: which command, called how, below which one."""

    def __init__(self, command: Command, path: str, prefix: str, parent: Context | None = None) -> None:
        self.command = command
        self.path = path
        self.prefix = prefix
        self.parent = parent

    def below(self, command: Command, name: str) -> Context:
        path = f"{self.path} {name}"
        return Context(command, path, f"{self.prefix}_{name}".upper().replace("-", "_"), self)


class Option:
    """`--name VALUE`, `--name/--no-name`, or a flag."""

    def __init__(
        self,
        spelling: str,
        dest: str | None = None,
        *,
        kind: Any = None,
        default: Any = None,
        flag: bool = False,
        multiple: bool = False,
        nargs: int = 1,
        required: bool = False,
        help: str = "",
        show_default: bool = False,
        hidden: bool = False,
        variable: str | None = None,
    ) -> None:
        yes, _, no = spelling.partition("/")
        self.names = [yes.strip()]
        self.off_names = [no.strip()] if no else []
        self.is_flag = flag or bool(no)
        self.dest = dest or self.names[0].lstrip("-").replace("-", "_").lower()
        self.kind: Kind = BOOLEAN if self.is_flag else kind_of(kind, None if multiple else default)
        self.default = default
        self.multiple = multiple
        self.nargs = nargs
        self.required = required
        self.help = help
        self.show_default = show_default
        self.hidden = hidden
        self.variable = variable

    @property
    def hint(self) -> str:
        return f"'{self.names[0]}'"

    @property
    def takes_value(self) -> bool:
        return not self.is_flag

    def from_environment(self, context: Context) -> Any:
        """The value in the option's own variable, else in the one that its command gives it."""
        text = os.environ.get(self.variable) if self.variable else None
        if not text:
            text = os.environ.get(f"{context.prefix}_{self.dest.upper()}")
        if text is None:
            return None
        if not self.multiple and self.nargs == 1:
            return text
        try:
            parts = self.kind.split(text)
        except BadValue as problem:
            raise UsageError(f"Invalid value for {self.hint}: {problem}", context) from problem
        if self.nargs == 1:
            return parts
        return [tuple(parts[at : at + self.nargs]) for at in range(0, len(parts), self.nargs)]

    def finish(self, given: Any, context: Context) -> Any:
        """The value of the option from what was parsed (None: nothing), the environment, or its default."""
        if given is None:
            given = self.from_environment(context)
        value = self._convert(given, context)
        if value is None or (self.multiple and not value):
            value = self._default(context)
            if self.required and (value is None or (self.multiple and not value)):
                raise UsageError(f"Missing option {self.hint}.", context)
        return value

    def _default(self, context: Context) -> Any:
        if self.multiple:
            return tuple(self.default or ())
        if self.default is None:
            return False if self.is_flag else None
        return self.default

    def _convert(self, given: Any, context: Context) -> Any:
        if given is None:
            return () if self.multiple else None
        try:
            if self.multiple:
                return tuple(self._one(value) for value in given)
            return self._one(given)
        except BadValue as problem:
            raise UsageError(f"Invalid value for {self.hint}: {problem}", context) from problem

    def _one(self, value: Any) -> Any:
        if self.nargs == 1:
            return self.kind.convert(value)
        if len(value) != self.nargs:
            raise BadValue(f"it takes {self.nargs} values")
        return tuple(self.kind.convert(part) for part in value)


class Argument:
    """A word by its position; with `many`, all the words that are left."""

    def __init__(self, name: str, *, required: bool = True, many: bool = False) -> None:
        self.dest = name.replace("-", "_")
        self.required = required
        self.many = many

    @property
    def label(self) -> str:
        label = self.dest.upper() + ("..." if self.many else "")
        return label if self.required else f"[{label}]"


HELP = Option("--help", flag=True, help="Show this message and exit.")


class Command:
    """Something to do, with its options and arguments. `action(state, **values)` answers the exit code; None is 0."""

    interspersed = True

    def __init__(
        self,
        action: Callable[..., int | None] | None,
        help: str = "",
        options: list[Option] | None = None,
        arguments: list[Argument] | None = None,
        hidden: bool = False,
    ) -> None:
        self.action = action
        self.help = help
        self.options = options or []
        self.arguments = arguments or []
        self.hidden = hidden

    def usage(self) -> str:
        return " ".join(["[OPTIONS]", *(argument.label for argument in self.arguments)])

    def parse(self, context: Context, words: list[str]) -> tuple[dict[str, Any], list[str]]:
        """The values of all options and arguments, and the words that are left over."""
        from .parse import parse

        given, order, rest = parse(self, context, words)
        if HELP.dest in given:
            from .help import page

            print(page(context))
            raise Exit(0)
        values: dict[str, Any] = {}
        for parameter in sorted(self.options, key=lambda option: _position(option, order)):
            values[parameter.dest] = parameter.finish(given.get(parameter.dest), context)
        rest = self._take_arguments(context, rest, values)
        return values, rest

    def _take_arguments(self, context: Context, words: list[str], values: dict[str, Any]) -> list[str]:
        words = list(words)
        for argument in self.arguments:
            if argument.many:
                taken: Any = tuple(words)
                words = []
            else:
                taken = words.pop(0) if words else None
            if argument.required and not taken:
                raise UsageError(f"Missing argument '{argument.label}'.", context)
            values[argument.dest] = taken
        return words

    def values(self, context: Context, words: list[str]) -> dict[str, Any]:
        """The values of all options and arguments; words that are left over are an error."""
        values, rest = self.parse(context, words)
        if rest:
            plural = "s" if len(rest) > 1 else ""
            raise UsageError(f"Got unexpected extra argument{plural} ({' '.join(rest)})", context)
        return values

    def run(self, context: Context, words: list[str], state: Any) -> int | None:
        """Do it; the answer is the exit code."""
        assert self.action is not None
        return self.action(state, **self.values(context, words))


def _position(option: Option, order: list[str]) -> int:
    """Options are judged in the order in which they were given; then the others."""
    return order.index(option.dest) if option.dest in order else len(order)


class Group(Command):
    """A command whose first word names another one; `default` is meant where none is named."""

    interspersed = False

    def __init__(
        self,
        help: str,
        commands: dict[str, Command],
        options: list[Option] | None = None,
        default: str | None = None,
    ) -> None:
        super().__init__(None, help, options)
        self.commands = commands
        self.default = default

    def usage(self) -> str:
        return "[OPTIONS] COMMAND [ARGS]..."

    def find(self, name: str) -> Command | None:
        return self.commands.get(name)

    def listed(self) -> list[tuple[str, str]]:
        """Names and help texts for the help page."""
        return [
            (name + (" [Default]" if name == self.default else ""), command.help)
            for name, command in sorted(self.commands.items())
            if not command.hidden
        ]

    def run(self, context: Context, words: list[str], state: Any) -> int | None:
        if self.default is not None:
            words = self._with_default(context, words)
        if not words:
            from .help import page

            print(page(context))
            raise Exit(0)
        _values, rest = self.parse(context, words)
        if not rest:
            raise UsageError("Missing command.", context)
        command = self.find(rest[0])
        if command is None:
            raise UsageError(f"No such command '{rest[0]}'.", context)
        return command.run(context.below(command, rest[0]), rest[1:], state)

    def _with_default(self, context: Context, words: list[str]) -> list[str]:
        assert self.default is not None
        try:
            _values, rest = self.parse(context, words)
        except UsageError:
            # Options of the command that was not named.
            return [self.default, *words]
        return words if rest and rest[0] in self.commands else [self.default, *words]


def option_from(name: str, attributes: dict[str, Any]) -> Option:
    """The option that a flow decorator describes: keys as its `options` table has them."""
    return Option(
        f"--{name}",
        kind=attributes.get("type"),
        default=attributes.get("default"),
        flag=bool(attributes.get("is_flag")),
        multiple=bool(attributes.get("multiple")),
        nargs=attributes.get("nargs") or 1,
        required=bool(attributes.get("required")),
        help=attributes.get("help") or "",
        show_default=bool(attributes.get("show_default")),
        hidden=bool(attributes.get("hidden")),
        variable=f"METAFLOW_FLOW_{name.upper()}",
    )


__all__ = ["HELP", "TEXT", "Argument", "Command", "Context", "Group", "Option", "option_from"]

"""Decorators by name: as code, configs and `--with` write them."""

from __future__ import annotations

from ..exception import MetaflowException

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Registry:
    """The classes that users have written, by their full names; each is found by any end of it that no other has."""

    def __init__(self) -> None:
        self._classes: dict[str, type] = {}
        # Full names of classes that others are derived from: those are meant.
        self._bases: set[str] = set()
        # The modules that define any of them, for the code package.
        self.modules: set[str] = set()

    def add(self, name: str, kind: type) -> None:
        if not kind.__module__.startswith(("metaflow.", "metaflow_extensions.")):
            self.modules.add(kind.__module__)
        if name not in self._bases:
            self._classes[name] = kind

    def retire(self, name: str) -> None:
        """A class is derived from the one of this name."""
        self._bases.add(name)
        self._classes.pop(name, None)

    def find(self, name: str) -> type | None:
        if name in self._classes:
            return self._classes[name]
        found = [kind for full, kind in self._classes.items() if full.endswith("." + name)]
        return found[0] if len(found) == 1 else None

    def defined_in(self, module: str) -> list[str]:
        """The names of the classes that a module or a package has."""
        kinds = self._classes.values()
        return [kind.__name__ for kind in kinds if f"{kind.__module__}.".startswith(module + ".")]

    def short_name(self, full: str) -> str:
        """The shortest end of the name that finds the class."""
        parts = full.split(".")
        for count in range(1, len(parts)):
            name = ".".join(parts[-count:])
            if self.find(name) is self._classes.get(full) is not None:
                return name
        return full


def parse_attributes(text: str) -> tuple[list[Any], dict[str, Any]]:
    """The arguments of `name:attribute=value,...`; an attribute that is a number is the place of a positional one."""
    from .. import _decospecs

    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    for name, value in _decospecs.parse_attributes(text).items():
        if not name.isdigit():
            kwargs[name] = value
            continue
        args.extend([None] * (int(name) + 1 - len(args)))
        args[int(name)] = value
    return args, kwargs


def step_decorator_from_spec(spec: str) -> tuple[Any, bool]:
    """The decorator for a step that a text asks for, and whether the text gives arguments."""
    name, colon, text = spec.partition(":")
    from .._decospecs import from_spec
    from ..decorators import UnknownStepDecoratorException

    try:
        return from_spec(spec), bool(colon)
    except UnknownStepDecoratorException:
        kind = find_step_decorator(name)
        if kind is None:
            raise
    args, kwargs = parse_attributes(text)
    return kind(*args, **kwargs), bool(colon)


def find_step_decorator(name: str) -> Any:
    """The class of a user's decorator for steps; one with a dotted name is imported if need be."""
    from .user_step_decorator import UserStepDecoratorBase

    kind = UserStepDecoratorBase.registry.find(name)
    if kind is None and "." in name:
        module, _, attribute = name.rpartition(".")
        from importlib import import_module

        try:
            kind = getattr(import_module(module), attribute, None)
        except ImportError as error:
            raise MetaflowException(f"The decorator {name} cannot be imported: {error}") from error
        if not (isinstance(kind, type) and issubclass(kind, UserStepDecoratorBase)):
            return None
    return kind


def flow_decorator_from_spec(spec: str) -> tuple[Any, bool]:
    """The decorator or mutator for a flow that a text asks for, and whether the text gives arguments."""
    name, colon, text = spec.partition(":")
    from .user_flow_decorator import FlowMutator

    kind = builtin_flow_decorator(name)
    if kind is not None:
        return kind.parse_decorator_spec(text), bool(colon)
    kind = FlowMutator.registry.find(name)
    if kind is None:
        from ..decorators import UnknownFlowDecoratorException

        raise UnknownFlowDecoratorException(name)
    args, kwargs = parse_attributes(text)
    return kind(*args, **kwargs), bool(colon)


def builtin_flow_decorator(name: str) -> Any:
    from .._builtin_decorators import flow_class

    return flow_class(name)


def built_in(imported: object, base: type) -> Any:
    """The class behind what flows import as a decorator; None for all else."""
    kind = getattr(imported, "kind", None)
    if kind is None:
        # Extensions may give a `functools.partial` with the class as its argument.
        kind = next(iter(getattr(imported, "args", None) or ()), None)
    return kind if isinstance(kind, type) and issubclass(kind, base) else None


def matches(short: str, full: str, wanted: str) -> bool:
    """A name with a period is a full one."""
    return (full if "." in wanted else short) == wanted


def full_name(decorator: object) -> str:
    kind = type(decorator)
    return f"{kind.__module__}.{kind.__name__}"


def was_given(decorator: Any, args: list[Any] | None, kwargs: dict[str, Any] | None) -> bool:
    """Whether a decorator was given these arguments; where none are named, any will do."""
    return (args is None and kwargs is None) or decorator.get_args_kwargs() == (args or [], kwargs or {})

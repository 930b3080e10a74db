"""`Config`, what a flow writes for a config, and `ConfigValue`, what it finds there in its steps.

The class body of a flow runs before its configs have values. An expression such as `config.cpu` there is a
`DelayEvaluator`, which is asked for its value when a decorator or a parameter needs it.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping

from ..decorators import UNPACK_KEY
from ..exception import MetaflowException
from ..parameters import Parameter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any, Callable, NoReturn

    from .._worker.state import FlowState
    from .config_reads import Uses

__all__ = [
    "UNPACK_KEY",
    "Config",
    "ConfigValue",
    "DelayEvaluator",
    "config_expr",
    "resolve_delayed_evaluator",
    "unpack_delayed_evaluator",
]

# Name of a config -> (value, is_plain), of the flow that this process has loaded; None before.
_resolved: dict[str, tuple[Any, bool]] | None = None

# Where it is noted who uses configs, while somebody does.
_uses: Uses | None = None


def note_uses(uses: Uses | None) -> None:
    """From here on, what is used of configs is noted there; `None`: not at all."""
    global _uses
    _uses = uses


def _note(expression: str, configs: dict[str, Any], uses: Uses) -> None:
    import ast

    names = {node.id for node in ast.walk(ast.parse(expression.strip(), mode="eval")) if isinstance(node, ast.Name)}
    used = {name: configs[name] for name in names.intersection(configs)}
    _watch(used)
    uses.by_expressions += used.items()


def _watch(configs: dict[str, Any]) -> None:
    for value in configs.values():
        if isinstance(value, ConfigValue):
            value.__watch__()


def set_resolved(configs: dict[str, tuple[Any, bool]]) -> None:
    """From here on expressions have values."""
    global _resolved
    _resolved = configs


def resolved_configs() -> dict[str, Any]:
    """The configs by name, as flows see them."""
    return {name: wrapped(value, plain) for name, (value, plain) in (_resolved or {}).items()}


def handed_out_configs() -> dict[str, Any]:
    """The same, for a mutator: what it reads of them is noted."""
    configs = resolved_configs()
    if _uses is not None:
        _watch(configs)
        _uses.handed_out += configs.items()
    return configs


def parsed_configs() -> dict[str, list[Any]]:
    """The configs by name as they were parsed, each with whether it is plain."""
    return {name: list(pair) for name, pair in (_resolved or {}).items()}


def resolved_value(name: str) -> Any:
    """The value of one config as it was parsed."""
    return (_resolved or {})[name][0]


def wrapped(value: Any, plain: bool) -> Any:
    return value if plain or value is None else ConfigValue(value)


def _immutable(*_args: object, **_kwargs: object) -> NoReturn:
    raise TypeError("ConfigValue is immutable: a config has the same value in the whole run")


# Among the keys that were read: all of them.
WHOLE = object()


def _reads_all(name: str) -> Any:
    method = getattr(dict, name)

    def read(self: ConfigValue, *args: Any) -> Any:
        if self.__seen__ is not None:
            self.__seen__[WHOLE] = None
        return method(self, *args)

    read.__name__ = name
    return read


class ConfigValue(Mapping, dict):
    """A dictionary that cannot be changed, and whose items are attributes too; so are those within it."""

    # The keys that were read, once `__watch__` was called.
    __seen__: dict[Any, None] | None = None

    def __init__(self, data: Mapping[Any, Any]) -> None:
        dict.__init__(self, {key: _wrap(value) for key, value in data.items()})

    @classmethod
    def fromkeys(cls, iterable: Iterable, value: Any = None) -> ConfigValue:
        return cls(dict.fromkeys(iterable, value))

    def to_dict(self) -> dict[Any, Any]:
        """Plain dictionaries, all the way down."""
        return _unwrap(self)

    def copy(self) -> ConfigValue:
        return ConfigValue(self)

    __copy__ = copy

    def __watch__(self) -> None:
        """Note from here on which keys are read, in the dictionaries below as well."""
        object.__setattr__(self, "__seen__", {})
        for value in dict.values(self):
            if isinstance(value, ConfigValue):
                value.__watch__()

    def __getitem__(self, key: Any) -> Any:
        if self.__seen__ is not None:
            self.__seen__[key] = None
        return dict.__getitem__(self, key)

    def __contains__(self, key: object) -> bool:
        if self.__seen__ is not None:
            self.__seen__[key] = None
        return dict.__contains__(self, key)

    def get(self, key: Any, default: Any = None) -> Any:
        if self.__seen__ is not None:
            self.__seen__[key] = None
        return dict.get(self, key, default)

    # `Mapping` comes before `dict` among the bases, and would answer these by itself, slowly.
    for _name in "__iter__ __len__ __eq__ __ne__ __or__ __ror__ __repr__ keys values items".split():
        vars()[_name] = _reads_all(_name)
    del _name

    __setitem__ = __delitem__ = __setattr__ = __delattr__ = __ior__ = _immutable
    clear = update = setdefault = pop = popitem = _immutable

    def __getattr__(self, name: str) -> Any:
        # Libraries ask all kinds of objects for names with underscores.
        if name.startswith("__") and not dict.__contains__(self, name):
            raise AttributeError(name)
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __dir__(self) -> Iterable[str]:
        return [*dir(type(self)), *(key for key in self if isinstance(key, str) and key.isidentifier())]

    def __reduce__(self) -> tuple:
        return ConfigValue, (self.to_dict(),)


def _wrap(value: Any) -> Any:
    if isinstance(value, ConfigValue):
        return value
    if isinstance(value, Mapping):
        return ConfigValue(value)
    if type(value) in (list, tuple, set):
        return type(value)(_wrap(item) for item in value)
    return value


def _unwrap(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _unwrap(item) for key, item in value.items()}
    if type(value) in (list, tuple, set):
        return type(value)(_unwrap(item) for item in value)
    return value


class DelayEvaluator(Mapping):
    """An expression of configs that has a value later. Attributes and items of it are such expressions as well."""

    def __init__(
        self, expression: str, saved_globals: dict[str, Any] | None = None, path: tuple[tuple[bool, Any], ...] = ()
    ) -> None:
        self._expression = expression
        self._globals = saved_globals
        # What is taken from the value of the expression: (whether by item, name or key).
        self._path = path

    def _then(self, by_item: bool, key: Any) -> DelayEvaluator:
        return DelayEvaluator(self._expression, self._globals, (*self._path, (by_item, key)))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in ("_expression", "_globals", "_path"):
            raise AttributeError(name)
        return self._then(False, name)

    # `**config.x` asks for the keys, of which there is one, and for what stands under it, which is this expression.
    def __iter__(self) -> Iterator[str]:
        yield self._unpack_key()

    def __len__(self) -> int:
        return 1

    def __getitem__(self, key: Any) -> Any:
        return self if key == self._unpack_key() else self._then(True, key)

    def _unpack_key(self) -> str:
        return f"{UNPACK_KEY}{id(self)}"

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def __str__(self) -> str:
        text = self._expression
        for by_item, key in self._path:
            text += f"[{key!r}]" if by_item else f".{key}"
        return text

    def __repr__(self) -> str:
        return f"config_expr({str(self)!r})"

    def __call__(self, ctx: object = None, deploy_time: bool = False) -> Any:
        """The value; raises `MetaflowException` where there is none."""
        if _resolved is None:
            raise MetaflowException(
                f"The config expression '{self}' has no value here: a config can be used in its own flow only, in "
                "decorators, in parameters and in steps."
            )
        try:
            configs = resolved_configs()
            if _uses is not None:
                _note(self._expression, configs, _uses)
            value = eval(self._expression, self._globals if self._globals is not None else {}, configs)
            for by_item, key in self._path:
                value = _step_into(value, by_item, resolve_delayed_evaluator(key))
        except Exception as error:
            reason = f"there is no {error}" if isinstance(error, (KeyError, AttributeError)) else str(error)
            raise MetaflowException(f"Config expression '{self}' could not be evaluated: {reason}") from error
        return value


def _step_into(value: Any, by_item: bool, key: Any) -> Any:
    if not by_item:
        return getattr(value, key)
    try:
        return value[key]
    except TypeError:
        # What is no container may still have an attribute of that name.
        if isinstance(key, str):
            return getattr(value, key)
        raise


def config_expr(expr: str) -> DelayEvaluator:
    """An expression of configs, by their names, for where they are not at hand, such as decorators above the flow.

    What the flow file knows where this is called, it may use: functions, modules, constants.
    """
    return DelayEvaluator(expr, saved_globals=sys._getframe(1).f_globals)


# What a `Parameter` has and a config of the user's may have as a key: `config.default` is the config's.
_KEYS_OF_USERS = (
    "convert",
    "default",
    "evaluate",
    "finish",
    "help",
    "multiple",
    "option",
    "required",
    "separator",
    "type",
    "type_name",
)


def _key(name: str) -> property:
    return property(lambda config: DelayEvaluator(config.name)._then(False, name))


class Config(Parameter, Mapping):
    """A config of the flow: a file or a text, read before the flow is run, whose value decorators may use."""

    IS_CONFIG_PARAMETER = True

    for _name in _KEYS_OF_USERS:
        vars()[_name] = _key(_name)
    del _name

    def __init__(
        self,
        name: str,
        default: str | Callable | None = None,
        default_value: str | dict[str, Any] | Callable | None = None,
        help: str | None = None,
        required: bool | None = None,
        parser: str | Callable[[str], Any] | None = None,
        plain: bool = False,
        **kwargs: Any,
    ) -> None:
        if default is not None and default_value is not None:
            raise MetaflowException(
                f"The config *{name}* has both *default*, a file, and *default_value*; give one of them."
            )
        self.name = name
        self.parser = parser
        self._default_is_file = default is not None
        self._plain = bool(plain)
        # The expressions of `**config`, of which this keeps hold while they are known by their identity.
        self._unpacked = DelayEvaluator(name)
        self.kwargs = {
            **kwargs,
            "default": default if self._default_is_file else default_value,
            "help": help,
            "required": bool(required),
            "plain": self._plain,
        }

    def init(self, ignore_errors: bool = False) -> None:
        """A config has no attributes that depend on others."""

    def load_parameter(self, value: Any) -> Any:
        return wrapped(value, self._plain)

    def _load(self, state: FlowState, name: str) -> Any:
        if name not in state.contents:
            state.contents[name] = value = self.load_parameter(state.value_of(name))
            state.reads.config(name, value)
        return state.contents[name]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return DelayEvaluator(self.name)._then(False, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._unpacked)

    def __len__(self) -> int:
        return len(self._unpacked)

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str) and key.startswith(UNPACK_KEY):
            return self._unpacked[key]
        return DelayEvaluator(self.name)._then(True, key)

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        return f"metaflow.Config(name={self.name})"


def resolve_delayed_evaluator(v: Any, ignore_errors: bool = False, to_dict: bool = False) -> Any:
    """The same with values in place of expressions, in collections too. `to_dict`: configs become dictionaries."""
    try:
        return _resolve(v, to_dict)
    except MetaflowException:
        if ignore_errors:
            return None
        raise


def _resolve(value: Any, to_dict: bool) -> Any:
    if isinstance(value, Config):
        # The config itself, without attribute or item.
        value = DelayEvaluator(value.name)
    if isinstance(value, DelayEvaluator):
        found = value()
        return _unwrap(found) if to_dict and isinstance(found, (ConfigValue, list, tuple)) else found
    kind = type(value)
    if kind is dict:
        return {_resolve(key, to_dict): _resolve(item, to_dict) for key, item in value.items()}
    if kind is list or kind is tuple or kind is set:
        return kind(_resolve(item, to_dict) for item in value)
    return value


def unpack_delayed_evaluator(
    to_unpack: dict[str, Any], ignore_errors: bool = False
) -> tuple[dict[str, Any], list[str]]:
    """Put the items of what was given as `**config` in its place; answers their names as well."""
    result: dict[str, Any] = {}
    names: list[str] = []
    for key, value in to_unpack.items():
        if not (isinstance(key, str) and key.startswith(UNPACK_KEY)):
            result[key] = value
            continue
        items = resolve_delayed_evaluator(value, ignore_errors=ignore_errors, to_dict=True)
        if items is None and ignore_errors:
            continue
        if not isinstance(items, Mapping):
            raise MetaflowException(f"The config expression '{value}' is unpacked by **, but is {items!r}.")
        result.update(items)
        names.extend(items)
    return result, names

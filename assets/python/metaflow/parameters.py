"""`Parameter` and `JSONType`: how the text of an option becomes the value of a parameter.

Where the text comes from (command line, environment) is the affair of whoever calls `evaluate`.
"""

from __future__ import annotations

from collections import namedtuple

from .exception import MetaflowException, ParameterFieldFailed, ParameterFieldTypeMismatch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from ._worker.state import FlowState

ParameterContext = namedtuple(
    "ParameterContext", ("flow_name", "user_name", "parameter_name", "logger", "ds_type", "configs")
)

_RESERVED = frozenset(
    spelling
    for name in (
        "params",
        "with",
        "tag",
        "namespace",
        "obj",
        "tags",
        "decospecs",
        "run-id-file",
        "max-num-splits",
        "max-workers",
        "max-log-size",
        "user-namespace",
        "run-id",
        "task-id",
        "runner-attribute-file",
    )
    for spelling in (name, name.replace("-", "_"))
)

# What a parameter may be given: what means something here, and what Metaflow passes on to its command line.
_KNOWN = frozenset(
    (
        "allow_from_autoenv",
        "autocompletion",
        "callback",
        "confirmation_prompt",
        "count",
        "default",
        "encoding",
        "envvar",
        "expose_value",
        "flag_value",
        "help",
        "hidden",
        "hide_input",
        "is_eager",
        "is_flag",
        "is_text",
        "metavar",
        "multiple",
        "nargs",
        "prompt",
        "required",
        "separator",
        "show_choices",
        "show_default",
        "show_envvar",
        "type",
    )
)

_TRUE = frozenset(("1", "true", "t", "yes", "y", "on"))
_FALSE = frozenset(("0", "false", "f", "no", "n", "off"))


class JSONTypeClass:
    """The type of parameters that are given as JSON."""

    name = "JSON"

    def convert(self, value: object, param: object = None, ctx: object = None) -> Any:
        if not isinstance(value, str):
            return value
        import json

        try:
            return json.loads(value)
        except ValueError as error:
            raise ValueError(f"{value!r} is not valid JSON: {error}") from error

    def __repr__(self) -> str:
        return "JSON"


JSONType = JSONTypeClass()


class UsageError(MetaflowException):
    """A value was given that its parameter does not take, or a required one was not given."""

    headline = "Invalid value for a parameter"


class Parameter:
    """A value that is chosen when a run starts; a read-only attribute of the flow from then on."""

    IS_CONFIG_PARAMETER = False

    def __init__(
        self,
        name: str,
        default: Any = None,
        type: Any = None,
        help: str | None = None,
        required: bool | None = None,
        show_default: bool | None = None,
        **kwargs: Any,
    ) -> None:
        self.name = name
        # What else click understands is kept, so that flows which give it are accepted.
        self.kwargs = kwargs
        given = {"default": default, "type": type, "help": help, "required": required, "show_default": show_default}
        # These come before what `**config` gives.
        self._override_kwargs = {key: value for key, value in given.items() if value is not None}
        self._is_ready = False

    def init(self, ignore_errors: bool = False) -> None:
        """Look at what was given; once, when the configs, on which it may depend, have their values."""
        if self._is_ready:
            return
        from . import user_configs

        kwargs = {**self.kwargs, **self._override_kwargs}
        if user_configs.in_use():
            from .user_configs.config_parameters import resolve_delayed_evaluator, unpack_delayed_evaluator

            kwargs, _names = unpack_delayed_evaluator(self.kwargs, ignore_errors)
            kwargs.update(self._override_kwargs)
            kwargs = {key: resolve_delayed_evaluator(value, ignore_errors, True) for key, value in kwargs.items()}
        self.kwargs = kwargs
        kwargs.setdefault("required", False)
        kwargs.setdefault("show_default", True)
        default = self.default = kwargs.setdefault("default", None)
        self.help = kwargs.setdefault("help", None)
        self.required = bool(kwargs["required"])
        self.multiple = bool(kwargs.get("multiple", False))
        self.separator = kwargs.pop("separator", None)
        if self.name in _RESERVED:
            raise MetaflowException(f"The parameter name '{self.name}' is reserved for an option; choose another one.")
        unknown = sorted(set(kwargs) - _KNOWN)
        if unknown:
            raise MetaflowException(f"Parameter *{self.name}* has no option *{unknown[0]}*.")
        if kwargs.get("type") is None:
            plain = default is not None and not callable(default) and not self.multiple
            kwargs["type"] = default.__class__ if plain else str
        self.type = kwargs["type"]
        for field in ("show_default", "required"):
            if callable(kwargs[field]):
                raise MetaflowException(f"Parameter *{self.name}*: *{field}* cannot be a function.")
        if callable(self.separator):
            raise MetaflowException(f"Parameter *{self.name}*: *separator* cannot be a function.")
        if self.separator and (self.type is not str or not isinstance(default, (str, None.__class__))):
            raise MetaflowException(f"Parameter *{self.name}*: a separator is only possible with strings.")
        self._is_ready = True

    def __getattr__(self, name: str) -> Any:
        # Whoever asks before the flow was prepared wants what there is to say about a parameter by itself.
        if name.startswith("_") or self.__dict__.get("_is_ready", True):
            raise AttributeError(f"Parameter *{self.name}* has no attribute '{name}'")
        self.init()
        return getattr(self, name)

    def __repr__(self) -> str:
        return f"metaflow.Parameter(name={self.name}, kwargs={self.kwargs})"

    # Linters see the class attribute, on which flows with a JSON parameter write `self.param["key"]`.
    def __getitem__(self, key: object) -> None: ...

    @property
    def option(self) -> str:
        """The name under which values are given: lower case, with underscores."""
        return self.name.replace("-", "_").lower()

    @property
    def type_name(self) -> str:
        """`str`, `int`, `float`, `bool`, `JSON`, or the name of another type."""
        return getattr(self.type, "name", None) or getattr(self.type, "__name__", None) or str(self.type)

    def _load(self, state: FlowState, name: str) -> Any:
        """The value that a step sees, from the stored artifact."""
        return state.parameter(name)

    def evaluate(self, given: object, environ: Mapping[str, str], context: ParameterContext) -> Any:
        """The artifact of a run that was started with `given` (None: not given); raises `UsageError`."""
        if given is None:
            given = environ.get("METAFLOW_RUN_" + self.name.replace("-", "_").upper())
            if given is not None and self.multiple:
                given = given.split()
        if given is None:
            given = self._evaluate_default(context)
        if given is None:
            if self.required:
                raise UsageError(f"The parameter *{self.name}* is required: give it with --{self.name}.")
            return () if self.multiple else None
        if self.multiple:
            values = given if isinstance(given, (list, tuple)) else [given]
            return tuple(self.convert(value) for value in values)
        return self.finish(self.convert(given))

    def finish(self, value: object) -> Any:
        """From the converted value to the artifact."""
        if self.separator and isinstance(value, str) and value:
            return value.split(self.separator)
        return value

    def _stored(self, value: Any, files: str | None) -> Any:
        """The artifact of a value; `files` is the directory for what is kept beside the artifacts."""
        return value

    def _evaluate_default(self, context: ParameterContext) -> Any:
        if not callable(self.default):
            return self.default
        try:
            value = _call_default(self.default, context._replace(parameter_name=self.name))
        except Exception as error:
            raise ParameterFieldFailed(self.name, "default") from error
        expected = self.type if self.type in (bool, int, float, list, dict) else str
        matches = isinstance(value, expected) if expected is str else value.__class__ is expected
        if not matches and not (expected is str and self.type is not str and not isinstance(value, bytes)):
            raise ParameterFieldTypeMismatch(
                f"The function given as *default* of the parameter *{self.name}* returned "
                f"{value.__class__.__name__}, where {expected.__name__} is expected."
            )
        return value

    def convert(self, value: Any) -> Any:
        """One value from its text; raises `UsageError`."""
        kind = self.type
        try:
            if kind is bool:
                return _to_bool(value)
            if kind is int or kind is float or kind is str:
                return kind(value)
            if kind in (list, dict, tuple) and isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
                return kind(JSONType.convert(value))
            if hasattr(kind, "convert"):
                return kind.convert(value, None, None)
            return kind(value)
        except Exception as error:
            # Types of click raise exceptions of their own, which have a sentence for the user.
            if hasattr(error, "format_message"):
                raise UsageError(f"The parameter *{self.name}*: {error.message}") from error
            if not isinstance(error, (TypeError, ValueError)):
                raise
            reason = f": {error}" if kind not in (int, float, bool) else ""
            raise UsageError(
                f"The parameter *{self.name}* takes a value of type {self.type_name}, not {value!r}{reason}"
            ) from error


def _to_bool(value: object) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ValueError(word)


def context_for(flow_name: str, user: str) -> ParameterContext:
    """What a function given as default receives."""

    def logger(text: str = "", **_options: object) -> None:
        from ._worker import notice

        notice.say(text)

    from . import user_configs

    configs: Any = {}
    if user_configs.in_use():
        from .user_configs.config_parameters import ConfigValue, resolved_configs

        configs = ConfigValue(resolved_configs())
    return ParameterContext(flow_name, user, None, logger, "local", configs)


def _call_default(function: Any, context: ParameterContext) -> Any:
    """A function may want to know, as its second argument, whether it is called for a deployment."""
    code = getattr(function, "__code__", None)
    defaults = getattr(function, "__defaults__", None) or ()
    if code is not None and code.co_argcount - len(defaults) - hasattr(function, "__self__") == 2:
        return function(context, False)
    return function(context)

"""What users derive decorators of steps from: `UserStepDecorator`, `StepMutator`, and the generator form.

A decorator attaches itself to the step's function and gives that function back, so that a step stays a plain method.
"""

from __future__ import annotations

from types import FunctionType

from ..exception import MetaflowException
from .common import Registry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from typing import Any

    from ..flowspec import FlowSpec
    from .mutable_step import MutableStep

# Yielded by a decorator in generator form: the step is passed over, and goes on to the steps that follow it.
USER_SKIP_STEP: dict[str, Any] = {}


def is_step(value: object) -> bool:
    return isinstance(value, FunctionType) and getattr(value, "is_step", False)


class UserStepDecoratorBase:
    """One use of a user's decorator on a step."""

    registry = Registry()
    IGNORE, ERROR, OVERRIDE = 1, 2, 3

    # The attribute of the step's function that lists such decorators; a class that is of two kinds is in both lists.
    _step_field: str | None = None
    _allowed_args = False
    decorator_name = ""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.decorator_name = cls.__dict__.get("_decorator_name") or f"{cls.__module__}.{cls.__name__}"
        if cls.__module__ == __name__ and "_decorator_name" not in cls.__dict__:
            return
        for base in cls.__bases__:
            if issubclass(base, UserStepDecoratorBase) and base.__module__ != __name__:
                cls.registry.retire(base.decorator_name)
        cls.registry.add(cls.decorator_name, cls)

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        decorator = object.__new__(cls)
        if args and is_step(args[0]):
            # Written without parentheses: `@my_decorator`.
            decorator.__init__(*args[1:], **kwargs)
            return decorator(args[0])
        return decorator

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.statically_defined = True
        self.inserted_by: list[str] | None = None
        self._args: Any = list(args)
        self._kwargs = kwargs
        self._ran_init = False
        self._my_step: Callable | None = None
        if args and not self._allowed_args:
            raise MetaflowException(f"{self} does not allow arguments, only keyword arguments.")

    def __call__(self, function: Callable) -> Callable:
        """Attach the decorator to a step."""
        if not is_step(function):
            raise MetaflowException(f"{self} can only be applied to a step: write it above @step.")
        self._my_step = function
        for field in self._step_fields():
            getattr(function, field).append(self)
        return function

    @classmethod
    def _step_fields(cls) -> list[str]:
        fields = (vars(base).get("_step_field") for base in cls.__mro__)
        return list(dict.fromkeys(field for field in fields if field))

    def add_or_raise(
        self, function: Callable, statically_defined: bool, duplicates: int, inserted_by: list[str] | None = None
    ) -> UserStepDecoratorBase | None:
        """Attach it unless it is there already, in which case `duplicates` says what to do; None: not attached."""
        fields = self._step_fields()
        if any(other.decorator_name == self.decorator_name for other in getattr(function, fields[0])):
            if duplicates == self.ERROR and statically_defined:
                from ..decorators import DuplicateStepDecoratorException

                raise DuplicateStepDecoratorException(self.decorator_name, function)
            if duplicates != self.OVERRIDE:
                return None
            for field in fields:
                others = getattr(function, field)
                setattr(function, field, [one for one in others if one.decorator_name != self.decorator_name])
        self.statically_defined = statically_defined
        self.inserted_by = inserted_by
        self(function)
        return self

    def get_args_kwargs(self) -> tuple[list[Any], dict[str, Any]]:
        return list(self._args), dict(self._kwargs)

    def init(self, *args: Any, **kwargs: Any) -> None:
        """For subclasses: receives the arguments of the decorator, with the values of configs in them."""

    def external_init(self) -> None:
        """Give arguments that come from configs their values, and `init` all of them; once."""
        if self._ran_init:
            return
        run_init(self, UserStepDecoratorBase.init)
        self._ran_init = True

    def describe(self) -> dict[str, Any]:
        """The decorator as `_graph_info` records it."""
        from ..decorators import plain

        return {
            "name": self.decorator_name,
            "attributes": plain({"_args": self._args, **self._kwargs}),
            "statically_defined": self.statically_defined,
            "inserted_by": self.inserted_by,
        }

    def __str__(self) -> str:
        return f"@{self.decorator_name}"


def run_init(decorator: Any, default: Callable) -> None:
    """The common part of `external_init` of decorators and mutators; `default` is the `init` of those without."""
    from .. import user_configs

    if user_configs.in_use():
        from ..user_configs.config_parameters import resolve_delayed_evaluator, unpack_delayed_evaluator

        decorator._args = [resolve_delayed_evaluator(value) for value in decorator._args]
        kwargs, _names = unpack_delayed_evaluator(decorator._kwargs)
        decorator._kwargs = {name: resolve_delayed_evaluator(value) for name, value in kwargs.items()}
    if type(decorator).init is not default:
        decorator.init(*decorator._args, **decorator._kwargs)
    elif decorator._args or decorator._kwargs:
        raise MetaflowException(f"{decorator} is used with arguments, but has no method *init* that takes them.")


class UserStepDecorator(UserStepDecoratorBase):
    """Runs code before and after a step, or in its place."""

    _step_field = "wrappers"

    def pre_step(self, step_name: str, flow: FlowSpec, inputs: Any = None) -> Callable | None:
        """Before the step; a function that is given back is called in place of all that is inside."""
        return None

    def post_step(self, step_name: str, flow: FlowSpec, exception: Exception | None = None) -> Any:
        """After the step: the exception to go on with (None: there is none), or that and arguments for `next`."""
        return exception, None

    @property
    def skip_step(self) -> bool | dict[str, Any]:
        """Set to True, or to arguments for `next`, before the step: it is passed over."""
        return getattr(self, "_skip_step", False)

    @skip_step.setter
    def skip_step(self, value: bool | dict[str, Any]) -> None:
        self._skip_step = value


class StepMutator(UserStepDecoratorBase):
    """Changes the decorators of its step before the flow runs."""

    _step_field = "config_decorators"
    _allowed_args = True

    def pre_mutate(self, mutable_step: MutableStep) -> None:
        """Right after the configs have their values."""

    def mutate(self, mutable_step: MutableStep) -> None:
        """When the whole command line is known."""

    def add_to_package(self) -> Any:
        """Files for the code package of remote tasks."""
        return []


def user_step_decorator(*args: Any, **kwargs: Any) -> Any:
    """Make a decorator of a generator `(step_name, flow, inputs[, attributes])` that yields once, around the step."""
    if not args:
        return lambda function: user_step_decorator(function, **kwargs)
    function = args[0]
    code = getattr(function, "__code__", None)
    is_generator = isinstance(function, FunctionType) and bool(code.co_flags & 0x20)
    if not is_generator:
        raise MetaflowException("@user_step_decorator is for generator functions: the function has to yield.")
    count = code.co_argcount + code.co_kwonlyargcount
    if count not in ((4,) if kwargs else (3, 4)):
        raise MetaflowException(
            f"The function {function.__name__} below @user_step_decorator takes {count} arguments; it is to take "
            "(step_name, flow, inputs) or (step_name, flow, inputs, attributes)."
        )
    members = {
        "_decorator_name": f"{function.__module__}.{function.__name__}",
        "_function": staticmethod(function),
        "_takes_attributes": count == 4,
        "__module__": function.__module__,
        "__qualname__": function.__qualname__,
        "__doc__": function.__doc__,
    }
    return type(function.__name__, (_GeneratorDecorator,), members)


class _GeneratorDecorator(UserStepDecorator):
    """The code around a step as one function, which is suspended while the step runs."""

    _function: Callable[..., Generator]
    _takes_attributes: bool
    _generator: Generator

    def init(self, **attributes: Any) -> None:
        """The attributes go to the function, if it has an argument for them."""

    def pre_step(self, step_name: str, flow: FlowSpec, inputs: Any = None) -> Callable | None:
        given = (step_name, flow, inputs, self._kwargs) if self._takes_attributes else (step_name, flow, inputs)
        self._generator = self._function(*given)
        yielded = self._generator.send(None)
        if isinstance(yielded, dict):
            self.skip_step = yielded or True
            return None
        return yielded

    def post_step(self, step_name: str, flow: FlowSpec, exception: Exception | None = None) -> Any:
        try:
            if exception is not None:
                self._generator.throw(exception)
            else:
                self._generator.send(None)
        except StopIteration as end:
            return end.value
        except Exception as error:
            return error
        return None, None, MetaflowException(f"{self} is to yield only once.")

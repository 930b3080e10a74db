"""`--with` specifications: `name:attribute=value,...`, as text and as decorators."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def parse_attributes(text: str) -> dict[str, Any]:
    """Attributes are separated by those commas that a name and an equals sign follow."""
    if not text:
        return {}
    import json
    import re

    attributes = {}
    for part in re.split(r",(?=[\s\w]+=)", text):
        key, _, value = part.partition("=")
        value = value.strip()
        try:
            parsed = json.loads(value.replace('\\"', '"'))
        except ValueError:
            parsed = _number_or_text(value)
        attributes[key.strip()] = parsed
    return attributes


def _number_or_text(value: str) -> Any:
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    return value


def format_spec(name: str, attributes: dict[str, Any]) -> str:
    """The specification that gives these attributes again; those that are None are left out."""
    parts = []
    for key, value in attributes.items():
        if value is None:
            continue
        if not isinstance(value, (int, float, str)):
            import json

            value = json.dumps(value).replace('"', '\\"')
        parts.append(f"{key}={value}")
    return f"{name}:{','.join(parts)}" if parts else name


def from_spec(spec: str) -> Any:
    """The decorator that a specification asks for: one of ours, or of an extension."""
    from . import _builtin_decorators

    name, _, rest = spec.partition(":")
    kind = _builtin_decorators.step_class(name)
    if kind is None:
        from .decorators import UnknownStepDecoratorException

        raise UnknownStepDecoratorException(name, _builtin_decorators.step_names())
    return kind.parse_decorator_spec(rest)

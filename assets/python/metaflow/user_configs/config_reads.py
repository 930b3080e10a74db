"""Which keys of a config were read, as expressions, and a digest of what each of them held.

The digests are equal when the values are, in another process and at another time as well.
"""

from __future__ import annotations

import hashlib

from .config_parameters import WHOLE, ConfigValue, note_uses

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

# In place of the digest of what is not there.
ABSENT = "absent"

# Keys of other types are not written as expressions; the dictionary is then named as a whole.
_KEYS = (str, int, float, bool, bytes, type(None))


def digests_of(name: str, value: Any) -> dict[str, str]:
    """Expression to digest, for what was read of a config: as deep as it was read."""
    return dict(_read(name, value))


class Uses:
    """Who used configs before a step runs, and so what of them: names and values, while it is noted."""

    def __init__(self) -> None:
        # An expression may stand for a config as a whole.
        self.by_expressions: list[tuple[str, Any]] = []
        # A mutator gets all of them, and looks at what it needs.
        self.handed_out: list[tuple[str, Any]] = []

    def __enter__(self) -> Uses:
        note_uses(self)
        return self

    def __exit__(self, *_error: object) -> None:
        note_uses(None)

    def digests(self, flow: type) -> dict[str, str]:
        """What was read, as `digests_of` has it."""
        read = [
            *self.by_expressions,
            *((name, value) for name, value in self.handed_out if not isinstance(value, ConfigValue) or value.__seen__),
        ]
        if not read:
            return {}
        from .._worker.classes import parameters_of

        attributes = {config.name: name for name, config in parameters_of(flow) if config.IS_CONFIG_PARAMETER}
        found: dict[str, str] = {}
        for name, value in read:
            found.update(digests_of(attributes.get(name, name), value))
        return found


def digest_at(values: dict[str, Any], expression: str) -> str:
    """The digest of what an expression of `digests_of` names in other values of the configs, by attribute."""
    import ast

    try:
        return _digest(_at(values, ast.parse(expression, mode="eval").body))
    except (KeyError, TypeError, SyntaxError):
        return ABSENT


def _at(values: dict[str, Any], node: Any) -> Any:
    import ast

    if isinstance(node, ast.Name):
        return values[node.id]
    if isinstance(node, ast.Attribute):
        return dict.__getitem__(_at(values, node.value), node.attr)
    return dict.__getitem__(_at(values, node.value), ast.literal_eval(node.slice))


def _read(path: str, value: Any) -> Iterator[tuple[str, str]]:
    seen = value.__seen__ if isinstance(value, ConfigValue) else None
    # A dictionary that was only handed on may have been read in ways that nobody notices.
    if not seen or WHOLE in seen or not all(isinstance(key, _KEYS) for key in seen):
        yield path, _digest(value)
        return
    for key in seen:
        deeper = f"{path}.{key}" if isinstance(key, str) and key.isidentifier() else f"{path}[{key!r}]"
        if dict.__contains__(value, key):
            yield from _read(deeper, dict.__getitem__(value, key))
        else:
            yield deeper, ABSENT


def _digest(value: Any) -> str:
    return hashlib.sha1(_text(value).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _text(value: Any) -> str:
    """What differs when the values do; the order of keys is part of the value, that of a set is not."""
    if isinstance(value, dict):
        items = ",".join(f"{_text(key)}:{_text(item)}" for key, item in dict.items(value))
        return f"{{{items}}}"
    kind = type(value)
    if kind is list or kind is tuple:
        return f"{kind.__name__}({','.join(map(_text, value))})"
    if kind is set or kind is frozenset:
        return f"set({','.join(sorted(map(_text, value)))})"
    if kind in _KEYS:
        return repr(value)
    import pickle

    try:
        return f"{kind.__module__}.{kind.__qualname__}:{pickle.dumps(value, 4).hex()}"
    except Exception:
        # What cannot be stored is no config of a run either.
        return repr(value)

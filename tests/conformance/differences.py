"""All that may differ between the stores of the two engines, each with its reason; docs/COMPATIBILITY.md says the same in
words. Whatever else differs fails a differential test.

Rows are (path, rule, reason): the path through a snapshot as a glob, and what has to hold of the pair.
"""

from __future__ import annotations

import fnmatch
import json
from typing import Any, Callable


def _both(left: Any, right: Any) -> bool:
    return left is not None and right is not None


def _only_ours(left: Any, right: Any) -> bool:
    return left is None


def _version_tags(left: Any, right: Any) -> bool:
    def without(tags: Any) -> Any:
        return [tag for tag in tags or [] if not tag.startswith("metaflow_version:")]

    return without(left) == without(right)


def _same_json(left: Any, right: Any) -> bool:
    return _both(left, right) and json.loads(left) == json.loads(right)


def _user_lines(left: Any, right: Any) -> bool:
    def lines(text: Any) -> list[str]:
        return [line for line in (text or "").splitlines() if line.startswith("user: ")]

    return lines(left) == lines(right)




# Between the stores of the two engines.
_STORES: tuple[tuple[str, Callable[[Any, Any], bool], str], ...] = (
    ("* tags", _version_tags, "each engine says which it is"),
    ("* metadata metaflow_version", _both, "each engine says which it is"),
    ("* metadata runtime", _both, "each engine says which it is"),
    ("* _parameters metadata start_step", _only_ours, "a resumed run keeps what its first step is called"),
    ("* _parameters metadata end_step", _only_ours, "a resumed run keeps what its last step is called"),
    ("* metadata git-info *", _same_json, "the spaces of JSON"),
    ("* tasks inner[[]None[]] logs 0 0", _both, "the control task of Metaflow's test decorator says what it starts"),
    ("* metadata flowdev*", _only_ours, "additional facts: fingerprints of code"),
    ("* logs * 1", _user_lines, "tracebacks show the user's frames only"),
    ("* artifacts * sha", _both, "pickles of equal values; compared by value"),
    ("* artifacts * size", _both, "pickles of equal values; compared by value"),
)


def expected(path: list[str], left: Any, right: Any, stores: bool) -> bool:
    """Whether this difference is in the table; the two clients may not differ in anything."""
    if not stores:
        return False
    place = " ".join(path)
    return any(fnmatch.fnmatch(place, glob) and rule(left, right) for glob, rule, _ in _STORES)

"""What a tag may be, and how many of them a run may have."""

from __future__ import annotations

from .exception import MetaflowTaggingError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

MAX_USER_TAG_SET_SIZE = 50
MAX_TAG_SIZE = 500


def validate_tags(tags: Iterable[Any], existing_tags: Iterable[Any] | None = None) -> None:
    """Raise a MetaflowTaggingError if these are too many, or one is none; a set that has grown too large may shrink."""
    wanted = frozenset(tags)
    if len(wanted) > MAX_USER_TAG_SET_SIZE and (
        existing_tags is None or len(frozenset(existing_tags)) < len(wanted)
    ):
        raise MetaflowTaggingError(f"Cannot increase size of tag set beyond {MAX_USER_TAG_SET_SIZE}")
    for tag in wanted:
        validate_tag(tag)


def validate_tag(tag: Any) -> None:
    """Raise a MetaflowTaggingError if this is no tag."""
    if isinstance(tag, bytes):
        try:
            tag.decode()
        except UnicodeError:
            raise MetaflowTaggingError("Tags must be UTF-8 decodable") from None
    elif isinstance(tag, str):
        try:
            tag.encode()
        except UnicodeError:
            raise MetaflowTaggingError("Tags must be UTF-8 encodable") from None
    else:
        raise MetaflowTaggingError(f"Tags must be strings; this is one of {type(tag)}.")
    if not tag:
        raise MetaflowTaggingError("Tags must not be empty string")
    if len(tag) > MAX_TAG_SIZE:
        raise MetaflowTaggingError(f"Tag is too long {len(tag)} > {MAX_TAG_SIZE}")

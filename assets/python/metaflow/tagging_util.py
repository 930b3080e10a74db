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
        raise MetaflowTaggingError(f"A run may have {MAX_USER_TAG_SET_SIZE} tags at most")
    for tag in wanted:
        validate_tag(tag)


def validate_tag(tag: Any) -> None:
    """Raise a MetaflowTaggingError if this is no tag."""
    if isinstance(tag, bytes):
        try:
            tag.decode()
        except UnicodeError:
            raise MetaflowTaggingError("A tag that is bytes has to be UTF-8") from None
    elif isinstance(tag, str):
        try:
            tag.encode()
        except UnicodeError:
            raise MetaflowTaggingError("A tag has to be a text that UTF-8 can encode") from None
    else:
        raise MetaflowTaggingError(f"Tags must be strings; this is one of {type(tag)}.")
    if not tag:
        raise MetaflowTaggingError("A tag has to have a character at least")
    if len(tag) > MAX_TAG_SIZE:
        raise MetaflowTaggingError(f"A tag may have {MAX_TAG_SIZE} characters at most; this one has {len(tag)}")

"""Kinds of what `add_to_package` of a decorator gives for the code package."""

from __future__ import annotations

from enum import IntEnum


class ContentType(IntEnum):
    """What a file is, and so where it goes."""

    USER_CONTENT = 0x1
    CODE_CONTENT = 0x2
    MODULE_CONTENT = 0x4
    OTHER_CONTENT = 0x8
    ALL_CONTENT = USER_CONTENT | CODE_CONTENT | MODULE_CONTENT | OTHER_CONTENT

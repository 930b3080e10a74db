"""What the S3 client takes and gives: requests for objects, objects with their headers, and the errors."""

from __future__ import annotations

import os
from collections import namedtuple

from ....exception import MetaflowException

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class MetaflowS3InvalidObject(MetaflowException):
    headline = "Not a string-like object"


class MetaflowS3URLException(MetaflowException):
    headline = "Invalid address"


class MetaflowS3Exception(MetaflowException):
    headline = "S3 access failed"


class MetaflowS3NotFound(MetaflowException):
    headline = "S3 object not found"


class MetaflowS3AccessDenied(MetaflowException):
    headline = "S3 access denied"


class MetaflowS3InvalidRange(MetaflowException):
    headline = "S3 invalid range"


class MetaflowS3InsufficientDiskSpace(MetaflowException):
    headline = "Insufficient disk space"


# A part of an object: bytes from an offset on; a negative length means the last so many bytes.
S3GetObject = namedtuple("S3GetObject", ("key", "offset", "length"))
S3PutObject = namedtuple(
    "S3PutObject",
    ("key", "value", "path", "content_type", "encryption", "metadata"),
    defaults=(None, None, None, None, None),
)
RangeInfo = namedtuple("RangeInfo", ("total_size", "request_offset", "request_length"), defaults=(0, -1))


class S3Object:
    """An object, or a prefix of objects, with a local copy if it was downloaded."""

    def __init__(
        self,
        prefix: str | None,
        url: str,
        path: str | None = None,
        size: int | None = None,
        content_type: str | None = None,
        metadata: dict[str, str] | None = None,
        range_info: RangeInfo | None = None,
        last_modified: float | None = None,
        encryption: str | None = None,
    ) -> None:
        self._url = url
        self._path = path
        self._size = os.stat(path).st_size if path else size
        self._content_type = content_type
        self._metadata = metadata
        self._range_info = range_info
        self._last_modified = last_modified
        self._encryption = encryption
        if prefix is None or prefix == url:
            self._prefix, self._key = None, url
        else:
            self._prefix, self._key = prefix, url[len(prefix.rstrip("/")) + 1 :].rstrip("/")

    @property
    def exists(self) -> bool:
        """Whether there is an object; a prefix is none."""
        return self._size is not None

    @property
    def downloaded(self) -> bool:
        """Whether there is a local copy."""
        return bool(self._path)

    @property
    def url(self) -> str:
        """The full address."""
        return self._url

    @property
    def prefix(self) -> str | None:
        """The prefix to which `key` is relative."""
        return self._prefix

    @property
    def key(self) -> str:
        """The key as it is asked for: relative to the client's root, or the full address without one."""
        return self._key

    @property
    def path(self) -> str | None:
        """The local copy; it goes when the client is closed."""
        return self._path

    @property
    def blob(self) -> bytes | None:
        """The content, if it was downloaded."""
        if not self._path:
            return None
        with open(self._path, "rb") as file:
            return file.read()

    @property
    def text(self) -> str | None:
        """The content as UTF-8 text; bytes that are none are replaced."""
        blob = self.blob
        return None if blob is None else blob.decode("utf-8", errors="replace")

    @property
    def size(self) -> int | None:
        """Bytes; None where there is no object."""
        return self._size

    @property
    def has_info(self) -> bool:
        """Whether headers of the object are known."""
        known = (self._content_type, self._metadata, self._range_info, self._encryption)
        return any(value is not None for value in known)

    @property
    def metadata(self) -> dict[str, str] | None:
        """What the user stored with the object."""
        return self._metadata

    @property
    def content_type(self) -> str | None:
        return self._content_type

    @property
    def encryption(self) -> str | None:
        return self._encryption

    @property
    def range_info(self) -> RangeInfo | None:
        """Which bytes of the object were fetched."""
        return self._range_info

    @property
    def last_modified(self) -> float | None:
        """Unix time in seconds."""
        return self._last_modified

    def __str__(self) -> str:
        if self._path:
            return f"<S3Object {self._url} ({self._size} bytes, local)>"
        if self._size:
            return f"<S3Object {self._url} ({self._size} bytes, in S3)>"
        return f"<S3Object {self._url} (object does not exist)>"

    def __repr__(self) -> str:
        return str(self)


def failure(answer: dict[str, Any], url: str) -> MetaflowException:
    """The exception for an operation that failed."""
    text = f"{url}: {answer['message']}"
    kinds = {
        "not_found": MetaflowS3NotFound,
        "address": MetaflowS3URLException,
        "access_denied": MetaflowS3AccessDenied,
        "range": MetaflowS3InvalidRange,
        "disk_full": MetaflowS3InsufficientDiskSpace,
    }
    if answer["kind"] == "not_found":
        text = url
    return kinds.get(answer["kind"], MetaflowS3Exception)(text)

"""`IncludeFile`: a parameter whose value is the content of a file, kept beside the artifacts of the flow."""

from __future__ import annotations

import os

from .exception import MetaflowException
from .parameters import Parameter, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._worker.state import FlowState

_SCHEME = "local://"


class IncludedFile:
    """The artifact of an `IncludeFile`: where the content is, and how it is to be read.

    The names of the class and of its attributes are those of Metaflow, whose client reads it.
    """

    def __init__(self, descriptor: dict[str, Any]) -> None:
        self._descriptor = descriptor
        self._cached_size: int | None = None

    @property
    def descriptor(self) -> dict[str, Any]:
        return self._descriptor

    @property
    def size(self) -> int:
        """Bytes of the file."""
        if "size" in self._descriptor:
            return self._descriptor["size"]
        # Older runs did not record it.
        content = self.decode("file")
        encoding = self._descriptor.get("encoding") or "utf-8"
        return len(content if isinstance(content, bytes) else content.encode(encoding))

    def decode(self, name: str, var_type: str = "Artifact") -> Any:
        """The content: a text, or bytes."""
        import zlib

        url = self._descriptor["url"]
        try:
            data = _content(url)
            # What was not uploaded by a run, but only referred to, is as it is.
            if data.startswith(b"\x1f\x8b") and self._descriptor.get("sub-type") != "external":
                data = zlib.decompress(data, 31)
        except (OSError, zlib.error) as error:
            raise MetaflowException(f"{var_type} '{name}' cannot be read from {url}: {error}") from error
        if not self._descriptor["is_text"]:
            return data
        import io

        return io.TextIOWrapper(io.BytesIO(data), encoding=self._descriptor.get("encoding")).read()


def _content(url: str) -> bytes:
    """The bytes of an address, as they are stored."""
    if url.startswith(_SCHEME):
        with open(url[len(_SCHEME) :], "rb") as file:
            return file.read()
    from . import _remote

    data = _remote.read(url)
    if data is None:
        raise FileNotFoundError("there is nothing")
    return data


class IncludeFile(Parameter):
    """A file that is read when the run starts, and is an attribute of the flow from then on."""

    def __init__(
        self,
        name: str,
        required: bool | None = None,
        is_text: bool | None = None,
        encoding: str | None = None,
        help: str | None = None,
        parser: Any = None,
        **kwargs: Any,
    ) -> None:
        given = {"is_text": is_text, "encoding": encoding}
        kwargs.update((key, value) for key, value in given.items() if value is not None)
        self._parser = parser
        super().__init__(name, type=str, required=required, help=help, **kwargs)

    def init(self, ignore_errors: bool = False) -> None:
        if not self._is_ready:
            super().init(ignore_errors)
            self._is_text = self.kwargs.pop("is_text", True)
            self._encoding = self.kwargs.pop("encoding", "utf-8")

    def _stored(self, value: Any, files: str | None) -> IncludedFile | None:
        if value is None:
            return None
        path = os.path.expanduser(value)
        if "://" in path:
            raise UsageError(f"The file *{self.name}* must be a path, not an address such as {path}.")
        if files is None:
            raise UsageError(f"The file *{self.name}* cannot be kept here: no directory for files is known.")
        try:
            with open(path, "rb") as file:
                data = file.read()
        except OSError as error:
            raise UsageError(f"The file *{self.name}* cannot be read: {error}") from error
        from ._worker import notice

        notice.say(f"Including file {path} of size {_readable(len(data))}")
        return IncludedFile(
            {
                "note": "Internal representation of IncludeFile",
                "type": "uploader-v2",
                "sub-type": "uploaded",
                "url": _SCHEME + _upload(data, os.path.abspath(files)),
                "is_text": self._is_text,
                "encoding": self._encoding,
                "size": len(data),
            }
        )

    def _load(self, state: FlowState, name: str) -> Any:
        if name not in state.contents:
            file = state.parameter(name)
            content = file.decode(self.name, "Parameter") if isinstance(file, IncludedFile) else file
            state.contents[name] = self._parse(content)
        return state.contents[name]

    def _parse(self, content: Any) -> Any:
        if self._parser is None or content is None:
            return content
        from .user_configs.config_options import call_parser

        try:
            return call_parser(self._parser, content)
        except Exception as error:
            raise MetaflowException(f"The file of the parameter *{self.name}* cannot be parsed: {error}") from error


def _readable(size: int) -> str:
    """A size with its unit, as people read it."""
    units = ["B", "KB", "MB", "GB", "TB"]
    while size >= 1024 and len(units) > 1:
        size //= 1024
        del units[0]
    return f"{size}{units[0]}"


def _upload(data: bytes, directory: str) -> str:
    """Write the content under its hash, whole or not at all; answers the path."""
    import hashlib
    import zlib

    path = os.path.join(directory, hashlib.sha1(data).hexdigest())
    if not os.path.exists(path):
        os.makedirs(directory, exist_ok=True)
        packed = zlib.compressobj(3, wbits=31)
        temporary = f"{path}.{os.getpid()}.tmp"
        with open(temporary, "wb") as file:
            file.write(packed.compress(data) + packed.flush())
        os.replace(temporary, path)
    return path

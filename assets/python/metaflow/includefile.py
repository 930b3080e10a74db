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
        return self._descriptor["size"]

    def decode(self, name: str, var_type: str = "Artifact") -> Any:
        """The content: a text, or bytes."""
        import zlib

        url = self._descriptor["url"]
        if not url.startswith(_SCHEME):
            raise MetaflowException(f"{var_type} '{name}' is at {url}, where flowdev's package cannot read it.")
        try:
            with open(url[len(_SCHEME) :], "rb") as file:
                data = zlib.decompress(file.read(), 31)
        except (OSError, zlib.error) as error:
            raise MetaflowException(f"{var_type} '{name}' cannot be read from {url}: {error}") from error
        if not self._descriptor["is_text"]:
            return data
        import io

        return io.TextIOWrapper(io.BytesIO(data), encoding=self._descriptor.get("encoding")).read()


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
        self._is_text = True if is_text is None else is_text
        self._encoding = encoding
        self._parser = parser
        super().__init__(name, type=str, required=required, help=help, **kwargs)

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
        print(f"Including file {path} of size {len(data)}")
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
        parser = self._parser
        if parser is None or content is None:
            return content
        if isinstance(parser, str):
            from importlib import import_module

            module, _, function = parser.rpartition(".")
            parser = getattr(import_module(module), function)
        return parser(content)


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

"""Serializers that extension packages bring for their types of artifacts; all else is pickled.

Nothing of this is imported where no extension lists a serializer.
"""

from __future__ import annotations

from collections import namedtuple
from enum import Enum

from ..exceptions import DataException

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# What a serializer says of its bytes: `encoding` is how readers find it again, `serializer_info` is its own.
SerializationMetadata = namedtuple("SerializationMetadata", ("obj_type", "size", "encoding", "serializer_info"))


class SerializationFormat(str, Enum):
    """What the bytes are for: the store, or a text to be passed on."""

    STORAGE = "storage"
    WIRE = "wire"


class SerializedBlob:
    """Bytes to be stored."""

    def __init__(self, value: str | bytes, is_reference: bool | None = None) -> None:
        self.value = value
        self.is_reference = isinstance(value, str) if is_reference is None else is_reference

    @property
    def needs_save(self) -> bool:
        return not self.is_reference


class ArtifactSerializer:
    """Base class: asked in the order of `PRIORITY`, the lowest first."""

    TYPE: str | None = None
    PRIORITY = 100

    @classmethod
    def setup_imports(cls, context: Any = None) -> None:
        """For subclasses: import what takes long. A serializer whose imports fail is left out."""

    @classmethod
    def lazy_import(cls, module_path: str, alias: str | None = None) -> Any:
        """Import a module and keep it on the class, under the last part of its name."""
        from importlib import import_module

        module = import_module(module_path)
        setattr(cls, alias or module_path.rpartition(".")[2], module)
        return module

    @classmethod
    def can_serialize(cls, obj: Any) -> bool:
        raise NotImplementedError(f"{cls.__name__} does not say what it can serialize")

    @classmethod
    def can_deserialize(cls, metadata: Any) -> bool:
        raise NotImplementedError(f"{cls.__name__} does not say what it can deserialize")

    @classmethod
    def serialize(cls, obj: Any, format: SerializationFormat = SerializationFormat.STORAGE) -> tuple[list, Any]:
        raise NotImplementedError(f"{cls.__name__} cannot serialize")

    @classmethod
    def deserialize(
        cls, data: list[bytes], metadata: Any = None, format: SerializationFormat = SerializationFormat.STORAGE
    ) -> Any:
        raise NotImplementedError(f"{cls.__name__} cannot deserialize")


def serialize(kind: type[ArtifactSerializer], name: str, value: Any) -> tuple[bytes, Any]:
    """The bytes of an artifact and what the serializer says of them."""
    blobs, metadata = kind.serialize(value, format=SerializationFormat.STORAGE)
    if len(blobs) != 1 or not isinstance(blobs[0].value, bytes):
        raise DataException(f"The serializer {kind.__name__} gave no single piece of bytes for the artifact '{name}'.")
    return blobs[0].value, metadata


def deserialize(name: str, data: bytes, entry: tuple[str, str, int]) -> Any:
    """The object of an artifact, whose entry has encoding, type and size."""
    from ...extension_support.plugins import serializers

    encoding, kind, size = entry
    metadata = SerializationMetadata(kind, size, encoding, {})
    for serializer in serializers():
        if serializer.can_deserialize(metadata):
            return serializer.deserialize([data], metadata=metadata, format=SerializationFormat.STORAGE)
    raise DataException(f"The artifact '{name}' is encoded as '{encoding}', which nothing here can read.")

"""Artifacts: read from the blobs of the inputs, written as pickles to the spool file of the task.

Knows the form of a blob (gzip of a pickle, or the pickle itself) and the form of the manifest; not when a task reads
or writes. The engine hashes and stores what is written here.
"""

from __future__ import annotations

import _pickle
import gc
import io
import os

from ..extension_support import serializers
from . import clock, hot, siblings
from .spool import NoRoom, SpoolFile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .reads import Reads

# Metaflow's readers refuse anything newer.
PROTOCOL = 4
ENCODING = "pickle-v4"
PICKLES = frozenset(("pickle-v2", "pickle-v4", "gzip+pickle-v2", "gzip+pickle-v4"))

# Types whose objects cannot have changed since they were loaded, so that the input's blob still says what they are.
IMMUTABLE = frozenset((type(None), bool, int, float, complex, str, bytes, type(Ellipsis), range))

# The system artifacts of most tasks are among these; each saves the opening of a file.
_KNOWN: dict[str, Any] = {
    "868436778cb011a1c6230bc12534683ab0b7f1c3": True,
    "2473d4676d5b2aba674167293142f8031ada401b": False,
    "dbc1aaddc8b7343d6d33b34edcf608b8f8801918": None,
    "a822ae9b08131462c33402f42bb633cbfe0a8c23": 0,
    "4028827530eb6c63f2c9d431d7496a6614ea98d7": 1,
}
_EMPTY_LIST = "c5cf38908fc549f499ade5b17ce221ff0ced377f"

_GZIP = b"\x1f\x8b"
_CHUNK = 1 << 20
# A blob of this size is not read as a whole.
_LARGE = 1 << 20


def read_blob(blobs: str, sha: str) -> bytes:
    """The serialised bytes of a blob, decompressed; raises OSError when it is not there."""
    with open(os.path.join(blobs, sha[:2], sha), "rb", buffering=0) as file:
        return inflated(file.read(), sha)


def inflated(data: bytes, sha: str) -> bytes:
    """The contents of a blob's file, decompressed."""
    if not data.startswith(_GZIP):
        return data
    import zlib

    parts = []
    view = memoryview(data)
    done = 0
    # A blob may be several gzip members in a row, compressed in parallel. What follows a member is copied by zlib: it
    # gets no more than a piece at a time.
    while done < len(view):
        member = zlib.decompressobj(31)
        while not member.eof:
            piece = view[done : done + _CHUNK]
            if not piece:
                raise OSError(f"the blob {sha} is cut short")
            parts.append(member.decompress(piece))
            done += len(piece) - len(member.unused_data)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def load_blob(blobs: str, sha: str) -> Any:
    """A new object of that blob."""
    if sha in _KNOWN:
        return _KNOWN[sha]
    if sha == _EMPTY_LIST:
        return []
    if sha in siblings.SHARED:
        return siblings.take(sha)
    # All that comes out of it lives: to look for garbage among it, again and again, can take longer than the reading.
    is_collecting = gc.isenabled()
    gc.disable()
    try:
        return unpickled(blobs, sha, _pickle.Unpickler)[0]
    finally:
        if is_collecting:
            gc.enable()


def unpickled(blobs: str, sha: str, make: Callable[[Any], Any]) -> tuple[Any, int]:
    """The object of a blob, read by the unpickler that `make` makes for a stream, and the size of its pickle."""
    with open(os.path.join(blobs, sha[:2], sha), "rb", buffering=0) as file:
        if os.fstat(file.fileno()).st_size >= _LARGE:
            from .streams import unpickle

            return unpickle(file, sha, make)
        data = inflated(file.read(), sha)
    return make(io.BytesIO(data)).load(), len(data)


def fetch(blobs: str, sha: str) -> Any:
    """An object of that blob that nobody else holds."""
    is_held, value = hot.take(sha)
    return value if is_held else load_blob(blobs, sha)


class Unpicklable(Exception):
    """One artifact has no pickle; the attempt cannot be stored."""

    def __init__(self, name: str, value: object, reason: BaseException) -> None:
        super().__init__(name)
        self.name = name
        self.type = str(type(value))
        self.reason = f"{type(reason).__name__}: {reason}"


class Spool:
    """The pickles of one task, one after the other in one file."""

    def __init__(self, path: str, overflow: str | None = None) -> None:
        self._serializers = serializers()
        self._raw = SpoolFile(path, overflow)
        self._file = io.BufferedWriter(self._raw, _CHUNK)

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, kind: type | None, *_: object) -> None:
        # What is left of a file that could not be written is of no use.
        (self._file if kind is None else self._raw).close()

    def write(self, name: str, value: object) -> dict[str, Any]:
        """Append one artifact; answers its entry in the manifest."""
        start = self._file.tell()
        for serializer in self._serializers:
            if _claims(serializer, value):
                return self._write_with(serializer, name, value)
        try:
            _pickle.Pickler(self._file, PROTOCOL).dump(value)
        except NoRoom:
            raise
        except Exception as error:
            raise Unpicklable(name, value, error) from error
        return {"at": [start, self._file.tell() - start], "type": str(type(value)), "encoding": ENCODING}

    def _write_with(self, serializer: Any, name: str, value: object) -> dict[str, Any]:
        from ..datastore.artifacts.serializer import serialize
        from ..extension_support.plugins import source_of

        start = self._file.tell()
        try:
            data, metadata = serialize(serializer, name, value)
        except Exception as error:
            raise Unpicklable(name, value, error) from error
        self._file.write(data)
        return {
            "at": [start, len(data)],
            "type": metadata.obj_type,
            "encoding": metadata.encoding,
            "info": {"source": source_of(serializer), **(metadata.serializer_info or {})},
        }


def _claims(serializer: Any, value: object) -> bool:
    try:
        return bool(serializer.can_serialize(value))
    except Exception:
        # It looks at objects that are none of its business.
        return False


class TaskInput:
    """The artifacts of one task that this task builds on; read when asked for."""

    def __init__(self, index: int, spec: dict[str, Any], reads: Reads | None = None) -> None:
        self.index = index
        # Of the task, for what decorators read.
        self._reads = reads
        self.pathspec: str = spec["pathspec"]
        self.step: str = spec["step"]
        self.blobs: str = spec["blobs"]
        self.objects: dict[str, list] = spec["objects"]
        # Values given for this task in place of those of the input.
        self.replaced: dict[str, Any] = {}

    def __contains__(self, name: object) -> bool:
        return name in self.replaced or name in self.objects

    def __getitem__(self, name: str) -> Any:
        """For hooks of decorators, which get their task's inputs."""
        if self._reads is not None:
            self.note(self._reads, name)
        return self.load(name)

    def note(self, reads: Reads, name: str) -> None:
        """The task's code reads this artifact."""
        reads.artifacts[self.index, name] = None
        if name in self.replaced:
            reads.given[name] = None

    def names(self) -> set[str]:
        return set(self.objects) | set(self.replaced)

    def sha(self, name: str) -> str | None:
        return None if name in self.replaced else self.objects[name][0]

    def load(self, name: str) -> Any:
        if name in self.replaced:
            return self.replaced[name]
        sha, *entry = self.objects[name]
        before = clock.enter("load")
        try:
            if entry[0] not in PICKLES:
                from ..datastore.artifacts.serializer import deserialize

                return deserialize(name, read_blob(self.blobs, sha), tuple(entry))
            return fetch(self.blobs, sha)
        except Exception as error:
            from ..exception import MetaflowDataMissing
            from .damage import damage_of

            damage = damage_of(self.blobs, sha)
            if damage is None:
                # The user's classes raise what they like while they are unpickled; only damage is ours to explain.
                raise
            raise MetaflowDataMissing(f"The artifact *{name}* of {self.pathspec} cannot be read: {damage}.") from error
        finally:
            clock.enter(before)

    def get(self, name: str, default: Any = None) -> Any:
        """A system artifact, or the default where an older run has none."""
        return self.load(name) if name in self else default

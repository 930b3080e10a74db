"""The code package itself: a compressed tar archive whose bytes depend on nothing but its contents."""

from __future__ import annotations

import io
import json
import tarfile

from ..exception import MetaflowException

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .contents import Contents

# The time of all members: 3 December 2019, as in Metaflow's own packages.
_TIME = 1575360000

METADATA = json.dumps({"version": 0, "archive_format": "tgz", "mfcontent_version": 1})


def archive(contents: Contents) -> bytes:
    """The bytes of the package."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=3, dereference=True) as tar:
        for path, name in contents.files():
            _add_file(tar, path, name)
        for data, name in contents.generated():
            member = tarfile.TarInfo(name)
            member.size, member.mtime = len(data), _TIME
            tar.addfile(member, io.BytesIO(data))
        for path, name in contents.user_files():
            _add_file(tar, path, name)
    packed = bytearray(buffer.getvalue())
    # The time in the gzip header.
    packed[4:8] = bytes(4)
    return bytes(packed)


def _add_file(tar: tarfile.TarFile, path: str, name: str) -> None:
    try:
        with open(path, "rb") as file:
            member = tar.gettarinfo(arcname=name, fileobj=file)
            member.mtime = _TIME
            tar.addfile(member, file)
    except OSError as problem:
        raise MetaflowException(f"{path}, which belongs to the code package, cannot be read: {problem}") from problem

"""The code that a task ran, as far as it was kept: a tar archive among the artifacts of the flow."""

from __future__ import annotations

import io
import json
import os

from ..exception import MetaflowInternalError
from . import blobs
from .base import PUBLIC

TYPE_CHECKING = False
if TYPE_CHECKING:
    import tarfile
    from tempfile import TemporaryDirectory
    from typing import Any

    from .store import Store

# What the archive has beside the user's files, at its top: today, and before there was `.mf_install`.
_OWN = (".mf_code", ".mf_meta", ".mf_install")
_OWN_OLD = (
    "metaflow",
    "metaflow_extensions",
    "INFO",
    "CONFIG",
    "conda.manifest",
    "condav2-1.cnd",
    "pyproject.toml",
    "uv.lock",
)
_MARKER = ".mf_install"


class MetaflowCode:
    """The user's files of a run, and the Metaflow that went with them."""

    __module__ = PUBLIC

    def __init__(self, flow_name: str, code_package: str, _store: Store | None = None) -> None:
        package = json.loads(code_package)
        self._path: str = package["location"]
        form = json.loads(package.get("metadata") or "{}").get("archive_format", "tgz")
        if form != "tgz":
            raise MetaflowInternalError(f"The code at {self._path} is kept in the unknown form '{form}'.")
        # <root>/<flow>/data/<two digits>/<hash>
        roots = [self._path.rsplit("/", 4)[0]]
        if _store is not None and _store.root is not None:
            roots.append(_store.root)
        self._archive = io.BytesIO(blobs.read_raw(roots, flow_name, package["sha"]))
        self._opened: tarfile.TarFile | None = None
        with self._open() as archive:
            names = archive.getnames()
            self._own = _OWN if _MARKER in names else _OWN_OLD
            info = _member(archive, ".mf_meta/INFO" if _MARKER in names else "INFO")
            if info is None:
                raise MetaflowInternalError(f"The code at {self._path} does not say what it is.")
            self._info: dict[str, Any] = json.loads(info)
            self._flowspec = _member(archive, self._info["script"])

    def _open(self) -> tarfile.TarFile:
        import tarfile

        self._archive.seek(0)
        return tarfile.open(fileobj=self._archive, mode="r:gz")

    @property
    def path(self) -> str:
        """Where the archive is."""
        return self._path

    @property
    def info(self) -> dict[str, Any]:
        """What was noted when the code was packed: script, user, versions..."""
        return self._info

    @property
    def flowspec(self) -> Any:
        """The source of the flow's file."""
        return self._flowspec

    @property
    def script_name(self) -> str:
        """The name of the flow's file."""
        return self._info["script"]

    @property
    def tarball(self) -> tarfile.TarFile:
        """The whole archive, open."""
        if self._opened is None:
            self._opened = self._open()
        return self._opened

    def extract(self) -> TemporaryDirectory:
        """The user's files in a directory that is gone when the answer is."""
        import tarfile
        from tempfile import TemporaryDirectory

        # Newer Pythons want to be told what members may do.
        options: Any = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        directory = TemporaryDirectory()
        position = self._archive.tell()
        with self._open() as archive:
            for member in archive.getmembers():
                if member.name.split("/", 1)[0] not in self._own and _stays_inside(member.name):
                    archive.extract(member, directory.name, **options)
        self._archive.seek(position)
        return directory

    def __str__(self) -> str:
        return f"<MetaflowCode: {self.script_name}>"


def _stays_inside(name: str) -> bool:
    return not os.path.isabs(name) and ".." not in name.split("/")


def _member(archive: tarfile.TarFile, name: str) -> bytes | None:
    try:
        file = archive.extractfile(name)
    except KeyError:
        return None
    return None if file is None else file.read()


def environment_info(code: MetaflowCode, metadata: dict[str, Any]) -> Any:
    """What the task of this code ran in."""
    kind = code.info.get("environment_type")
    if not kind:
        return None
    if kind not in ("conda", "pypi"):
        return "Local environment"
    # Environments by platform and id; both are parts of the place that this one had.
    place = (metadata.get("conda_env_prefix") or "").split("/")
    with code._open() as archive:
        manifest = json.loads(_member(archive, "conda.manifest") or "{}")
    return manifest.get(place[2], {}).get(place[1], {}) if len(place) > 2 else {}

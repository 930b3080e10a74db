"""Where the cards of a task are on disk, and reading them.

`<root>/F/runs/r/steps/s/tasks/t/cards/<type>[-<id>]-<hash>.html`; what updates the pages of running tasks is in
`runtime` beside `cards`.
"""

from __future__ import annotations

import os

from ... import _remote
from .exception import CardNotPresentException

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

CARD_SUFFIX = "mf.cards"
TEMP_DIR_NAME = "metaflow_card_cache"
# How much of a hash is shown where it has to be typed.
NUM_SHORT_HASH_CHARS = 5

_HTML = ".html"
_DATA = ".data.json"


class CardInfo:
    """What the name of a card's file says."""

    def __init__(self, filename: str) -> None:
        stem = filename.rpartition("/")[2]
        self.filename = stem
        for suffix in (_HTML, _DATA):
            stem = stem[: -len(suffix)] if stem.endswith(suffix) else stem
        parts = stem.split("-")
        if len(parts) not in (2, 3):
            raise ValueError(f"{self.filename} is no name of a card: those are TYPE-HASH.html or TYPE-ID-HASH.html")
        self.type = parts[0]
        self.hash = parts[-1]
        self.id = parts[1] if len(parts) == 3 else None

    def fits(self, type: str | None, hash: str | None, id: str | None) -> bool:
        """Whether it is one of the cards asked for. A hash says all, so that an id beside it is not looked at."""
        if type is not None and self.type != type:
            return False
        if hash is not None:
            return self.hash.startswith(hash)
        return id is None or self.id == id


class CardDatastore:
    """The cards of one task."""

    def __init__(self, root: str, pathspec: str) -> None:
        self.root = root
        self.pathspec = pathspec
        flow, run, step, task = pathspec.split("/")
        self._new = f"{flow}/runs/{run}/steps/{step}/tasks/{task}"
        # Cards of releases before steps were part of the path.
        self._old = f"{flow}/runs/{run}/tasks/{task}"

    @classmethod
    def get_storage_root(cls, storage_type: str) -> str:
        """The root of cards where nothing else names one."""
        configured = configured_root()
        if configured is not None:
            return configured
        from ...client.selection import store

        return os.path.join(store().root or ".metaflow", CARD_SUFFIX)

    def extract_card_paths(
        self, card_type: str | None = None, card_hash: str | None = None, card_id: str | None = None
    ) -> list[str]:
        """Paths below the root. Raises when the task has no cards at all."""
        found = self._files(f"{self._new}/cards", _HTML) or self._files(f"{self._old}/cards", _HTML)
        if not found:
            raise CardNotPresentException(self.pathspec, card_hash=card_hash, card_type=card_type, card_id=card_id)
        return [path for path, info in found if info.fits(card_type, card_hash, card_id)]

    def extract_data_paths(
        self, card_type: str | None = None, card_hash: str | None = None, card_id: str | None = None
    ) -> list[str]:
        """Paths of the data with which pages of running tasks are updated."""
        found = self._files(f"{self._new}/runtime", _DATA)
        return [path for path, info in found if info.fits(card_type, card_hash, card_id)]

    def _files(self, directory: str, suffix: str) -> list[tuple[str, CardInfo]]:
        place = os.path.join(self.root, directory)
        try:
            names = sorted(_remote.names(place) if _remote.is_remote(place) else os.listdir(place))
        except OSError:
            return []
        return [(f"{directory}/{name}", CardInfo(name)) for name in names if name.endswith(suffix)]

    @staticmethod
    def info_from_path(path: str, suffix: str = "html") -> CardInfo:
        return CardInfo(path)

    def get_card_names(self, card_paths: list[str]) -> list[CardInfo]:
        return [CardInfo(path) for path in card_paths]

    def create_full_path(self, card_path: str) -> str:
        return os.path.join(self.root, card_path)

    def get_card_html(self, path: str) -> str:
        return self._content(path).decode()

    def get_card_data(self, path: str) -> Any:
        import json

        return json.loads(self._content(path))

    def _content(self, path: str) -> bytes:
        place = self.create_full_path(path)
        if not _remote.is_remote(place):
            with open(place, "rb") as file:
                return file.read()
        content = _remote.read(place)
        if content is None:
            raise FileNotFoundError(place)
        return content

    def cache_locally(self, path: str, save_path: str | None = None) -> str:
        """Copy a card to a file, by default one below the working directory."""
        if save_path is None:
            save_path = os.path.join(TEMP_DIR_NAME, self._new, "cards", path.rpartition("/")[2])
        directory = os.path.dirname(save_path)
        if directory:
            os.makedirs(directory, exist_ok=True)
        with open(save_path, "wb") as file:
            file.write(self._content(path))
        return save_path


def configured_root() -> str | None:
    """The root that the configuration names for cards."""
    from ...metaflow_config import from_conf

    root = from_conf("CARD_LOCALROOT")
    return os.path.abspath(root) if root else None

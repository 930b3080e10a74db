"""`get_cards`: the cards of a task, for notebooks and programs."""

from __future__ import annotations

from .card_resolver import datastore_of, resumed_info
from .exception import IncorrectArgumentException, IncorrectPathspecException

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from .card_datastore import CardDatastore

_type_of = type


class Card:
    """One card: a page of HTML, read when it is asked for."""

    def __init__(
        self,
        card_ds: CardDatastore,
        type: str,
        path: str,
        hash: str,
        id: str | None = None,
        html: str | None = None,
        created_on: Any = None,
        from_resumed: bool = False,
        origin_pathspec: str | None = None,
    ) -> None:
        self._card_ds = card_ds
        self._path = path
        self._card_id = id
        self._html = html
        self._data_path: str | None = None
        self._file: Any = None
        self.type = type
        self.hash = hash
        self.from_resumed = from_resumed
        self.origin_pathspec = origin_pathspec

    @property
    def path(self) -> str:
        """Where it is below the root of cards."""
        return self._path

    @property
    def id(self) -> str | None:
        """The `id` of its @card."""
        return self._card_id

    def get(self) -> str:
        """The page."""
        if self._html is None:
            self._html = self._card_ds.get_card_html(self._path)
        return self._html

    def get_data(self) -> Any:
        """What the running task has sent last to update the page; None where it sent nothing."""
        if self._data_path is None:
            paths = self._card_ds.extract_data_paths(card_type=self.type, card_hash=self.hash, card_id=self._card_id)
            if not paths:
                return None
            self._data_path = paths[0]
        return self._card_ds.get_card_data(self._data_path)

    def view(self) -> None:
        """Open the page in a browser."""
        import tempfile
        import webbrowser

        # Kept for as long as the card, since the browser reads it later.
        self._file = tempfile.NamedTemporaryFile("w", suffix=".html", encoding="utf-8")
        self._file.write(self.get())
        self._file.flush()
        webbrowser.open(f"file://{self._file.name}")

    def __str__(self) -> str:
        return f"<Card at '{self._path}'>"

    def _repr_html_(self) -> str:
        return _embed(self.get())


class CardContainer:
    """The cards of a task: a sequence that a notebook shows as pages."""

    def __init__(self, card_paths: list[str], card_ds: CardDatastore, origin_pathspec: str | None = None) -> None:
        self._card_paths = card_paths
        self._card_ds = card_ds
        self.from_resumed = origin_pathspec is not None
        self.origin_pathspec = origin_pathspec

    def __len__(self) -> int:
        return len(self._card_paths)

    def __iter__(self) -> Iterator[Card]:
        return map(self._card, self._card_paths)

    def __getitem__(self, index: int) -> Card:
        return self._card(self._card_paths[index])

    def _card(self, path: str) -> Card:
        info = self._card_ds.info_from_path(path)
        return Card(
            self._card_ds,
            info.type,
            path,
            info.hash,
            id=info.id,
            from_resumed=self.from_resumed,
            origin_pathspec=self.origin_pathspec,
        )

    def _repr_html_(self) -> str:
        return "\n".join(
            f"<h1>Displaying Card Of Type : {card.type.title()}</h1>\n{_embed(card.get())}" for card in self
        )


def _embed(html: str) -> str:
    """A page as an output of a notebook."""
    import uuid

    container = uuid.uuid4()
    return (
        f"<script type='text/javascript'>var mfContainerId = '{container}';</script>\n"
        f"<div class='embed' data-container='{container}'>{html}</div>"
    )


def get_cards(
    task: Any,
    id: str | None = None,
    type: str | None = None,
    follow_resumed: bool = True,
) -> CardContainer:
    """The cards of a `Task`, or of the task with a pathspec `flow/run/step/task`."""
    from ...client import Task

    if isinstance(task, str):
        if len(task.split("/")) != 4:
            raise IncorrectPathspecException(task)
        # A pathspec says exactly which task is meant, in whatever namespace it is.
        task = Task(task, _namespace_check=False)
    elif not isinstance(task, Task):
        raise IncorrectArgumentException(_type_of(task))
    origin = resumed_info(task) if follow_resumed else None
    if origin is not None:
        task = Task(origin, _namespace_check=False)
    datastore = datastore_of(task)
    paths = datastore.extract_card_paths(card_type=type, card_id=id)
    return CardContainer(paths, datastore, origin_pathspec=origin)

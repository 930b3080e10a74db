"""`card server`: the cards of a run in a browser, updated while its tasks run.

/                      the viewer
/runinfo               the run and its cards
/card/F/r/s/t/HASH     a page
/data/F/r/s/t/HASH     what updates it
"""

from __future__ import annotations

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from .state import State

_VIEWER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "card_viewer.html")


class Viewer:
    """What the server answers: which run, which cards."""

    def __init__(
        self, flow: str, root: str, run_id: str | None, wanted: str | None, poll_interval: int, max_cards: int
    ) -> None:
        self._flow = flow
        self._root = root
        # Without an id it is the newest run, at each time that somebody asks.
        self._run_id = run_id
        self._namespace = wanted
        self._poll_interval = poll_interval
        self._max_cards = max_cards

    def run(self) -> Any:
        """The run; None while there is none."""
        from ..client import Flow, Run, namespace
        from ..exception import MetaflowNamespaceMismatch, MetaflowNotFound

        try:
            if self._run_id is not None:
                return Run(f"{self._flow}/{self._run_id}", _namespace_check=False)
            namespace(self._namespace)
            return Flow(self._flow).latest_run
        except (MetaflowNotFound, MetaflowNamespaceMismatch):
            return None

    def check(self) -> Any:
        """The run, where it was named; raises if there is no such run."""
        from ..exception import CommandException

        if self._run_id is not None and "/" in self._run_id:
            raise CommandException(f"--run-id takes the id of a run alone, and not '{self._run_id}'.")
        run = self.run()
        if run is None and self._run_id is not None:
            raise CommandException(f"No run ({self._run_id}) found for *{self._flow}*.")
        return run

    def info(self) -> tuple[int, dict[str, Any]]:
        run = self.run()
        if run is None:
            return 404, {"status": "No Run Found", "flow": self._flow}
        cards = []
        for task, card in self._cards_of(run):
            step, name = task.pathspec.split("/")[-2:]
            cards.append(
                {
                    "task": task.pathspec,
                    "label": f"{step}/{name} {card.hash}",
                    "card_object": {"hash": card.hash, "type": card.type, "path": card.path, "id": card.id},
                    "finished": bool(task.finished),
                    "card": f"{task.pathspec}/{card.hash}",
                }
            )
            if len(cards) >= self._max_cards:
                break
        return 200, {
            "status": "ok",
            "flow": self._flow,
            "run_id": run.id,
            "cards": cards,
            "poll_interval": self._poll_interval,
        }

    def _cards_of(self, run: Any) -> Iterator[tuple[Any, Any]]:
        for step in run.steps():
            for task in step.tasks():
                for card in self._cards(task.pathspec):
                    yield task, card

    def _cards(self, pathspec: str, hash: str | None = None) -> Iterator[Any]:
        from ..plugins.cards.card_client import CardContainer
        from ..plugins.cards.card_resolver import resolve_paths_from_task
        from ..plugins.cards.exception import CardNotPresentException

        try:
            paths, datastore = resolve_paths_from_task(self._root, pathspec, hash=hash)
        except CardNotPresentException:
            return iter(())
        return iter(CardContainer(paths, datastore))

    def card(self, parts: list[str]) -> Any:
        """The card of `F/r/s/t/HASH`; None if there is none."""
        if len(parts) != 5 or not all(parts) or any(part in (".", "..") for part in parts):
            return None
        return next(self._cards("/".join(parts[:4]), parts[4]), None)

    def data(self, parts: list[str]) -> tuple[int, dict[str, Any]]:
        from ..client import Task
        from ..exception import MetaflowNotFound

        card = self.card(parts)
        if card is None:
            return 404, {"status": "Card Not Found"}
        try:
            task = Task("/".join(parts[:4]), _namespace_check=False)
        except MetaflowNotFound:
            return 404, {"status": "Task Not Found", "is_complete": False}
        is_complete = bool(task.finished)
        payload = card.get_data()
        if payload is None:
            return 404, {"status": "ok", "is_complete": is_complete}
        status = "Task Failed" if is_complete and not task.successful else "ok"
        return 200, {"status": status, "payload": payload, "is_complete": is_complete}


class _Handler(BaseHTTPRequestHandler):
    viewer: Viewer

    def do_GET(self) -> None:
        from ..exception import MetaflowException

        try:
            self._respond()
        except MetaflowException as error:
            # A damaged record, say: the page shows it, and the server goes on.
            self._answer_json(500, {"status": str(error)})
        except (BrokenPipeError, ConnectionResetError):
            # The browser has left the page.
            self.close_connection = True

    def _respond(self) -> None:
        from urllib.parse import unquote

        parts = [unquote(part) for part in self.path.partition("?")[0].strip("/").split("/")]
        if parts[0] == "runinfo":
            self._answer_json(*self.viewer.info())
        elif parts[0] == "data":
            self._answer_json(*self.viewer.data(parts[1:]))
        elif parts[0] == "card":
            card = self.viewer.card(parts[1:])
            if card is None:
                self._answer_json(404, {"status": "Card Not Found"})
            else:
                self._answer(200, card.get().encode(), "text/html; charset=utf-8")
        else:
            with open(_VIEWER, "rb") as file:
                self._answer(200, file.read(), "text/html; charset=utf-8")

    def _answer_json(self, code: int, body: dict[str, Any]) -> None:
        self._answer(code, json.dumps(body).encode(), "application/json")

    def _answer(self, code: int, body: bytes, kind: str) -> None:
        self.send_response(code)
        self.send_header("Content-type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        if os.environ.get("METAFLOW_DEBUG_CARD_SERVER", "").lower() in ("1", "true"):
            super().log_message(format, *args)


def serve(state: State, viewer: Viewer, port: int) -> int:
    """Answer until the process is ended."""
    from ..exception import CommandException

    run = viewer.check()
    if run is None:
        state.echo(f"No run found for *{state.flow.name}* yet: it is shown once there is one.", colour="red")
    else:
        state.echo(f"Using run-id {run.pathspec}", raw=True)
    handler = type("Handler", (_Handler,), {"viewer": viewer})
    try:
        # Cards show data: this machine alone is served.
        server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as error:
        raise CommandException(f"The server cannot have the port {port}: {error.strerror}.") from error
    state.echo(f"Starting card server on port {server.server_address[1]} ", colour="green", bold=True)
    try:
        server.serve_forever()
    finally:
        server.server_close()
    return 0

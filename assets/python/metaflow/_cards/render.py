"""Rendering of the cards that render themselves: in a process of its own, within a time, never to the task's harm."""

from __future__ import annotations

import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..exception import MetaflowException
    from ..flowspec import FlowSpec
    from .kinds import Kind

# Beyond the card's own time, for code that does not notice the alarm.
_GRACE = 10


class Result:
    """What came of a rendering: a page, data that updates one, the text of an error card; or why there is nothing."""

    def __init__(
        self,
        html: Any = None,
        data: Any = None,
        error: str | None = None,
        problem: str | None = None,
        headline: str = "Unable to render @card",
    ) -> None:
        self.html = html
        self.data = data
        self.error = error
        self.problem = problem
        self.headline = headline


class TimedOut(Exception):
    """The time of the card is over."""


class Renderer:
    """Renders cards of one task."""

    def __init__(self, flow: FlowSpec, pathspec: str, graph: Any, store: tuple[str, str | None] | None = None) -> None:
        self._flow = flow
        # Kind and root of the store that has the task; without, the one that the client looks at.
        self._store = store
        self._pathspec = pathspec
        # Called when the graph is needed: it may have to be unpickled.
        self._graph = graph

    def render(
        self, attributes: dict[str, Any], kind: Kind, mode: str, components: list[Any], data: dict[str, Any]
    ) -> Result:
        """Render in a child process; in this one, where forking is not safe."""
        from .._worker import forking, process

        timeout = attributes["timeout"]
        timeout = None if timeout is None else int(timeout)
        order = (attributes, kind, mode, components, data, timeout)
        if forking.obstacle() is not None:
            return self._render(*order)
        process.flush()
        results, output = os.pipe(), os.pipe()
        pid = os.fork()
        if pid == 0:
            self._serve(results, output, order)
        for pipe in (results, output):
            os.close(pipe[1])
        try:
            answer, said, in_time = _collect(results[0], output[0], None if timeout is None else timeout + _GRACE)
        finally:
            if not _has_ended(pid):
                os.kill(pid, 9)
                os.waitpid(pid, 0)
        if answer:
            return Result(**_decode(answer))
        if not in_time:
            return Result(problem=f"{said}The card took more than {timeout} seconds and was ended.")
        return Result(problem=f"{said}The process that rendered the card ended before it had.")

    def _serve(self, results: tuple[int, int], output: tuple[int, int], order: tuple) -> None:
        """The child's life."""
        from .._worker import process, wire

        try:
            for fd in (1, 2):
                os.dup2(output[1], fd)
            result = self._render(*order)
            process.flush()
            with os.fdopen(results[1], "wb") as pipe:
                pipe.write(_encode(vars(result), wire))
        except BaseException as error:
            sys.excepthook(type(error), error, error.__traceback__)
            process.flush()
        finally:
            os._exit(0)

    def _render(
        self,
        attributes: dict[str, Any],
        kind: Kind,
        mode: str,
        components: list[Any],
        data: dict[str, Any],
        timeout: int | None,
    ) -> Result:
        from ..plugins.cards import exception

        name, options = attributes["type"], attributes["options"]
        # With an error card the reason is shown on it, else it is the task's to tell.
        show = bool(attributes["save_errors"]) and mode != "refresh"
        card_class = kind.load()
        if card_class is None:
            return _failed(show, exception.CardClassFoundException(name))
        try:
            card = self._make(card_class, options, components)
        except TypeError:
            return _failed(show, exception.IncorrectCardArgsException(name, options))
        except Exception:
            return _failed(show, exception.UnrenderableCardException(name, options))
        try:
            with _Alarm(timeout):
                made = self._call(card, mode, data)
        except TimedOut as error:
            from .._worker.errors import format_user

            text = (
                f"\nCard rendering timed out after {timeout} seconds: its `timeout` in @card can be made longer.\n"
                f"Stack Trace : \n{format_user(error)}"
            )
            return Result(error=text if show else None)
        except NotImplementedError:
            text = f"Card of type {name} is updated while its task runs, but has no `{mode}`."
            return Result(error=text if show and mode == "render_runtime" else None)
        except Exception:
            # Updates are dropped where they fail: the page is there.
            return Result() if mode == "refresh" else _failed(show, exception.UnrenderableCardException(name, options))
        if made is None:
            return Result(error=f"No information rendered from card of type {name}" if show else None)
        return Result(data=made) if mode == "refresh" else Result(html=made)

    def _make(self, card_class: Any, options: Any, components: list[Any]) -> Any:
        import inspect

        graph = self._graph() or {}
        arguments = {"components": components, "graph": graph.get("steps", graph), "flow": self._flow}
        if options:
            arguments["options"] = options
        try:
            # Classes older than the argument do not have it.
            if "graph_info" in inspect.signature(card_class).parameters:
                arguments["graph_info"] = graph
        except (TypeError, ValueError):
            # Without a signature it is as old as any.
            pass
        return card_class(**arguments)

    def _call(self, card: Any, mode: str, data: dict[str, Any]) -> Any:
        task = self._task()
        if mode == "refresh":
            made = card.refresh(task, data)
            if made is None:
                return None
            return {"reload_token": _token(card, task, data), "data": made, "created_on": time.time()}
        if mode == "render":
            type(card).runtime_data = property(lambda _card: data)
            page = card.render(task)
        else:
            page = card.render_runtime(task, data)
        return None if page is None else page.replace(card.RELOAD_POLICY_TOKEN, _token(card, task, data))


    def _task(self) -> Any:
        from ..client import Task

        if self._store is None or self._store[1] is None:
            return Task(self._pathspec, _namespace_check=False)
        from ..client.store import Store

        kind, root = self._store
        return Task(self._pathspec, _namespace_check=False, _store=Store(kind, root=root))


def _token(card: Any, task: Any, data: dict[str, Any]) -> str:
    """Names the state of the page."""
    if data["render_seq"] == "final":
        return "final"
    if card.RELOAD_POLICY == card.RELOAD_POLICY_ALWAYS:
        return f"render-seq-{data['render_seq']}"
    if card.RELOAD_POLICY == card.RELOAD_POLICY_ONCHANGE:
        return card.reload_content_token(task, data)
    return "never"


def _failed(show: bool, error: MetaflowException) -> Result:
    return Result(error=str(error)) if show else Result(problem=str(error), headline=error.headline)


class _Alarm:
    """Raises in the code that it surrounds when the time is over."""

    def __init__(self, seconds: int | None) -> None:
        self._seconds = seconds if seconds is not None and seconds > 0 else None

    def __enter__(self) -> None:
        if self._seconds is None:
            return
        import signal

        def ring(_number: int, _frame: object) -> None:
            raise TimedOut

        signal.signal(signal.SIGALRM, ring)
        signal.alarm(self._seconds)

    def __exit__(self, *_: object) -> None:
        if self._seconds is None:
            return
        import signal

        signal.alarm(0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)


def _encode(result: dict[str, Any], wire: Any) -> bytes:
    import json

    # What a class gives must have a form in JSON; what has not is told by its text.
    return json.dumps(result, default=str).encode("utf-8", "replace")


def _decode(answer: bytes) -> dict[str, Any]:
    import json

    return json.loads(answer)


def _collect(results: int, output: int, seconds: float | None) -> tuple[bytes, str, bool]:
    """All that comes through the two pipes until the first is closed; with whether that was in time."""
    import select

    chunks: dict[int, list[bytes]] = {results: [], output: []}
    left = [results, output]
    end = None if seconds is None else time.monotonic() + seconds
    in_time = True
    # With an answer, whatever else holds the output open is not waited for.
    while results in left or (left and not chunks[results]):
        wait = None if end is None else max(0.0, end - time.monotonic())
        ready = select.select(left, (), (), wait)[0]
        if not ready:
            in_time = False
            break
        for fd in ready:
            chunk = os.read(fd, 1 << 16)
            if chunk:
                chunks[fd].append(chunk)
            else:
                left.remove(fd)
    os.close(results)
    os.close(output)
    said = b"".join(chunks[output]).decode("utf-8", "replace")
    return b"".join(chunks[results]) if in_time else b"", said, in_time


def _has_ended(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return True

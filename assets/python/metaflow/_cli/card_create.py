"""`card create`: a card of a task of the store, rendered here and now."""

from __future__ import annotations

import json
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .state import State


def create(
    state: State,
    root: str,
    pathspec: str,
    type: str,
    options: str | None,
    timeout: int | None,
    render_error_card: bool,
    id: str | None,
    component_file: str | None,
    mode: str,
    data_file: str | None,
    card_uuid: str | None,
    delete_input_files: bool,
) -> int:
    from .._cards.kinds import kind_of
    from .._cards.render import Renderer
    from ..client import Task
    from ..exception import CommandException, MetaflowException
    from ..plugins.cards.card_datastore import NUM_SHORT_HASH_CHARS

    if pathspec.count("/") != 2:
        raise CommandException("PATHSPEC is <runid>/<stepname>/<taskid>")
    full = f"{state.flow.name}/{pathspec}"
    task = Task(full)
    components = _read(component_file, delete_input_files) or []
    data = _read(data_file, delete_input_files) or {"user": None, "components": {}, "component_update_ts": 0}
    data.setdefault("render_seq", "final" if mode == "render" else 1)
    attributes = {
        "type": type,
        "options": _parsed("options", options) or {},
        "timeout": timeout,
        "save_errors": render_error_card,
    }
    if id is not None and not (id.isascii() and id.replace("_", "a").isalnum()):
        state.echo(f"The id '{id}' may have letters, digits and underscores only: it is ignored.", colour="red")
        id = None
    kind = kind_of(type)
    if kind.is_known:
        state.echo(f"Creating new card of type {type} with timeout {timeout}", colour="green", raw=True)
    renderer = Renderer(state.flow, full, lambda: task["_graph_info"].data)
    result = renderer.render(attributes, kind, mode, components, data)
    if result.problem is not None:
        failed = MetaflowException(result.problem)
        failed.headline = result.headline
        raise failed
    html = result.html
    if result.error is not None:
        from .._cards.pages import ErrorCard

        card = ErrorCard()
        html = card.render(task, stack_trace=result.error).replace(card.RELOAD_POLICY_TOKEN, "final")
    uuid = card_uuid or os.urandom(16).hex()
    saved = type if type.isascii() and type.replace("_", "a").isalnum() else "error"
    stem = "-".join([saved, *([id] if id else []), uuid])
    run, step, name = pathspec.split("/")
    directory = os.path.join(root, state.flow.name, "runs", run, "steps", step, "tasks", name)
    if html is not None:
        _write(os.path.join(directory, "cards", f"{stem}.html"), _filled(html))
        state.echo(f"Card created with type: {saved} and hash: {uuid[:NUM_SHORT_HASH_CHARS]}", colour="green", raw=True)
    if result.data is not None:
        _write(os.path.join(directory, "runtime", f"{stem}.data.json"), json.dumps(result.data))
        state.echo("Data updated", colour="green")
    return 0


def _parsed(option: str, text: str | None) -> Any:
    from .errors import UsageError

    try:
        return None if text is None else json.loads(text)
    except ValueError as error:
        raise UsageError(f"Invalid value for '--{option}': it is no JSON: {error}", None) from error


def _read(path: str | None, is_temporary: bool) -> Any:
    if path is None:
        return None
    with open(path, encoding="utf-8") as file:
        value = json.load(file)
    if is_temporary:
        os.remove(path)
    return value


def _write(path: str, text: str) -> None:
    import tempfile

    os.makedirs(os.path.dirname(path), exist_ok=True)
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=os.path.dirname(path), delete=False) as file:
        file.write(text)
    os.replace(file.name, path)


def _filled(html: str) -> str:
    """The page with the HTML of its components, which the binary makes."""
    import subprocess

    from .._cards.pages import PLACE
    from . import binary

    if PLACE not in html:
        return html
    done = subprocess.run(
        [binary.find(), "fill-card"], input=html.encode(), stdout=subprocess.PIPE, check=False, timeout=60
    )
    return done.stdout.decode() if done.returncode == 0 else html

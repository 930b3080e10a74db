"""The artifacts of a task as plain data, for cards that show them."""

from __future__ import annotations

from .components import class_name, represent
from .media import image_type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

TIME_FORMAT = "%Y-%m-%d %I:%M:%S %p"
# Larger artifacts are not read.
MAX_ARTIFACT_SIZE = 256 * 1024 * 1024

_PLAIN = (str, bool, int, float, type(None))


class TaskToDict:
    """Called with a task, it gives what cards show of it."""

    def __init__(self, only_repr: bool = False, runtime: bool = False, max_artifact_size: int | None = None) -> None:
        self._only_repr = only_repr
        self._runtime = runtime
        self._max_size = MAX_ARTIFACT_SIZE if max_artifact_size is None else max_artifact_size

    def __call__(self, task: Any, graph: Any = None) -> dict[str, Any]:
        finished = None if self._runtime else task.finished_at
        data: dict[str, Any] = {}
        images: dict[str, Any] = {}
        tables: dict[str, Any] = {}
        for artifact in task:
            data[artifact.id], value = self._artifact(artifact)
            if isinstance(value, bytes):
                image = self.parse_image(value)
                if image is not None:
                    images[artifact.id] = image
            else:
                table = _table(value)
                if table is not None:
                    tables[artifact.id] = table
        return {
            "stderr": task.stderr,
            "stdout": task.stdout,
            "created_at": task.created_at.strftime(TIME_FORMAT),
            "finished_at": None if finished is None else finished.strftime(TIME_FORMAT),
            "pathspec": task.pathspec,
            "graph": graph,
            "data": data,
            "images": images,
            "tables": tables,
        }

    def _artifact(self, artifact: Any) -> tuple[dict[str, Any], Any]:
        name = artifact.id
        if artifact.size is not None and artifact.size > self._max_size:
            text = f"<artifact too large: {artifact.size} bytes, max: {self._max_size} bytes>"
            return {**self._entry("skipped", text, True), "name": name}, None
        try:
            value = artifact.data
        except ModuleNotFoundError as error:
            return {**self._entry(error.name, "<unable to unpickle>"), "name": name}, None
        return {**self.infer_object(value), "name": name}, value

    def _entry(self, kind: str | None, data: Any, is_large: bool = False, is_supported: bool = False) -> dict[str, Any]:
        return {
            "type": kind,
            "data": data,
            "large_object": is_large,
            "supported_type": is_supported,
            "only_repr": self._only_repr,
        }

    def object_type(self, object: Any) -> str:
        """The full name of an object's class."""
        return class_name(object)

    def infer_object(self, artifact_object: Any) -> dict[str, Any]:
        """What the artifacts component has of an object."""
        kind = class_name(artifact_object)
        if self._only_repr:
            return self._entry(kind, represent(artifact_object, compressed=True))
        is_supported, value = _plain(artifact_object)
        return self._entry(kind, value, is_supported=is_supported)

    def parse_image(self, data_object: Any) -> str | None:
        """A picture's bytes as an address; None for what is no picture that browsers show."""
        if not isinstance(data_object, bytes):
            return None
        kind = image_type(data_object)
        if kind is None:
            return None
        import base64

        return f"data:image/{kind};base64, {base64.encodebytes(data_object).decode()}"


def _plain(value: Any) -> tuple[bool, Any]:
    """Whether a value has a form of its own in JSON, and that form; the representation of all else."""
    if isinstance(value, _PLAIN):
        return True, value
    if isinstance(value, dict):
        return True, {str(key): _plain(item)[1] for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return True, [_plain(item)[1] for item in value]
    if hasattr(value, "strftime"):
        return True, value.strftime(TIME_FORMAT)
    if isinstance(value, bytes):
        import base64

        return True, base64.encodebytes(value).decode()
    if isinstance(value, complex):
        return True, str(value)
    if class_name(value) == "numpy.ndarray":
        return True, value.tolist()
    return False, represent(value, compressed=True)


def _table(value: Any) -> dict[str, Any] | None:
    from .frames import rows_of

    found = rows_of(value, truncate=True)
    if found is None:
        return None
    headers, rows = found
    return {"full_size": tuple(value.shape), "headers": headers, "data": rows, "truncated": True}

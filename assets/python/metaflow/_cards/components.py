"""Components made of text: markdown, tables, representations of objects, code, errors."""

from __future__ import annotations

from .base import MetaflowCardComponent, UserComponent, log, render, with_default_component_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# Types that go into a cell as they are; components are rendered, the rest is only named.
_CELL_TYPES = (str, bool, int, float, dict, list, tuple, type(None))


class Markdown(UserComponent):
    """A text in Markdown; indentation common to all of its lines is removed."""

    REALTIME_UPDATABLE = True

    def __init__(self, text: str | None = None) -> None:
        self.update(text)

    def update(self, text: str | None = None) -> None:
        if text is not None:
            import textwrap

            text = textwrap.dedent(text)
        self._text = text

    @with_default_component_id
    def render(self) -> dict[str, Any]:
        text = self._text
        # Viewers of the JSON expect every text but a heading to begin on a new line.
        if text is not None and not text.startswith("#"):
            text = "\n" + text
        return {"type": "markdown", "source": text, "id": self.component_id}


class Artifact(UserComponent):
    """The representation of any object, shortened unless `compressed` is false."""

    REALTIME_UPDATABLE = True

    def __init__(self, artifact: Any, name: str | None = None, compressed: bool = True) -> None:
        self._artifact = artifact
        self._name = name
        self._compressed = compressed

    def update(self, artifact: Any) -> None:
        self._artifact = artifact

    @with_default_component_id
    def render(self) -> dict[str, Any]:
        entry = {
            "type": class_name(self._artifact),
            "data": represent(self._artifact, self._compressed),
            "large_object": False,
            "supported_type": False,
            "only_repr": self._compressed,
            "name": None if self._name is None else str(self._name),
        }
        return {"type": "artifacts", "data": [entry], "id": self.component_id}


class Table(UserComponent):
    """Rows of texts, numbers and components, below an optional row of headers."""

    REALTIME_UPDATABLE = True

    def __init__(
        self,
        data: list[list[Any]] | None = None,
        headers: list[str] | None = None,
        disable_updates: bool = False,
    ) -> None:
        self._headers = headers if isinstance(headers, list) else []
        is_rows = isinstance(data, list) and bool(data) and isinstance(data[0], list)
        self._data = data if is_rows else [[]]
        if disable_updates:
            self.REALTIME_UPDATABLE = False

    @classmethod
    def from_dataframe(cls, dataframe: Any = None, truncate: bool = True) -> Table:
        """The first rows of a frame of pandas or Polars; all of them with `truncate=False`."""
        from .frames import rows_of

        rows = rows_of(dataframe, truncate)
        if rows is None:
            return cls(headers=[f"Object type {class_name(dataframe)} not supported"], disable_updates=True)
        headers, data = rows
        return cls(data=data, headers=headers, disable_updates=True)

    @with_default_component_id
    def render(self) -> dict[str, Any]:
        return {
            "type": "table",
            "columns": self._headers,
            "data": [[_cell(value) for value in row] for row in self._data],
            "vertical": False,
            "id": self.component_id,
        }


def _cell(value: object) -> Any:
    if isinstance(value, MetaflowCardComponent):
        # A chart in a table takes the width of its column.
        value._inside_table = True
        return render(value)
    return value if type(value) in _CELL_TYPES else "<object>"


class Error(UserComponent):
    """An exception under a title."""

    def __init__(self, exception: BaseException, title: str | None = None) -> None:
        self._exception = exception
        self._title = title

    def render(self) -> dict[str, Any]:
        return log(str(self._title), repr(self._exception))


class PythonCode(UserComponent):
    """Code of a function, or given as text."""

    def __init__(self, code_func: Callable | None = None, code_string: str | None = None) -> None:
        if code_func is not None:
            import inspect

            code_string = inspect.getsource(code_func)
        self._code = code_string

    @with_default_component_id
    def render(self) -> dict[str, Any]:
        if self._code is None:
            return log("`PythonCode` needs a `code_func` or a `code_string`")
        return {"type": "pythonCode", "data": self._code, "id": self.component_id}


class _Viewer(UserComponent):
    """Data as text of some notation, in a box that can be folded."""

    REALTIME_UPDATABLE = True

    _type = ""
    _key = ""
    _notation = ""

    def __init__(
        self,
        data: Any,
        collapsible: bool = True,
        max_height: str | None = None,
        show_copy_button: bool = True,
        title: str | None = None,
    ) -> None:
        self._data = data
        self._collapsible = collapsible
        self._max_height = max_height
        self._show_copy_button = show_copy_button
        self._title = title

    def update(self, data: Any) -> None:
        self._data = data

    def _text(self) -> str:
        raise NotImplementedError

    @with_default_component_id
    def render(self) -> dict[str, Any]:
        rendered = {
            "type": self._type,
            "id": self.component_id,
            self._key: self._text(),
            "collapsible": self._collapsible,
            "show_copy_button": self._show_copy_button,
            "title": self._title or self._notation,
        }
        if self._max_height:
            rendered["max_height"] = self._max_height
        return rendered


class JSONViewer(_Viewer):
    """Data shown as JSON."""

    _type, _key, _notation = "jsonViewer", "json_string", "JSON"

    def _text(self) -> str:
        import json

        data = self._data
        if isinstance(data, str):
            try:
                data = json.loads(data)
            except ValueError:
                pass
        return json.dumps(data, indent=2, ensure_ascii=False, default=str)


class YAMLViewer(_Viewer):
    """Data shown as YAML: with PyYAML where it is installed, else in the part of YAML that is JSON."""

    _type, _key, _notation = "yamlViewer", "yaml_string", "YAML"

    def _text(self) -> str:
        import json

        data = self._data
        if isinstance(data, str):
            try:
                data = json.loads(data)
            except ValueError:
                return data
        try:
            import yaml
        except ImportError:
            return json.dumps(data, indent=2, ensure_ascii=False, default=str)
        return yaml.dump(data, default_flow_style=False, indent=2, sort_keys=False)


def class_name(value: object) -> str:
    """The full name of an object's class, that of a built-in one without its module."""
    kind = type(value)
    name = f"{kind.__module__}.{kind.__qualname__}" if kind.__module__ not in (None, "builtins") else kind.__qualname__
    # pandas 3 moved its class; readers of cards know it by the old name.
    return "pandas.core.frame.DataFrame" if name == "pandas.DataFrame" else name


def represent(value: object, compressed: bool) -> str:
    """The text of an object: over several lines while it is short, else cut to its beginnings."""
    import pprint
    import reprlib

    if compressed:
        shorten = reprlib.Repr()
        shorten.maxarray = shorten.maxstring = shorten.maxother = shorten.maxtuple = shorten.maxlist = 100
        shorten.maxlevel = 3
        short = shorten.repr(value)
        if "..." in short:
            return short
    return pprint.pformat(value, indent=2, width=50, compact=True)

"""The components of which pages are built, each no more than its JSON."""

from __future__ import annotations

from .base import MetaflowCardComponent, log, new_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any


class DefaultComponent(MetaflowCardComponent):
    """Base of the components with a title and a subtitle."""

    type: str | None = None

    def __init__(self, title: str | None = None, subtitle: str | None = None) -> None:
        self._title = title
        self._subtitle = subtitle

    def render(self) -> dict[str, Any]:
        rendered: dict[str, Any] = {"type": self.type}
        if self._title is not None:
            rendered["title"] = self._title
        if self._subtitle is not None:
            rendered["subtitle"] = self._subtitle
        return rendered

    def _with(self, **fields: Any) -> dict[str, Any]:
        """The fields beside those of all; with the id, if there is one."""
        rendered = {**DefaultComponent.render(self), **fields}
        if self.component_id is not None:
            rendered["id"] = self.component_id
        return rendered


class TitleComponent(MetaflowCardComponent):
    type = "title"

    def __init__(self, text: Any = None) -> None:
        self._text = text

    def render(self) -> dict[str, Any]:
        return {"type": self.type, "text": str(self._text)}


class SubTitleComponent(TitleComponent):
    type = "subtitle"


class SectionComponent(DefaultComponent):
    """Components, or the JSON of some, under a heading."""

    type = "section"

    def __init__(
        self,
        title: str | None = None,
        subtitle: str | None = None,
        columns: int | None = None,
        contents: Iterable[Any] = (),
    ) -> None:
        super().__init__(title, subtitle)
        self._columns = columns
        self._contents = contents

    @classmethod
    def render_subcomponents(
        cls,
        component_array: Iterable[Any],
        additional_allowed_types: Iterable[type] = (str, dict),
        allow_unknowns: bool = False,
    ) -> list[Any]:
        """The JSON of each; what is neither component nor of an allowed type is only named, or left out."""
        allowed = tuple(additional_allowed_types)
        contents = []
        for content in component_array:
            if isinstance(content, MetaflowCardComponent):
                rendered = content.render()
                if not isinstance(rendered, (str, dict)):
                    name = type(content).__name__
                    rendered = SerializationErrorComponent(name, "It gave neither a text nor a dictionary.").render()
                contents.append(rendered)
            elif type(content) in allowed:
                contents.append(content)
            elif allow_unknowns:
                contents.append("<object>")
        return contents

    def render(self) -> dict[str, Any]:
        rendered = {**super().render(), "contents": self.render_subcomponents(self._contents)}
        if self._columns is not None:
            rendered["columns"] = self._columns
        return rendered


class PageComponent(DefaultComponent):
    type = "page"

    def __init__(self, title: str | None = None, subtitle: str | None = None, contents: Iterable[Any] = ()) -> None:
        super().__init__(title, subtitle)
        self._contents = contents

    def render(self) -> dict[str, Any]:
        contents = [part.render() if isinstance(part, MetaflowCardComponent) else part for part in self._contents]
        return {**super().render(), "contents": contents}


class ImageComponent(DefaultComponent):
    type = "image"

    def __init__(
        self, src: str | None = None, label: str | None = None, title: str | None = None, subtitle: str | None = None
    ) -> None:
        super().__init__(title, subtitle)
        self._src = src
        self._label = label

    def render(self) -> dict[str, Any]:
        return self._with(src=self._src, label=self._label)


class TableComponent(DefaultComponent):
    type = "table"

    def __init__(
        self,
        title: str | None = None,
        subtitle: str | None = None,
        headers: Any = (),
        data: Any = None,
        vertical: bool = False,
    ) -> None:
        super().__init__(title, subtitle)
        good_headers, good_rows = self.validate(headers, data)
        self._headers = headers if good_headers else []
        self._data = data if good_rows else [[]]
        self._vertical = vertical

    @classmethod
    def validate(cls, headers: Any, data: Any) -> tuple[bool, bool]:
        """Whether the headers are a list, and the rows a list of lists."""
        return type(headers) is list, type(data) is list and bool(data) and type(data[0]) is list

    def render(self) -> dict[str, Any]:
        return self._with(columns=self._headers, data=self._data, vertical=self._vertical)


class _DataComponent(DefaultComponent):
    """A component that is its data."""

    def __init__(self, title: str | None = None, subtitle: str | None = None, data: Any = None) -> None:
        super().__init__(title, subtitle)
        self._data = data

    def render(self) -> dict[str, Any]:
        return self._with(data=self._data)


class DagComponent(_DataComponent):
    type = "dag"


class ArtifactsComponent(_DataComponent):
    type = "artifacts"


class _TextComponent(DefaultComponent):
    """A component that is its text."""

    def __init__(self, data: Any = None) -> None:
        super().__init__()
        self._data = data

    def render(self) -> dict[str, Any]:
        return self._with(data=self._data)


class LogComponent(_TextComponent):
    type = "log"

    def render(self) -> dict[str, Any]:
        if self.component_id is None:
            self.component_id = new_id(self)
        return super().render()


class PythonCodeComponent(_TextComponent):
    type = "pythonCode"


class HTMLComponent(_TextComponent):
    type = "html"


class TextComponent(DefaultComponent):
    type = "text"

    def __init__(self, text: str | None = None) -> None:
        super().__init__()
        self._text = text

    def render(self) -> dict[str, Any]:
        return {**super().render(), "text": self._text}


class MarkdownComponent(DefaultComponent):
    type = "markdown"

    def __init__(self, text: str | None = None) -> None:
        super().__init__()
        self._text = text

    def render(self) -> dict[str, Any]:
        text = self._text
        # Viewers of the JSON expect every text but a heading to begin on a new line.
        if text is not None and not text.startswith("#"):
            text = "\n" + text
        return self._with(source=text)


class ErrorComponent(MetaflowCardComponent):
    """A text under a headline, as a log shows it."""

    def __init__(self, headline: str, error_message: str) -> None:
        self._headline = headline
        self._error_message = error_message

    def render(self) -> dict[str, Any]:
        return log(self._headline, self._error_message)


class SerializationErrorComponent(ErrorComponent):
    def __init__(self, component_name: str, error_message: str) -> None:
        super().__init__(f"Render failed of component named `{component_name}`", error_message)

"""Images and charts. PIL, matplotlib and altair are used only where an object of theirs is given."""

from __future__ import annotations

from .base import UserComponent, log, warn, with_default_component_id
from .components import class_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Image(UserComponent):
    """An image: bytes of a PNG, JPEG, GIF or WebP file, or a `data:image/` address."""

    def __init__(self, src: bytes | str | None = None, label: str | None = None, disable_updates: bool = True) -> None:
        self.REALTIME_UPDATABLE = not disable_updates
        self._label = label
        self._set(src)

    @classmethod
    def from_pil_image(cls, pilimage: Any, label: str | None = None, disable_updates: bool = False) -> Image:
        """An image of PIL."""
        return cls._from(_pil_bytes, pilimage, label, disable_updates)

    @classmethod
    def from_matplotlib(cls, plot: Any, label: str | None = None, disable_updates: bool = False) -> Image:
        """A figure of matplotlib, or axes on one; the figure is closed."""
        return cls._from(_matplotlib_bytes, plot, label, disable_updates)

    @classmethod
    def _from(cls, convert: Any, source: Any, label: str | None, disable_updates: bool) -> Image:
        image = cls(b"", label, disable_updates)
        image._convert(convert, source)
        return image

    def _convert(self, convert: Any, source: Any) -> None:
        try:
            self._set(convert(source))
        except Exception as error:
            from .._worker.errors import format_user

            # A picture that cannot be drawn is no reason to lose the step's work.
            self._source, self._problem = None, log("The image could not be made", format_user(error))

    def _set(self, source: bytes | str | None) -> None:
        self._source: str | None = None
        self._problem: dict[str, Any] | None = None
        if isinstance(source, str) and "data:image/" in source:
            self._source = source
        elif isinstance(source, bytes):
            kind = image_type(source)
            if kind is None:
                self._problem = log("The bytes given to `Image` are no PNG, JPEG, GIF or WebP file")
            else:
                from base64 import b64encode

                self._source = f"data:image/{kind};base64, {b64encode(source).decode('ascii')}"
        else:
            self._problem = log(
                "`Image` takes bytes, or a text that begins with 'data:image/'", f"It was given {type(source)}."
            )

    def update(self, image: Any, label: str | None = None) -> None:
        """Show another image, of any kind."""
        if not self.REALTIME_UPDATABLE:
            warn("This `Image` was made without updates: give `disable_updates=False` to it.")
            return
        if label is not None:
            self._label = label
        if isinstance(image, (bytes, str)):
            self._set(image)
        elif class_name(image).startswith("PIL"):
            self._convert(_pil_bytes, image)
        else:
            self._convert(_matplotlib_bytes, image)

    @with_default_component_id
    def render(self) -> dict[str, Any]:
        if self._problem is not None:
            return self._problem
        return {"type": "image", "src": self._source, "label": self._label, "id": self.component_id}


def image_type(data: bytes) -> str | None:
    """The kind of image file that the bytes begin like, as browsers name it."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    return None


def _pil_bytes(image: Any) -> bytes:
    import io

    if not class_name(image).startswith("PIL"):
        raise TypeError(f"an image of PIL is expected, not {class_name(image)}")
    buffer = io.BytesIO()
    image.save(buffer, format="PNG")
    return buffer.getvalue()


def _matplotlib_bytes(plot: Any) -> bytes:
    import io
    import sys

    figure = plot
    if not hasattr(plot, "savefig"):
        if not hasattr(plot, "get_figure"):
            raise TypeError(f"a figure or axes of matplotlib are expected, not {class_name(plot)}")
        figure = plot.get_figure()
    buffer = io.BytesIO()
    figure.savefig(buffer, format="PNG")
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close(figure)
    return buffer.getvalue()


class VegaChart(UserComponent):
    """A chart described in Vega-Lite."""

    REALTIME_UPDATABLE = True

    _inside_table = False

    def __init__(self, spec: dict[str, Any], show_controls: bool = False) -> None:
        self._spec = spec
        self._show_controls = show_controls

    @classmethod
    def from_altair_chart(cls, altair_chart: Any) -> VegaChart:
        """A chart of altair."""
        if not _is_altair(altair_chart):
            raise ValueError(f"{class_name(altair_chart)} is not an altair chart")
        return cls(altair_chart.to_dict())

    def update(self, spec: Any = None) -> None:
        if spec is not None:
            self._spec = spec.to_dict() if _is_altair(spec) else spec

    @with_default_component_id
    def render(self) -> dict[str, Any]:
        spec = dict(self._spec)
        if self._inside_table:
            spec.setdefault("autosize", "fit-x")
        else:
            spec.setdefault("width", "container")
        rendered = {"type": "vegaChart", "id": self.component_id, "spec": spec}
        if not self._show_controls:
            rendered["options"] = {"actions": False}
        return rendered


def _is_altair(chart: object) -> bool:
    name = class_name(chart)
    return all(part in name for part in ("altair", "vegalite", "Chart"))

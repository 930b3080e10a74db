"""Small card types with which flows try out what cards do: they show little, fail, or take too long."""

from __future__ import annotations

from .base import MetaflowCardComponent, render_safely
from .card import MetaflowCard

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_SEPARATOR = "$&#!!@*"


class TestStringComponent(MetaflowCardComponent):
    """A text."""

    REALTIME_UPDATABLE = True

    def __init__(self, text: Any) -> None:
        self._text = text

    def render(self) -> str:
        return str(self._text)

    def update(self, text: Any) -> None:
        self._text = text


class TestJSONComponent(MetaflowCardComponent):
    """Plain data, as it is."""

    REALTIME_UPDATABLE = True

    def __init__(self, data: Any) -> None:
        self._data = data

    @render_safely
    def render(self) -> Any:
        return self._data

    def update(self, data: Any) -> None:
        self._data = data


class TestPathSpecCard(MetaflowCard):
    """The task's pathspec, and characters that no other card has."""

    type = "test_pathspec_card"

    def render(self, task: Any) -> str:
        import random
        import string

        marks = "".join(random.choice(string.ascii_uppercase + string.digits) for _ in range(6))
        return f"{task.pathspec} {marks}"


class _ComponentsCard(MetaflowCard):
    """The components' texts, one after the other."""

    separator = _SEPARATOR

    def __init__(self, components: Any = (), **_: Any) -> None:
        self._components = components

    def render(self, task: Any) -> str:
        return self.separator.join(str(component) for component in self._components)


class TestEditableCard(_ComponentsCard):
    type = "test_editable_card"
    ALLOW_USER_COMPONENTS = True


class TestEditableCard2(_ComponentsCard):
    type = "test_editable_card_2"
    ALLOW_USER_COMPONENTS = True


class TestNonEditableCard(_ComponentsCard):
    type = "test_non_editable_card"


class TestMockCard(MetaflowCard):
    """The artifact that the option `key` names."""

    type = "test_mock_card"

    def __init__(self, options: Any = None, **_: Any) -> None:
        self._key = (options or {"key": "dummy_key"})["key"]

    def render(self, task: Any) -> str:
        return str(task[self._key].data)


class TestErrorCard(MetaflowCard):
    """A card that cannot be rendered."""

    type = "test_error_card"

    def render(self, task: Any) -> str:
        raise Exception("Unknown Things Happened")


class TestTimeoutCard(MetaflowCard):
    """A card that takes its time: the option `timeout` in seconds."""

    type = "test_timeout_card"

    def __init__(self, options: Any = None, **_: Any) -> None:
        super().__init__()
        # Without options it takes longer than cards have.
        self._timeout = 50 if options is None else options.get("timeout", 10)

    def render(self, task: Any) -> str:
        import time

        time.sleep(self._timeout)
        return f"{task.pathspec}"


REFRESHABLE_HTML_TEMPLATE = """
<html>
<script>
var METAFLOW_RELOAD_TOKEN = "[METAFLOW_RELOAD_TOKEN]"

window.metaflow_card_update = function(data) {
    document.querySelector("h1").innerHTML = JSON.stringify(data);
}
</script>
<h1>[PATHSPEC]</h1>
<h1>[REPLACE_CONTENT_HERE]</h1>
</html>
"""


class _RefreshableCard(MetaflowCard):
    """A page with the pathspec and some JSON, updated while the task runs."""

    HTML_TEMPLATE = REFRESHABLE_HTML_TEMPLATE
    RUNTIME_UPDATABLE = True
    ALLOW_USER_COMPONENTS = True

    def _page(self, task: Any, content: Any) -> str:
        import json

        filled = self.HTML_TEMPLATE.replace("[REPLACE_CONTENT_HERE]", json.dumps(content))
        return filled.replace("[PATHSPEC]", task.pathspec)


class TestRefreshCard(_RefreshableCard):
    """Shows the data that `current.card.refresh` was given."""

    type = "test_refresh_card"
    RELOAD_POLICY = MetaflowCard.RELOAD_POLICY_ALWAYS

    def render(self, task: Any) -> str:
        return self._page(task, self.runtime_data["user"])

    def render_runtime(self, task: Any, data: Any) -> str:
        return self._page(task, data["user"])

    def refresh(self, task: Any, data: Any) -> Any:
        return data


class TestRefreshComponentCard(_RefreshableCard):
    """Shows the components that can be updated."""

    type = "test_component_refresh_card"
    RELOAD_POLICY = MetaflowCard.RELOAD_POLICY_ONCHANGE

    def __init__(self, components: Any = (), **_: Any) -> None:
        self._components = components

    def render(self, task: Any) -> str:
        return self._page(task, self._components)

    def render_runtime(self, task: Any, data: Any) -> str:
        return self.render(task)

    def refresh(self, task: Any, data: Any) -> Any:
        return data["components"]

    def reload_content_token(self, task: Any, data: Any) -> str:
        return "final" if task.finished else f"runtime-{component_values_to_hash(data['components'])}"


def component_values_to_hash(components: dict[str, Any]) -> str:
    """The SHA-256 of what the components' values are made of, in order, with commas between."""
    import hashlib

    parts = ("".join(part) for values in components.values() for part in values)
    return hashlib.sha256(",".join(parts).encode()).hexdigest()


class TestImageCard(MetaflowCard):
    """A tiny picture."""

    type = "test_image_card"

    def render(self, task: Any) -> str:
        import base64

        from .native import TaskToDict

        picture = base64.b64decode(
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABRDE8UwAAAABJRU5ErkJggg=="
        )
        return f"<html><img src='{TaskToDict().parse_image(picture)}' /></html>"

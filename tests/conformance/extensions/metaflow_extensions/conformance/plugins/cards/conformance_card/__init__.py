"""Card types that come from an extension."""

from metaflow.cards import MetaflowCard


class ConformanceCard(MetaflowCard):
    type = "conformance_card"

    ALLOW_USER_COMPONENTS = True

    def __init__(self, options={}, components=[], graph=None, flow=None, **kwargs):  # noqa: B006
        self._options = options
        self._components = components
        self._graph = graph

    def render(self, task):
        return "<html>{} {} {} {}</html>".format(  # noqa: UP032
            task.pathspec, sorted(self._options.items()), self._components, sorted(self._graph or {})
        )


class FailingCard(MetaflowCard):
    type = "conformance_failing_card"

    def render(self, task):
        raise ValueError("this card always fails")


CARDS = [ConformanceCard, FailingCard]

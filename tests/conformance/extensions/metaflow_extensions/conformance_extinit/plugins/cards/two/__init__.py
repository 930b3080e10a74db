"""Another card."""

from metaflow.cards import MetaflowCard


class CardOfExtinitMore(MetaflowCard):
    type = "card_of_extinit_more"

    def render(self, task):
        return f"{self.type} {task.pathspec}"

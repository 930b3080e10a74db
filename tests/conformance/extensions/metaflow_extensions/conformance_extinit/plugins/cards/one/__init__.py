"""A card."""

from metaflow.cards import MetaflowCard


class CardOfExtinit(MetaflowCard):
    type = "card_of_extinit"

    def render(self, task):
        return f"{self.type} {task.pathspec}"

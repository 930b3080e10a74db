"""Cards of an extension whose package of cards says which there are."""

from metaflow.cards import MetaflowCard


class CardOfInit(MetaflowCard):
    type = "card_of_init"

    def render(self, task):
        return f"{self.type} {task.pathspec}"


CARDS = [CardOfInit]

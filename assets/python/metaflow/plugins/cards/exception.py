"""What can go wrong with cards, in names and headlines that commands print and checks look for."""

from __future__ import annotations

import sys

from ..._worker.errors import format_user
from ...exception import MetaflowException

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# What ids and types of cards are made of.
TYPE_CHECK_REGEX = "^[a-zA-Z0-9_]+$"


def __getattr__(name: str) -> Any:
    if name == "CARD_ID_PATTERN":
        import re

        return re.compile(TYPE_CHECK_REGEX)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")


class CardClassFoundException(MetaflowException):
    """No class of cards has the type that was asked for."""

    headline = "MetaflowCard not found"

    def __init__(self, card_name: str | None) -> None:
        super().__init__(f"There is no card type named {card_name}: check the `type` of @card.")


class TypeRequiredException(MetaflowException):
    headline = "Card type missing exception"

    def __init__(self) -> None:
        super().__init__("A pathspec is no card by itself: say which type of card with --type.")


class CardNotPresentException(MetaflowException):
    """There is no such card in the datastore."""

    headline = "Card not found in datastore"

    def __init__(
        self,
        pathspec: str,
        card_type: str | None = None,
        card_hash: str | None = None,
        card_id: str | None = None,
    ) -> None:
        asked = [
            f"{name} '{value}'" for name, value in (("hash", card_hash), ("type", card_type), ("id", card_id)) if value
        ]
        which = f"Card with {' and '.join(asked)}" if asked else "Card"
        advice = ". A hash is given in full, or by its first characters (five at least)" if card_hash else ""
        super().__init__(f"{which} not found for pathspec {pathspec}{advice}")


class TaskNotFoundException(MetaflowException):
    headline = "Cannot resolve task for pathspec"

    def __init__(self, pathspec_query: str, resolved_from: str, run_id: str | None = None) -> None:
        if resolved_from == "task_pathspec":
            message = f"There is no task {pathspec_query}."
        elif resolved_from == "step_pathspec":
            message = f"There is no step {pathspec_query}, or it has no task."
        else:
            where = f" in Run('{run_id}')" if run_id is not None else ""
            message = f"There is no step {pathspec_query}{where}, or it has no task."
        super().__init__(message)


class IncorrectCardArgsException(MetaflowException):
    headline = "Incorrect arguments to @card decorator"

    def __init__(self, card_type: str, args: Any) -> None:
        super().__init__(f"Cards of type {card_type} do not take the options {args}.")


class UnrenderableCardException(MetaflowException):
    headline = "Unable to render @card"

    def __init__(self, card_type: str, args: Any) -> None:
        error = sys.exc_info()[1]
        trace = format_user(error) if error is not None else "none"
        super().__init__(
            f"The card of type {card_type} with the options {args} could not be rendered.\nStack trace :  {trace}"
        )


class UnresolvableDatastoreException(MetaflowException):
    headline = "Cannot resolve datastore type from `Task.metadata`"

    def __init__(self, task: Any) -> None:
        super().__init__(f"The metadata of {task.pathspec} does not say (`ds-type`) in which datastore its cards are.")


class IncorrectArgumentException(MetaflowException):
    headline = "`get_cards` function requires a `Task` object or pathspec as an argument"

    def __init__(self, obj_type: type) -> None:
        super().__init__(f"`get_cards` takes a `Task` or its pathspec, not {obj_type}.")


class IncorrectPathspecException(MetaflowException):
    headline = "Pathspec is required of form `flowname/runid/stepname/taskid`"

    def __init__(self, pthspec: str) -> None:
        super().__init__(f"'{pthspec}' is no pathspec of a task, which has the form `flowname/runid/stepname/taskid`.")


class ComponentOverwriteNotSupportedException(MetaflowException):
    headline = "Component overwrite is not supported"

    def __init__(self, component_id: str, card_id: str | None, card_type: str | None) -> None:
        card = f"type='{card_type}'" + (f", id='{card_id}'" if card_id is not None else "")
        super().__init__(
            f"The @card({card}) has a component with the id '{component_id}' already. Update that one, or replace all "
            "components of the card by assigning a list."
        )

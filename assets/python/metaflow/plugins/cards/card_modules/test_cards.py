"""The card types with which cards are tried out."""

from ...._cards.base import MetaflowCardComponent, render_safely
from ...._cards.card import MetaflowCard
from ...._cards.examples import (
    REFRESHABLE_HTML_TEMPLATE,
    TestEditableCard,
    TestEditableCard2,
    TestErrorCard,
    TestImageCard,
    TestJSONComponent,
    TestMockCard,
    TestNonEditableCard,
    TestPathSpecCard,
    TestRefreshCard,
    TestRefreshComponentCard,
    TestStringComponent,
    TestTimeoutCard,
)
from ...._cards.examples import component_values_to_hash as _component_values_to_hash

__all__ = [
    "REFRESHABLE_HTML_TEMPLATE",
    "MetaflowCard",
    "MetaflowCardComponent",
    "TestEditableCard",
    "TestEditableCard2",
    "TestErrorCard",
    "TestImageCard",
    "TestJSONComponent",
    "TestMockCard",
    "TestNonEditableCard",
    "TestPathSpecCard",
    "TestRefreshCard",
    "TestRefreshComponentCard",
    "TestStringComponent",
    "TestTimeoutCard",
    "_component_values_to_hash",
    "render_safely",
]

"""How a text with marked stretches is drawn."""

from __future__ import annotations

from collections.abc import Iterable

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from templates_app.previews import Piece

register = template.Library()


@register.filter
def with_marks(pieces: Iterable[Piece]) -> SafeString:
    """The text with its marks, and not one space more: it stands where every space and line break is shown."""
    return format_html_join("", "{}", ((_drawn(piece),) for piece in pieces))


def _drawn(piece: Piece) -> SafeString | str:
    return (
        format_html('<mark class="mark-{}">{}</mark>', piece.look, piece.text) if piece.look else piece.text
    )

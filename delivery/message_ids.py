"""The ids by which programs know messages."""

from __future__ import annotations

from django.conf import settings

from smsconsole.lib.public_ids import public_id, row_number

_KIND = "message"


def public_message_id(message_id: int) -> str:
    """What Tencent's APIs call `sid` or `SerialNo` and ours `id`."""
    return public_id(message_id, kind=_KIND, key=settings.SECRET_KEY)


def message_id_of(text: str) -> int | None:
    """The message behind a public id; None for anything else. Whose message it is has still to be asked."""
    return row_number(text, kind=_KIND, key=settings.SECRET_KEY)

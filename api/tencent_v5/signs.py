"""add_sign, mod_sign, del_sign and get_sign."""

from __future__ import annotations

import base64
import binascii

from api.services.texts import (
    TextTold,
    add_signature,
    change_signature,
    remove_signature,
    signatures_told,
)
from api.tencent_v5.calls import Answer, Call
from api.tencent_v5.errors import Code, malformed
from api.tencent_v5.texts import STATUS, international, region_named, region_of, text_refusals, told
from smsconsole.lib.types import Region
from templates_app.statuses import SignatureType, SignatureUse

_PENDING = 1
_TEXT_MAX = 1_000


def add(call: Call) -> Answer:
    """A signature of the company itself, for its own use: v5 has no words for other types."""
    fields = call.fields
    region, text, remarks = region_of(call), fields.text("text", most=_TEXT_MAX), _remarks(call)
    images, author = _images(call), call.author()

    def make() -> Answer:
        signature = add_signature(
            project=call.project,
            by=author,
            region=region,
            text=text,
            type=SignatureType.COMPANY,
            remarks=remarks,
            images=images,
        )
        return _submitted(signature.pk, region, text)

    with text_refusals(Code.SIGN_UNUSABLE):
        return call.once(make)


def change(call: Call) -> Answer:
    """Type and use stay as they are."""
    fields = call.fields
    number, text, remarks = fields.whole("sign_id"), fields.text("text", most=_TEXT_MAX), _remarks(call)
    region, images, author = region_named(call), _images(call), call.author()

    def make() -> Answer:
        before, _n = signatures_told(call.project, numbers=[number])
        signature = change_signature(
            project=call.project,
            by=author,
            number=number,
            region=region,
            text=text,
            type=SignatureType(before[0].kind) if before else SignatureType.COMPANY,
            use=SignatureUse(before[0].use) if before else SignatureUse.OWN,
            remarks=remarks,
            images=images,
        )
        return _submitted(number, Region(signature.region), text)

    with text_refusals(Code.SIGN_UNUSABLE):
        return call.once(make)


def remove(call: Call) -> Answer:
    """All of them or, when one is unknown, none."""
    numbers, author = call.fields.ids("sign_id"), call.author()

    def make() -> Answer:
        for number in numbers:
            remove_signature(project=call.project, by=author, number=number)
        return told()

    with text_refusals(Code.SIGN_UNUSABLE):
        return call.once(make)


def get(call: Call) -> Answer:
    found, _n = signatures_told(call.project, numbers=call.fields.ids("sign_id"))
    return told(count=len(found), data=[_shown(one) for one in found])


def _shown(one: TextTold) -> Answer:
    return {
        "id": one.number,
        "international": international(one.region),
        "reply": one.reply,
        "status": STATUS[one.status],
        "text": one.text,
    }


def _submitted(number: int, region: Region, text: str) -> Answer:
    data = {"id": number, "international": international(region), "status": _PENDING, "text": text.strip()}
    return told(data=data)


def _remarks(call: Call) -> str:
    return call.fields.text("remark", default="", most=_TEXT_MAX)


def _images(call: Call) -> list[bytes]:
    """The certificate in `pic`, where there is one; a prefix as browsers write it is passed over."""
    written = call.fields.text("pic", default="", most=8 << 20)
    if written.startswith("data:"):
        written = written.partition(",")[2]
    if not written:
        return []
    try:
        return [base64.b64decode("".join(written.split()), validate=True)]
    except (binascii.Error, ValueError):
        raise malformed("“pic” is not base64.") from None

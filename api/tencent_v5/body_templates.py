"""add_template, mod_template, del_template and get_template."""

from __future__ import annotations

from collections.abc import Mapping

from api.services.texts import (
    TextTold,
    add_body_template,
    body_templates_told,
    change_body_template,
    kind_of_common,
    remove_body_template,
)
from api.tencent_v5.calls import Answer, Call
from api.tencent_v5.errors import Code, malformed
from api.tencent_v5.requests import Fields
from api.tencent_v5.texts import STATUS, international, region_named, region_of, text_refusals, told
from smsconsole.lib.types import Region
from templates_app.statuses import TextKind

_PENDING = 1
_COMMON, _MARKETING = 0, 1
_PAGE_MAX = 50
_TEXT_MAX = 5_000
_NAME_MAX = 60


def add(call: Call) -> Answer:
    fields = call.fields
    region, text = region_of(call), fields.text("text", most=_TEXT_MAX)
    kind, remarks = _kind(call, text, region), _remarks(call)
    title, author = _title(call), call.author()

    def make() -> Answer:
        body_template = add_body_template(
            project=call.project,
            by=author,
            region=region,
            name=_name(title or text),
            kind=kind,
            text=text,
            remarks=remarks,
            is_numbered=True,
        )
        return _submitted(body_template.pk, region, text, kind)

    with text_refusals(Code.TEMPLATE_UNUSABLE):
        return call.once(make)


def change(call: Call) -> Answer:
    """Without `title` it keeps its name."""
    fields = call.fields
    number, text = fields.whole("tpl_id"), fields.text("text", most=_TEXT_MAX)
    region, remarks = region_named(call), _remarks(call)
    title, author = _title(call), call.author()
    marked = fields.choice("type", (_COMMON, _MARKETING))

    def make() -> Answer:
        before, _n = body_templates_told(call.project, numbers=[number])
        at = before[0].region if before else Region.DOMESTIC
        kind = TextKind.MARKETING if marked == _MARKETING else kind_of_common(text, at)
        change_body_template(
            project=call.project,
            by=author,
            number=number,
            region=region,
            name=title[:_NAME_MAX],
            kind=kind,
            text=text,
            remarks=remarks,
        )
        return _submitted(number, at, text, kind)

    with text_refusals(Code.TEMPLATE_UNUSABLE):
        return call.once(make)


def remove(call: Call) -> Answer:
    """All of them or, when one is unknown, none."""
    numbers, author = call.fields.ids("tpl_id"), call.author()

    def make() -> Answer:
        for number in numbers:
            remove_body_template(project=call.project, by=author, number=number)
        return told()

    with text_refusals(Code.TEMPLATE_UNUSABLE):
        return call.once(make)


def get(call: Call) -> Answer:
    """Those with these ids, or a page of all."""
    if call.fields.has("tpl_page"):
        page = call.fields.members["tpl_page"]
        if not isinstance(page, Mapping):
            raise malformed("“tpl_page” must be an object with offset and max.")
        fields = Fields(page)
        most = fields.whole("max", least=1, most=_PAGE_MAX)
        found, n = body_templates_told(
            call.project, limit=most, offset=fields.whole("offset", default=0, most=1_000_000)
        )
    else:
        found, n = body_templates_told(call.project, numbers=call.fields.ids("tpl_id"))
    return told(total=n, count=len(found), data=[_shown(one) for one in found])


def _shown(one: TextTold) -> Answer:
    return {
        "id": one.number,
        "international": international(one.region),
        "status": STATUS[one.status],
        "reply": one.reply,
        "text": one.text,
        "title": one.name,
        "type": _type_of(one.kind),
    }


def _submitted(number: int, region: Region, text: str, kind: TextKind) -> Answer:
    data = {
        "id": number,
        "international": international(region),
        "status": _PENDING,
        "text": text.strip(),
        "type": _type_of(kind),
    }
    return told(data=data)


def _type_of(kind: str) -> int:
    return _MARKETING if kind == TextKind.MARKETING else _COMMON


def _kind(call: Call, text: str, region: Region) -> TextKind:
    marked = call.fields.choice("type", (_COMMON, _MARKETING))
    return TextKind.MARKETING if marked == _MARKETING else kind_of_common(text, region)


def _title(call: Call) -> str:
    return call.fields.text("title", default="", most=1_000).strip()


def _remarks(call: Call) -> str:
    return call.fields.text("remark", default="", most=1_000)


def _name(wanted: str) -> str:
    """The title, else the first words: programs know templates by their ids, people by their names."""
    return " ".join(wanted.split())[:_NAME_MAX] or "Template"

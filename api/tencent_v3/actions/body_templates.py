"""Body templates: added, modified, deleted, listed."""

from __future__ import annotations

from typing import Any

from api.services import texts
from api.services.texts import kind_of_common
from api.tencent_v3.actions.texts import INTERNATIONAL, asked_page, deleted, refusals, region_of, told_row
from api.tencent_v3.calls import Action, Call
from api.tencent_v3.errors import BODY_RULES, BODY_TROUBLES, DIRTY_BODY, ApiError
from api.tencent_v3.fields import Field, Kind
from smsconsole.lib.types import Region
from templates_app.statuses import TextKind

_KINDS = {1: TextKind.MARKETING, 2: TextKind.NOTIFICATION, 3: TextKind.VERIFICATION}
# What older programs send for everything that is no marketing.
_COMMON = 0
# All rules about topics begin so.
_RULES = {**BODY_RULES, "topic": DIRTY_BODY}


def add_sms_template(call: Call) -> dict[str, object]:
    region = region_of(call)
    fields = _fields(call, region)
    with refusals(call, BODY_TROUBLES, _RULES):
        body_template = texts.add_body_template(
            project=call.project, by=call.actor(), region=region, is_numbered=True, **fields
        )
    return {"AddTemplateStatus": {"TemplateId": str(body_template.pk)}}


def modify_sms_template(call: Call) -> dict[str, object]:
    region = region_of(call)
    fields = _fields(call, region)
    with refusals(call, BODY_TROUBLES, _RULES, unknown="FailedOperation.MissingTemplateToModify"):
        body_template = texts.change_body_template(
            project=call.project, by=call.actor(), number=call.values["TemplateId"], region=region, **fields
        )
    return {"ModifyTemplateStatus": {"TemplateId": body_template.pk}}


def delete_sms_template(call: Call) -> dict[str, object]:
    with refusals(call, BODY_TROUBLES, _RULES):
        texts.remove_body_template(project=call.project, by=call.actor(), number=call.values["TemplateId"])
    return {"DeleteTemplateStatus": deleted()}


def describe_sms_template_list(call: Call) -> dict[str, object]:
    numbers = call.values.get("TemplateIdSet", [])
    region = region_of(call)
    limit, offset = asked_page(call, numbers)
    told, _n = texts.body_templates_told(
        call.project, numbers=numbers, region=region, limit=limit, offset=offset
    )
    if numbers and not told:
        raise ApiError(
            "FailedOperation.MissingTemplateList", "This project has none of these body templates."
        )
    rows = []
    for one in told:
        row: dict[str, object] = {
            "TemplateId": one.number,
            "TemplateName": one.name,
            "TemplateContent": one.text,
        }
        if call.is_old:
            del row["TemplateContent"]
        rows.append({**row, **told_row(one)})
    return {"DescribeTemplateStatusSet": rows}


def _fields(call: Call, region: Region) -> dict[str, Any]:
    values = call.values
    text, type_ = values["TemplateContent"], values["SmsType"]
    if type_ != _COMMON and type_ not in _KINDS:
        raise ApiError(
            "InvalidParameterValue.InvalidSmsType", "SmsType is 1 (marketing), 2 (notification) or 3 (code)."
        )
    kind = kind_of_common(text, region) if type_ == _COMMON else _KINDS[type_]
    return {"name": values["TemplateName"], "kind": kind, "text": text, "remarks": values.get("Remark", "")}


_WRITTEN = (
    Field("TemplateName", Kind.TEXT),
    Field("TemplateContent", Kind.TEXT),
    Field("SmsType", Kind.NUMBER),
    INTERNATIONAL,
    Field("Remark", Kind.TEXT, required=False),
)
ACTIONS = (
    Action("AddSmsTemplate", add_sms_template, _WRITTEN, is_kept=True, per_second=1),
    Action(
        "ModifySmsTemplate",
        modify_sms_template,
        (Field("TemplateId", Kind.NUMBER), *_WRITTEN),
        is_kept=True,
        per_second=1,
    ),
    Action("DeleteSmsTemplate", delete_sms_template, (Field("TemplateId", Kind.NUMBER),), is_kept=True),
    Action(
        "DescribeSmsTemplateList",
        describe_sms_template_list,
        (
            Field("TemplateIdSet", Kind.NUMBERS, required=False),
            INTERNATIONAL,
            Field("Limit", Kind.NUMBER, required=False),
            Field("Offset", Kind.NUMBER, required=False),
        ),
    ),
)

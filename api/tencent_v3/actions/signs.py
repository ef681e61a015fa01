"""Signatures: added, modified, deleted, listed."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from api.access import may_manage_texts
from api.services import texts
from api.tencent_v3.actions.texts import INTERNATIONAL, asked_page, deleted, refusals, region_of, told_row
from api.tencent_v3.calls import Action, Call
from api.tencent_v3.errors import INVALID, SIGNATURE_RULES, SIGNATURE_TROUBLES, ApiError, in_version
from api.tencent_v3.fields import Field, Kind
from templates_app.statuses import SignatureType, SignatureUse

_TYPES = {
    0: SignatureType.COMPANY,
    1: SignatureType.APP,
    2: SignatureType.WEBSITE,
    3: SignatureType.OFFICIAL_ACCOUNT,
    4: SignatureType.TRADEMARK,
    5: SignatureType.GOVERNMENT,
}
# `SignType` -> `DocumentType` that may prove it.
_DOCUMENTS = {
    0: {0, 1, 2, 3},
    1: {0, 1, 2, 3, 4},
    2: {0, 1, 2, 3, 5},
    3: {0, 1, 2, 3, 6, 8},
    4: {7},
    5: {2, 3},
}
_USES = {0: SignatureUse.OWN, 1: SignatureUse.OTHERS}
_DATA_URL = re.compile(r"data:image/[a-z]+;base64,", re.IGNORECASE)


def add_sms_sign(call: Call) -> dict[str, object]:
    region, fields = region_of(call), _fields(call)
    with refusals(call, SIGNATURE_TROUBLES, SIGNATURE_RULES):
        signature = texts.add_signature(project=call.project, by=call.actor(), region=region, **fields)
    status: dict[str, object] = {"SignId": signature.pk}
    if call.is_old:
        status["SignApplyId"] = signature.pk
    return {"AddSignStatus": status}


def modify_sms_sign(call: Call) -> dict[str, object]:
    region, fields = region_of(call), _fields(call)
    with refusals(
        call, SIGNATURE_TROUBLES, SIGNATURE_RULES, unknown="FailedOperation.MissingSignatureToModify"
    ):
        signature = texts.change_signature(
            project=call.project, by=call.actor(), number=call.values["SignId"], region=region, **fields
        )
    status: dict[str, object] = {"SignId": signature.pk}
    if call.is_old:
        status["SignApplyId"] = str(signature.pk)
    return {"ModifySignStatus": status}


def delete_sms_sign(call: Call) -> dict[str, object]:
    with refusals(call, SIGNATURE_TROUBLES, SIGNATURE_RULES):
        texts.remove_signature(project=call.project, by=call.actor(), number=call.values["SignId"])
    return {"DeleteSignStatus": deleted()}


def describe_sms_sign_list(call: Call) -> dict[str, object]:
    numbers = call.values.get("SignIdSet", [])
    region = region_of(call)
    limit, offset = asked_page(call, numbers)
    told, _n = texts.signatures_told(call.project, numbers=numbers, region=region, limit=limit, offset=offset)
    if numbers and not told:
        raise ApiError("FailedOperation.MissingSignatureList", "This project has none of these signatures.")
    # What Tencent calls the qualification is here the verification of the organization.
    qualification = {
        "QualificationId": 0,
        "QualificationName": "",
        "QualificationStatusCode": 1 if may_manage_texts(call.project) else 0,
    }
    rows = [{"SignId": one.number, "SignName": one.text, **told_row(one), **qualification} for one in told]
    return {"DescribeSignListStatusSet": rows}


def _fields(call: Call) -> dict[str, Any]:
    values = call.values
    type_, document, use = values["SignType"], values["DocumentType"], values["SignPurpose"]
    if type_ not in _TYPES:
        raise ApiError(INVALID, "SignType is 0 to 5.")
    if document not in _DOCUMENTS[type_]:
        allowed = ", ".join(str(one) for one in sorted(_DOCUMENTS[type_]))
        raise ApiError(
            "InvalidParameterValue.InvalidDocumentType",
            f"For SignType {type_} DocumentType is one of {allowed}.",
        )
    name = call.by_version(new="SignPurpose", old="UsedMethod")
    if use not in _USES:
        code = in_version("InvalidParameterValue.InvalidSignPurpose", call.version)
        raise ApiError(code, f"{name} is 0 for your own use or 1 for others.")
    images = [_image(values, "ProofImage")]
    if _USES[use] == SignatureUse.OTHERS:
        if not values.get("CommissionImage"):
            raise ApiError(
                "InvalidParameterValue.ImageInvalid",
                f"With {name} 1 send the letter of authorization as CommissionImage.",
            )
        images.append(_image(values, "CommissionImage"))
    return {
        "text": values["SignName"],
        "type": _TYPES[type_],
        "use": _USES[use],
        "remarks": values.get("Remark", ""),
        "images": [image for image in images if image],
    }


def _image(values: Any, name: str) -> bytes:
    written = _DATA_URL.sub("", values.get(name, ""), count=1)
    try:
        return base64.b64decode("".join(written.split()), validate=True)
    except (binascii.Error, ValueError):
        raise ApiError("InvalidParameterValue.ImageInvalid", f"{name} is not base64.") from None


_WRITTEN = (
    Field("SignName", Kind.TEXT),
    Field("SignType", Kind.NUMBER),
    Field("DocumentType", Kind.NUMBER),
    INTERNATIONAL,
    Field("SignPurpose", Kind.NUMBER, old="UsedMethod"),
    Field("ProofImage", Kind.TEXT, required=False),
    Field("CommissionImage", Kind.TEXT, required=False),
    Field("Remark", Kind.TEXT, required=False),
    # Taken and not looked at: the organization itself is verified here.
    Field("QualificationId", Kind.NUMBER, required=False),
)
ACTIONS = (
    Action("AddSmsSign", add_sms_sign, _WRITTEN, is_kept=True, per_second=1),
    Action(
        "ModifySmsSign",
        modify_sms_sign,
        (Field("SignId", Kind.NUMBER), *_WRITTEN),
        is_kept=True,
        per_second=1,
    ),
    Action("DeleteSmsSign", delete_sms_sign, (Field("SignId", Kind.NUMBER),), is_kept=True),
    Action(
        "DescribeSmsSignList",
        describe_sms_sign_list,
        (
            Field("SignIdSet", Kind.NUMBERS, required=False),
            INTERNATIONAL,
            Field("Limit", Kind.NUMBER, required=False),
            Field("Offset", Kind.NUMBER, required=False),
        ),
    ),
)

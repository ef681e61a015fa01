"""What signs and templates have in common: regions, states, refusals."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from api.services.texts import TextRefused, TextTrouble
from api.tencent_v5.calls import Answer, Call, success
from api.tencent_v5.errors import Code, Refused
from smsconsole.lib.types import Region
from templates_app.statuses import RevisionStatus

STATUS: Final = {RevisionStatus.APPROVED: 0, RevisionStatus.PENDING: 1, RevisionStatus.REJECTED: 2}
_REGIONS: Final = (Region.DOMESTIC, Region.INTERNATIONAL)

_CODES: Final = {
    TextTrouble.NOT_ENTERPRISE: Code.NOT_PERMITTED,
    TextTrouble.APPROVED_ALREADY: Code.NOT_PERMITTED,
    TextTrouble.PROJECT_DISABLED: Code.APP_DISABLED,
    TextTrouble.NO_ROOM: Code.OTHER,
    TextTrouble.OTHER: Code.OTHER,
}
_CODES_OF_RULES: Final = {
    "too-long": Code.TEXT_TOO_LONG,
    "remarks": Code.TEXT_TOO_LONG,
    "forbidden-content": Code.SENSITIVE_WORD,
    "marketing-individual": Code.INDIVIDUAL_MARKETING,
}
# Rules about forbidden trades have ids that begin so.
_TOPIC: Final = "topic-"


def region_of(call: Call) -> Region:
    """At home, unless `international` says otherwise."""
    return _REGIONS[call.fields.choice("international", (0, 1), default=0)]


def region_named(call: Call) -> Region | None:
    """The region, where the request names one."""
    return region_of(call) if call.fields.has("international") else None


def international(region: Region) -> int:
    return _REGIONS.index(region)


def told(**members: object) -> Answer:
    """The older documents call the words `msg`, the newer ones `errmsg`; clients of both find theirs."""
    return success(msg="OK", **members)


@contextmanager
def text_refusals(code: Code) -> Iterator[None]:
    """What is refused becomes a code of the table; `code` is what is said of the text itself."""
    try:
        yield
    except TextRefused as refused:
        raise Refused(_code_of(refused, code), refused.words) from refused


def _code_of(refused: TextRefused, code: Code) -> Code:
    if refused.rule.startswith(_TOPIC):
        return Code.SENSITIVE_WORD
    return _CODES_OF_RULES.get(refused.rule) or _CODES.get(refused.trouble, code)

"""The error codes of Tencent's table, each provoked through the API; those that cannot be say why."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.db import OperationalError, connection, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import IdentityVerification
from accounts.statuses import EntityKind
from api.tencent_v5 import sending
from api.tencent_v5.errors import CODE_OF, Code
from delivery.limits.frequency import Slot, content_key
from delivery.limits.slots import lock_numbers, write_slots
from delivery.models import Gateway, Handover
from projects.limits import limits_of
from projects.models import AllowedCountry, AppKey, Cap, FrequencyRule, ListedNumber, Project
from projects.statuses import CapPeriod, FrequencyDimension, NumberList
from tests.api.sending.offers import ABROAD, Shop
from tests.api.tencent_v5.calling import Program, phone

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 6, 1, 4, 0, tzinfo=UTC)  # in Shanghai
NIGHT = datetime(2026, 6, 1, 15, 30, tzinfo=UTC)

NOTICE = {"sign": "演示商城", "params": ["A1", "SF2"]}

How = Callable[[Shop, Program], dict[str, Any]]

# Tencent's table, and why these do not occur (yet). `docs/tencent.md` says the same.
NOT_YET = {
    1008: "the console answers once the messages are stored; sending times out nowhere in between",
    1018: "voice messages",
    1031: "packages",
    1033: "arrears",
}


def send(shop: Shop, program: Program, **members: Any) -> dict[str, Any]:
    fields = {"tel": phone(), "sign": "演示商城", "tpl_id": shop.notice.body_template_id}
    return program.call("sendsms", {**fields, "params": ["A1", "SF2"], **members})


def abroad(shop: Shop, program: Program, tel: str = "+4915123456789", **members: Any) -> dict[str, Any]:
    template = shop.template("Your order {1} is on its way to {2}.", region=ABROAD)
    fields = {"tel": tel, "tpl_id": template.body_template_id, "params": ["A1", "Bonn"]}
    return program.call("sendisms", {**fields, **members})


def limited(dimension: FrequencyDimension) -> How:
    """A number that has had its one message."""

    def how(shop: Shop, program: Program) -> dict[str, Any]:
        for one in FrequencyDimension:
            seconds = 30 if one == FrequencyDimension.SAME_CONTENT else None
            FrequencyRule.objects.create(
                project=shop.project, dimension=one, is_on=one == dimension, n_messages=1, n_seconds=seconds
            )
        now = timezone.now()
        text = "【演示商城】您的订单A1已打包发送，快递单号SF2，请注意查收。"
        slot = Slot(int(now.timestamp() * 1_000_000) - 1_000, content_key(text), 1)
        with transaction.atomic(), connection.cursor() as cursor:
            lock_numbers(cursor, shop.project.pk, ["+8613788888888"])
            slots = {"+8613788888888": [slot]}
            write_slots(cursor, shop.project.pk, slots, {}, limits_of(shop.project), now)
        return send(shop, program)

    return how


def capped(scope: str, how: How) -> How:
    def reached(shop: Shop, program: Program) -> dict[str, Any]:
        Cap.objects.create(project=shop.project, scope=scope, period=CapPeriod.DAY, cap=0)
        return how(shop, program)

    return reached


def of_project(how: How, **fields: Any) -> How:
    def changed(shop: Shop, program: Program) -> dict[str, Any]:
        Project.objects.filter(pk=shop.project.pk).update(**fields)
        return how(shop, program)

    return changed


def individual(how: How) -> How:
    def asked(shop: Shop, program: Program) -> dict[str, Any]:
        IdentityVerification.objects.filter(organization=shop.project.organization).update(
            kind=EntityKind.INDIVIDUAL
        )
        return how(shop, program)

    return asked


def at(moment: datetime, how: How) -> How:
    def asked(shop: Shop, program: Program) -> dict[str, Any]:
        with time_machine.travel(moment, tick=True):
            return how(shop, program)

    return asked


def from_elsewhere(shop: Shop, program: Program) -> dict[str, Any]:
    AppKey.objects.filter(pk=program.key.pk).update(addresses=["192.0.2.0/24"])
    return send(shop, program)


def too_fast(shop: Shop, program: Program) -> dict[str, Any]:
    twice = [phone(), phone()]
    answer = program.call("sendmultisms2", {**NOTICE, "tel": twice, "tpl_id": shop.notice.body_template_id})
    told: dict[str, Any] = answer["detail"][1]
    return told


def listed(shop: Shop, program: Program) -> dict[str, Any]:
    ListedNumber.objects.create(
        project=shop.project, list=NumberList.BLACKLIST, msisdn="+8613788888888", consent_key=""
    )
    return send(shop, program)


def without_gateway(shop: Shop, program: Program) -> dict[str, Any]:
    Gateway.objects.update(is_enabled=False)
    return send(shop, program)


def in_two_regions(shop: Shop, program: Program) -> dict[str, Any]:
    tels = [phone(), phone("15123456789", "49")]
    return program.call("sendmultisms2", {**NOTICE, "tel": tels, "tpl_id": shop.notice.body_template_id})


def to_too_many(shop: Shop, program: Program) -> dict[str, Any]:
    tels = [phone(f"138{n:08d}") for n in range(201)]
    return program.call("sendmultisms2", {**NOTICE, "tel": tels, "tpl_id": shop.notice.body_template_id})


def voice(shop: Shop, program: Program) -> dict[str, Any]:
    query = f"?sdkappid={shop.project.sdk_app_id}&random=1"
    answer: dict[str, Any] = Client().post(f"/v5/tlsvoicesvr/sendcvoice{query}").json()
    return answer


def without_database(shop: Shop, program: Program) -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sending, "place", _fails)
        return send(shop, program)


def _fails(*_arguments: Any, **_named: Any) -> None:
    raise OperationalError("canceling statement due to statement timeout")


def sale(shop: Shop, program: Program) -> dict[str, Any]:
    return send(shop, program, tpl_id=shop.sale.body_template_id, params=["夏季"])


def to_a_country_not_allowed(shop: Shop, program: Program) -> dict[str, Any]:
    AllowedCountry.objects.create(project=shop.project, country="FR")
    return abroad(shop, program)


HOW: dict[int, list[How]] = {
    1001: [lambda shop, program: program.call("sendsms", {**NOTICE, "tel": phone()}, sig="0" * 64)],
    1002: [
        lambda shop, program: send(shop, program, params=["彩票", "SF2"]),
        lambda shop, program: program.call("add_sign", {"text": "天天彩票"}),
    ],
    1003: [lambda shop, program: send(shop, program, sig="")],
    1004: [
        lambda shop, program: send(shop, program, params="A1"),
        lambda shop, program: send(shop, program, ext="x" * 513),
    ],
    1006: [
        lambda shop, program: send(shop, program, extend="abc"),
        lambda shop, program: program.call("pullstatus", {"type": 0, "max": 10}),
        individual(lambda shop, program: program.call("add_sign", {"text": "MyShop"})),
    ],
    1007: [without_gateway],
    1009: [from_elsewhere],
    1011: [lambda shop, program: program.call("sendpigeon")],
    1012: [
        lambda shop, program: send(shop, program, sign="无此签名"),
        lambda shop, program: program.call("add_sign", {"text": "【商城】"}),
    ],
    1013: [too_fast],
    1014: [
        lambda shop, program: send(shop, program, tpl_id=10**12),
        lambda shop, program: send(shop, program, params=["one"]),
        lambda shop, program: program.call(
            "sendsms", {"tel": phone(), "type": 0, "msg": "【演示商城】没有审核过"}
        ),
        lambda shop, program: abroad(shop, program, tpl_id=shop.notice.body_template_id),
    ],
    1015: [listed],
    1016: [lambda shop, program: send(shop, program, tel=phone("123"))],
    1017: [
        lambda shop, program: send(shop, program, params=["A" * 490, "SF2"]),
        lambda shop, program: program.call("sendsms", {"tel": phone(), "type": 0, "msg": "x" * 3000}),
    ],
    1019: [lambda shop, program: program.call("sendsms", {"tel": phone()}, sdkappid=1)],
    1020: [
        of_project(send, disabled_at=timezone.now()),
        of_project(send, stopped_at=timezone.now()),
    ],
    1021: [lambda shop, program: send(shop, program, time=int(time.time()) - 700)],
    1022: [capped("all", send), capped("domestic", send)],
    1023: [limited(FrequencyDimension.SAME_CONTENT)],
    1024: [limited(FrequencyDimension.PER_HOUR)],
    1025: [limited(FrequencyDimension.PER_DAY)],
    1026: [limited(FrequencyDimension.SAME_CONTENT_PER_DAY)],
    1029: [at(NIGHT, sale)],
    1030: [voice],
    1032: [individual(at(NOON, sale))],
    1034: [in_two_regions],
    1036: [individual(lambda shop, program: send(shop, program, params=["A" * 13, "SF2"]))],
    1038: [
        lambda shop, program: send(shop, program, tpl_id=shop.code.body_template_id, params=["letters", "5"])
    ],
    1045: [
        of_project(to_a_country_not_allowed, limits_countries=True),
        individual(abroad),
    ],
    1046: [to_too_many],
    1047: [capped("international", abroad), capped("DE", abroad)],
    1048: [lambda shop, program: send(shop, program, params=["https://evil.example/x", "SF2"])],
    60008: [without_database],
}


@pytest.mark.parametrize(
    ("code", "how"),
    [pytest.param(code, how, id=f"{code}-{n}") for code, hows in HOW.items() for n, how in enumerate(hows)],
)
def test_it_is_provoked(shop: Shop, seller: Program, code: int, how: How) -> None:
    answer = how(shop, seller)
    assert answer["result"] == code, answer
    assert len(answer["errmsg"]) > 10
    # The one that was sent beside its double.
    assert Handover.objects.exclude(gateways=[]).count() == (how is too_fast)


def test_every_code_of_the_table_is_provoked_or_says_why_not() -> None:
    assert set(HOW) == set(Code) - {Code.OK}
    assert set(CODE_OF.values()) <= set(HOW)
    assert not set(HOW) & set(NOT_YET)

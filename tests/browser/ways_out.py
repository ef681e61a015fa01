"""Gateways in every state, routes, codes and templates for the gallery of staff pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from accounts.models import User
from delivery.models import (
    CarrierCode,
    CarrierTemplate,
    Gateway,
    GatewayExchange,
    GatewayHealth,
    GatewayPace,
    Route,
)
from delivery.models.lines import BindState, LineState
from delivery.statuses import Reason
from projects.models import Project

REQUEST = """POST https://sms.tencentcloudapi.com/
{"PhoneNumberSet": ["+86138****0000"], "TemplateId": "1400", "TemplateParamSet": ["…(6 characters)"]}"""
ANSWER = """HTTP 200
{"Response": {"SendStatusSet": [{"Code": "Ok", "SerialNo": "5000:1045"}], "RequestId": "a0aabda6"}}"""


@dataclass(frozen=True)
class WaysOut:
    """An SMPP line, a carrier with templates, one that is down; a route; an unknown code and one with a meaning."""

    line: Gateway
    templates: Gateway
    down: Gateway
    route: Route
    unknown: CarrierCode
    known: CarrierCode


def make_ways_out(project: Project, staff: User) -> WaysOut:
    line = Gateway.objects.create(
        slug="operator-line",
        name="Operator line Frankfurt",
        kind="smpp",
        settings={"host": "smsc.example.com", "port": 2775, "system_id": "acme"},
        rate_per_second=500,
        verification_share=0.2,
        changed_by=staff,
    )
    templates = Gateway.objects.create(
        slug="tencent", name="Tencent domestic", kind="tencent", rate_per_second=50, changed_by=staff
    )
    down = Gateway.objects.create(
        slug="backup", name="Backup aggregator", kind="http", rate_per_second=20, changed_by=staff
    )
    _fill_states(line, down)
    for n in range(4):
        GatewayExchange.objects.create(
            gateway=templates,
            what="SendSms",
            request=REQUEST,
            answer="" if n == 1 else ANSWER,
            is_fault=n == 1,
            milliseconds=120 + n,
        )
    for n, text in enumerate(("Your code is {1}. It is valid for {2} minutes.", "Your parcel arrives {1}.")):
        CarrierTemplate.objects.create(gateway=templates, template_id=f"14099{n}", text=text)
    route = Route.objects.create(gateway=line, country="DE", cost="0.05", weight=3, changed_by=staff)
    Route.objects.create(gateway=down, country="DE", cost="0.05", prefix="4915")
    Route.objects.create(gateway=templates, country="CN", project=project, kind="verification")
    Route.objects.create(gateway=line, country="DE", priority=2, kind="marketing", project=project)
    Route.objects.create(gateway=templates, priority=9, is_enabled=False)
    return WaysOut(
        line=line,
        templates=templates,
        down=down,
        route=route,
        unknown=CarrierCode.objects.create(kind="smpp", code="0x000004B1", n_seen=4121),
        known=CarrierCode.objects.create(
            kind="tencent",
            code="XY:0016",
            n_seen=9,
            reason=Reason.CARRIER_REJECTED,
            changed_at=timezone.now(),
            changed_by=staff,
        ),
    )


def _fill_states(line: Gateway, down: Gateway) -> None:
    now = timezone.now()
    # From the future, so that it has not climbed back before it is looked at.
    GatewayPace.objects.update_or_create(
        gateway=line, defaults={"slowed_rate": 180, "slowed_at": now + timedelta(hours=1)}
    )
    GatewayHealth.objects.create(
        gateway=down,
        down_since=now - timedelta(minutes=12),
        n_failures=4,
        probe_at=now + timedelta(seconds=20),
        reason="sms.example.com, port 443, refused the connection.",
    )
    LineState.objects.create(
        gateway=line,
        number=1,
        role="transceiver",
        state=BindState.BOUND,
        n_outstanding=87,
        window=100,
        n_submitted=481_203,
        n_delivered=470_112,
        n_throttled=12,
        updated_at=now + timedelta(hours=1),
    )
    LineState.objects.create(
        gateway=line,
        number=2,
        role="receiver",
        state=BindState.WAITING,
        tries_again_at=now + timedelta(seconds=30),
        words="The SMSC refused the bind: wrong password (ESME_RINVPASWD).",
    )

"""Gateways in every state, routes, codes and templates for the gallery of staff pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from accounts.models import User
from delivery.models import (
    Batch,
    CarrierCode,
    CarrierTemplate,
    Dispatch,
    Gateway,
    GatewayExchange,
    GatewayHealth,
    GatewayPace,
    Message,
    MessagePart,
    Route,
    Window,
)
from delivery.models.lines import BindState, LineState
from delivery.statuses import Reason, WindowState
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
    _fill_traffic(line, project)
    GatewayExchange.objects.create(
        gateway=line,
        what="submit_sm",
        request="submit_sm #8812 from ACME to 49151****6789, data_coding 0, esm_class 0x40, …(153 characters)",
        answer="submit_sm_resp #8812 ESME_ROK, message_id 7A10F3C2",
        milliseconds=41,
    )
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


def _fill_traffic(line: Gateway, project: Project) -> None:
    """Windows and receipts from the future, so that they are of the last seconds whenever somebody looks."""
    later = timezone.now() + timedelta(hours=1)
    dispatch = Dispatch.objects.create(
        owner="elsewhere:1", project=project, gateway=line, n_total=12_000, n_open=9_871, last_served_at=later
    )
    for state, n in ((WindowState.SETTLED, 1_713), (WindowState.SUBMITTING, 87)):
        Window.objects.create(
            batch_id=0,
            dispatch_id=dispatch.pk,
            gateway_id=line.pk,
            state=state,
            first_id=1,
            last_id=n,
            n_messages=n,
            claimed_at=later,
            expires_at=later + timedelta(hours=1),
        )
    Batch.objects.create(
        dispatch=dispatch,
        gateway=line,
        first_id=900_000_001,
        last_id=900_012_000,
        next_id=900_002_130,
        n_open=9_871,
    )
    for n in range(1, 41):
        message = Message.objects.create(
            id=900_000_000 + n,
            dispatch_id=dispatch.pk,
            n_segments=1,
            country="DE",
            submitted_at=later - timedelta(seconds=2 + n**2 / 60),
        )
        MessagePart.objects.create(
            gateway_id=line.pk, gateway_message_id=f"7A10F3{n:02}", message_id=message.pk, seq=1, attempt=1
        )
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO delivery_receipt (gateway_id, gateway_message_id, reference, msisdn, state, reason,"
                " code, reported_at, received_at) VALUES (%s, %s, '', '', 3, 0, 'DELIVRD', %s, %s)",
                [line.pk, f"7A10F3{n:02}", later, later],
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
        words="The SMSC refused the bind: wrong password (ESME_RINVPASWD)",
        updated_at=now + timedelta(hours=1),
    )

"""Each alarm triggered by what really happens: a mail in the server and a message on the handset."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from accounts.models import User
from delivery.drain import drain
from delivery.ledger import check_usage
from delivery.models import CapUsage, Gateway, Message
from delivery.queries.handset import read_handset
from delivery.services import NewMessage, append_messages, finish_fanout, open_dispatch, stop_project
from delivery.statuses import MessageStatus
from notifications.models import Delivery
from notifications.services import settle_texts
from notifications.statuses import Channel, DeliveryState
from projects.models import AlarmContact, Cap, Project
from projects.services.contacts import add_alarm_contact
from projects.statuses import AlarmEvent, CapPeriod
from templates_app.services import approve_revision, reject_revision
from tests.delivery.simulation.running import RunningGateway
from tests.notifications.conftest import CONTACT_NUMBER, MailServer, work
from tests.templates_app.texts import pending_signature

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def simulated(tmp_path: Path) -> Iterator[Gateway]:
    network = RunningGateway(tmp_path)
    network.start()
    yield Gateway.objects.create(
        slug="simulated", name="Simulated", kind="simulator", settings={"address": network.socket}
    )
    network.stop()


@pytest.fixture
def reachable(project: Project, admin: User) -> AlarmContact:
    return add_alarm_contact(
        project=project,
        name="Night watch",
        msisdn=CONTACT_NUMBER,
        email="night@example.com",
        events=[*AlarmEvent],
        by=admin,
    )


def send(project: Project, gateway: Gateway, *numbers: str) -> None:
    """A dispatch of one text to these numbers, sent as workers would."""
    dispatch = open_dispatch(
        owner=f"test:{time.monotonic_ns()}", project=project, gateway=gateway, n_messages=len(numbers)
    )
    rows = [NewMessage(i, number, "CN", "", "Your parcel is here", 1) for i, number in enumerate(numbers)]
    append_messages(dispatch=dispatch, offset=0, rows=rows)
    finish_fanout(dispatch_id=dispatch.pk)
    drain(gateway, until=time.monotonic() + 5)


def received(project: Project, gateway: Gateway, mail_server: MailServer) -> tuple[list[str], list[str]]:
    """What the contact got: subjects of mails, text messages on its phone."""
    work()
    drain(gateway, until=time.monotonic() + 5)
    settle_texts()
    assert set(Delivery.objects.values_list("state", flat=True)) == {DeliveryState.SENT}
    phones = {
        phone.msisdn: [message.text for message in phone.messages] for phone in read_handset(project).phones
    }
    mails = [
        subject
        for subject, mail in zip(mail_server.subjects, mail_server.mails, strict=True)
        if mail["To"] == "night@example.com"
    ]
    return mails, phones.get(CONTACT_NUMBER, [])


def test_a_frequency_limit_that_is_hit(
    project: Project, simulated: Gateway, reachable: AlarmContact, mail_server: MailServer
) -> None:
    send(project, simulated, "+8613800000001", "+8613800000001", "+8613800000002")
    assert Message.objects.filter(status=MessageStatus.BLOCKED).count() == 1
    mails, texts = received(project, simulated, mail_server)
    assert mails == ["[SMS Console] Messages blocked by a limit: 1 - Web shop"]
    assert texts == ["SMS Console: Messages blocked by a limit: 1 - project Web shop"]
    assert "Same text to one number, in seconds" in mail_server.body()


def test_a_warning_value_that_is_passed(
    project: Project, simulated: Gateway, reachable: AlarmContact, mail_server: MailServer
) -> None:
    Cap.objects.create(project=project, scope="domestic", period=CapPeriod.DAY, warn_at=2, cap=100)
    send(project, simulated, "+8613800000001", "+8613800000002")
    mails, texts = received(project, simulated, mail_server)
    assert mails == ["[SMS Console] Warning value passed: 2 messages, domestic, today - Web shop"]
    assert texts == ["SMS Console: Warning value passed: 2 messages, domestic, today - project Web shop"]


def test_a_cap_that_is_reached_and_does_not_hold_its_own_alarm(
    project: Project, simulated: Gateway, reachable: AlarmContact, mail_server: MailServer
) -> None:
    Cap.objects.create(project=project, scope="all", period=CapPeriod.DAY, cap=2)
    send(project, simulated, "+8613800000001", "+8613800000002", "+8613800000003")
    mails, texts = received(project, simulated, mail_server)
    assert mails == ["[SMS Console] Cap reached: 2 messages, all countries, today - Web shop"]
    assert texts == ["SMS Console: Cap reached: 2 messages, all countries, today - project Web shop"]
    # The alarm itself counts for no cap.
    assert CapUsage.objects.get(scope="all", period="day").n == 2
    assert check_usage(project.pk) == []


def test_an_approval(
    project: Project,
    operator: User,
    reviewer: User,
    simulated: Gateway,
    reachable: AlarmContact,
    mail_server: MailServer,
) -> None:
    AlarmContact.objects.update(events=[AlarmEvent.REVIEW_RESULT])
    approve_revision(revision=pending_signature(project, operator), by=reviewer)
    assert received(project, simulated, mail_server) == (
        ["[SMS Console] Signature approved: DemoShop - Web shop"],
        ["SMS Console: Signature approved: DemoShop - project Web shop"],
    )


def test_a_rejection(
    project: Project,
    operator: User,
    reviewer: User,
    simulated: Gateway,
    reachable: AlarmContact,
    mail_server: MailServer,
) -> None:
    AlarmContact.objects.update(events=[AlarmEvent.REVIEW_RESULT])
    reject_revision(revision=pending_signature(project, operator), by=reviewer, comment="Not your brand.")
    assert received(project, simulated, mail_server) == (
        ["[SMS Console] Signature rejected: DemoShop - Web shop"],
        ["SMS Console: Signature rejected: DemoShop - project Web shop"],
    )


def test_everything_that_is_stopped_does_not_stop_an_alarm_on_its_way(
    project: Project, simulated: Gateway, reachable: AlarmContact, mail_server: MailServer
) -> None:
    AlarmContact.objects.update(events=[AlarmEvent.FREQUENCY_LIMIT])
    send(project, simulated, "+8613800000001", "+8613800000001")
    work()
    stop_project(project_id=project.pk)
    drain(simulated, until=time.monotonic() + 5)
    settle_texts()
    assert Delivery.objects.get(channel=Channel.SMS).state == DeliveryState.SENT

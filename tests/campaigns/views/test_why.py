"""Why a number got a message, or not; and the page of a message."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership, User
from campaigns import fanout
from campaigns.models import Campaign
from delivery.drain import drain
from delivery.gateways.base import Outcome, ReceiptEvent, ReceiptState, SubmitResult
from delivery.models import Gateway, Message, MessageBody, Reply
from delivery.services import apply_receipts, store_receipts
from delivery.statuses import MessageStatus, Reason, ReplyOutcome
from projects import services as projects
from projects.models import FrequencyRule, ListedNumber, Project
from projects.statuses import FrequencyDimension, ListingSource, NumberList
from tests.campaigns import making
from tests.campaigns.views.conftest import words
from tests.delivery.conftest import ScriptedDriver
from tests.factories import ProjectFactory, lift_limits

pytestmark = pytest.mark.django_db
NUMBER = "+4915123000001"
MASKED = "+49 151 **** 0001"


@pytest.fixture
def driver() -> ScriptedDriver:
    return ScriptedDriver()


@pytest.fixture
def client(client: Client, operator: User) -> Client:
    client.force_login(operator)
    return client


def sent(project: Project, operator: User, *, n: int = 3) -> Campaign:
    campaign = making.send(making.ready(project, operator, n=n), operator)
    fanout.run(campaign.pk)
    return campaign


def leave(gateway: Gateway, driver: ScriptedDriver) -> None:
    drain(gateway, until=time.monotonic() + 5, driver=driver)


def of_number(msisdn: str = NUMBER) -> int:
    found = MessageBody.objects.filter(msisdn=msisdn).order_by("-message_id").first()
    assert found
    return found.message_id


def ask(client: Client, project: Project, number: str = NUMBER, **more: object) -> HttpResponse:
    return client.post(reverse("number-why", args=[project.slug]), {"number": number, **more})


def look_at(client: Client, project: Project, message_id: int) -> HttpResponse:
    return client.get(reverse("message-detail", args=[project.slug, message_id]))


def report(gateway: Gateway, message_id: int, state: ReceiptState, code: str) -> None:
    event = ReceiptEvent(f"gw-{message_id}-1-1", state, code, timezone.now())
    store_receipts(gateway_id=gateway.pk, events=[event])
    apply_receipts()


# --- One message ----------------------------------------------------------------------------------------


def test_a_message_is_told_from_row_to_reply(
    client: Client, project: Project, operator: User, gateway: Gateway, driver: ScriptedDriver
) -> None:
    campaign = sent(project, operator)
    leave(gateway, driver)
    message_id = of_number()
    Reply.objects.create(
        gateway=gateway,
        project=project,
        msisdn=NUMBER,
        message_id=message_id,
        text="See you on Friday",
        outcome=ReplyOutcome.NOTED,
    )
    page = look_at(client, project, message_id)
    told = words(page)
    for part in (
        "Row 3 of “a.csv” was accepted",
        "Every rule let it pass",
        "“Simulated” was to carry it",
        "No route fits, so it is the gateway that was set up first.",
        "The carrier took it through “Simulated”",
        f"gw-{message_id}-1-1",
        "No receipt yet",
        "See you on Friday",
        campaign.name,
        MASKED,
    ):
        assert part in told, part
    assert NUMBER not in page.content.decode()


@pytest.mark.django_db(transaction=True)
def test_its_receipt_stands_there_with_the_carriers_code_and_what_to_do(
    client: Client, project: Project, operator: User, gateway: Gateway, driver: ScriptedDriver
) -> None:
    sent(project, operator)
    leave(gateway, driver)
    report(gateway, of_number(), ReceiptState.UNDELIVERED, "MK:0001")
    told = words(look_at(client, project, of_number()))
    assert "Receipt of the carrier Failed MK:0001" in told
    assert "The number does not exist" in told
    assert "Remove the number from your list." in told


def test_a_refusal_names_its_reason_and_advice(
    client: Client, project: Project, operator: User, gateway: Gateway, driver: ScriptedDriver
) -> None:
    sent(project, operator)
    driver.answer = lambda message: SubmitResult(
        message.id, Outcome.REFUSED, code="ISV.FULL", reason=Reason.ACCOUNT_PROBLEM
    )
    leave(gateway, driver)
    told = words(look_at(client, project, of_number()))
    assert "It was refused" in told
    assert "ISV.FULL" in told
    assert "Look at the account at the carrier" in told


def test_a_blocked_one_names_the_rule_and_what_was_asked_before_it(
    client: Client, project: Project, operator: User, gateway: Gateway, driver: ScriptedDriver
) -> None:
    projects.add_numbers(
        project=project,
        number_list=NumberList.BLACKLIST,
        numbers=[(NUMBER, "")],
        source=ListingSource.PERSON,
        by=operator,
    )
    sent(project, operator)
    leave(gateway, driver)
    told = words(look_at(client, project, of_number()))
    assert "A rule stopped it" in told
    assert "Stopped: The number is on the project's blacklist" in told
    assert "Unsubscribed Passed: Not on it." in told
    assert "Not asked any more." in told
    assert "was to carry it" not in told


def test_limits_tell_how_many_counted_before(
    client: Client, project: Project, operator: User, gateway: Gateway, driver: ScriptedDriver
) -> None:
    lift_limits(project)
    day = FrequencyRule.objects.filter(project=project, dimension=FrequencyDimension.PER_DAY)
    day.update(is_on=True, n_messages=10)
    for _n in range(3):
        sent(project, operator)
        leave(gateway, driver)
        Message.objects.update(submitted_at=timezone.now() - timedelta(minutes=2))
    sent(project, operator)
    leave(gateway, driver)
    told = words(look_at(client, project, of_number()))
    assert "10 messages a day; 3 counted before." in told


def test_a_rule_that_changed_since_does_not_contradict_what_happened(
    client: Client, project: Project, operator: User, gateway: Gateway, driver: ScriptedDriver
) -> None:
    sent(project, operator)
    leave(gateway, driver)
    Project.objects.update(limits_countries=True)
    told = words(look_at(client, project, of_number()))
    assert "Country Passed: Let it pass then; it would stop it now." in told


def test_a_message_of_another_project_does_not_exist(
    client: Client, project: Project, operator: User, gateway: Gateway
) -> None:
    sent(project, operator)
    other = ProjectFactory(organization=project.organization, slug="other")
    assert look_at(client, other, of_number()).status_code == 404
    assert look_at(client, project, 2**70).status_code == 404


def test_who_asked_for_whole_numbers_of_the_campaign_sees_this_one_whole(
    client: Client, project: Project, operator: User, gateway: Gateway
) -> None:
    Membership.objects.filter(user=operator).update(may_reveal_numbers=True)
    campaign = sent(project, operator)
    assert NUMBER not in words(look_at(client, project, of_number()))
    client.post(reverse("campaign-reveal", args=[project.slug, campaign.uuid]))
    assert NUMBER in words(look_at(client, project, of_number()))


# --- One number -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written", [NUMBER, "0049 151 23000001", "+49 (151) 2300-0001", "tel:+4915123000001"]
)
def test_a_number_is_found_in_any_notation_and_stands_in_no_address(
    client: Client, project: Project, operator: User, gateway: Gateway, written: str
) -> None:
    sent(project, operator)
    page = ask(client, project, written)
    assert page.status_code == 200
    assert MASKED in words(page)
    assert "Waiting" in words(page)
    assert reverse("message-detail", args=[project.slug, of_number()]) in page.content.decode()


def test_what_is_no_number_says_so_and_keeps_what_was_typed(
    client: Client, project: Project, operator: User
) -> None:
    making.uploaded(
        making.draft(project, operator),
        [*making.order_rows(1), ["0151 23", "Karin", "Bremen"]],
        by=operator,
    )
    page = ask(client, project, "<b>15123")
    assert page.status_code == 422
    assert "&lt;b&gt;15123" in page.content.decode()
    found = ask(client, project, "0151 23")
    assert found.status_code == 422
    assert "Refused" in words(found)


def test_control_characters_are_refused_at_the_field(client: Client, project: Project) -> None:
    page = ask(client, project, "+49151\u202e23000001")
    assert page.status_code == 422
    assert "U+202E" in words(page)


def test_nothing_is_asked_of_an_empty_field(client: Client, project: Project) -> None:
    page = ask(client, project, "")
    assert page.status_code == 422
    assert "“Number” is missing." in words(page)


def test_duplicates_and_drafts_are_named(client: Client, project: Project, operator: User) -> None:
    rows = making.order_rows(2)
    making.uploaded(making.draft(project, operator, name="May"), [*rows, rows[2]], by=operator)
    told = words(ask(client, project))
    assert "This project has sent it nothing." in told
    assert "Accepted, in a draft that was not sent yet." in told
    assert "Same number and same values as row 3; sent to once." in told


def test_a_campaign_without_the_number_says_so(
    client: Client, project: Project, operator: User, gateway: Gateway
) -> None:
    first = sent(project, operator, n=1)
    assert "The number does not stand in its file" in words(ask(client, project, campaign=first.uuid))
    foreign = ask(client, project, campaign="00000000-0000-0000-0000-000000000000")
    assert foreign.status_code == 422


def test_the_rules_of_now_are_asked_without_sending_anything(
    client: Client, project: Project, operator: User, gateway: Gateway, driver: ScriptedDriver
) -> None:
    sent(project, operator)
    leave(gateway, driver)
    told = words(ask(client, project))
    assert "A new text would leave." in told
    assert "Its way out is “Simulated”." in told
    projects.add_numbers(
        project=project,
        number_list=NumberList.UNSUBSCRIBED,
        numbers=[(NUMBER, "")],
        source=ListingSource.PERSON,
        by=operator,
    )
    # In a test the database's clock stands still.
    ListedNumber.objects.update(created_at=timezone.now())
    told = words(ask(client, project))
    assert "It would not leave. The person unsubscribed by a reply" in told
    assert "Not on it then; added on" in told
    assert Message.objects.count() == 3


def test_the_limit_of_the_same_text_says_when_it_passes_again(
    client: Client, project: Project, operator: User, gateway: Gateway, driver: ScriptedDriver
) -> None:
    sent(project, operator)
    leave(gateway, driver)
    told = words(ask(client, project))
    assert "A new text would leave." in told
    assert "1 message in 30 seconds; 1 counted. Passes again on" in told


def test_a_message_leads_to_its_number(
    client: Client, project: Project, operator: User, gateway: Gateway
) -> None:
    sent(project, operator)
    there = reverse("number-why", args=[project.slug])
    assert MASKED in words(client.get(there, {"message": of_number()}))
    for nonsense in ("9" * 30, "-1", "x", "0"):
        assert client.get(there, {"message": nonsense}).status_code == 200


def test_statements_do_not_grow_with_the_messages(
    client: Client, project: Project, operator: User, gateway: Gateway, driver: ScriptedDriver
) -> None:
    lift_limits(project)
    counts = []
    for _n in range(2):
        for _m in range(3):
            sent(project, operator)
            leave(gateway, driver)
            Message.objects.update(submitted_at=timezone.now() - timedelta(minutes=2))
        with CaptureQueriesContext(connection) as queries:
            ask(client, project)
        counts.append(len(queries))
    assert counts[1] <= counts[0] < 50


def test_blocked_by_frequency_is_told_with_the_limits_words(
    client: Client, project: Project, operator: User, gateway: Gateway, driver: ScriptedDriver
) -> None:
    lift_limits(project)
    hour = FrequencyRule.objects.filter(project=project, dimension=FrequencyDimension.PER_HOUR)
    hour.update(is_on=True, n_messages=1)
    sent(project, operator)
    leave(gateway, driver)
    Message.objects.update(submitted_at=timezone.now() - timedelta(minutes=2))
    sent(project, operator)
    leave(gateway, driver)
    assert Message.objects.get(pk=of_number()).status == MessageStatus.BLOCKED
    told = words(look_at(client, project, of_number()))
    assert "A rule stopped it" in told
    assert "Stopped:" in told

"""The handset page, beside a simulated gateway that really runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import smpp34
from django.test import Client
from django.urls import reverse

from accounts.models import Role
from delivery.gateways import open_driver
from delivery.gateways.base import OutboundMessage
from delivery.models import Dispatch, Gateway, Message, MessageBody, Reply
from delivery.queries.handset import N_MESSAGES_PER_PHONE, N_PHONES, read_handset
from delivery.statuses import ReplyOutcome
from projects.models import Project
from smsconsole.lib.msisdn import mask_msisdn
from tests.delivery.gateways.contract import always
from tests.delivery.simulation.running import RunningGateway
from tests.delivery.simulation.running_smsc import RunningSmsc
from tests.factories import OrganizationFactory, member
from tests.loops import run_coroutine

pytestmark = pytest.mark.django_db


@pytest.fixture
def phone_network(tmp_path: Path) -> Iterator[RunningGateway]:
    network = RunningGateway(tmp_path)
    network.start()
    Gateway.objects.create(
        slug="simulated", name="Simulated", kind="simulator", settings={"address": network.socket}
    )
    yield network
    network.stop()


@pytest.fixture
def client(project: Project) -> Client:
    client = Client()
    client.force_login(member(project.organization, Role.OPERATOR))
    return client


def message(message_id: int, msisdn: str = "+8613812345678", text: str = "Hello") -> OutboundMessage:
    return OutboundMessage(message_id, 0, msisdn, "Shop", text, 1)


def send(network: RunningGateway, project: Project, *messages: OutboundMessage) -> None:
    """Submit messages of the project, as its drain would."""
    for each in messages:
        MessageBody.objects.create(
            message_id=each.id,
            project_id=project.pk,
            owner_row=each.id,
            msisdn=each.msisdn,
            sender=each.sender,
            text=each.text,
        )
    driver = open_driver("simulator", {"address": network.socket})
    assert len(list(driver.submit(messages, keep_going=always))) == len(messages)
    driver.close()


def page(client: Client, name: str = "handset", **query: str) -> str:
    response = client.get(reverse(name, args=["shop"]), query)
    assert response.status_code == 200
    return response.content.decode()


def test_it_shows_what_arrived_with_the_number_masked(
    phone_network: RunningGateway, project: Project, client: Client
) -> None:
    send(phone_network, project, message(1, text="Your code is <b>4711</b>"))
    shown = page(client)
    assert "Your code is &lt;b&gt;4711&lt;/b&gt;" in shown
    assert mask_msisdn("+8613812345678") in shown
    assert "13812345678" not in shown


def test_another_project_sees_nothing_of_it(
    phone_network: RunningGateway, project: Project, client: Client
) -> None:
    other = Project.objects.create(organization=OrganizationFactory(name="Other"), name="Other", slug="other")
    send(phone_network, other, message(1, text="Not for you"))
    send(phone_network, project, message(2, text="For you"))
    shown = page(client)
    assert "For you" in shown
    assert "Not for you" not in shown


def test_a_ledger_older_than_the_database_shows_nothing(
    phone_network: RunningGateway, project: Project, client: Client
) -> None:
    send(phone_network, project, message(1, text="Of an earlier installation"), message(2))
    MessageBody.objects.filter(message_id=1).update(text="Of today")
    MessageBody.objects.filter(message_id=2).update(msisdn="+8613800000000")
    shown = page(client)
    assert "Of an earlier installation" not in shown
    assert "Hello" not in shown


def test_a_phone_shows_its_newest_messages_the_newest_last(
    phone_network: RunningGateway, project: Project
) -> None:
    send(phone_network, project, *[message(n, text=str(n)) for n in range(1, N_MESSAGES_PER_PHONE + 3)])
    send(phone_network, project, message(100, msisdn="+14155550100", text="later"))
    first, second = read_handset(project).phones
    assert [line.text for line in first.messages] == ["later"]
    assert [line.text for line in second.messages] == [str(n) for n in range(3, N_MESSAGES_PER_PHONE + 3)]


def test_so_many_phones_and_no_more(phone_network: RunningGateway, project: Project) -> None:
    send(phone_network, project, *[message(n, msisdn=f"+8613800000{n:03d}") for n in range(1, N_PHONES + 10)])
    assert len(read_handset(project).phones) == N_PHONES


@pytest.mark.parametrize("written", ["0100", "+1 415 555 0100", "14155550100"])
def test_a_phone_is_found_by_its_number(
    phone_network: RunningGateway, project: Project, client: Client, written: str
) -> None:
    send(phone_network, project, message(1, text="One"), message(2, msisdn="+14155550100", text="Two"))
    shown = page(client, q=written)
    assert "Two" in shown
    assert "One" not in shown
    assert "Nothing on this phone" in page(client, q="9999")


def test_a_search_that_is_too_short_says_so(
    phone_network: RunningGateway, project: Project, client: Client
) -> None:
    send(phone_network, project, message(1))
    shown = page(client, q="67")
    assert "at least its last 4 digits" in shown
    assert "Hello" in shown


def test_the_phones_come_again_only_when_something_arrived(
    phone_network: RunningGateway, project: Project, client: Client
) -> None:
    send(phone_network, project, message(1))
    stamp = read_handset(project).stamp
    phones = reverse("handset-phones", args=["shop"])
    assert client.get(phones, {"stamp": stamp}).status_code == 204
    send(phone_network, project, message(2, text="News"))
    fragment = client.get(phones, {"stamp": stamp}).content.decode()
    assert "News" in fragment
    assert "<html" not in fragment


def test_a_gateway_that_is_away_is_named_and_breaks_nothing(
    phone_network: RunningGateway, project: Project, client: Client
) -> None:
    phone_network.stop()
    assert "A simulated gateway does not answer." in page(client)


def test_it_is_empty_at_first(phone_network: RunningGateway, client: Client) -> None:
    assert "Nothing has arrived yet" in page(client)


def test_without_a_simulated_gateway_it_says_so(project: Project, client: Client) -> None:
    assert "No simulated gateway" in page(client)


def test_an_outsider_gets_404(phone_network: RunningGateway, project: Project) -> None:
    stranger = Client()
    stranger.force_login(member(OrganizationFactory(name="Other"), *Role))
    for name in ("handset", "handset-phones"):
        assert stranger.get(reverse(name, args=["shop"])).status_code == 404


def test_it_rejects_post(client: Client) -> None:
    for name in ("handset", "handset-phones"):
        assert client.post(reverse(name, args=["shop"])).status_code == 405


def test_a_phone_replies_to_the_newest_message(
    phone_network: RunningGateway, client: Client, project: Project
) -> None:
    send(phone_network, project, message(1), message(2, text="Sale. Reply TD to unsubscribe."))
    dispatch = Dispatch.objects.create(owner="test:1", project=project, gateway=Gateway.objects.get())
    Message.objects.create(id=2, dispatch_id=dispatch.pk, n_segments=1, country="CN")
    assert 'name="message" value="2"' in page(client)
    response = client.post(reverse("handset-reply", args=["shop"]), {"message": "2", "text": " TD "})
    assert response.status_code == 302
    [reply] = phone_network.replies()
    assert (reply["msisdn"], reply["destination"], reply["text"]) == ("+8613812345678", "Shop", "TD")


def test_a_reply_that_is_not_taken_says_so(
    phone_network: RunningGateway, client: Client, project: Project
) -> None:
    send(phone_network, project, message(2))
    dispatch = Dispatch.objects.create(owner="test:1", project=project, gateway=Gateway.objects.get())
    Message.objects.create(id=2, dispatch_id=dispatch.pk, n_segments=1, country="CN")
    address = reverse("handset-reply", args=["shop"])
    phone_network.console_is_away.touch()
    shown = client.post(address, {"message": "2", "text": "TD"}, follow=True).content.decode()
    assert "did not take the reply" in shown
    assert (
        "Type what the phone replies."
        in client.post(address, {"message": "2", "text": " "}, follow=True).content.decode()
    )


def test_nobody_replies_to_a_message_of_another_project(
    phone_network: RunningGateway, client: Client, project: Project
) -> None:
    send(phone_network, project, message(2))
    MessageBody.objects.update(project_id=project.pk + 1)
    shown = client.post(
        reverse("handset-reply", args=["shop"]), {"message": "2", "text": "TD"}, follow=True
    ).content.decode()
    assert "not on a simulated phone" in shown
    assert not phone_network.replies()


def test_the_screen_shows_the_reply_and_what_it_did(
    phone_network: RunningGateway, client: Client, project: Project
) -> None:
    send(phone_network, project, message(2))
    before = read_handset(project).stamp
    Reply.objects.create(
        gateway=Gateway.objects.get(),
        project=project,
        msisdn="+8613812345678",
        text="<b>TD</b>",
        outcome=ReplyOutcome.UNSUBSCRIBED,
        next_try_at=None,
    )
    shown = page(client)
    assert "&lt;b&gt;TD&lt;/b&gt;" in shown
    assert "Unsubscribed" in shown
    assert read_handset(project).stamp != before


# --- Behind the simulated SMSC ---------------------------------------------------------------------------


@pytest.fixture
def smsc(tmp_path: Path) -> Iterator[RunningSmsc]:
    folder = tmp_path / "smsc"
    folder.mkdir()
    smsc = RunningSmsc(folder)
    smsc.start(receipt_min_ms=60_000, receipt_max_ms=60_000)
    Gateway.objects.create(
        slug="smsc",
        name="SMSC",
        kind="smpp",
        settings={"simulated": True, "control": str(smsc.control), "host": "127.0.0.1", "port": smsc.port},
    )
    yield smsc
    smsc.stop()


def body(project: Project, message_id: int, msisdn: str, text: str) -> None:
    MessageBody.objects.create(
        message_id=message_id,
        project_id=project.pk,
        owner_row=message_id,
        msisdn=msisdn,
        sender="Shop",
        text=text,
    )


def submit(smsc: RunningSmsc, *texts: tuple[str, str]) -> None:
    async def play() -> None:
        client = smpp34.Client("127.0.0.1", smsc.port, "console", "")
        session = await client.connect()
        for msisdn, text in texts:
            await session.submit_sm(
                msisdn.lstrip("+"), text.encode("utf-16-be"), source_addr="Shop", data_coding=8
            )
        await client.stop()

    run_coroutine(play())


@pytest.mark.django_db(transaction=True)
def test_a_phone_behind_the_smsc_shows_what_this_project_sent_it(smsc: RunningSmsc, project: Project) -> None:
    other = OrganizationFactory().projects.first() or Project.objects.create(
        organization=OrganizationFactory(), name="Other", slug="other"
    )
    body(project, 1, "+8613812345678", "Hello")
    body(project, 2, "+8613812345678", "Hello")
    body(other, 3, "+8613812345678", "Bye")
    submit(smsc, ("+8613812345678", "Hello"), ("+8613812345678", "Bye"), ("+8613812345678", "Hello"))
    submit(smsc, ("+8613812345678", "Hello"), ("+8613899999999", "Hello"))
    (phone,) = read_handset(project).phones
    assert [(line.message_id, line.text) for line in phone.messages] == [(1, "Hello"), (2, "Hello")]


@pytest.mark.django_db(transaction=True)
def test_a_reply_goes_to_the_gateway_by_which_the_message_left(
    smsc: RunningSmsc, phone_network: RunningGateway, client: Client, project: Project
) -> None:
    body(project, 1, "+8613812345678", "Hello")
    default, by_smpp = Gateway.objects.get(slug="simulated"), Gateway.objects.get(slug="smsc")
    dispatch = Dispatch.objects.create(owner="test:1", project=project, gateway=default)
    Message.objects.create(id=1, dispatch_id=dispatch.pk, n_segments=1, country="CN", gateway_id=by_smpp.pk)
    shown = client.post(
        reverse("handset-reply", args=[project.slug]), {"message": "1", "text": "TD"}, follow=True
    ).content.decode()
    # Nobody is bound there, so it says no by its own name; the other one heard nothing.
    assert "“SMSC” did not take the reply" in shown
    assert "smsc_simulator" in shown
    assert phone_network.replies() == []

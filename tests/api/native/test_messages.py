from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from api.models import MessageBatch
from api.queries import message_lists
from campaigns import fanout
from delivery.models import Message, MessageBody, MessageNote
from delivery.statuses import MessageStatus
from projects.models import ListedNumber, Project
from projects.statuses import NumberList
from tests.api.native.calling import Program
from tests.api.native.conftest import Shop
from tests.campaigns import making

pytestmark = pytest.mark.django_db


def test_it_sends_a_message(shop: Shop, program: Program) -> None:
    answer = program.post("messages", shop.message(reference="order-1"))
    assert answer.status == 201
    assert answer.body["status"] == "waiting"
    assert answer.body["to"] == "+4915123000001"
    assert (answer.body["country"], answer.body["segments"]) == ("DE", 1)
    message = Message.objects.get()
    assert message.status == MessageStatus.QUEUED
    body = MessageBody.objects.get(pk=message.pk)
    assert body.text == "[DemoShop]Hello Ada, your order to Berlin is on its way."
    assert MessageNote.objects.get(pk=message.pk).context == "order-1"


def test_a_template_is_named_by_its_number_too(shop: Shop, program: Program) -> None:
    number = str(shop.text.body_template_id)
    assert program.post("messages", shop.message(template_id=number)).status == 201


def test_a_whole_text_is_sent_when_a_template_reads_like_it(shop: Shop, program: Program) -> None:
    text = "[DemoShop]Hello Ada, your order to Berlin is on its way."
    answer = program.post("messages", {"to": "+4915123000001", "text": text})
    assert answer.status == 201, answer.body
    other = program.post("messages", {"to": "+4915123000001", "text": "[DemoShop]Buy now."})
    assert (other.status, other.code) == (422, "text_matches_no_template")


@pytest.mark.parametrize(
    ("change", "code", "status"),
    [
        ({"to": "nonsense"}, "number_invalid", 422),
        ({"template_id": "999999999"}, "template_unusable", 422),
        ({"template_id": "no id"}, "template_unusable", 422),
        ({"signature": "Unknown"}, "signature_unusable", 422),
        ({"parameters": ["one"]}, "parameters_do_not_match", 422),
        ({"sender_id": "Nobody"}, "sender_unusable", 422),
        ({"reference": "é" * 300}, "context_too_long", 422),
    ],
)
def test_what_cannot_be_sent_is_refused_by_its_code(
    change: dict[str, object], code: str, status: int, shop: Shop, program: Program
) -> None:
    answer = program.post("messages", shop.message(**change))
    assert (answer.status, answer.code) == (status, code), answer.body
    assert answer.body["type"].endswith(f"/api/errors/{code}/")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert not Message.objects.exists()


def test_a_blocked_number_is_refused_and_seen_in_the_console(shop: Shop, program: Program) -> None:
    ListedNumber.objects.create(project=shop.project, list=NumberList.BLACKLIST, msisdn="+4915123000001")
    answer = program.post("messages", shop.message())
    assert (answer.status, answer.code) == (422, "number_blacklisted")
    seen = program.get(f"messages/{answer.body['message_id']}")
    assert (seen.body["status"], seen.body["reason"]["code"]) == ("blocked", "on_blacklist")


def test_a_disabled_or_stopped_project_sends_nothing(shop: Shop, program: Program) -> None:
    Project.objects.filter(pk=shop.project.pk).update(disabled_at=timezone.now())
    assert program.post("messages", shop.message()).code == "project_disabled"
    Project.objects.filter(pk=shop.project.pk).update(disabled_at=None, stopped_at=timezone.now())
    assert program.post("messages", shop.message()).code == "project_stopped"


def test_a_message_tells_what_became_of_it(shop: Shop, program: Program) -> None:
    sent = program.post("messages", shop.message(reference="order-1", extend="42")).body
    told = program.get(f"messages/{sent['id']}").body
    assert told["id"] == sent["id"]
    assert (told["status"], told["to"], told["reference"], told["extend"]) == (
        "waiting",
        "+4915123000001",
        "order-1",
        "42",
    )
    assert told["signature"] == "DemoShop"
    assert told["text"] == "[DemoShop]Hello Ada, your order to Berlin is on its way."
    assert told["accepted_at"] is not None
    assert told["sandbox"] is False


def test_another_projects_message_does_not_exist(shop: Shop, program: Program, stranger: Program) -> None:
    sent = program.post("messages", shop.message()).body
    answer = stranger.get(f"messages/{sent['id']}")
    assert (answer.status, answer.code) == (404, "not_found")
    assert stranger.get("messages", number="+4915123000001").body["items"] == []
    assert stranger.get("messages").body["items"] == []


@pytest.mark.parametrize("message_id", ["1", "x" * 26, "a" * 200, "0", "..", "%00"])
def test_what_is_no_id_finds_nothing(message_id: str, program: Program) -> None:
    assert program.get(f"messages/{message_id}").status in (404, 422)


def test_the_list_goes_on_where_its_cursor_says(shop: Shop, program: Program) -> None:
    ids = [program.post("messages", shop.message(f"+49151230000{n:02}")).body["id"] for n in range(5)]
    seen, cursor = [], ""
    for _page in range(10):
        page = program.get("messages", limit=2, **({"cursor": cursor} if cursor else {})).body
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if not cursor:
            break
    assert seen == ids[::-1]


def test_a_batch_is_listed_message_by_message(shop: Shop, program: Program) -> None:
    messages = [{"to": number, "parameters": ["Ada", "Berlin"]} for number in making.numbers(5)]
    words = {name: shop.message()[name] for name in ("template_id", "signature")}
    batch = program.post("batches", {**words, "messages": messages}).body
    alone = program.post("messages", shop.message("+4915123009999")).body
    first = program.get("messages", limit=4).body
    rest = program.get("messages", limit=4, cursor=first["next_cursor"]).body
    expected = [alone["id"], *[item["id"] for item in batch["items"]][::-1]]
    assert [item["id"] for item in first["items"] + rest["items"]] == expected
    assert rest["next_cursor"] is None


def test_with_a_number_messages_of_campaigns_are_listed(shop: Shop, program: Program) -> None:
    campaign = making.ready(shop.project, shop.author)
    making.send(campaign, shop.author)
    fanout.run(campaign.pk)
    page = program.get("messages", number=making.numbers(1)[0]).body
    assert [(item["to"], item["accepted_at"]) for item in page["items"]] == [(making.numbers(1)[0], None)]
    assert program.get("messages").body["items"] == []


def test_the_list_is_filtered_by_status_and_time(shop: Shop, program: Program) -> None:
    ListedNumber.objects.create(project=shop.project, list=NumberList.BLACKLIST, msisdn="+4915123000002")
    waiting = program.post("messages", shop.message()).body["id"]
    blocked = program.post("messages", shop.message("+4915123000002")).body["message_id"]
    assert [one["id"] for one in program.get("messages", status="blocked").body["items"]] == [blocked]
    assert [one["id"] for one in program.get("messages", status="waiting").body["items"]] == [waiting]
    at = MessageBatch.objects.order_by("-pk").first().created_at.isoformat()
    assert [one["id"] for one in program.get("messages", since=at).body["items"]] == [blocked]
    assert [one["id"] for one in program.get("messages", until=at).body["items"]] == [waiting]
    assert program.get("messages", status="happy").status == 422


def test_a_sandbox_key_says_so(shop: Shop, sandbox: Program) -> None:
    sent = sandbox.post("messages", shop.message())
    assert (sent.status, sent.body["sandbox"]) == (201, True)
    assert sandbox.get(f"messages/{sent.body['id']}").body["sandbox"] is True


def test_a_page_of_messages_costs_the_same_however_many(shop: Shop, program: Program) -> None:
    def n_statements() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            program.get("messages")
        return len(captured)

    program.post("messages", shop.message())
    program.get("messages")
    before = n_statements()
    for number in making.numbers(10):
        program.post("messages", shop.message(number))
    assert n_statements() == before


def test_a_page_that_finds_little_says_where_to_go_on(
    shop: Shop, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(message_lists, "LOOKED_AT_MAX", 3)
    monkeypatch.setattr(message_lists, "_STEP", 2)
    ListedNumber.objects.create(project=shop.project, list=NumberList.BLACKLIST, msisdn="+4915123000099")
    blocked = [program.post("messages", shop.message("+4915123000099")).body["message_id"]]
    for n in range(9):
        program.post("messages", shop.message(f"+491512300{n:04}"))
    blocked.append(program.post("messages", shop.message("+4915123000099")).body["message_id"])
    for query in ({"status": "blocked"}, {"status": "blocked", "number": "+4915123000099"}):
        seen, n_pages, cursor = [], 0, ""
        while n_pages < 20:
            page = program.get("messages", **query, **({"cursor": cursor} if cursor else {})).body
            seen += [one["id"] for one in page["items"]]
            n_pages, cursor = n_pages + 1, page["next_cursor"]
            if not cursor:
                break
        assert seen == blocked[::-1], query
        assert n_pages > 1 or "number" in query


def test_a_page_of_messages_reads_along_its_indexes(shop: Shop, program: Program) -> None:
    program.post("messages", shop.message())
    with CaptureQueriesContext(connection) as captured:
        program.get("messages", since="2026-01-01T00:00:00Z", until="2099-01-01T00:00:00Z")
        program.get("messages", number="+4915123000001")
    own = [
        one["sql"]
        for one in captured
        if ("api_messagebatch" in one["sql"] or "delivery_messagebody" in one["sql"])
        and "SELECT" in one["sql"]
    ]
    assert len(own) >= 4
    with connection.cursor() as cursor:
        # Where sequential reading is no way at all, an index has to serve.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
        for statement in own:
            cursor.execute(f"EXPLAIN {statement}")
            plan = "\n".join(row[0] for row in cursor.fetchall())
            assert "Seq Scan on api_messagebatch" not in plan, plan
            assert "Seq Scan on delivery_messagebody" not in plan, plan


def test_a_number_without_country_code_is_read_as_of_a_country(shop: Shop, program: Program) -> None:
    assert program.post("messages", shop.message("0151 23000001")).body["to"] == "+4915123000001"
    answer = program.post("messages", shop.message("0664 1234567", default_country="AT"))
    assert (answer.status, answer.body["to"]) == (201, "+436641234567")
    assert program.post("messages", shop.message(default_country="austria")).fields.keys() == {
        "default_country"
    }

"""What comes again with its idempotency key is carried out once."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from api.models import Answer, MessageBatch
from campaigns.models import Campaign, Upload
from delivery.models import Message
from projects.models import ListedNumber
from projects.statuses import NumberList
from tests.api.native.calling import Program
from tests.api.native.conftest import Shop
from tests.campaigns import making

pytestmark = pytest.mark.django_db


def test_the_same_request_sends_once_and_is_answered_alike(shop: Shop, program: Program) -> None:
    first = program.post("messages", shop.message(), once="key-1")
    again = program.post("messages", shop.message(), once="key-1")
    assert (again.status, again.body) == (first.status, first.body)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert (Message.objects.count(), MessageBatch.objects.count()) == (1, 1)


def test_another_request_with_the_key_is_refused(shop: Shop, program: Program) -> None:
    program.post("messages", shop.message(), once="key-1")
    for other in (
        program.post("messages", shop.message("+4915123000002"), once="key-1"),
        program.post("batches", {**shop.message(), "messages": []}, once="key-1"),
    ):
        assert other.status == 422
    assert (
        program.post("messages", shop.message("+4915123000002"), once="key-1").code
        == "idempotency_key_reused"
    )
    assert Message.objects.count() == 1


def test_a_refused_request_may_come_again_with_its_key(shop: Shop, program: Program) -> None:
    assert program.post("messages", shop.message(signature="Nobody"), once="key-1").status == 422
    assert program.post("messages", shop.message(), once="key-1").status == 201


def test_a_sandbox_key_and_a_live_one_share_no_answer(shop: Shop, program: Program, sandbox: Program) -> None:
    tried = sandbox.post("messages", shop.message(), once="key-1")
    sent = program.post("messages", shop.message(), once="key-1")
    assert [tried.body["sandbox"], sent.body["sandbox"]] == [True, False]
    assert tried.body["id"] != sent.body["id"]
    assert Message.objects.count() == 2


def test_projects_share_no_answer(shop: Shop, program: Program, stranger: Program) -> None:
    body = {"region": "international", "name": "Mine"}
    mine = program.post("campaigns", body, once="key-1").body
    theirs = stranger.post("campaigns", body, once="key-1").body
    assert mine["id"] != theirs["id"]


@pytest.mark.parametrize("key", ["a" * 129, "with space", "ümlaut", "\x07"])
def test_a_key_of_other_characters_is_refused(key: str, shop: Shop, program: Program) -> None:
    answer = program.post("messages", shop.message(), once=key)
    assert (answer.status, answer.code) == (400, "idempotency_key_malformed")


def test_a_campaign_is_made_once(program: Program) -> None:
    body = {"region": "international", "name": "Orders"}
    first = program.post("campaigns", body, once="key-1")
    again = program.post("campaigns", body, once="key-1")
    assert first.status == 201
    assert (again.status, again.body) == (first.status, first.body)
    assert Campaign.objects.count() == 1


def test_a_file_is_taken_once_although_its_form_has_other_borders(shop: Shop, program: Program) -> None:
    campaign = program.post("campaigns", {"region": "international", "name": "Orders"}).body["id"]

    def upload(content: bytes) -> Any:
        file = SimpleUploadedFile("a.csv", content)
        return program.upload(f"campaigns/{campaign}/recipients", {"file": file}, once="file-1")

    assert upload(b"+4915123000001\n").status == 202
    again = upload(b"+4915123000001\n")
    assert (again.status, again.headers["Idempotent-Replayed"]) == (202, "true")
    assert upload(b"+4915123000002\n").code == "idempotency_key_reused"
    assert Upload.objects.count() == 1


def test_what_is_undone_keeps_no_answer(shop: Shop, program: Program) -> None:
    answer = program.post("number-lists/blacklist", {"numbers": [{"number": "what"}]}, once="key-1")
    assert (answer.status, answer.code) == (422, "list_refused")
    assert not Answer.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_sends(shop: Shop) -> None:
    key = shop.key()
    answers: list[Any] = []

    def send() -> None:
        try:
            answers.append(Program(key).post("messages", shop.message(), once="key-1"))
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status for answer in answers} == {201}
    assert len({answer.body["id"] for answer in answers}) == 1
    assert Message.objects.count() == 1


def test_a_campaign_is_started_once(shop: Shop, program: Program) -> None:
    campaign = making.ready(shop.project, shop.author)
    first = program.post(f"campaigns/{campaign.uuid}/start", {}, once="start-1")
    again = program.post(f"campaigns/{campaign.uuid}/start", {}, once="start-1")
    another = program.post(f"campaigns/{campaign.uuid}/start", {})
    assert [first.status, again.status, another.status] == [200, 200, 200]
    assert Campaign.objects.get().events.filter(kind="started").count() == 1


def test_a_blocked_message_is_refused_once_and_again_alike(shop: Shop, program: Program) -> None:
    ListedNumber.objects.create(project=shop.project, list=NumberList.BLACKLIST, msisdn="+4915123000001")
    first = program.post("messages", shop.message(), once="key-1")
    again = program.post("messages", shop.message(), once="key-1")
    assert [first.code, again.code] == ["number_blacklisted"] * 2
    assert first.body["message_id"] == again.body["message_id"]
    assert Message.objects.count() == 1

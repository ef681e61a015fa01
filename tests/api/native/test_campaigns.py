from __future__ import annotations

from datetime import timedelta
from typing import Any, get_args
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.models import Membership
from api.native.campaign_recipients import FileReading
from campaigns import fanout, services
from campaigns.models import Campaign, Upload
from campaigns.spreadsheets import ENCODINGS, SEPARATORS
from campaigns.statuses import CampaignStatus
from delivery.models import Message
from tests.api.native.calling import Answer, Program
from tests.api.native.conftest import Shop
from tests.campaigns import making

pytestmark = pytest.mark.django_db
ROWS = b"Number,Name,City\n+4915123000001,Ada,Berlin\n+4915123000002,Ben,Bonn\nwhat,Cleo,Kiel\n"


def create(shop: Shop, program: Program, **fields: Any) -> Answer:
    body = {
        "region": "international",
        "name": "Orders",
        "template_id": str(shop.text.body_template.uuid),
        "signature": shop.sign.text,
        **fields,
    }
    return program.post("campaigns", body)


def upload(
    program: Program, campaign: str, content: bytes = ROWS, name: str = "a.csv", **fields: Any
) -> Answer:
    """Upload, and let the file be read as a worker would."""
    answer = program.upload(
        f"campaigns/{campaign}/recipients", {"file": SimpleUploadedFile(name, content), **fields}
    )
    if answer.status == 202:
        services.import_recipients(upload_id=Upload.objects.get(campaign__uuid=campaign, is_current=True).pk)
    return answer


def test_a_campaign_goes_all_the_way(shop: Shop, program: Program) -> None:
    made = create(shop, program)
    assert (made.status, made.body["status"]) == (201, "draft")
    assert made.body["template_id"] == str(shop.text.body_template.uuid)
    campaign = made.body["id"]
    taken = upload(program, campaign)
    assert (taken.status, taken.body["status"]) == (202, "waiting")

    report = program.get(f"campaigns/{campaign}/recipients").body
    assert (report["status"], report["messages"], report["refused"]) == ("read", 2, 1)
    assert report["refused_by_reason"][0]["reason"] == "not_a_number"
    [row] = program.get(f"campaigns/{campaign}/refused-rows").body["items"]
    assert (row["row"], row["value"], row["reason"]) == (4, "what", "not_a_number")
    forecast = program.get(f"campaigns/{campaign}/forecast").body
    assert (forecast["ready"], forecast["messages"], forecast["people"]) == (True, 2, 2)

    started = program.post(f"campaigns/{campaign}/start", {})
    assert (started.status, started.body["status"]) == (200, "running")
    fanout.run(Campaign.objects.get().pk)
    assert Message.objects.count() == 2
    progress = program.get(f"campaigns/{campaign}/progress").body
    assert (progress["total"], progress["waiting"], progress["moving"]) == (2, 2, True)
    [event] = Campaign.objects.get().events.filter(kind="started")
    assert (event.by, event.detail["via"]) == (shop.author, "program")


def test_it_is_suspended_continued_and_cancelled(shop: Shop, program: Program) -> None:
    campaign = making.ready(shop.project, shop.author)
    path = f"campaigns/{campaign.uuid}"
    program.post(f"{path}/start", {})
    assert program.post(f"{path}/suspend").body["status"] == "suspended"
    assert program.post(f"{path}/suspend").body["may"] == ["cancel", "continue"]
    assert program.post(f"{path}/continue").body["status"] == "running"
    assert program.post(f"{path}/cancel").body["status"] == "cancelled"
    for action in ("suspend", "continue", "start"):
        answer = program.post(f"{path}/{action}", {} if action == "start" else None)
        assert (answer.status, answer.code) == (409, "not_in_this_state"), action


def test_a_held_campaign_is_continued_once_its_reason_is_gone(shop: Shop, program: Program) -> None:
    campaign = making.send(making.ready(shop.project, shop.author), shop.author)
    services.stop_everything(project=shop.project, by=shop.author)
    path = f"campaigns/{campaign.uuid}"
    assert program.get(path).body["hold_reason"] == "stopped"
    answer = program.post(f"{path}/continue")
    assert (answer.status, answer.code) == (409, "not_ready")
    services.allow_sending(project=shop.project, by=shop.author)
    assert program.post(f"{path}/continue").body["status"] == "running"


def test_what_is_missing_is_all_named_before_it_starts(shop: Shop, program: Program) -> None:
    campaign = program.post("campaigns", {"region": "international"}).body
    answer = program.post(f"campaigns/{campaign['id']}/start", {})
    assert (answer.status, answer.code) == (409, "not_ready")
    assert len(answer.body["errors"]) == 3
    assert Campaign.objects.get().status == CampaignStatus.DRAFT


def test_a_draft_is_thrown_away(shop: Shop, program: Program) -> None:
    campaign = create(shop, program).body["id"]
    assert program.post(f"campaigns/{campaign}/cancel").body["status"] == "cancelled"
    assert program.get("campaigns").body["items"] == []


def test_an_old_version_changes_and_sends_nothing(shop: Shop, program: Program) -> None:
    campaign = making.ready(shop.project, shop.author)
    path = f"campaigns/{campaign.uuid}"
    seen = program.get(path).body["version"]
    changed = program.send("PATCH", path, {"note": "First", "version": seen})
    assert (changed.status, changed.body["note"]) == (200, "First")
    answer = program.send("PATCH", path, {"note": "Second", "version": seen})
    assert (answer.status, answer.code) == (409, "changed_meanwhile")
    answer = program.post(f"{path}/start", {"version": seen})
    assert (answer.status, answer.code) == (409, "changed_meanwhile")
    assert Campaign.objects.get().note == "First"


def test_a_schedule_is_set_moved_and_cleared(shop: Shop, program: Program) -> None:
    campaign = making.ready(shop.project, shop.author)
    path = f"campaigns/{campaign.uuid}"
    tomorrow = (timezone.now() + timedelta(days=1)).replace(second=0, microsecond=0)
    set_ = program.send("PATCH", path, {"scheduled_at": tomorrow.isoformat()})
    assert set_.body["scheduled_at"] == tomorrow.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert program.send("PATCH", path, {"scheduled_at": None}).body["scheduled_at"] is None
    program.send("PATCH", path, {"scheduled_at": tomorrow.isoformat()})
    assert program.post(f"{path}/start", {}).body["status"] == "scheduled"
    later = tomorrow + timedelta(hours=1)
    moved = program.send("PATCH", path, {"scheduled_at": later.isoformat()})
    assert (moved.status, moved.body["status"]) == (200, "scheduled")
    assert program.send("PATCH", path, {"note": "x"}).code == "not_in_this_state"
    past = program.send("PATCH", path, {"scheduled_at": "2020-01-01T00:00:00Z"})
    assert (past.status, past.code) == (422, "campaign_refused")


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_time_at_the_end_of_the_calendar_is_refused(moment: str, shop: Shop, program: Program) -> None:
    answer = create(shop, program, scheduled_at=moment)
    assert answer.status in (201, 422)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"template_id": "424242"}, "template_unusable"),
        ({"signature": "Nobody"}, "signature_unusable"),
        ({"sender_id": "Nobody"}, "campaign_refused"),
        ({"name": "x" * 31}, "invalid_input"),
        ({"name": "a\u202eb"}, "invalid_input"),
        ({"region": "mars"}, "invalid_input"),
        ({"version": 7}, "invalid_input"),
    ],
)
def test_values_that_cannot_be_used_make_no_campaign(
    fields: dict[str, object], code: str, shop: Shop, program: Program
) -> None:
    answer = create(shop, program, **fields)
    assert (answer.status, answer.code) == (422, code)
    assert not Campaign.objects.exists()


def test_a_text_of_another_project_cannot_be_used(shop: Shop, program: Program, stranger: Program) -> None:
    answer = create(shop, stranger)
    assert answer.code == "template_unusable"


def test_a_file_that_is_none_is_refused(shop: Shop, program: Program) -> None:
    campaign = create(shop, program).body["id"]
    assert upload(program, campaign, b"").status == 422
    assert program.upload(f"campaigns/{campaign}/recipients", {}).fields == {"file": "missing"}
    assert upload(program, campaign, colour="red").fields == {"colour": "extra_forbidden"}
    assert upload(program, campaign, b"%PDF-1.7", "a.pdf").status == 202
    report = program.get(f"campaigns/{campaign}/recipients").body
    assert report["status"] == "refused"
    assert report["refusal"]["reason"]


def test_a_file_over_the_limit_is_refused(shop: Shop, program: Program, settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES = 10
    answer = upload(program, create(shop, program).body["id"])
    assert (answer.status, answer.code) == (422, "file_refused")


def test_a_file_is_read_as_it_is_asked_for(shop: Shop, program: Program) -> None:
    campaign = create(shop, program).body["id"]
    upload(
        program,
        campaign,
        b"x;+4915123000001;Ada;Berlin\n",
        number_column="1",
        has_header="false",
        separator=";",
    )
    report = program.get(f"campaigns/{campaign}/recipients").body
    assert report["messages"] == 1, report


def test_a_sandbox_key_prepares_and_does_not_start(shop: Shop, sandbox: Program) -> None:
    campaign = create(shop, sandbox).body["id"]
    upload(sandbox, campaign)
    answer = sandbox.post(f"campaigns/{campaign}/start", {})
    assert (answer.status, answer.code) == (403, "sandbox_key")
    assert Campaign.objects.get().dispatch is None


def test_another_projects_campaign_does_not_exist(shop: Shop, program: Program, stranger: Program) -> None:
    campaign = create(shop, program).body["id"]
    for method, path in [
        ("GET", ""),
        ("PATCH", ""),
        ("GET", "/recipients"),
        ("GET", "/refused-rows"),
        ("GET", "/forecast"),
        ("GET", "/progress"),
        ("POST", "/start"),
        ("POST", "/suspend"),
        ("POST", "/continue"),
        ("POST", "/cancel"),
    ]:
        answer = stranger.send(method, f"campaigns/{campaign}{path}", {})
        assert (answer.status, answer.code) == (404, "not_found"), path
    assert upload(stranger, campaign).status == 404
    assert stranger.get("campaigns").body["items"] == []


def test_the_list_is_filtered_and_goes_on(shop: Shop, program: Program) -> None:
    ids = [create(shop, program, name=f"Number {n}").body["id"] for n in range(3)]
    first = program.get("campaigns", limit=2, status="draft").body
    rest = program.get("campaigns", limit=2, status="draft", cursor=first["next_cursor"]).body
    assert [one["id"] for one in first["items"] + rest["items"]] == ids[::-1]
    assert program.get("campaigns", name="ber 1").body["items"][0]["id"] == ids[1]
    wrong = program.get("campaigns", limit=2, status="ready", cursor=first["next_cursor"])
    assert (wrong.status, wrong.code) == (400, "cursor_invalid")


def test_nothing_changes_once_the_maker_of_the_key_has_left(shop: Shop, program: Program) -> None:
    campaign = making.ready(shop.project, shop.author)
    Membership.objects.filter(user=shop.author).delete()
    assert create(shop, program).code == "nobody_behind_key"
    assert program.post(f"campaigns/{campaign.uuid}/start", {}).code == "nobody_behind_key"
    assert program.get(f"campaigns/{campaign.uuid}").status == 200
    assert program.get(f"campaigns/{UUID(int=1)}").status == 404


def test_the_ways_to_read_a_file_are_those_of_the_console() -> None:
    fields = FileReading.model_fields
    assert get_args(get_args(fields["encoding"].annotation)[0]) == ENCODINGS
    assert set(get_args(get_args(fields["separator"].annotation)[0])) == set(SEPARATORS)

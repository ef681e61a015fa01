from __future__ import annotations

import base64
from typing import Any

import pytest
from django.core.files.storage import default_storage

from accounts.models import IdentityVerification, Role
from templates_app import services
from templates_app.models import BodyTemplate, Certificate, SenderId, Signature, SignatureRevision
from tests.api.native.calling import Program
from tests.api.native.conftest import Shop
from tests.factories import member
from tests.templates_app.texts import picture

pytestmark = pytest.mark.django_db

NEW: dict[str, dict[str, Any]] = {
    "signatures": {
        "region": "international",
        "text": "ParcelApp",
        "type": "app",
        "remarks": "https://apps.example.com/parcel",
        "certificates": [base64.b64encode(picture()).decode()] * 2,
    },
    "body-templates": {
        "region": "international",
        "name": "Parcel",
        "kind": "notification",
        "text": "Your parcel {1} has arrived.",
        "remarks": "Sent when a parcel was handed over.",
    },
    "sender-ids": {"text": "ParcelApp", "country": "DE", "remarks": "Our brand, registered in Germany"},
}
MODELS: dict[str, Any] = {"signatures": Signature, "body-templates": BodyTemplate, "sender-ids": SenderId}
FIXED = {"region", "country", "certificates"}


def changed(kind: str, **fields: Any) -> dict[str, Any]:
    return {name: value for name, value in NEW[kind].items() if name not in FIXED} | fields


@pytest.mark.parametrize("kind", NEW)
def test_a_text_is_submitted_withdrawn_and_submitted_again(kind: str, shop: Shop, program: Program) -> None:
    made = program.post(kind, NEW[kind])
    assert made.status == 201, made.body
    assert (made.body["status"], made.body["version"], made.body["usable"]) == ("pending", 1, False)
    path = f"{kind}/{made.body['id']}"
    assert program.get(path).body == made.body
    assert program.post(f"{path}/withdraw").body["status"] == "draft"
    again = program.post(f"{path}/withdraw")
    assert (again.status, again.code) == (409, "not_in_this_state")
    new_text = "Your parcel {1} is here." if kind == "body-templates" else "ParcelsApp"
    submitted = program.send("PUT", path, changed(kind, text=new_text))
    assert (submitted.status, submitted.body["status"]) == (200, "pending"), submitted.body
    assert submitted.body["text"] == new_text
    assert submitted.body["version"] == 1


@pytest.mark.parametrize("kind", NEW)
def test_an_approved_text_stays_in_use_while_its_next_version_waits(
    kind: str, shop: Shop, program: Program
) -> None:
    made = program.post(kind, NEW[kind]).body
    owner = MODELS[kind].objects.get(uuid=made["id"])
    revision = owner.revisions.get()
    reviewer = member(shop.project.organization, Role.REVIEWER)
    services.approve_revision(revision=revision, by=reviewer)
    told = program.get(f"{kind}/{made['id']}").body
    assert (told["status"], told["usable"], told["approved_text"]) == ("approved", True, made["text"])
    new_text = "Your parcel {1} is here." if kind == "body-templates" else "ParcelsApp"
    next_ = program.send("PUT", f"{kind}/{made['id']}", changed(kind, text=new_text)).body
    assert (next_["status"], next_["version"]) == ("pending", 2)
    assert (next_["approved_text"], next_["usable"]) == (made["text"], True)


@pytest.mark.parametrize("kind", NEW)
def test_a_reviewers_reason_is_told(kind: str, shop: Shop, program: Program) -> None:
    made = program.post(kind, NEW[kind]).body
    revision = MODELS[kind].objects.get(uuid=made["id"]).revisions.get()
    reviewer = member(shop.project.organization, Role.REVIEWER)
    services.reject_revision(revision=revision, by=reviewer, comment="Say whose parcel it is.")
    told = program.get(f"{kind}/{made['id']}").body
    assert (told["status"], told["comment"]) == ("rejected", "Say whose parcel it is.")


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("signatures", {"text": "x"}),
        ("signatures", {"use": "others", "certificates": []}),
        ("signatures", {"certificates": [base64.b64encode(b"no picture").decode()]}),
        ("body-templates", {"text": "Your code is {1}, {2}, {9}"}),
        ("body-templates", {"remarks": "short"}),
        ("sender-ids", {"text": "Way too long for a sender"}),
        ("sender-ids", {"country": "XX"}),
    ],
)
def test_what_breaks_a_rule_is_refused_and_nothing_is_kept(
    kind: str, fields: dict[str, Any], shop: Shop, program: Program, tmp_path: Any
) -> None:
    before = MODELS[kind].objects.count()
    answer = program.post(kind, {**NEW[kind], **fields})
    assert (answer.status, answer.code) == (422, "text_refused"), answer.body
    assert MODELS[kind].objects.count() == before
    assert not Certificate.objects.exists()
    folder = tmp_path / "certificates"
    assert not folder.exists() or not list(folder.iterdir())


def test_what_is_no_base64_is_named(shop: Shop, program: Program) -> None:
    answer = program.post("signatures", {**NEW["signatures"], "certificates": ["no base64!"]})
    assert (answer.status, answer.fields) == (422, {"certificates[0]": "base64"})


def test_certificates_are_kept_for_the_reviewer(shop: Shop, program: Program) -> None:
    made = program.post("signatures", NEW["signatures"]).body
    files = Certificate.objects.filter(revision__signature__uuid=made["id"])
    assert files.count() == 2
    assert all(default_storage.exists(str(one.file)) for one in files)
    program.send("PUT", f"signatures/{made['id']}", changed("signatures", text="Parcels"))
    assert SignatureRevision.objects.get(signature__uuid=made["id"]).certificates.count() == 2


def test_individuals_write_their_texts_on_the_pages(shop: Shop, program: Program) -> None:
    IdentityVerification.objects.update(kind="individual")
    for kind, body in NEW.items():
        answer = program.post(kind, body)
        assert (answer.status, answer.code) == (403, "enterprises_only")


@pytest.mark.parametrize("kind", NEW)
def test_another_projects_text_does_not_exist(
    kind: str, shop: Shop, program: Program, stranger: Program
) -> None:
    path = f"{kind}/{program.post(kind, NEW[kind]).body['id']}"
    assert stranger.get(path).status == 404
    assert stranger.send("PUT", path, changed(kind)).status == 404
    assert stranger.post(f"{path}/withdraw").status == 404
    ids = {one["id"] for one in stranger.get(kind).body["items"]}
    assert path.split("/")[1] not in ids


def test_the_list_knows_region_and_status(shop: Shop, program: Program) -> None:
    program.post("body-templates", NEW["body-templates"])
    shop.domestic()
    everything = program.get("body-templates", limit=2).body
    assert len(everything["items"]) == 2
    rest = program.get("body-templates", limit=2, cursor=everything["next_cursor"]).body
    assert len(rest["items"]) == 1
    assert [one["name"] for one in program.get("body-templates", region="domestic").body["items"]] == ["Home"]
    assert [one["name"] for one in program.get("body-templates", status="pending").body["items"]] == [
        "Parcel"
    ]
    assert program.get("signatures", region="domestic").body["items"][0]["text"] == "演示商城"

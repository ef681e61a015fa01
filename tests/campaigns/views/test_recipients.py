"""To whom: uploads, their import, typed numbers, the report."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from campaigns import services
from campaigns.models import Campaign, Upload
from campaigns.statuses import CampaignStatus, UploadStatus
from projects.models import Project
from smsconsole.lib.types import Region
from tests.campaigns import making
from tests.campaigns.views.conftest import Visit, words
from tests.people import ClientOf

pytestmark = pytest.mark.django_db


def test_it_takes_a_file(draft: Campaign, post: Visit) -> None:
    response = post("campaign-upload", draft, file=making.csv_file(making.order_rows(2)))
    assert response.status_code == 302
    upload = Upload.objects.get()
    assert (upload.campaign, upload.status, upload.original_name) == (
        draft,
        UploadStatus.WAITING,
        "recipients.csv",
    )


def test_it_rejects_get(draft: Campaign, get: Visit) -> None:
    assert get("campaign-upload", draft).status_code == 405


def test_the_page_s_own_upload_gets_the_steps(draft: Campaign, post: Visit) -> None:
    response = post("campaign-upload", draft, file=making.csv_file(making.order_rows(2)), htmx="x")
    assert response.content.decode().lstrip().startswith('<div id="send-steps"')
    assert "uploaded, waiting for the import to begin" in words(response)


def test_without_a_file_it_says_so(draft: Campaign, post: Visit) -> None:
    response = post("campaign-upload", draft)
    assert (response.status_code, "Choose a file first." in words(response)) == (422, True)


def test_a_too_large_file_is_refused_in_words(draft: Campaign, post: Visit, settings: Settings) -> None:
    settings.UPLOAD_MAX_BYTES = 10
    response = post("campaign-upload", draft, file=making.csv_file(making.order_rows(2)))
    assert "at most 10 bytes are taken" in words(response)
    assert not Upload.objects.exists()


def test_an_upload_after_sending_changes_nothing(running: Campaign, post: Visit) -> None:
    response = post("campaign-upload", running, file=making.csv_file(making.order_rows(2)))
    assert response.status_code == 302
    assert Upload.objects.filter(campaign=running).count() == 1


# --- While it is read -----------------------------------------------------------------------------------


def progress(get: Visit, campaign: Campaign, upload: Upload, stamp: str = "") -> object:
    return get("campaign-import", campaign, f"?upload={upload.uuid}&stamp={stamp}", HX_Request="true")


@pytest.fixture
def upload(draft: Campaign, operator: User) -> Upload:
    return services.receive_upload(campaign=draft, file=making.csv_file(making.order_rows(2)), by=operator)


def test_the_bar_carries_its_own_question(draft: Campaign, upload: Upload, get: Visit) -> None:
    page = progress(get, draft, upload).content.decode()
    assert 'hx-trigger="every 1s, refresh"' in page
    assert f"upload={upload.uuid}" in page


def test_the_bar_that_has_not_moved_is_204(draft: Campaign, upload: Upload, get: Visit) -> None:
    assert progress(get, draft, upload, "waiting-0").status_code == 204


def test_a_read_file_opens_the_next_steps(draft: Campaign, upload: Upload, get: Visit) -> None:
    services.import_recipients(upload_id=upload.pk)
    response = progress(get, draft, upload, "waiting-0")
    assert response.headers["HX-Retarget"] == "#send-steps"
    assert "Send 2 messages" in words(response)


def test_the_bar_of_a_replaced_file_gives_way(
    draft: Campaign, upload: Upload, get: Visit, operator: User
) -> None:
    services.receive_upload(campaign=draft, file=making.csv_file(making.order_rows(1)), by=operator)
    assert progress(get, draft, upload).headers["HX-Retarget"] == "#send-steps"


# --- The report -----------------------------------------------------------------------------------------


ROWS = [
    ["Number", "Name", "City", "Birthday"],
    ["+4915123000001", "Ann", "Berlin", "1"],
    ["8.6138E+12", "Bob", "Rome", "2"],
    ["+4915123000001", "Ann", "Berlin", "3"],
    ["+493012345678", "Cleo", "Oslo", "4"],
]


def test_the_report_tells_each_refused_row(draft: Campaign, operator: User, get: Visit) -> None:
    making.uploaded(draft, ROWS, by=operator)
    text = words(get("campaign-send", draft))
    assert "3 Number 8.6138E+12 Number damaged by the spreadsheet program." in text
    assert "This column is not in the text and was ignored: “Birthday”." in text
    assert "1 number is a landline" in text


def test_rows_of_the_other_region_go_to_a_draft_of_their_own_by_one_click(
    draft: Campaign, operator: User, reviewer: User, get: Visit, post: Visit, client_of: ClientOf
) -> None:
    domestic = [[f"+861380013800{i}", "Li", "Wuhan"] for i in range(3)]
    making.uploaded(draft, [*making.order_rows(2), *domestic], by=operator)
    offer = "Copy the 3 domestic rows to a new draft"
    assert offer in words(get("campaign-send", draft))
    assert offer in words(get("campaign-refused", draft))
    refused = reverse("campaign-refused", args=[draft.project.slug, draft.uuid])
    assert offer not in words(client_of(reviewer).get(refused))
    post("campaign-copy", draft, region="domestic")
    copy = Campaign.objects.get(copied_from=draft)
    services.import_recipients(upload_id=copy.uploads.get().pk)
    assert (copy.region, copy.uploads.get().n_sendable) == (Region.DOMESTIC, 3)


def test_without_rows_of_the_other_region_nothing_offers_to_copy_them(
    draft: Campaign, operator: User, get: Visit
) -> None:
    making.uploaded(draft, ROWS, by=operator)
    assert "to a new draft" not in words(get("campaign-send", draft))


def test_more_refused_rows_have_pages_of_their_own(draft: Campaign, operator: User, get: Visit) -> None:
    making.uploaded(draft, [["Number"], *[["12"]] * 60], by=operator)
    first = get("campaign-refused", draft)
    assert "rows 2 to 51 of the file" in words(first)
    assert "?after=51" in first.content.decode()
    assert "rows 52 to 61 of the file" in words(get("campaign-refused", draft, "?after=51"))


def test_a_refused_file_says_why_and_what_to_do(draft: Campaign, operator: User, get: Visit) -> None:
    file = SimpleUploadedFile("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 4096)
    upload = services.receive_upload(campaign=draft, file=file, by=operator)
    services.import_recipients(upload_id=upload.pk)
    upload.refresh_from_db()
    assert upload.status == UploadStatus.REFUSED
    text = words(get("campaign-send", draft))
    assert upload.refusal["sentence"] in text
    assert upload.refusal["advice"] in text


def test_the_same_file_within_a_day_is_warned_of(
    running: Campaign, operator: User, get: Visit, post: Visit
) -> None:
    copy = services.copy_campaign(campaign=running, by=operator)
    services.import_recipients(upload_id=Upload.objects.get(campaign=copy).pk)
    assert f"This file and this text went out in the last 24 hours as “{running.name}”" in words(
        get("campaign-send", copy)
    )


def test_the_file_is_read_again_as_chosen(draft: Campaign, operator: User, post: Visit) -> None:
    rows = [["Ann", "+4915123000001", "Berlin"], ["Bob", "+4915123000002", "Rome"]]
    making.uploaded(draft, rows, by=operator)
    draft.refresh_from_db()
    post(
        "campaign-file-choices",
        draft,
        version=draft.version,
        number_column="1",
        has_header="no",
        encoding="utf-8",
        separator=",",
    )
    upload = Upload.objects.get(campaign=draft, is_current=True)
    assert upload.options["number_column"] == 1
    assert upload.options["has_header"] is False


def test_a_column_that_is_not_there_is_refused(draft: Campaign, operator: User, post: Visit) -> None:
    before = making.uploaded(draft, making.order_rows(2), by=operator)
    response = post(
        "campaign-file-choices", draft, number_column="40", has_header="no", encoding="utf-8", separator=","
    )
    assert response.status_code == 422
    assert Upload.objects.get(campaign=draft, is_current=True) == before


# --- Typed numbers --------------------------------------------------------------------------------------


@pytest.fixture
def plain(project: Project, operator: User, gateway: object) -> Campaign:
    """A draft whose text has no variables."""
    return making.draft(
        project, operator, body_template_revision=making.body(project, "We open at nine.", name="Plain")
    )


def test_typed_numbers_are_checked_at_once(plain: Campaign, post: Visit) -> None:
    response = post("campaign-manual", plain, numbers="+4915123000001, 12\n+4915123000002", htmx="x")
    plain.refresh_from_db()
    assert plain.status == CampaignStatus.READY
    text = words(response)
    assert "Send 2 messages (2 segments) to 2 people" in text
    assert "Typed 3 Will be sent to 2" in text
    assert "Correct them below and check again" in text
    assert "your workbook" not in text


def test_the_hundred_and_first_number_is_refused(plain: Campaign, post: Visit) -> None:
    response = post("campaign-manual", plain, numbers="\n".join(making.numbers(101)))
    assert response.status_code == 422
    assert "at most 100 can be typed. Import more than that from a file." in words(response)


def test_a_text_with_variables_asks_for_a_file(draft: Campaign, post: Visit) -> None:
    response = post("campaign-manual", draft, numbers="+4915123000001")
    assert "each number needs its values: import a file." in words(response)
    assert not Upload.objects.exists()

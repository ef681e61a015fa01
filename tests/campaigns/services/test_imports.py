"""From an uploaded file to recipients and refused rows."""

from __future__ import annotations

import pytest
from django.db import connection, transaction
from pytest_django import Settings

from accounts.models import IdentityVerification, User
from accounts.statuses import EntityKind
from campaigns import services
from campaigns.models import Campaign, Forecast, Recipient, RefusedRow, Upload
from campaigns.services import imports, rows
from campaigns.spreadsheets import Chunk
from campaigns.statuses import CampaignStatus, UploadStatus
from delivery.models import Gateway
from projects.models import Project
from smsconsole.lib.types import RefusalReason, Region
from templates_app.statuses import TextKind
from tests.campaigns import making

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign(project: Project, operator: User, gateway: Gateway) -> Campaign:
    return making.draft(project, operator)


def test_it_takes_good_rows_and_refuses_bad_ones_with_their_reason(
    campaign: Campaign, operator: User
) -> None:
    upload = making.uploaded(
        campaign,
        [
            ["Number", "Name", "City"],
            ["+4915123000001", "Ann", "Berlin"],
            ["8.6138E+12", "Bob", "Paris"],
            ["+8613800138000", "Li", "Beijing"],
            ["", "", ""],
            ["+4915123000002", "", "Rome"],
        ],
        by=operator,
    )
    assert upload.status == UploadStatus.READ
    assert (upload.n_rows, upload.n_recipients, upload.n_refused) == (4, 1, 3)
    assert list(RefusedRow.objects.order_by("row_number").values_list("row_number", "reason")) == [
        (3, RefusalReason.NUMBER_DAMAGED),
        (4, RefusalReason.OTHER_REGION),
        (6, RefusalReason.MISSING_PARAMETER),
    ]
    recipient = Recipient.objects.get()
    assert (recipient.row_number, recipient.msisdn, recipient.parameters) == (
        2,
        "+4915123000001",
        ["Ann", "Berlin"],
    )


def test_the_campaign_is_ready_with_a_forecast(campaign: Campaign, operator: User) -> None:
    making.uploaded(campaign, making.order_rows(3), by=operator)
    assert campaign.status == CampaignStatus.READY
    assert Forecast.objects.get(campaign=campaign).n_messages == 3


def test_odd_characters_in_parameters_survive(campaign: Campaign, operator: User) -> None:
    odd = ['a\\b"c', "tab\there, {1} \\N"]
    making.uploaded(campaign, [["+4915123000001", *odd]], by=operator)
    assert Recipient.objects.get().parameters == odd


def test_the_same_number_with_the_same_parameters_is_a_duplicate(campaign: Campaign, operator: User) -> None:
    ann = ["+49 1512 3000001", "Ann", "Berlin"]
    upload = making.uploaded(
        campaign, [ann, ["+4915123000001", "Ann", "Berlin"], ["+4915123000001", "Ann", "Paris"]], by=operator
    )
    assert (upload.n_duplicates, upload.n_same_number, upload.n_sendable) == (1, 1, 2)
    assert list(Recipient.objects.order_by("row_number").values_list("is_duplicate", flat=True)) == [
        False,
        True,
        False,
    ]


def test_rows_that_all_are_refused_leave_a_draft(campaign: Campaign, operator: User) -> None:
    making.uploaded(campaign, [["+8613800138000", "Li", "Beijing"]], by=operator)
    assert campaign.status == CampaignStatus.DRAFT


def test_a_refused_file_says_why_and_leaves_nothing(campaign: Campaign, operator: User) -> None:
    upload = making.uploaded(campaign, [["%PDF-1.4", "no spreadsheet"]], by=operator, name="recipients.xlsx")
    assert upload.status == UploadStatus.REFUSED
    assert upload.refusal["sentence"]
    assert campaign.status == CampaignStatus.DRAFT
    assert not Recipient.objects.exists()


def test_a_file_refused_half_way_leaves_no_rows(
    campaign: Campaign, operator: User, settings: Settings
) -> None:
    settings.UPLOAD_MAX_ROWS = 5_500
    upload = making.uploaded(campaign, making.order_rows(6_000), by=operator)
    assert upload.refusal["reason"] == "too_many_rows"
    assert (upload.n_rows, Recipient.objects.count()) == (0, 0)


def cut_off_after(monkeypatch: pytest.MonkeyPatch, n_chunks: int) -> None:
    """Let the runner die after so many chunks, as a kill would."""
    stored: list[Chunk] = []

    def store(*args: object, **kwargs: object) -> None:
        if len(stored) == n_chunks:
            raise KeyboardInterrupt
        rows.store_rows(*args, **kwargs)
        stored.append(args[1])

    monkeypatch.setattr(imports, "store_rows", store)


def test_an_import_that_was_cut_off_goes_on_and_doubles_nothing(
    campaign: Campaign, operator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = [*making.order_rows(12_000), ["10086", "x", "y"]]
    upload = services.receive_upload(campaign=campaign, file=making.csv_file(sent), by=operator)
    with monkeypatch.context() as patch:
        cut_off_after(patch, 1)
        with pytest.raises(KeyboardInterrupt):
            services.import_recipients(upload_id=upload.pk)
    upload.refresh_from_db()
    assert upload.status == UploadStatus.READING
    assert 0 < upload.n_rows < 12_001
    services.import_recipients(upload_id=upload.pk)
    upload.refresh_from_db()
    assert (upload.n_rows, upload.n_recipients, upload.n_refused) == (12_001, 12_000, 1)
    assert Recipient.objects.count() == 12_000


def test_a_runner_that_died_after_the_last_row_is_made_up_for(
    campaign: Campaign, operator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = services.receive_upload(
        campaign=campaign, file=making.csv_file(making.order_rows(2)), by=operator
    )
    with monkeypatch.context() as patch:
        patch.setattr(imports, "_finish", lambda upload: None)
        services.import_recipients(upload_id=upload.pk)
    services.import_recipients(upload_id=upload.pk)
    campaign.refresh_from_db()
    assert campaign.status == CampaignStatus.READY


def test_a_second_runner_returns_at_once(campaign: Campaign, operator: User) -> None:
    upload = services.receive_upload(
        campaign=campaign, file=making.csv_file(making.order_rows(2)), by=operator
    )
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [imports._LOCK_CLASS, upload.pk])
        services.import_recipients(upload_id=upload.pk)
        assert not Recipient.objects.exists()
    finally:
        other.close()


def test_replacing_the_file_stops_the_import_that_runs(
    campaign: Campaign, operator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = services.receive_upload(
        campaign=campaign, file=making.csv_file(making.order_rows(11_000)), by=operator
    )

    def replace_after_the_first_chunk(*args: object, **kwargs: object) -> None:
        rows.store_rows(*args, **kwargs)
        if Upload.objects.filter(campaign=campaign).count() == 1:
            services.receive_upload(
                campaign=campaign, file=making.csv_file(making.order_rows(2)), by=operator
            )

    with monkeypatch.context() as patch:
        patch.setattr(imports, "store_rows", replace_after_the_first_chunk)
        services.import_recipients(upload_id=first.pk)
    first.refresh_from_db()
    assert first.status == UploadStatus.READING
    assert first.n_rows < 11_000
    second = services.current_upload(campaign)
    services.import_recipients(upload_id=second.pk)
    services.drop_upload(upload_id=first.pk)
    assert Recipient.objects.count() == 2
    assert not Upload.objects.filter(pk=first.pk).exists()


def test_a_dropped_file_goes_unless_a_copy_needs_it(campaign: Campaign, operator: User) -> None:
    upload = making.uploaded(campaign, making.order_rows(2), by=operator)
    copy = services.copy_campaign(campaign=campaign, by=operator)
    storage, name = upload.file.storage, upload.file.name
    services.remove_upload(campaign=campaign, version=None, by=operator)
    services.drop_upload(upload_id=upload.pk)
    assert storage.exists(name)
    shared = services.current_upload(copy)
    services.remove_upload(campaign=copy, version=None, by=operator)
    with transaction.atomic():
        services.drop_upload(upload_id=shared.pk)
    assert Upload.objects.count() == 0


def test_another_text_reads_the_file_again(campaign: Campaign, project: Project, operator: User) -> None:
    first = making.uploaded(campaign, making.order_rows(2), by=operator)
    other = making.body(project, "Hello {1}.", name="Short")
    services.update_draft(
        campaign=campaign, version=None, changes={"body_template_revision": other}, by=operator
    )
    second = services.current_upload(campaign)
    assert second.pk != first.pk
    services.import_recipients(upload_id=second.pk)
    assert Recipient.objects.filter(upload=second, row_number=2).get().parameters == ["Person 0"]


def test_a_text_with_the_same_variables_only_renews_the_forecast(
    campaign: Campaign, project: Project, operator: User
) -> None:
    upload = making.uploaded(campaign, making.order_rows(2), by=operator)
    before = Forecast.objects.get(campaign=campaign).n_segments
    other = making.body(project, "{1}, {2}: " + "x" * 300, name="Long")
    services.update_draft(
        campaign=campaign, version=None, changes={"body_template_revision": other}, by=operator
    )
    assert services.current_upload(campaign).pk == upload.pk
    assert Forecast.objects.get(campaign=campaign).n_segments > before


def test_chosen_columns_are_read(campaign: Campaign, operator: User) -> None:
    shuffled = [["x", "+4915123000001", "Ann", "Berlin"], ["y", "+4915123000002", "Bob", "Paris"]]
    making.uploaded(campaign, shuffled, by=operator)
    upload = services.choose_file_reading(
        campaign=campaign, version=None, choices={"number_column": 1, "has_header": False}, by=operator
    )
    services.import_recipients(upload_id=upload.pk)
    assert Recipient.objects.filter(upload=upload).count() == 2


def test_a_copy_for_the_other_region_takes_the_rows_that_were_refused(
    campaign: Campaign, operator: User
) -> None:
    making.uploaded(
        campaign, [["+4915123000001", "Ann", "Berlin"], ["+8613800138000", "Li", "Beijing"]], by=operator
    )
    copy = services.copy_campaign(campaign=campaign, by=operator, region=Region.DOMESTIC)
    upload = services.current_upload(copy)
    services.import_recipients(upload_id=upload.pk)
    assert [r.msisdn for r in Recipient.objects.filter(upload=upload)] == ["+8613800138000"]


def test_marking_duplicates_never_joins_row_by_row(campaign: Campaign, operator: User) -> None:
    """Right after an import PostgreSQL takes the table for nearly empty; the plan must be good all the same."""
    upload = making.uploaded(campaign, making.order_rows(3_000), by=operator)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {rows.MARK_DUPLICATES}", {"upload": upload.pk})
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Nested Loop" not in plan
    assert "Index Cond" in plan.rsplit("->", 1)[-1]


# --- Rules of values ------------------------------------------------------------------------------------


def refusals(campaign: Campaign, rows: list[list[str]], by: User) -> list[tuple[int, str, str]]:
    upload = making.uploaded(campaign, [["Number", "Name", "City"], *rows], by=by)
    found = RefusedRow.objects.filter(upload=upload).order_by("row_number")
    return [(row.row_number, row.column, row.reason) for row in found]


def test_a_value_with_a_link_is_refused(campaign: Campaign, operator: User) -> None:
    first, second = making.numbers(2)
    found = refusals(
        campaign, [[first, "Ann", "https://evil.example/x"], [second, "Bob", "St. Gallen"]], operator
    )
    assert found == [(2, "City", "value_has_link")]


def test_a_verification_text_takes_codes_only(project: Project, operator: User) -> None:
    text = making.body(project, "Your code is {1}, valid {2} minutes.", kind=TextKind.VERIFICATION)
    campaign = making.draft(project, operator, body_template_revision=text)
    first, second, third = making.numbers(3)
    rows = [[first, "123456", "5"], [second, "1234567", "5"], [third, "12ab", "5"]]
    assert refusals(campaign, rows, operator) == [
        (3, "Name", "value_not_a_code"),
        (4, "Name", "value_not_a_code"),
    ]


def test_an_individuals_values_have_at_most_twelve_characters(campaign: Campaign, operator: User) -> None:
    IdentityVerification.objects.update(kind=EntityKind.INDIVIDUAL)
    first, second = making.numbers(2)
    rows = [[first, "Twelve chars", "Berlin"], [second, "Thirteen char", "Berlin"]]
    assert refusals(campaign, rows, operator) == [(3, "Name", "value_too_long_for_individual")]


def test_rows_are_checked_again_when_the_organization_becomes_an_enterprise(
    campaign: Campaign, operator: User
) -> None:
    IdentityVerification.objects.update(kind=EntityKind.INDIVIDUAL)
    assert refusals(campaign, [[making.numbers(1)[0], "A name of fourteen", "Berlin"]], operator)
    IdentityVerification.objects.update(kind=EntityKind.ENTERPRISE)
    services.check_anew(campaign=campaign, by=operator)
    again = Upload.objects.get(campaign=campaign, is_current=True)
    services.import_recipients(upload_id=again.pk)
    again.refresh_from_db()
    assert (again.n_refused, again.n_recipients) == (0, 1)
    services.check_anew(campaign=campaign, by=operator)
    assert Upload.objects.get(campaign=campaign, is_current=True) == again

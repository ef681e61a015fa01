"""What became of a file's rows, as workbooks."""

from __future__ import annotations

import io
from collections.abc import Callable

import openpyxl
import pytest

from accounts.models import User
from campaigns import fanout, results, services
from campaigns.models import Campaign, Upload
from delivery.models import Gateway
from delivery.queries import StatusWord
from projects.models import Project
from tests.campaigns import making

pytestmark = pytest.mark.django_db

ROWS = [
    ["Number", "Name", "City"],
    ["+4915123000001", "Ann", "Berlin"],
    ["10086", "Bob", "Rome"],
    ["+4915123000001", "Ann", "Berlin"],
    ["+4915123000002", "Cleo", "Oslo"],
]


@pytest.fixture
def campaign(project: Project, operator: User, gateway: Gateway) -> Campaign:
    campaign = making.draft(project, operator)
    making.uploaded(campaign, ROWS, by=operator)
    return campaign


def table(write: Callable[[io.BytesIO], object]) -> list[list[object]]:
    stream = io.BytesIO()
    write(stream)
    sheet = openpyxl.load_workbook(io.BytesIO(stream.getvalue())).worksheets[0]
    return [[cell or "" for cell in row] for row in sheet.iter_rows(values_only=True)]


def result(campaign: Campaign, *, reveal: bool = True) -> list[list[object]]:
    return table(lambda stream: results.write_result(campaign=campaign, stream=stream, reveal=reveal))


def test_before_sending_it_says_what_each_row_will_be(campaign: Campaign) -> None:
    rows = result(campaign)
    assert rows[0][:4] == ["Number", "Name", "City", "Status"]
    assert [row[3] for row in rows[1:]] == ["Will be sent", "Refused", "Duplicate", "Will be sent"]
    assert rows[2][7:9] == ["Short code", "Service numbers cannot receive messages. Delete the row."]


def test_afterwards_it_says_what_became_of_it(campaign: Campaign, operator: User) -> None:
    making.send(campaign, operator)
    fanout.run(campaign.pk)
    campaign.refresh_from_db()
    rows = result(campaign)
    assert [row[3] for row in rows[1:]] == ["Waiting", "Refused", "Duplicate", "Waiting"]
    assert rows[1][:5] == ["+4915123000001", "Ann", "Berlin", "Waiting", "1"]


def test_numbers_are_masked_unless_asked_for(campaign: Campaign) -> None:
    column = [row[0] for row in result(campaign, reveal=False)]
    assert "+4915123000001" not in column
    assert "****" in column[1]


def test_typed_numbers_come_as_a_table(project: Project, operator: User, gateway: Gateway) -> None:
    campaign = services.create_draft(project=project, by=operator)
    services.type_numbers(campaign=campaign, version=None, text="+4915123000001 10086", by=operator)
    rows = result(campaign)
    assert [row[:2] for row in rows] == [["Row", "Status"], [1, "Will be sent"], [2, "Refused"]]


def test_a_draft_without_recipients_has_no_result(project: Project, operator: User) -> None:
    campaign = services.create_draft(project=project, by=operator)
    with pytest.raises(Upload.DoesNotExist):
        result(campaign)


def test_the_table_of_numbers_is_exported_as_it_is_filtered(campaign: Campaign, operator: User) -> None:
    making.send(campaign, operator)
    fanout.run(campaign.pk)
    campaign.refresh_from_db()

    def numbers(word: StatusWord | None, search: str, *, reveal: bool) -> list[object]:
        rows = table(
            lambda stream: results.write_numbers(
                campaign=campaign, stream=stream, word=word, search=search, reveal=reveal
            )
        )
        return [row[1] for row in rows[1:]]

    assert numbers(None, "", reveal=True) == ["+4915123000001", "+4915123000002"]
    assert numbers(None, "0002", reveal=True) == ["+4915123000002"]
    assert numbers(StatusWord.DELIVERED, "", reveal=True) == []
    assert "****" in str(numbers(None, "", reveal=False)[0])

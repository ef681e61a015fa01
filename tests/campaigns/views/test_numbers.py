"""The table of numbers: masked, filtered, searched, paged, exported."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import openpyxl
import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import FileResponse
from django.utils import timezone

from accounts.models import Membership, User
from campaigns import fanout, services
from campaigns.models import Campaign, CampaignEvent
from campaigns.statuses import EventKind
from delivery.models import Message
from delivery.statuses import MessageStatus
from projects.models import Project
from smsconsole.outbox.models import OutboxEvent
from tests.campaigns import making
from tests.campaigns.views.conftest import Visit, words

pytestmark = pytest.mark.django_db

NumQueries = Callable[[int], AbstractContextManager[None]]
MASKED = "+49 151 **** 0001"
WHOLE = "+4915123000001"


@pytest.fixture
def may_reveal(operator: User) -> None:
    Membership.objects.filter(user=operator).update(may_reveal_numbers=True)


def cells(response: FileResponse) -> list[tuple[object, ...]]:
    content = io.BytesIO(b"".join(response.streaming_content))
    return list(openpyxl.load_workbook(content).worksheets[0].iter_rows(values_only=True))


def test_numbers_are_masked(running: Campaign, get: Visit) -> None:
    page = get("campaign-numbers", running)
    assert MASKED in words(page)
    assert WHOLE not in page.content.decode()


def test_who_may_and_asks_sees_them_and_it_is_recorded(
    running: Campaign, get: Visit, post: Visit, operator: User, may_reveal: None
) -> None:
    assert WHOLE not in words(get("campaign-numbers", running))
    post("campaign-reveal", running)
    assert WHOLE in words(get("campaign-numbers", running))
    assert CampaignEvent.objects.get(kind=EventKind.NUMBERS_REVEALED).by == operator
    assert OutboxEvent.objects.filter(kind="campaign.numbers_revealed").count() == 1


def test_seeing_ends_after_ten_minutes(running: Campaign, get: Visit, post: Visit, may_reveal: None) -> None:
    post("campaign-reveal", running)
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        assert WHOLE not in words(get("campaign-numbers", running))


def test_seeing_ends_with_the_right_to_it(
    running: Campaign, get: Visit, post: Visit, may_reveal: None
) -> None:
    post("campaign-reveal", running)
    Membership.objects.update(may_reveal_numbers=False)
    assert WHOLE not in words(get("campaign-numbers", running))


def test_who_may_not_is_refused_and_nothing_is_recorded(running: Campaign, post: Visit) -> None:
    assert post("campaign-reveal", running).status_code == 403
    assert not CampaignEvent.objects.filter(kind=EventKind.NUMBERS_REVEALED).exists()


def test_revealing_rejects_get(running: Campaign, get: Visit) -> None:
    assert get("campaign-reveal", running).status_code == 405


def failed(campaign: Campaign, n: int) -> None:
    first = campaign.dispatch.first_id
    Message.objects.filter(id__lt=first + n).update(
        status=MessageStatus.UNDELIVERED, rare_status=MessageStatus.UNDELIVERED, code="MK:0001"
    )


def test_it_filters_by_the_words_of_the_page(running: Campaign, get: Visit) -> None:
    failed(running, 1)
    page = get("campaign-numbers", running, "?status=failed").content.decode()
    assert page.count('<td data-label="Number"') == 1
    assert "MK:0001" in page


@pytest.mark.parametrize("q", ["%2B4915123000001", "4915123000001", "0001", "%2B49 151 2300-0001"])
def test_it_finds_a_whole_number_or_its_last_digits(running: Campaign, get: Visit, q: str) -> None:
    page = get("campaign-numbers", running, f"?q={q}").content.decode()
    assert page.count('<td data-label="Number"') == 1
    assert "hit" in page


def test_three_digits_are_too_few(running: Campaign, get: Visit) -> None:
    page = get("campaign-numbers", running, "?q=001").content.decode()
    assert 'id="search-error"' in page
    assert '<td data-label="Number"' not in page


def test_what_nobody_has_leads_back(running: Campaign, get: Visit) -> None:
    assert "No number matches" in words(get("campaign-numbers", running, "?q=99999999"))


@pytest.mark.parametrize("query", ["?status=nonsense", "?after=x", "?after=" + "9" * 30, "?trail=--1-x"])
def test_a_made_up_address_is_no_error(running: Campaign, get: Visit, query: str) -> None:
    assert get("campaign-numbers", running, query).status_code == 200


@pytest.fixture
def large(project: Project, operator: User, gateway: object) -> Campaign:
    campaign = making.send(making.ready(project, operator, n=120), operator)
    fanout.run(campaign.pk)
    return Campaign.objects.select_related("dispatch", "project").get(pk=campaign.pk)


def link(page: str, rel: str) -> str:
    found = re.search(rf'href="([^"]*)" rel="{rel}"', page)
    return found[1].replace("&amp;", "&") if found else ""


def test_pages_lead_forth_and_back(large: Campaign, get: Visit) -> None:
    seen = []
    query = "?"
    for _ in range(3):
        page = get("campaign-numbers", large, query).content.decode()
        seen.append(re.findall(r'data-label="Row">([^<]+)<', page))
        query = link(page, "next")
    assert [len(rows) for rows in seen] == [50, 50, 20]
    assert len({row for rows in seen for row in rows}) == 120
    for rows in reversed(seen[:2]):
        page = get("campaign-numbers", large, link(page, "prev")).content.decode()
        assert re.findall(r'data-label="Row">([^<]+)<', page) == rows
    assert link(page, "prev") == ""


def test_the_page_takes_a_fixed_number_of_statements(
    large: Campaign, get: Visit, django_assert_num_queries: NumQueries
) -> None:
    get("campaign-numbers", large)
    with django_assert_num_queries(15):
        get("campaign-numbers", large)


# --- Export ---------------------------------------------------------------------------------------------


def test_the_export_has_exactly_what_is_filtered(running: Campaign, get: Visit) -> None:
    failed(running, 2)
    page = get("campaign-numbers", running, "?status=failed&q=0001").content.decode()
    assert "numbers/export/?status=failed&amp;q=0001" in page
    rows = cells(get("campaign-export", running, "?status=failed&q=0001"))
    assert [row[1] for row in rows[1:]] == [MASKED]


def test_the_export_shows_whole_numbers_only_to_who_asked(
    running: Campaign, get: Visit, post: Visit, may_reveal: None
) -> None:
    assert cells(get("campaign-export", running))[2][1] == MASKED
    post("campaign-reveal", running)
    assert cells(get("campaign-export", running))[2][1] == WHOLE


def test_downloads_are_named_after_the_campaign(running: Campaign, get: Visit) -> None:
    disposition = get("campaign-export", running).headers["Content-Disposition"]
    assert disposition.startswith('attachment; filename="numbers-order-notice-')


def test_the_result_is_the_operator_s_own_file(running: Campaign, get: Visit) -> None:
    rows = cells(get("campaign-result", running))
    assert rows[0][:4] == ("Number", "Name", "City", "Status")
    assert [row[3] for row in rows[1:]] == ["Waiting"] * 3


def test_a_campaign_without_a_file_has_no_result(draft: Campaign, get: Visit) -> None:
    assert get("campaign-result", draft).status_code == 302


def test_the_template_has_the_columns_of_the_text(draft: Campaign, get: Visit) -> None:
    response = get("campaign-template", draft)
    rows = cells(response)
    assert rows[0] == ("Number", "1", "2")
    assert all(str(row[0]).startswith("+") for row in rows[1:])


def test_the_template_can_be_uploaded_as_it_is(draft: Campaign, get: Visit, operator: User) -> None:
    content = b"".join(get("campaign-template", draft).streaming_content)
    upload = services.receive_upload(
        campaign=draft, file=SimpleUploadedFile("template.xlsx", content), by=operator
    )
    services.import_recipients(upload_id=upload.pk)
    upload.refresh_from_db()
    assert (upload.n_recipients, upload.n_refused) == (2, 0)

"""Whitelist, blacklist and unsubscribed numbers: adding many, searching, removing, taking away."""

from __future__ import annotations

import io
import time
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Organization, Role, User
from projects import services
from projects.errors import ProjectsError
from projects.models import ListedNumber, Project
from projects.queries.lists import PAGE_SIZE, number_page
from projects.statuses import ListingSource, NumberList
from smsconsole.outbox.models import OutboxEvent
from tests.factories import ProjectFactory, member
from tests.people import ClientOf

pytestmark = pytest.mark.django_db
BLACK, WHITE, OUT = NumberList.BLACKLIST, NumberList.WHITELIST, NumberList.UNSUBSCRIBED


def add(client: Client, project: Project, which: str, text: str = "", **more: Any) -> Any:
    address = reverse("number-list-add", args=[project.slug, which])
    return client.post(address, {"text": text, "note": "", **more})


def put(project: Project, by: User, *msisdns: str, which: NumberList = BLACK, **more: Any) -> int:
    return services.add_numbers(
        project=project,
        number_list=which,
        numbers=[(msisdn, "") for msisdn in msisdns],
        source=ListingSource.PERSON,
        by=by,
        **more,
    )


def listed(project: Project, which: NumberList = BLACK) -> set[str]:
    return set(ListedNumber.objects.filter(project=project, list=which).values_list("msisdn", flat=True))


def see(client: Client, project: Project, which: str = "blacklist", **query: str) -> str:
    response = client.get(reverse("number-list", args=[project.slug, which]), query)
    assert response.status_code == 200
    return response.content.decode()


def test_pasted_lines_are_read_as_people_write_them(
    client_of: ClientOf, project: Project, operator: User
) -> None:
    text = "Number\n+86 138 0013 8000, angry customer\n0049 171 2345678\n\n+8613800138000\n＋８６13900139000"
    response = add(client_of(operator), project, "blacklist", text, note="from the hotline")
    assert response.status_code == 302
    notes = dict(ListedNumber.objects.values_list("msisdn", "note"))
    assert notes == {
        "+8613800138000": "angry customer",
        "+491712345678": "from the hotline",
        "+8613900139000": "from the hotline",
    }
    assert OutboxEvent.objects.get(kind="numbers.listed").payload["n"] == 3


def test_each_bad_line_is_named_with_its_number_and_kept_in_the_form(
    client_of: ClientOf, project: Project, operator: User
) -> None:
    text = "\n".join(["+8613800138000", "8.6138E+12", "", "+8613900139000,+8613700137000", "12", "x<b>y1"])
    page = add(client_of(operator), project, "blacklist", text).content.decode()
    assert listed(project) == {"+8613800138000"}
    assert "4 lines were not added." in page
    assert "1 number added." in page
    for line, reason in [
        ("2", "damaged"),
        ("4", "Several numbers"),
        ("5", "too short"),
        ("6", "Not a number"),
    ]:
        assert f'data-label="Line">{line}</td>' in page
        assert reason in page
    assert "x&lt;b&gt;y1" in page
    # Whole numbers are masked in the table; the form holds what its author typed.
    assert page.count("+8613900139000") == 1


def test_a_thousand_lines_may_be_pasted_and_no_more(
    client_of: ClientOf, project: Project, operator: User
) -> None:
    client = client_of(operator)
    lines = [f"+861380{n:07}" for n in range(1_001)]
    response = add(client, project, "blacklist", "\n".join(lines))
    assert response.status_code == 422
    assert "These are 1,001 lines" in response.content.decode()
    assert lines[-1] in response.content.decode()
    assert add(client, project, "blacklist", "\n".join(lines[:1_000])).status_code == 302
    assert ListedNumber.objects.count() == 1_000


def workbook(*rows: tuple[Any, ...]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("list.xlsx", workbook(("Number", "Note"), (8613800138000, "as a number"), ("+4917123456789", None))),
        ("list.csv", "Number;Note\n+8613800138000;客户\n+4917123456789;".encode("gb18030")),
        ("list.txt", "\ufeff+8613800138000\r\n+4917123456789\r\n".encode()),
        ("list.csv", "+8613800138000\t\n+4917123456789".encode("utf-16")),
    ],
)
def test_files_of_every_kind_are_read(
    client_of: ClientOf, project: Project, operator: User, name: str, content: bytes
) -> None:
    response = add(client_of(operator), project, "blacklist", file=SimpleUploadedFile(name, content))
    assert response.status_code == 302
    assert listed(project) == {"+8613800138000", "+4917123456789"}
    assert set(ListedNumber.objects.values_list("source", flat=True)) == {ListingSource.IMPORT}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04 no archive", "cannot be read"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old format"),
        (b"\n\n", "holds no line"),
        (b"+8613800138000\0", "cannot be read"),
    ],
)
def test_a_file_that_is_none_is_refused_at_its_field(
    client_of: ClientOf, project: Project, operator: User, content: bytes, words: str
) -> None:
    response = add(client_of(operator), project, "blacklist", file=SimpleUploadedFile("x.xlsx", content))
    page = response.content.decode()
    assert response.status_code == 422
    assert 'id="id_file_error"' in page
    assert words in page


def test_a_file_with_too_many_lines_is_refused_as_a_whole(
    client_of: ClientOf, project: Project, operator: User, settings: Any
) -> None:
    settings.NUMBER_LIST_FILE_MAX_ROWS = 2
    file = SimpleUploadedFile("x.txt", b"+8613800138000\n+8613800138001\n+8613800138002")
    assert "more than 2 lines" in add(client_of(operator), project, "blacklist", file=file).content.decode()
    assert not listed(project)


def test_the_whitelist_holds_so_many_and_no_more(project: Project, admin: User, settings: Any) -> None:
    settings.WHITELIST_MAX = 3
    put(project, admin, "+8613800000001", "+8613800000002", which=WHITE)
    with pytest.raises(ProjectsError, match="room for 1 more, and 2 new ones"):
        put(project, admin, "+8613800000003", "+8613800000004", which=WHITE)
    assert len(listed(project, WHITE)) == 2
    put(project, admin, "+8613800000001", "+8613800000003", which=WHITE)
    assert len(listed(project, WHITE)) == 3


def test_an_expired_number_makes_room_and_may_be_listed_anew(
    project: Project, admin: User, settings: Any
) -> None:
    settings.WHITELIST_MAX = 1
    put(project, admin, "+8613800000001", which=WHITE)
    ListedNumber.objects.update(expires_at=timezone.now() - timedelta(days=1))
    assert put(project, admin, "+8613800000002", which=WHITE) == 1
    ListedNumber.objects.filter(msisdn="+8613800000002").delete()
    assert put(project, admin, "+8613800000001", which=WHITE) == 1
    assert ListedNumber.objects.get(msisdn="+8613800000001").expires_at is None


def test_the_last_day_belongs_to_the_list(client_of: ClientOf, project: Project, admin: User) -> None:
    add(client_of(admin), project, "whitelist", "+8613800138000", expires_on="2036-12-31")
    expires_at = ListedNumber.objects.get().expires_at.astimezone(project.zone)
    assert expires_at.isoformat() == "2037-01-01T00:00:00+08:00"
    refused = add(client_of(admin), project, "whitelist", "+8613800138001", expires_on="2020-01-01")
    assert "over already" in refused.content.decode()


def test_numbers_are_masked_on_the_page(client_of: ClientOf, project: Project, operator: User) -> None:
    put(project, operator, "+8613800138000")
    page = see(client_of(operator), project)
    assert "+86 138 **** 8000" in page
    assert "13800138000" not in page


def test_the_search_finds_whole_numbers_and_their_ends(
    client_of: ClientOf, project: Project, operator: User
) -> None:
    put(project, operator, "+8613800138000", "+8613900238000", "+8613800139999")
    client = client_of(operator)
    assert see(client, project, q="8000").count('type="checkbox" name="number"') == 2
    assert see(client, project, q="138 000").count('type="checkbox" name="number"') == 1
    assert see(client, project, q="+8613800139999").count('type="checkbox" name="number"') == 1
    assert "at least its last 4 digits" in see(client, project, q="800")
    assert "No number matches" in see(client, project, q="4711471147")


def test_pages_lead_forth_and_back(project: Project, operator: User) -> None:
    put(project, operator, *(f"+86138{n:08}" for n in range(2 * PAGE_SIZE + 5)))
    first = number_page(project=project, number_list=BLACK)
    second = number_page(project=project, number_list=BLACK, before=first.older)
    third = number_page(project=project, number_list=BLACK, before=second.older)
    assert [len(page.rows) for page in (first, second, third)] == [PAGE_SIZE, PAGE_SIZE, 5]
    assert (first.newer, third.older) == (None, None)
    back = number_page(project=project, number_list=BLACK, after=third.newer)
    assert [row.pk for row in back.rows] == [row.pk for row in second.rows]
    start = number_page(project=project, number_list=BLACK, after=back.newer)
    assert [row.pk for row in start.rows] == [row.pk for row in first.rows]
    assert start.newer is None


def test_chosen_numbers_are_removed_and_those_of_others_are_not(
    client_of: ClientOf, project: Project, operator: User, outsider: User
) -> None:
    put(project, operator, "+8613800000001", "+8613800000002")
    theirs = ProjectFactory(organization=outsider.memberships.get().organization)
    put(theirs, outsider, "+8613800000003")
    chosen = [str(row.uuid) for row in ListedNumber.objects.exclude(msisdn="+8613800000002")]
    address = reverse("number-list-remove", args=[project.slug, "blacklist"])
    client_of(operator).post(address, {"number": [*chosen, "no-uuid"]})
    assert (listed(project), listed(theirs)) == ({"+8613800000002"}, {"+8613800000003"})


def test_nobody_takes_an_unsubscribed_number_off_directly(
    client_of: ClientOf, project: Project, operator: User
) -> None:
    put(project, operator, "+8613800000001", which=OUT)
    address = reverse("number-list-remove", args=[project.slug, "unsubscribed"])
    response = client_of(operator).post(address, {"number": [str(ListedNumber.objects.get().uuid)]})
    assert response.status_code == 422
    assert listed(project, OUT)


def export(client: Client, project: Project, **values: str) -> str:
    address = reverse("number-list-export", args=[project.slug, "blacklist"])
    return client.post(address, {"format": "csv", **values}).content.decode()


def test_an_export_is_masked_unless_one_may_see_whole_numbers(
    client_of: ClientOf, project: Project, operator: User, organization: Organization
) -> None:
    services.add_numbers(
        project=project,
        number_list=BLACK,
        numbers=[("+8613800138000", "=1+1"), ("+8613900139999", "")],
        source=ListingSource.PERSON,
        by=operator,
    )
    masked = export(client_of(operator), project, whole="yes")
    assert "+86 138 **** 8000" in masked
    assert "+8613800138000" not in masked
    assert "'=1+1" in masked
    trusted = member(organization, Role.OPERATOR, may_reveal_numbers=True)
    whole = export(client_of(trusted), project, whole="yes", q="8000")
    assert "+8613800138000" in whole
    assert "9999" not in whole
    kept = OutboxEvent.objects.filter(kind="numbers.exported").values_list("payload__whole", flat=True)
    assert list(kept) == [False, True]


def test_an_unknown_list_is_not_there(client_of: ClientOf, project: Project, operator: User) -> None:
    assert client_of(operator).get(f"/projects/{project.slug}/numbers/greylist/").status_code == 404


def test_a_note_that_turns_the_line_around_is_named(
    client_of: ClientOf, project: Project, operator: User
) -> None:
    client = client_of(operator)
    assert "U+202E" in add(client, project, "blacklist", "+8613800138000, a\u202eb").content.decode()
    response = add(client, project, "blacklist", "+8613800138000", note="a\u202eb")
    assert (response.status_code, listed(project)) == (422, set())


def test_ten_thousand_numbers_cost_a_page_no_more(
    client_of: ClientOf,
    project: Project,
    operator: User,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    put(project, operator, *(f"+86138{n:08}" for n in range(20_000)))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE projects_listednumber")
    client = client_of(operator)
    see(client, project)
    for query in ({}, {"q": "1999"}, {"before": str(ListedNumber.objects.order_by("pk")[100].pk)}):
        started = time.process_time()
        with django_assert_max_num_queries(22):
            page = see(client, project, **query)
        assert time.process_time() - started < 0.5
        assert "10\u202f000+" in page

"""Number lists: who bypasses the frequency limits, who gets nothing, and who unsubscribed."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from ninja import Query, Router
from pydantic import ConfigDict, Field

from accounts.models import Role, User
from api.access import actor_of
from api.native.cursors import Cursors
from api.native.keys import ApiRequest
from api.native.messages import NUMBER_LENGTH_MAX, msisdn_of
from api.native.operations import Terms, operation
from api.native.problems import FieldError, Problem
from api.native.shapes import NEXT_CURSOR, Given, Line, Moment, Paged, Told
from projects.models import ListedNumber, Project
from projects.queries.lists import number_page
from projects.services import add_numbers, remove_numbers
from projects.statuses import ApiScope, ListingSource, NumberList
from smsconsole.lib.msisdn import MsisdnError, read_msisdn
from smsconsole.lib.number_reasons import NUMBER_REASONS

router = Router(tags=["Number lists"])

MOST_AT_ONCE = 1_000
# Lifting the limits of a number is for admins; the other lists are kept by operators, too.
_ROLES = {NumberList.WHITELIST: (Role.ADMIN,)}
_CODES = ("list_refused", "project_disabled", "nobody_behind_key")
_WrittenNumber = Annotated[Line, Field(min_length=1, max_length=NUMBER_LENGTH_MAX)]


class NumberToList(Given):
    number: _WrittenNumber
    note: Line = Field("", max_length=200, description="Whose it is, or why it stands here.")


class NumbersToList(Given):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"numbers": [{"number": "+4915123000001", "note": "Wrong number"}]}},
    )

    numbers: Annotated[list[NumberToList], Field(min_length=1, max_length=MOST_AT_ONCE)]
    expires_at: Moment | None = Field(None, description="Until when, on the whitelist; null: until removed.")


class NumbersToUnlist(Given):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"numbers": ["+4915123000001"]}})

    numbers: Annotated[list[_WrittenNumber], Field(min_length=1, max_length=MOST_AT_ONCE)]


class ListedOut(Told):
    id: UUID
    number: str
    note: str
    consent: str = Field(
        description="Of an unsubscribed number: the signature (its id) and kind that it is about; empty: everything."
    )
    source: ListingSource
    added_at: Moment
    expires_at: Moment | None


class ListedPage(Told):
    items: list[ListedOut]
    next_cursor: str | None = NEXT_CURSOR


class Listed(Told):
    added: int = Field(description="Those that were not on the list.")
    given: int


class Unlisted(Told):
    removed: int = Field(description="Those that were on the list.")
    given: int


class ListAsked(Paged):
    number: Line = Field("", max_length=NUMBER_LENGTH_MAX)


@operation(
    router,
    "GET",
    "/number-lists/{list_name}",
    Terms(ApiScope.NUMBERS_WRITE, "Read a number list", ("cursor_invalid", "number_invalid")),
    gives=ListedPage,
)
def list_numbers(request: ApiRequest, list_name: NumberList, asked: Query[ListAsked]) -> ListedPage:
    """The numbers on a list, newest first: `whitelist`, `blacklist` or `unsubscribed`."""
    project = request.auth.project
    cursors = Cursors("number-list", project, {"list": list_name, **asked.filters()})
    page = number_page(
        project=project,
        number_list=list_name,
        search=msisdn_of(project, asked.number),
        before=cursors.read(asked.cursor),
        limit=asked.limit,
    )
    return ListedPage(items=[_out(row) for row in page.rows], next_cursor=cursors.make(page.older))


@operation(
    router,
    "POST",
    "/number-lists/{list_name}",
    Terms(ApiScope.NUMBERS_WRITE, "Add to a number list", _CODES, once="here"),
    gives=Listed,
)
def add_to_number_list(request: ApiRequest, list_name: NumberList, body: NumbersToList) -> Listed:
    """Put up to 1000 numbers on a list. All of them, or none: a number that cannot be read is named.

    A number on `unsubscribed` gets nothing of the project any more, whatever the signature.
    """
    project = request.auth.project
    if body.expires_at is not None and list_name != NumberList.WHITELIST:
        words = "Only entries of the whitelist expire."
        raise Problem("list_refused", words, errors=[FieldError("expires_at", "not_here", words)])
    written = [one.number for one in body.numbers]
    msisdns = _read_all(project, written, "numbers[{}].number")
    notes = {msisdn: one.note for msisdn, one in zip(msisdns, body.numbers, strict=True)}
    n_added = add_numbers(
        project=project,
        number_list=list_name,
        numbers=list(notes.items()),
        source=ListingSource.PROGRAM,
        expires_at=body.expires_at,
        by=_actor(request, list_name),
    )
    return Listed(added=n_added, given=len(written))


@operation(
    router,
    "POST",
    "/number-lists/{list_name}/remove",
    Terms(ApiScope.NUMBERS_WRITE, "Remove from a number list", _CODES, once="here"),
    gives=Unlisted,
)
def remove_from_number_list(request: ApiRequest, list_name: NumberList, body: NumbersToUnlist) -> Unlisted:
    """Take up to 1000 numbers off the whitelist or blacklist.

    Who unsubscribed decided so: their removal is asked for on the pages of the console, and a reviewer decides.
    """
    project = request.auth.project
    msisdns = _read_all(project, body.numbers, "numbers[{}]")
    listed = ListedNumber.objects.filter(project=project, list=list_name, msisdn__in=msisdns)
    n_removed = remove_numbers(
        project=project,
        number_list=list_name,
        uuids=list(listed.values_list("uuid", flat=True)),
        by=_actor(request, list_name),
    )
    return Unlisted(removed=n_removed, given=len(body.numbers))


def _actor(request: ApiRequest, number_list: NumberList) -> User:
    return actor_of(request.key, *_ROLES.get(number_list, ()))


def _read_all(project: Project, written: list[str], place: str) -> list[str]:
    found, errors = [], []
    for index, number in enumerate(written):
        try:
            found.append(read_msisdn(number, default_country=project.default_country).e164)
        except MsisdnError as error:
            words = NUMBER_REASONS[error.reason]
            errors.append(
                FieldError(place.format(index), str(error.reason), f"{words.label}. {words.advice}")
            )
    if errors:
        raise Problem(
            "list_refused", "Some of the numbers cannot be read. None was changed.", errors=errors[:100]
        )
    return found


def _out(row: ListedNumber) -> ListedOut:
    return ListedOut(
        id=row.uuid,
        number=row.msisdn,
        note=row.note,
        consent=row.consent_key,
        source=ListingSource(row.source),
        added_at=row.created_at,
        expires_at=row.expires_at,
    )

"""What the bodies of all operations are made of."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
)

from smsconsole.lib.plain_text import plain_text_problem

PAGE_DEFAULT = 50
PAGE_MAX = 200


class Given(BaseModel):
    """A body, or a part of one: a field that nobody knows is refused by its name."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=False)


class Told(BaseModel):
    """An answer, or a part of one. Every field is always there."""

    model_config = ConfigDict(frozen=True)


class Paged(Given):
    """How much of a list is asked for, and where it goes on."""

    limit: int = Field(PAGE_DEFAULT, ge=1, le=PAGE_MAX, description="Most items in the answer.")
    cursor: str | None = Field(
        None, max_length=64, description="`next_cursor` of the answer before; the filters stay the same."
    )

    def filters(self) -> dict[str, Any]:
        """What a cursor belongs to."""
        return self.model_dump(exclude={"limit", "cursor"})


def _one_line(value: str) -> str:
    if problem := plain_text_problem(value):
        raise ValueError(problem)
    return value


def _lines(value: str) -> str:
    if problem := plain_text_problem(value, is_multiline=True):
        raise ValueError(problem)
    return value


# Without characters that cannot be seen or that turn the direction of writing around.
Line = Annotated[str, AfterValidator(_one_line)]
Lines = Annotated[str, AfterValidator(_lines)]
# ISO 3166, two capital letters; or none.
Country = Annotated[str, Field(pattern=r"^([A-Z]{2})?$")]


_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}")


def _written_moment(value: object) -> object:
    """A date and a time, not a number of seconds since somewhen."""
    if isinstance(value, datetime) or (isinstance(value, str) and _MOMENT.match(value)):
        return value
    raise ValueError("Write a date and time with its offset, as in 2026-11-21T10:00:00Z.")


def _near(moment: datetime) -> datetime:
    """Calendars end somewhere, and zones move what stands at their ends beyond them."""
    if not 2000 <= moment.year < 2200:
        raise ValueError("Write a moment between the years 2000 and 2199.")
    return moment


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Moment = Annotated[
    AwareDatetime,
    BeforeValidator(_written_moment),
    AfterValidator(_near),
    PlainSerializer(_iso, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]
NEXT_CURSOR = Field(description="Ask with it for the next page; null at the end of the list.")

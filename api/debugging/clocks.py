"""What a request says about its time, beside the console's clock."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from api.debugging.report import Report

# So many digits have milliseconds, today and for the next two hundred years.
_DIGITS_OF_MILLISECONDS = 13
_DIGITS = 10


class Moment(NamedTuple):
    """A time in seconds, whatever the request wrote."""

    seconds: int
    is_milliseconds: bool


def read_moment(report: Report, written: str, *, name: str) -> Moment | None:
    """The time of a request; None when it has none, which the report then says."""
    written = written.strip()
    if not written:
        report.error(_("“%(name)s” is missing.") % {"name": name})
        return None
    is_number = written.isascii() and written.isdecimal()
    if not is_number or not (len(written) <= _DIGITS or len(written) == _DIGITS_OF_MILLISECONDS):
        report.error(
            _("“%(name)s” is %(written)s; it must be the seconds since 1970, ten digits.")
            % {"name": name, "written": written[:40]}
        )
        return None
    if len(written) == _DIGITS_OF_MILLISECONDS:
        report.error(
            _("“%(name)s” is in milliseconds. It must be in seconds: %(seconds)s.")
            % {"name": name, "seconds": written[:10]}
        )
        return Moment(int(written) // 1000, is_milliseconds=True)
    return Moment(int(written), is_milliseconds=False)


def compare_clocks(report: Report, moment: Moment, *, now: int, most_seconds: int) -> None:
    """Say how far the program's clock is from ours. A request that is pasted later is old, and not wrong for that."""
    behind = now - moment.seconds
    shown = f"{datetime.fromtimestamp(moment.seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"
    difference = _duration(abs(behind))
    if abs(behind) <= most_seconds:
        report.info(
            _("The time of the request is %(time)s, %(difference)s from the console's clock.")
            % {"time": shown, "difference": difference}
        )
    elif behind > 0:
        report.warning(
            _(
                "The time of the request is %(time)s, %(difference)s ago. Sent now it would be refused: at most "
                "%(most)s are allowed. If it was sent just now, set the clock of its machine."
            )
            % {"time": shown, "difference": difference, "most": _duration(most_seconds)}
        )
    else:
        report.error(
            _(
                "The time of the request is %(time)s, %(difference)s ahead of the console's clock; at most "
                "%(most)s are allowed. Set the clock of its machine."
            )
            % {"time": shown, "difference": difference, "most": _duration(most_seconds)}
        )


def _duration(seconds: int) -> str:
    if seconds < 120:
        return ngettext("%(n)d second", "%(n)d seconds", seconds) % {"n": seconds}
    minutes = seconds // 60
    if minutes < 120:
        return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
    hours = minutes // 60
    if hours < 72:
        return ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}
    return ngettext("%(n)d day", "%(n)d days", hours // 24) % {"n": hours // 24}

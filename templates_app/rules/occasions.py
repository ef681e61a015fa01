"""Holidays, so that a text about one that is over can be told. Pure.

Those of the moon calendar come from a table; outside its years they are not known and nothing is said of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

MONDAY, THURSDAY, SUNDAY = 0, 3, 6

_SPRING_FESTIVAL: Final = {
    2024: (2, 10), 2025: (1, 29), 2026: (2, 17), 2027: (2, 6), 2028: (1, 26), 2029: (2, 13), 2030: (2, 3),
    2031: (1, 23), 2032: (2, 11),
}  # fmt: skip
_DRAGON_BOAT: Final = {
    2024: (6, 10), 2025: (5, 31), 2026: (6, 19), 2027: (6, 9), 2028: (5, 28), 2029: (6, 16), 2030: (6, 5),
    2031: (6, 24), 2032: (6, 12),
}  # fmt: skip
_QIXI: Final = {
    2024: (8, 10), 2025: (8, 29), 2026: (8, 19), 2027: (8, 8), 2028: (8, 26), 2029: (8, 16), 2030: (8, 5),
    2031: (8, 24), 2032: (8, 12),
}  # fmt: skip
_MID_AUTUMN: Final = {
    2024: (9, 17), 2025: (10, 6), 2026: (9, 25), 2027: (9, 15), 2028: (10, 3), 2029: (9, 22), 2030: (9, 12),
    2031: (10, 1), 2032: (9, 19),
}  # fmt: skip

DayOf = Callable[[int], date | None]


@dataclass(frozen=True, slots=True)
class Occasion:
    """A holiday: the words it is recognized by, and its day in a year (None when not known)."""

    words: re.Pattern[str]
    day_of: DayOf

    def around(self, on: date) -> tuple[date | None, date | None]:
        """The last one that began before `on`, and the next one from `on` on."""
        days = [day for year in range(on.year - 1, on.year + 2) if (day := self.day_of(year)) is not None]
        past = [day for day in days if day < on]
        coming = [day for day in days if day >= on]
        return (max(past, default=None), min(coming, default=None))


def _fixed(month: int, day: int) -> DayOf:
    return lambda year: date(year, month, day)


def _weekday(month: int, weekday: int, nth: int) -> DayOf:
    def day_of(year: int) -> date:
        first = date(year, month, 1)
        return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))

    return day_of


def _by_table(table: dict[int, tuple[int, int]], plus_days: int = 0) -> DayOf:
    def day_of(year: int) -> date | None:
        return date(year, *table[year]) + timedelta(days=plus_days) if year in table else None

    return day_of


def _easter(year: int) -> date:
    """Sunday of the western Easter, by the anonymous Gregorian algorithm."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


OCCASIONS: Final = (
    Occasion(_words(r"元旦|\bnew year'?s (?:day|eve)\b"), _fixed(1, 1)),
    Occasion(
        _words(r"春节|新春|除夕|\bchinese new year\b|\blunar new year\b|\bspring festival\b"),
        _by_table(_SPRING_FESTIVAL),
    ),
    Occasion(_words(r"元宵|\blantern festival\b"), _by_table(_SPRING_FESTIVAL, 14)),
    Occasion(_words(r"情人节|\bvalentine'?s\b"), _fixed(2, 14)),
    Occasion(_words(r"妇女节|三八节|女神节|\bwomen'?s day\b"), _fixed(3, 8)),
    Occasion(_words(r"复活节|\beaster\b"), _easter),
    Occasion(_words(r"劳动节|五一|\blabou?r day\b"), _fixed(5, 1)),
    Occasion(_words(r"母亲节|\bmother'?s day\b"), _weekday(5, SUNDAY, 2)),
    Occasion(_words(r"儿童节|六一|\bchildren'?s day\b"), _fixed(6, 1)),
    Occasion(_words(r"端午|\bdragon boat\b"), _by_table(_DRAGON_BOAT)),
    Occasion(_words(r"父亲节|\bfather'?s day\b"), _weekday(6, SUNDAY, 3)),
    Occasion(_words(r"七夕|\bqixi\b"), _by_table(_QIXI)),
    Occasion(_words(r"中秋|\bmid-?autumn\b"), _by_table(_MID_AUTUMN)),
    Occasion(_words(r"国庆|\bnational day\b"), _fixed(10, 1)),
    Occasion(_words(r"万圣|\bhalloween\b"), _fixed(10, 31)),
    Occasion(_words(r"双十一|双11|\bsingles'? day\b"), _fixed(11, 11)),
    Occasion(_words(r"感恩节|\bthanksgiving\b|\bblack friday\b|黑色星期五"), _weekday(11, THURSDAY, 4)),
    Occasion(_words(r"圣诞|\bchristmas\b|\bxmas\b"), _fixed(12, 25)),
)

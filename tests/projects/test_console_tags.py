from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
import time_machine
from django.template import Context, Template

from projects.models import Project
from projects.templatetags.console import STATUS_LOOKS, grouped, percent_of

NOON = dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC)


def render(source: str, **context: Any) -> str:
    return Template(source).render(Context(context))


def test_a_time_shows_in_the_projects_zone_with_utc_on_hover() -> None:
    project = Project(time_zone="Asia/Shanghai")
    html = render("{% local_time moment %}", moment=NOON, project=project)
    assert ">1 Mar 2026, 20:00<" in html
    assert 'title="2026-03-01 12:00:00 UTC"' in html


def test_without_a_project_times_are_utc() -> None:
    assert "12:00" in render("{% local_time moment %}", moment=NOON)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(5, "now"), (180, "3\xa0minutes ago"), (-7200, "in 2\xa0hours"), (90_000, "1\xa0day ago")],
)
def test_relative_words_use_the_largest_unit(seconds: int, words: str) -> None:
    with time_machine.travel(NOON, tick=False):
        html = render("{% relative_time moment %}", moment=NOON - dt.timedelta(seconds=seconds))
    assert f"data-relative>{words}<" in html


@pytest.mark.parametrize("tag", ["local_time", "relative_time"])
def test_no_time_is_a_dash(tag: str) -> None:
    assert render(f"{{% {tag} moment %}}", moment=None) == "–"


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [
        (0, 0, "–"),
        (0, 9, "0 %"),
        (1, 4, "25 %"),
        (1, 3, "33.3 %"),
        (999_999, 1_000_000, "> 99.9 %"),
        (1, 100_000, "< 0.1 %"),
    ],
)
def test_a_share_never_claims_all_or_nothing_falsely(part: int, whole: int, shown: str) -> None:
    assert percent_of(part, whole).replace("\u202f", " ") == shown


def test_large_numbers_are_grouped_by_spaces_that_do_not_break() -> None:
    assert grouped(48211) == "48\u202f211"


@pytest.mark.parametrize("word", STATUS_LOOKS)
def test_a_state_has_icon_word_and_colour(word: str) -> None:
    html = render("{% status_badge word %}", word=word)
    assert "<svg" in html
    assert str(STATUS_LOOKS[word][0]) in html
    assert f"status-{STATUS_LOOKS[word][2]}" in html


def test_an_unknown_state_is_shown_as_it_is_and_escaped() -> None:
    assert "&lt;odd&gt;" in render("{% status_badge word %}", word="<odd>")


def test_the_shares_of_a_bar_follow_each_other_and_never_pass_the_end() -> None:
    html = render("{% stacked_bar 200 delivered=100 failed=50 other=50 %}")
    shares = [
        (float(x), float(width)) for x, width in re.findall(r'x="([\d.]+)" y="0" width="([\d.]+)"', html)
    ]
    assert shares == [(0.0, 50.0), (50.0, 25.0), (75.0, 25.0)]
    assert "Delivered 100, Failed 50" in html
    assert "style" not in html


def test_a_bar_of_nothing_is_empty() -> None:
    assert 'width="0.000"' in render("{% stacked_bar 0 delivered=0 %}")


def test_a_number_of_a_person_is_masked() -> None:
    html = render("{% masked_number msisdn %}", msisdn="+8613800138000")
    assert "0013" not in html
    assert "8000" in html


@pytest.mark.parametrize("written", ["+8613800138000", "tel. 138-0013-8000", "0049 (0) 151 2345678"])
def test_a_whole_number_in_a_refused_cell_is_masked(written: str) -> None:
    shown = render("{{ written|masked_cell }}", written=written)
    assert shown != written
    assert shown[-4:] == written[-4:]


@pytest.mark.parametrize("written", ["8.6138E+12", "n/a", "+86138", "Ada"])
def test_a_cell_without_a_whole_number_is_shown_as_it_is(written: str) -> None:
    assert render("{{ written|masked_cell }}", written=written) == written


def test_countries_have_names() -> None:
    assert render("{{ 'CN'|country_name }}{{ ''|country_name }}") == "China"


def test_a_zero_is_not_coloured_as_if_something_had_failed() -> None:
    assert "stat-failed" in render('{% stat "Failed" 3 look="failed" %}')
    assert "stat-failed" not in render('{% stat "Failed" 0 look="failed" %}')

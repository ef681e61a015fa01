"""Every rule refuses and allows what its own example says, and every reason of a rejection is reachable."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings

from templates_app import presets
from templates_app.rule_tables import rules_document
from templates_app.rules import BODY_BOOK, SENDER_ID_BOOK, SIGNATURE_BOOK, Rule
from templates_app.rules.topics import TOPICS

BOOKS = (BODY_BOOK, SIGNATURE_BOOK, SENDER_ID_BOOK)
RULES = [pytest.param(rule, id=f"{book.page}-{rule.id}") for book in BOOKS for rule in book.rules]


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_finds_its_refused_example_and_lets_the_allowed_one_pass(rule: Rule[Any]) -> None:
    found = list(rule(rule.refuses))
    assert {finding.rule_id for finding in found} == {rule.id}
    assert list(rule(rule.allows)) == []


@pytest.mark.parametrize("rule", RULES)
def test_the_allowed_example_breaks_no_other_rule_hard(rule: Rule[Any]) -> None:
    book = next(book for book in BOOKS if rule in book.rules)
    assert [finding.rule_id for finding in book.check(rule.allows) if finding.hard] == []


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_has_words_for_author_page_and_reviewer(rule: Rule[Any]) -> None:
    assert all([str(rule.title), str(rule.why), rule.source, rule.preset, str(rule.group)])
    for finding in rule(rule.refuses):
        assert len(finding.message) > 15
        assert finding.message.endswith((".", ":", "?"))


def test_ids_are_unique_within_a_page() -> None:
    for book in BOOKS:
        ids = [rule.id for rule in book.rules]
        assert len(ids) == len(set(ids))


def test_every_reason_a_rule_names_is_one_that_reviewers_can_tick() -> None:
    offered = (presets.FOR_BODY_TEMPLATES, presets.FOR_SIGNATURES, presets.FOR_SENDER_IDS)
    for book, reasons in zip(BOOKS, offered, strict=True):
        assert {rule.preset for rule in book.rules} <= {key for key, _words in reasons}


@pytest.mark.parametrize(
    ("reasons", "n", "book"),
    [(presets.BODY_TEMPLATE_REASONS, 18, BODY_BOOK), (presets.SIGNATURE_REASONS, 9, SIGNATURE_BOOK)],
)
def test_all_reasons_of_the_public_lists_are_there_by_a_rule_or_for_a_person(
    reasons: Any, n: int, book: Any
) -> None:
    numbers = sorted(number for reason in reasons for number in reason.numbers)
    assert numbers == list(range(1, n + 1))
    by_rule = {rule.preset for rule in book.rules}
    for reason in reasons:
        assert reason.example
        assert reason.by_rule == (reason.key in by_rule), reason.key


def test_reasons_that_fit_the_findings_come_first_once_each() -> None:
    rule = next(rule for rule in BODY_BOOK.rules if rule.id == "adjacent-variables")
    findings = [*rule(rule.refuses), *rule(rule.refuses)]
    assert presets.suggested(findings) == ["variable"]


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.key)
def test_a_topic_has_words_of_both_languages(topic: Any) -> None:
    assert topic.chinese
    assert topic.english


def test_the_table_of_rules_is_current() -> None:
    """When this fails: `manage.py write_rules`."""
    written = (settings.BASE_DIR / "docs" / "rules.md").read_text(encoding="utf-8")
    assert written == rules_document()

"""The rules that signatures, body templates, sender IDs and the values of rows are checked by. Pure: no models.

A rule takes a text as its author wrote it and yields findings, each with its place in that text. A hard finding
keeps a text from being submitted; a soft one is shown to author and reviewer, who decide. To add a rule, write its
function with the decorator of its book (`kit`): editor, submission, review page, the pages of rules and
`docs/rules.md` take it from there.
"""

from __future__ import annotations

from templates_app.rules import (
    body_general,
    body_kinds,
    body_subjects,
    body_variables,
    sender_id_rules,
    signature_rules,
)
from templates_app.rules.certificates import Needed, certificates_needed
from templates_app.rules.kit import (
    BODY_BOOK,
    SENDER_ID_BOOK,
    SIGNATURE_BOOK,
    BodyDraft,
    Finding,
    Rule,
    RuleBook,
    SenderIdDraft,
    SignatureDraft,
    in_order,
    without_repeats,
)
from templates_app.rules.values import ValueProblem, value_checker, value_problems

__all__ = [
    "BODY_BOOK",
    "SENDER_ID_BOOK",
    "SIGNATURE_BOOK",
    "BodyDraft",
    "Finding",
    "Needed",
    "Rule",
    "RuleBook",
    "SenderIdDraft",
    "SignatureDraft",
    "ValueProblem",
    "body_general",
    "body_kinds",
    "body_subjects",
    "body_variables",
    "certificates_needed",
    "check_body",
    "check_sender_id",
    "check_signature",
    "in_order",
    "sender_id_rules",
    "signature_rules",
    "value_checker",
    "value_problems",
    "without_repeats",
]

check_body = BODY_BOOK.check
check_signature = SIGNATURE_BOOK.check
check_sender_id = SENDER_ID_BOOK.check

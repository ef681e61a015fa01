"""Everything that a reviewer looks at before deciding: the whole case, put together for its page."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from smsconsole.lib.segments import SegmentCount, count_segments
from smsconsole.lib.types import Region
from templates_app import queries
from templates_app.checks import findings_of
from templates_app.differences import difference
from templates_app.models import AnyRevision, SenderIdRevision, SignatureRevision
from templates_app.previews import SAMPLE_BODIES, SAMPLE_SIGNATURES, marked
from templates_app.queries import Scope
from templates_app.rendering import BRACKETS, find_placeholders, render_body, sample_parameters, signed_text
from templates_app.review_forms import DecisionForm
from templates_app.reviewed import reviewed
from templates_app.rules import without_repeats
from templates_app.statuses import TextKind


def case_context(revision: AnyRevision, *, viewer: User, scope: Scope) -> dict[str, Any]:
    """What the page of a case shows of it, and of the queue around it."""
    kind = reviewed(revision.noun)
    findings = findings_of(revision)
    previous = queries.previous_revision(revision)
    on_phone = text_on_phone(revision)
    return {
        "project": revision.owner.project,
        "revision": revision,
        "kind": kind,
        "title": kind.title(revision),
        "around": queries.neighbourhood(scope=scope, viewer=viewer, revision=revision),
        "is_own": revision.is_by(viewer.pk),
        "is_alone": not queries.other_reviewers_exist(revision),
        "claim": queries.claim_of(revision),
        "due_at": kind.due_at(revision),
        "findings": without_repeats(findings),
        "source": marked(revision.text, findings),
        "previous": previous,
        "changes": difference(previous.text, revision.text) if previous else None,
        "brackets": _brackets(revision),
        "on_phone": on_phone,
        "sender": revision.text if isinstance(revision, SenderIdRevision) else "",
        "count": count_of(on_phone),
        "story": queries.story(revision.owner),
        "refusal": queries.refusal_of(revision),
        "certificates": _certificates(revision),
    }


def decision_form(revision: AnyRevision, data: Any = None) -> DecisionForm:
    """The verdict's form; reasons that fit what the rules found stand first."""
    fitting = [finding.preset for finding in findings_of(revision)]
    presets = sorted(
        reviewed(revision.noun).presets,
        key=lambda preset: fitting.index(preset[0]) if preset[0] in fitting else len(fitting),
    )
    return DecisionForm(data, presets=presets, initial={"seen_at": revision.submitted_at})


def text_on_phone(revision: AnyRevision) -> str:
    """The text as it would arrive, with sample values and, where it has none, a sample of the rest."""
    region = Region(revision.owner.region)
    if isinstance(revision, SignatureRevision):
        return signed_text(revision.text, region, SAMPLE_BODIES[region])
    if isinstance(revision, SenderIdRevision):
        return signed_text(SAMPLE_SIGNATURES[region], region, SAMPLE_BODIES[region])
    names = find_placeholders(revision.text)
    samples = sample_parameters(names, region=region, is_code=revision.kind == TextKind.VERIFICATION)
    signature = queries.usable_signatures(revision.owner.project, region).first()
    text = signature.text if signature else SAMPLE_SIGNATURES[region]
    return signed_text(text, region, render_body(revision.text, samples))


def count_of(text: str) -> SegmentCount:
    return count_segments(text)


def _brackets(revision: AnyRevision) -> tuple[str, str]:
    """A signature is shown as it will stand before the text."""
    if isinstance(revision, SignatureRevision):
        return BRACKETS[Region(revision.signature.region)]
    return ("", "")


def _certificates(revision: AnyRevision) -> Any:
    return revision.certificates.order_by("pk") if isinstance(revision, SignatureRevision) else []

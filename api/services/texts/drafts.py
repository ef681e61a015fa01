"""What programs write, held to the rules before anything is stored."""

from __future__ import annotations

import io
import secrets
from collections.abc import Iterator, Sequence
from typing import Any

from api.access import may_manage_texts
from api.services.texts.refusals import TextRefused, TextTrouble
from projects.models import Project
from smsconsole.lib.plain_text import plain_text_problem
from smsconsole.lib.types import Region
from templates_app.checks import entity_for_rules
from templates_app.documents import read_document
from templates_app.errors import TemplatesError
from templates_app.models import BodyTemplate, SignatureRevision
from templates_app.rules import BodyDraft, Finding, SignatureDraft, check_body, check_signature
from templates_app.rules.limits import scenario_min
from templates_app.statuses import SignatureType, SignatureUse, TextKind

# What a remark says where the program gave none: rules want to know when and to whom a text is sent.
NO_REMARKS = "Submitted by a program, which gave no description."
SHORT_REMARKS = "Submitted by a program, which says of it: %(remarks)s"
# What of a name is kept in front of its number, and how many numbers are tried.
_NUMBERED_MAX = 48
_NAMES_TRIED = 20


def kind_of_common(text: str, region: Region) -> TextKind:
    """What a text is whose program only says that it is no marketing: a verification code, or a notification."""
    found = check_body(BodyDraft(text, TextKind.NOTIFICATION, region, NO_REMARKS))
    is_code = any(finding.rule_id == "notification-code" for finding in found)
    return TextKind.VERIFICATION if is_code else TextKind.NOTIFICATION


def signature_fields(
    project: Project,
    region: Region,
    text: str,
    type: SignatureType,
    use: SignatureUse,
    remarks: str,
    images: Sequence[bytes],
    *,
    n_before: int = 0,
) -> dict[str, Any]:
    """What the services take, once the rules let it pass."""
    require_enterprise(project)
    _require_plain(text, remarks)
    documents = []
    for n, image in enumerate(images, start=1):
        try:
            documents.append(read_document(io.BytesIO(image), name=f"document-{n}"))
        except TemplatesError as error:
            raise TextRefused(TextTrouble.IMAGE, str(error)) from error
    remarks = remarks.strip() or NO_REMARKS
    draft = SignatureDraft(
        text=text.strip(),
        type=type,
        use=use,
        region=region,
        remarks=remarks,
        n_certificates=n_before + len(documents),
        entity=entity_for_rules(project),
    )
    _require_rules(check_signature(draft))
    return {"text": text, "type": type, "use": use, "remarks": remarks, "documents": documents}


def numbered(name: str) -> Iterator[str]:
    """The name, then with numbers behind it, and last with one that nobody has."""
    base = name.strip()
    yield base
    base = base[:_NUMBERED_MAX]
    for n in range(2, _NAMES_TRIED):
        yield f"{base} ({n})"
    yield f"{base} ({secrets.token_hex(4)})"


def body_fields(
    project: Project, region: Region, name: str, kind: TextKind, text: str, remarks: str
) -> dict[str, Any]:
    """The same of a body template."""
    require_enterprise(project)
    _require_plain(name, remarks)
    name_max = BodyTemplate._meta.get_field("name").max_length or 0
    if not 0 < len(name.strip()) <= name_max:
        words = (
            f"The name of a body template has 1 to {name_max} characters; this one has {len(name.strip())}."
        )
        raise TextRefused(TextTrouble.RULE, words, rule="name")
    remarks = remarks.strip() or NO_REMARKS
    if len(remarks) < scenario_min():
        # Elsewhere remarks may be a word; here the reviewer at least learns whose word it is.
        remarks = SHORT_REMARKS % {"remarks": remarks}
    _require_rules(
        check_body(BodyDraft(text.strip(), kind, region, remarks, entity=entity_for_rules(project)))
    )
    return {"name": name, "kind": kind, "text": text, "remarks": remarks}


def require_enterprise(project: Project) -> None:
    """Pass for organizations verified as an enterprise, else raise `TextRefused`."""
    if not may_manage_texts(project):
        raise TextRefused(
            TextTrouble.NOT_ENTERPRISE,
            "Only organizations verified as an enterprise create texts by program. Use the pages of the console, "
            "or let an admin apply for enterprise verification.",
        )


def _require_plain(line: str, lines: str) -> None:
    remarks_max = SignatureRevision._meta.get_field("remarks").max_length or 0
    if problem := plain_text_problem(line) or plain_text_problem(lines, is_multiline=True):
        raise TextRefused(TextTrouble.RULE, problem, rule="control-character")
    if len(lines) > remarks_max:
        words = f"Remarks have {remarks_max} characters at most; these have {len(lines)}."
        raise TextRefused(TextTrouble.RULE, words, rule="remarks")


def _require_rules(findings: Sequence[Finding]) -> None:
    hard = next((finding for finding in findings if finding.hard), None)
    if hard is not None:
        trouble = TextTrouble.IMAGE if hard.rule_id == "no-certificate" else TextTrouble.RULE
        raise TextRefused(trouble, hard.message, rule=hard.rule_id)

"""The second step: a file or typed numbers, how far its import is, and what it found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from campaigns import queries
from campaigns.forms import FileChoicesForm, ManualForm
from campaigns.models import Campaign, Upload
from campaigns.spreadsheets import ENCODINGS, column_letters
from campaigns.statuses import UploadStatus
from campaigns.views.format_notes import format_notes
from campaigns.views.lookup import campaign_url
from campaigns.views.other_region import OtherRegionRows, rows_of_other_region
from campaigns.views.steps.draft import Draft, Step
from projects.templatetags.console import grouped

# So many refused rows stand in the report itself; the rest is a click away.
REFUSED_SHOWN = 10
ENCODING_NAMES = {
    "utf-8": gettext_lazy("Unicode (UTF-8)"),
    "gb18030": gettext_lazy("Simplified Chinese (GB18030)"),
    "utf-16": gettext_lazy("Unicode (UTF-16)"),
    "cp1252": gettext_lazy("Western European (Windows-1252)"),
    "cp1251": gettext_lazy("Cyrillic (Windows-1251)"),
    "big5": gettext_lazy("Traditional Chinese (Big5)"),
    "shift_jis": gettext_lazy("Japanese (Shift JIS)"),
    "euc_kr": gettext_lazy("Korean (EUC-KR)"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    text: str
    is_warning: bool = False


def whom_step(draft: Draft) -> tuple[Step, dict[str, Any]]:
    campaign, upload = draft.campaign, draft.upload
    is_locked = campaign is None or not draft.body
    is_done = not is_locked and draft.has_recipients
    has_news = upload is not None and (not is_done or upload.n_refused > 0)
    is_refused = draft.refusal is not None and draft.refusal.form in ("manual_form", "choices_form", "upload")
    step = Step(
        key="whom",
        title=_("To whom"),
        template="campaigns/_whom.html",
        is_locked=is_locked,
        is_done=is_done,
        is_open=not is_done or has_news or is_refused or draft.stay_open == "whom",
        summary=_summary(upload) if upload else "",
        hint=_("First choose a template: it says which columns the file needs."),
    )
    if campaign is None or is_locked:
        return step, {}
    return step, {
        "upload": upload,
        "upload_is_file": upload is not None and bool(upload.file),
        "source": campaign.source,
        "n_placeholders": len(draft.body.placeholders) if draft.body else 0,
        "manual_form": draft.form("manual_form", ManualForm, initial={"numbers": campaign.manual_numbers}),
        "upload_error": str(draft.refusal.error) if draft.refusal and draft.refusal.form == "upload" else "",
        "import_progress": queries.import_progress(upload) if upload else None,
        "report": import_report(campaign, upload) if upload and upload.status == UploadStatus.READ else None,
        "choices_form": choices_form(draft, upload) if upload and upload.file and upload.facts else None,
        "max_bytes": settings.UPLOAD_MAX_BYTES,
        "too_large_words": _("The file is larger than %(limit)s. Split it into several files.")
        % {"limit": filesizeformat(settings.UPLOAD_MAX_BYTES).replace(".0\xa0", "\xa0")},
        "limits_words": _(".xlsx or .csv, up to %(size)s and %(rows)s rows")
        % {
            "size": filesizeformat(settings.UPLOAD_MAX_BYTES).replace(".0\xa0", "\xa0"),
            "rows": grouped(settings.UPLOAD_MAX_ROWS),
        },
        "format_notes": format_notes(campaign),
    }


@dataclass(frozen=True, slots=True)
class Report:
    """What the import found, in the words of the page."""

    file_words: str
    rows_note: str
    n_taken: int
    taken_note: str
    refused_note: str
    refused_url: str
    duplicates_note: str
    findings: list[Finding]
    first_refused: list[queries.RefusedLine]
    other_region: OtherRegionRows | None


def import_report(campaign: Campaign, upload: Upload) -> Report:
    """One statement above the upload itself: the first refused rows."""
    facts = upload.facts
    same_number = ""
    if upload.n_same_number:
        same_number = ngettext(
            "%(n)s more than people: same number, other values",
            "%(n)s more than people: same number, other values",
            upload.n_same_number,
        ) % {"n": grouped(upload.n_same_number)}
    return Report(
        file_words=_file_words(upload),
        rows_note=_("header and empty rows are not counted") if facts.get("has_header") else "",
        n_taken=upload.n_sendable,
        taken_note=same_number,
        refused_note=_("each with its reason, below") if upload.n_refused else "",
        refused_url=campaign_url("campaign-refused", campaign),
        duplicates_note=_("same number and same values; sent to once") if upload.n_duplicates else "",
        findings=[*_warnings(campaign, upload), *_notes(facts)],
        first_refused=queries.refused_rows(upload, limit=REFUSED_SHOWN).rows if upload.n_refused else [],
        other_region=rows_of_other_region(campaign, upload),
    )


def _file_words(upload: Upload) -> str:
    facts = upload.facts
    words = [filesizeformat(upload.size_bytes)] if upload.file else []
    if facts.get("kind") == "csv":
        words.append(str(ENCODING_NAMES.get(facts.get("encoding", ""), facts.get("encoding", ""))))
    elif facts.get("sheet"):
        words.append(_("sheet “%(name)s”") % {"name": facts["sheet"]})
    if "number_column" in facts:
        words.append(
            _("numbers from column %(column)s") % {"column": _column_name(facts, facts["number_column"])}
        )
    return " · ".join(words)


def _warnings(campaign: Campaign, upload: Upload) -> list[Finding]:
    found = [Finding(_twin_words(twin), is_warning=True) for twin in queries.twins_sent_lately(campaign)]
    facts = upload.facts
    if upload.n_landlines:
        words = ngettext(
            "%(n)s number is a landline, which rarely receives text messages. It is taken all the same.",
            "%(n)s numbers are landlines, which rarely receive text messages. They are taken all the same.",
            upload.n_landlines,
        )
        found.append(Finding(words % {"n": grouped(upload.n_landlines)}, is_warning=True))
    if facts.get("is_sheet_hidden"):
        found.append(
            Finding(_("The sheet is hidden in the workbook. Make sure that it is the one you mean."), True)
        )
    if facts.get("missing_columns"):
        names = ", ".join(facts["missing_columns"])
        found.append(
            Finding(_("The file has no column for these variables: %(names)s.") % {"names": names}, True)
        )
    if facts.get("n_dates"):
        found.append(Finding(_("Some values are dates; look at the previews to see how they read."), True))
    if campaign.region == "international" and not campaign.sender_id and upload.n_sendable:
        found.append(
            Finding(_("Without a sender ID the carrier chooses what the phone shows as the sender."))
        )
    return found


def _twin_words(twin: queries.Twin) -> str:
    """The same thing went out in the last 24 hours: people would get it again."""
    words = {
        (True, True): _("This file and this text went out in the last 24 hours as “%(name)s”, by %(who)s."),
        (True, False): _(
            "This file went out in the last 24 hours with another text as “%(name)s”, by %(who)s."
        ),
        (False, True): _("This text went out in the last 24 hours as “%(name)s”, by %(who)s."),
    }[twin.same_file, twin.same_text]
    return words % {"name": twin.campaign.name, "who": twin.campaign.sent_by or _("somebody")}


def _notes(facts: dict[str, Any]) -> list[Finding]:
    found = []
    surplus = list(facts.get("surplus_columns") or [])
    if surplus:
        shown = ", ".join(f"“{name}”" for name in surplus[:8])
        words = ngettext(
            "This column is not in the text and was ignored: %(names)s",
            "These columns are not in the text and were ignored: %(names)s",
            len(surplus),
        ) % {"names": shown}
        more = len(surplus) - 8
        found.append(Finding(words + (_(" and %(n)s more.") % {"n": more} if more > 0 else ".")))
    if facts.get("n_columns_beyond"):
        words = _("%(n)s more columns at the far right were not read.") % {"n": facts["n_columns_beyond"]}
        found.append(Finding(words))
    if facts.get("n_hidden_rows"):
        words = ngettext(
            "%(n)s hidden row was read like the others.",
            "%(n)s hidden rows were read like the others.",
            facts["n_hidden_rows"],
        )
        found.append(Finding(words % {"n": grouped(facts["n_hidden_rows"])}))
    return found


def choices_form(draft: Draft, upload: Upload) -> FileChoicesForm:
    facts = {**upload.facts, **upload.options}
    n_columns = max([facts["number_column"] + 1, *(len(cells) for _row, cells in facts["first_rows"])])
    return draft.form(
        "choices_form",
        FileChoicesForm,
        initial={
            "sheet": facts["sheet"],
            "number_column": facts["number_column"],
            "has_header": "yes" if facts["has_header"] else "no",
            "encoding": facts["encoding"],
            "separator": facts["separator"],
        },
        is_csv=facts["kind"] == "csv",
        sheets=[(sheet["name"], _sheet_name(sheet)) for sheet in facts["sheets"]],
        columns=[(index, _column_name(facts, index)) for index in range(n_columns)],
        encodings=[(name, ENCODING_NAMES.get(name, name)) for name in ENCODINGS],
    )


def _sheet_name(sheet: dict[str, Any]) -> str:
    return _("%(name)s (hidden)") % {"name": sheet["name"]} if sheet["is_hidden"] else str(sheet["name"])


def _column_name(facts: dict[str, Any], index: int) -> str:
    """ "B · phone": the letter, and the heading when there is one."""
    header = facts.get("header") or ()
    heading = header[index] if facts.get("has_header") and index < len(header) else ""
    return f"{column_letters(index)} · {heading}" if heading else column_letters(index)


def _summary(upload: Upload) -> str:
    if upload.status == UploadStatus.REFUSED:
        return _("%(name)s · refused") % {"name": upload.original_name}
    if upload.status != UploadStatus.READ:
        return _("%(name)s · being read") % {"name": upload.original_name}
    words = [upload.original_name, _("%(n)s numbers") % {"n": grouped(upload.n_sendable)}]
    if upload.n_refused:
        words.append(_("%(n)s refused") % {"n": grouped(upload.n_refused)})
    if upload.n_duplicates:
        words.append(_("%(n)s duplicates") % {"n": grouped(upload.n_duplicates)})
    return " · ".join(words)

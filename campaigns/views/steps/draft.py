"""What the four steps of the send page are made from, and what a step is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from django import forms
from django.http import HttpRequest
from django.utils.functional import Promise

from accounts.models import User
from campaigns.errors import CampaignsError
from campaigns.models import Campaign, Forecast, Upload
from campaigns.services import current_upload
from campaigns.statuses import UploadStatus
from projects.errors import ProjectsError
from projects.models import Project
from smsconsole.lib.types import Region
from templates_app import queries as texts
from templates_app.models import BodyTemplateRevision, SenderIdRevision, SignatureRevision

# Services speak of the wall time as one thing; the page asks for it in two fields.
_FIELD_ON_PAGE = {"scheduled_local": "time"}

FormType = TypeVar("FormType", bound=forms.Form)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What was posted to one form and not taken. Without an error the form's own ones say why."""

    form: str
    error: CampaignsError | ProjectsError | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One card: locked until the steps before it are done, then open, then done and still correctable."""

    key: str
    title: str | Promise
    template: str
    is_locked: bool = False
    is_done: bool = False
    is_open: bool = True
    summary: str = ""
    hint: str | Promise = ""


@dataclass
class Draft:
    """A draft and the request that looks at it. `campaign` is None before the first choice."""

    request: HttpRequest
    user: User
    project: Project
    campaign: Campaign | None
    region: Region
    stay_open: str = ""
    refusal: Refusal | None = None

    @cached_property
    def templates(self) -> list[BodyTemplateRevision]:
        return list(texts.usable_body_templates(self.project, self.region))

    @cached_property
    def signatures(self) -> list[SignatureRevision]:
        return list(texts.usable_signatures(self.project, self.region))

    @cached_property
    def sender_ids(self) -> list[SenderIdRevision]:
        return list(texts.usable_sender_ids(self.project))

    @cached_property
    def body(self) -> BodyTemplateRevision | None:
        return self.campaign.body_template_revision if self.campaign else None

    @cached_property
    def signature(self) -> SignatureRevision | None:
        return self.campaign.signature_revision if self.campaign else None

    @cached_property
    def upload(self) -> Upload | None:
        return current_upload(self.campaign) if self.campaign else None

    @cached_property
    def forecast(self) -> Forecast | None:
        return Forecast.objects.filter(campaign=self.campaign).first() if self.campaign else None

    @property
    def has_text(self) -> bool:
        """Template and signature are chosen and both still approved."""
        return self.body in self.templates and self.signature in self.signatures

    @property
    def has_recipients(self) -> bool:
        upload = self.upload
        return upload is not None and upload.status == UploadStatus.READ and upload.n_sendable > 0

    def form(self, key: str, kind: type[FormType], *, initial: dict[str, Any], **options: Any) -> FormType:
        """The form as the draft stands; or as it was posted, with what is wrong at its field."""
        if self.refusal is None or self.refusal.form != key:
            return kind(initial=initial, **options)
        form = kind(self.request.POST, initial=initial, **options)
        error = self.refusal.error
        if error is not None:
            # One thing at a time: what is merely not filled in yet is no news now.
            form.errors.clear()
            name = getattr(error, "field", "")
            name = _FIELD_ON_PAGE.get(name, name)
            form.add_error(name if name in form.fields else None, str(error))
        return form

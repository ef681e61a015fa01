"""Pages of platform staff: the queue of verifications and activations, and their decisions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import standing_queries
from accounts.access import organization_for, require_staff, signed_in_person
from accounts.errors import AccountsError, StandingChanged
from accounts.models import IdentityVerification, Organization, ServiceActivation, User
from accounts.services.activation import grant_activation, refuse_activation, revoke_activation
from accounts.services.administration import lock_organization, unlock_organization
from accounts.services.people import deactivate_person, reactivate_person
from accounts.services.verification import approve_verification, reject_verification
from accounts.standing_forms import PageQuery, ReasonForm, RejectForm, with_value
from accounts.statuses import VerificationStatus

VERIFICATIONS, ACTIVATIONS, DECIDED = "verifications", "activations", "decided"


@require_safe
def staff_verification_list(request: HttpRequest) -> HttpResponse:
    """What waits, oldest first, and what was decided, newest first."""
    require_staff(request.user)
    what = request.GET.get("what")
    what = what if what in (ACTIVATIONS, DECIDED) else VERIFICATIONS
    after = PageQuery(request.GET).asked()
    if what == ACTIVATIONS:
        rows: list[Any] = standing_queries.waiting_activations(after=after)
    elif what == DECIDED:
        rows = standing_queries.decided_verifications(before=after)
    else:
        rows = standing_queries.waiting_verifications(after=after)
    shown = rows[: standing_queries.PAGE_ROWS]
    context = {
        "what": what,
        "rows": shown,
        "waiting": standing_queries.waiting(),
        "is_first": after is None,
        "following": f"?what={what}&after={shown[-1].pk}" if len(rows) > len(shown) else "",
    }
    return render(request, "accounts/staff_verification_list.html", context)


@require_safe
def staff_verification(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """One request with everything that decides it: data, documents, what is in force, what came before."""
    require_staff(request.user)
    return _case(request, _verification(uuid))


@require_POST
def staff_verification_approve(request: HttpRequest, uuid: UUID) -> HttpResponse:
    require_staff(request.user)
    verification = _verification(uuid)
    try:
        approve_verification(verification=verification, by=signed_in_person(request))
    except AccountsError as error:
        messages.error(request, str(error))
        return _case(request, verification, status=409 if isinstance(error, StandingChanged) else 422)
    messages.success(request, _("“%(name)s” is verified.") % {"name": verification.legal_name})
    return _next(verification)


@require_POST
def staff_verification_reject(request: HttpRequest, uuid: UUID) -> HttpResponse:
    require_staff(request.user)
    verification = _verification(uuid)
    form = RejectForm(request.POST)
    if not form.is_valid():
        return _case(request, verification, form=form, status=422)
    try:
        reject_verification(verification=verification, by=signed_in_person(request), **form.cleaned_data)
    except AccountsError as error:
        messages.error(request, str(error))
        is_stale = isinstance(error, StandingChanged)
        return _case(request, verification, form=form, status=409 if is_stale else 422)
    messages.success(request, _("The request of “%(name)s” is rejected.") % {"name": verification.legal_name})
    return _next(verification)


def _case(
    request: HttpRequest,
    verification: IdentityVerification,
    *,
    form: RejectForm | None = None,
    status: int = 200,
) -> HttpResponse:
    organization = verification.organization
    page = standing_queries.standing_page(organization)
    context = {
        "organization": organization,
        "verification": verification,
        "documents": list(verification.documents.all()),
        "in_force": page.in_force,
        "earlier": [one for one in page.requests if one.pk < verification.pk],
        "regions": page.regions,
        "reasons": standing_queries.reason_words(verification),
        "is_waiting": verification.status == VerificationStatus.PENDING,
        "form": form or RejectForm(),
    }
    return render(request, "accounts/staff_verification.html", context, status=status)


def _verification(uuid: UUID) -> IdentityVerification:
    found = IdentityVerification.objects.select_related("organization", "submitted_by", "decided_by")
    return get_object_or_404(found, uuid=uuid)


def _next(verification: IdentityVerification) -> HttpResponse:
    """The next case opens by itself; after the last one the queue says that nothing waits."""
    following = standing_queries.next_waiting(verification)
    if following is None:
        return redirect("staff-verification-list")
    return redirect("staff-verification", following.uuid)


# --- Activations ----------------------------------------------------------------------------------------


@require_POST
def staff_activation_grant(request: HttpRequest, uuid: UUID, region: str) -> HttpResponse:
    activation = _activation(request, uuid, region)
    act = partial(
        grant_activation, activation=activation, seen_at=_seen(request), by=signed_in_person(request)
    )
    return _carry_out(request, activation.organization, act, _("It is active now."))


@require_http_methods(["GET", "HEAD", "POST"])
def staff_activation_refuse(request: HttpRequest, uuid: UUID, region: str) -> HttpResponse:
    activation = _activation(request, uuid, region)
    words = Asking(
        title=_("Refuse %(region)s") % {"region": activation.get_region_display()},
        effect=_("The organization may apply again. It reads what you write here."),
        button=_("Refuse"),
        done=_("The request is refused."),
    )
    return _ask_reason(
        request,
        activation.organization,
        words,
        partial(_decide, refuse_activation, activation),
        activation.changed_at,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def staff_activation_revoke(request: HttpRequest, uuid: UUID, region: str) -> HttpResponse:
    activation = _activation(request, uuid, region)
    words = Asking(
        title=_("Take back %(region)s") % {"region": activation.get_region_display()},
        effect=_("From now on nothing is sent there, and running campaigns are held. It may apply again."),
        button=_("Take back"),
        done=_("It is taken back. Nothing more is sent there."),
    )
    return _ask_reason(
        request,
        activation.organization,
        words,
        partial(_decide, revoke_activation, activation),
        activation.changed_at,
    )


def _decide(
    service: Callable[..., None], activation: ServiceActivation, by: User, cleaned: dict[str, Any]
) -> None:
    service(activation=activation, comment=cleaned["comment"], seen_at=cleaned["seen"], by=by)


def _activation(request: HttpRequest, uuid: UUID, region: str) -> ServiceActivation:
    require_staff(request.user)
    return get_object_or_404(
        ServiceActivation.objects.select_related("organization"), organization__uuid=uuid, region=region
    )


def _seen(request: HttpRequest) -> datetime | None:
    """The last change as the page knew it; without one every row is stale."""
    try:
        return datetime.fromisoformat(request.POST.get("seen", ""))
    except ValueError:
        return None


# --- Organizations and people ---------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def staff_organization_lock(request: HttpRequest, uuid: UUID) -> HttpResponse:
    require_staff(request.user)
    organization = organization_for(request.user, uuid)
    words = Asking(
        title=_("Lock “%(name)s”") % {"name": organization.name},
        effect=_(
            "From now on nothing of it is sent, and running campaigns are held. Its members can read everything."
        ),
        button=_("Lock the organization"),
        done=_("The organization is locked. Nothing of it is sent."),
    )

    def lock(by: User, cleaned: dict[str, Any]) -> None:
        lock_organization(organization=organization, reason=cleaned["comment"], by=by)

    return _ask_reason(request, organization, words, lock, None)


@require_POST
def staff_organization_unlock(request: HttpRequest, uuid: UUID) -> HttpResponse:
    require_staff(request.user)
    organization = organization_for(request.user, uuid)
    act = partial(unlock_organization, organization=organization, by=signed_in_person(request))
    return _carry_out(request, organization, act, _("The organization may send again."))


@require_POST
def staff_person_deactivate(request: HttpRequest, uuid: UUID, person: UUID) -> HttpResponse:
    organization, found = _member(request, uuid, person)
    act = partial(deactivate_person, user=found, by=signed_in_person(request))
    return _carry_out(request, organization, act, _("%(name)s cannot sign in any more.") % {"name": found})


@require_POST
def staff_person_reactivate(request: HttpRequest, uuid: UUID, person: UUID) -> HttpResponse:
    organization, found = _member(request, uuid, person)
    act = partial(reactivate_person, user=found, by=signed_in_person(request))
    return _carry_out(request, organization, act, _("%(name)s may sign in again.") % {"name": found})


def _member(request: HttpRequest, uuid: UUID, person: UUID) -> tuple[Organization, User]:
    require_staff(request.user)
    organization = organization_for(request.user, uuid)
    return organization, get_object_or_404(User, uuid=person, memberships__organization=organization)


@dataclass(frozen=True, slots=True)
class Asking:
    """The words of a page that asks for a reason before it acts."""

    title: str
    effect: str
    button: str
    done: str


def _ask_reason(
    request: HttpRequest,
    organization: Organization,
    words: Asking,
    act: Callable[[User, dict[str, Any]], None],
    seen: datetime | None,
) -> HttpResponse:
    """Shows the form, and acts when it is sent; what cannot be done keeps what was typed."""
    form = ReasonForm(request.POST or None, initial={"seen": seen.isoformat() if seen else ""})
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                act(signed_in_person(request), form.cleaned_data)
            except AccountsError as error:
                form.add_error(None, str(error))
                status = 409 if isinstance(error, StandingChanged) else 422
                if seen is not None:
                    form.data = with_value(request.POST, "seen", seen.isoformat())
            else:
                messages.success(request, words.done)
                return redirect("staff-organization", organization.uuid)
    context = {"organization": organization, "form": form, "words": words}
    return render(request, "accounts/staff_reason.html", context, status=status)


def _carry_out(
    request: HttpRequest, organization: Organization, act: Callable[[], None], done: str
) -> HttpResponse:
    try:
        act()
    except AccountsError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
    return redirect("staff-organization", organization.uuid)

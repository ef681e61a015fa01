"""Pages of an organization about its verification and the services that are active for it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import standing_queries
from accounts.access import organization_for, roles_in, signed_in_person
from accounts.enterprise import DIFFERENCES
from accounts.errors import AccountsError, StandingChanged
from accounts.models import IdentityVerification, Organization, Role
from accounts.services.activation import request_activation
from accounts.services.verification import submit_verification, withdraw_verification
from accounts.standing_forms import ActivationForm, VerificationForm, with_value
from accounts.statuses import REGION_LABELS, VerificationStatus
from smsconsole.lib.types import Region

# Fields that a new request takes over from the newest one.
_TAKEN_OVER = ("kind", "legal_name", "registration_number", "address", "contact_name", "contact_msisdn")


@require_safe
def organization_standing(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """What is proved and active, what waits, what was refused and why. The data themselves only for admins."""
    organization = organization_for(request.user, uuid)
    page = standing_queries.standing_page(organization)
    context = {
        "organization": organization,
        "page": page,
        "reasons": standing_queries.reason_words(page.rejected) if page.rejected else [],
        "may_change": Role.ADMIN in roles_in(request.user, organization.pk),
    }
    return render(request, "accounts/organization_standing.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def verification_request(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The request form, filled with what was handed in last; a stale one is answered 409 with its input kept."""
    organization = organization_for(request.user, uuid, Role.ADMIN)
    newest = IdentityVerification.objects.filter(organization=organization).order_by("-id").first()
    if newest is not None and newest.status == VerificationStatus.PENDING and request.method != "POST":
        messages.warning(request, _("A request is waiting for its review already."))
        return redirect("organization-standing", organization.uuid)
    documents = list(newest.documents.all()) if newest else []
    form = VerificationForm(
        request.POST or None,
        request.FILES or None,
        documents=documents,
        initial=_initial(newest, [str(document.uuid) for document in documents]),
    )
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                submit_verification(
                    organization=organization,
                    identity=form.identity(),
                    papers=form.cleaned_data["papers"],
                    kept=form.kept_documents(),
                    seen=form.cleaned_data["seen"],
                    by=signed_in_person(request),
                )
            except StandingChanged as error:
                form.add_error(None, str(error))
                form.data = with_value(request.POST, "seen", str(newest.uuid) if newest else "")
                status = 409
            except AccountsError as error:
                form.add_error(None, str(error))
            else:
                messages.success(
                    request, _("Your request is handed in. You will be told when it is decided.")
                )
                return redirect("organization-standing", organization.uuid)
    context = {
        "organization": organization,
        "form": form,
        "newest": newest,
        "reasons": _reasons(newest),
        "lost_files": status != 200 and bool(request.FILES),
    }
    return render(request, "accounts/verification_request.html", context, status=status)


def _initial(newest: IdentityVerification | None, kept: list[str]) -> dict[str, Any]:
    if newest is None:
        return {}
    taken_over = {name: getattr(newest, name) for name in _TAKEN_OVER}
    return {**taken_over, "kept": kept, "seen": newest.uuid}


def _reasons(newest: IdentityVerification | None) -> list[str]:
    if newest is None or newest.status != VerificationStatus.REJECTED:
        return []
    return standing_queries.reason_words(newest)


@require_POST
def verification_withdraw(request: HttpRequest, uuid: UUID, verification: UUID) -> HttpResponse:
    organization = organization_for(request.user, uuid, Role.ADMIN)
    found = get_object_or_404(
        IdentityVerification.objects.select_related("organization"),
        organization=organization,
        uuid=verification,
    )
    try:
        withdraw_verification(verification=found, by=signed_in_person(request))
    except AccountsError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The request is withdrawn. You can correct it and hand it in again."))
    return redirect("organization-standing", organization.uuid)


@require_http_methods(["GET", "HEAD", "POST"])
def activation_request(request: HttpRequest, uuid: UUID, region: str) -> HttpResponse:
    organization = organization_for(request.user, uuid, Role.ADMIN)
    wanted = _region(region)
    form = ActivationForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                request_activation(
                    organization=organization,
                    region=wanted,
                    by=signed_in_person(request),
                    **form.cleaned_data,
                )
            except AccountsError as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, _("Applied for. You will be told when it is decided."))
                return redirect("organization-standing", organization.uuid)
    context = {
        "organization": organization,
        "form": form,
        "region": wanted,
        "region_label": REGION_LABELS[wanted],
    }
    return render(request, "accounts/activation_request.html", context, status=status)


def _region(word: str) -> Region:
    try:
        return Region(word)
    except ValueError:
        raise Http404 from None


@require_safe
def entity_rules(request: HttpRequest) -> HttpResponse:
    """What individuals may do and what enterprises may do, from the table that services refuse by."""
    return render(request, "accounts/entity_rules.html", {"differences": DIFFERENCES})


def may_see_papers(request: HttpRequest, organization: Organization) -> bool:
    """Admins of the organization, and platform staff, who have to review them."""
    return bool(request.user.is_staff) or Role.ADMIN in roles_in(request.user, organization.pk)

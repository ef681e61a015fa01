"""The page of one gateway: how it does, what went over its line, and what can be tried there."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.access import require_staff, signed_in_person
from delivery.errors import DeliveryError, GatewayChanged
from delivery.gateway_forms import CarrierTemplateForm, TrialForm
from delivery.models import Gateway
from delivery.queries.gateway_page import gateway_page, live_gateway, newest_exchanges
from delivery.services.carrier_templates import (
    add_carrier_template,
    fetch_carrier_templates,
    remove_carrier_template,
)
from delivery.services.id_forms import accept_id_form
from delivery.services.trial import try_gateway
from delivery.views.staff_gateways import gateway_by_slug


@require_safe
def staff_gateway(request: HttpRequest, slug: str) -> HttpResponse:
    require_staff(request.user)
    return _page(request, gateway_by_slug(slug))


@require_safe
def staff_gateway_live(request: HttpRequest, slug: str) -> HttpResponse:
    """What moves, alone, for a page that stays open."""
    require_staff(request.user)
    live = live_gateway(gateway_by_slug(slug))
    return render(request, "delivery/_staff_gateway_live.html", {"live": live, "gateway": live.gateway})


@require_safe
def staff_gateway_exchanges(request: HttpRequest, slug: str) -> HttpResponse:
    """The newest exchanges, alone; asked for by hand, so that what somebody reads stays where it is."""
    require_staff(request.user)
    gateway = gateway_by_slug(slug)
    context = {"gateway": gateway, "exchanges": newest_exchanges(gateway)}
    return render(request, "delivery/_staff_gateway_exchanges.html", context)


@require_POST
def staff_gateway_try(request: HttpRequest, slug: str) -> HttpResponse:
    """Really send one message, and show what went over the line."""
    require_staff(request.user)
    gateway = gateway_by_slug(slug)
    form = TrialForm(request.POST, prefix="trial")
    if not form.is_valid():
        return _page(request, gateway, trial_form=form, status=422)
    trial = try_gateway(gateway=gateway, by=signed_in_person(request), **form.cleaned_data)
    return _page(request, gateway, trial_form=form, trial=trial)


class _IdFormChoice(forms.Form):
    """What the button of the proposal posts."""

    form = forms.CharField(max_length=20)
    seen = forms.DateTimeField()


@require_POST
def staff_gateway_id_form(request: HttpRequest, slug: str) -> HttpResponse:
    """Take up the proposal how to read the ids of receipts; 409 when the gateway was changed meanwhile."""
    require_staff(request.user)
    gateway = gateway_by_slug(slug)
    choice = _IdFormChoice(request.POST)
    if not choice.is_valid():
        messages.error(request, _("There is no such form of ids."))
        return _page(request, gateway, status=422)
    cleaned = choice.cleaned_data
    try:
        accept_id_form(
            gateway=gateway, form=cleaned["form"], seen_at=cleaned["seen"], by=signed_in_person(request)
        )
    except DeliveryError as error:
        messages.error(request, str(error))
        return _page(request, gateway, status=409 if isinstance(error, GatewayChanged) else 422)
    messages.success(request, _("Ids are read like this from now on. The waiting receipts are asked again."))
    return redirect("staff-gateway", gateway.slug)


@require_POST
def staff_gateway_templates(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask the carrier for the texts it has approved."""
    require_staff(request.user)
    gateway = gateway_by_slug(slug)
    try:
        n = fetch_carrier_templates(gateway=gateway, by=signed_in_person(request))
    except DeliveryError as error:
        messages.error(request, str(error))
    else:
        words = ngettext("%(n)s template was fetched.", "%(n)s templates were fetched.", n)
        messages.success(request, words % {"n": n})
    return redirect("staff-gateway", gateway.slug)


@require_POST
def staff_gateway_template_add(request: HttpRequest, slug: str) -> HttpResponse:
    require_staff(request.user)
    gateway = gateway_by_slug(slug)
    form = CarrierTemplateForm(request.POST, prefix="template")
    if not form.is_valid():
        return _page(request, gateway, template_form=form, status=422)
    try:
        add_carrier_template(gateway=gateway, by=signed_in_person(request), **form.cleaned_data)
    except DeliveryError as error:
        form.add_error(None, str(error))
        return _page(request, gateway, template_form=form, status=422)
    messages.success(request, _("The template is added."))
    return redirect("staff-gateway", gateway.slug)


@require_POST
def staff_gateway_template_remove(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    require_staff(request.user)
    gateway = gateway_by_slug(slug)
    remove_carrier_template(gateway=gateway, key=key, by=signed_in_person(request))
    messages.success(request, _("The template is removed."))
    return redirect("staff-gateway", gateway.slug)


def _page(request: HttpRequest, gateway: Gateway, *, status: int = 200, **shown: Any) -> HttpResponse:
    page = gateway_page(gateway)
    context = {
        "gateway": gateway,
        "page": page,
        "live": page.live,
        "kind": page.live.kind,
        "seen": gateway.changed_at.isoformat(),
        "exchanges": page.exchanges,
        "trial_form": TrialForm(prefix="trial"),
        "template_form": CarrierTemplateForm(prefix="template"),
        **shown,
    }
    return render(request, "delivery/staff_gateway.html", context, status=status)

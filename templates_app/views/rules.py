"""The pages of rules, made from the rules themselves. Every signed-in person may read them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from smsconsole.lib.types import Region
from templates_app.rule_tables import certificate_rows, groups_of
from templates_app.rules import BODY_BOOK, SENDER_ID_BOOK, SIGNATURE_BOOK, RuleBook
from templates_app.rules.limits import body_max, signature_bounds
from templates_app.samples import samples_for


@require_safe
def template_rules(request: HttpRequest) -> HttpResponse:
    samples = [group for region in Region for group in samples_for(region)]
    return _page(request, BODY_BOOK, title=_("Template rules"), sample_groups=samples)


@require_safe
def signature_rules(request: HttpRequest) -> HttpResponse:
    return _page(request, SIGNATURE_BOOK, title=_("Signature rules"), certificates=certificate_rows())


@require_safe
def sender_id_rules(request: HttpRequest) -> HttpResponse:
    return _page(request, SENDER_ID_BOOK, title=_("Sender ID rules"))


def _page(request: HttpRequest, book: RuleBook[Any], **context: Any) -> HttpResponse:
    context |= {
        "current": book.page,
        "groups": groups_of(book),
        "home_bounds": signature_bounds(Region.DOMESTIC),
        "abroad_bounds": signature_bounds(Region.INTERNATIONAL),
        "body_max": body_max(),
    }
    return render(request, "templates_app/rules_page.html", context)

"""What a project does about uncertain messages that nobody settles."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import signed_in_person
from accounts.models import Role
from campaigns.forms import UncertainPolicyForm
from campaigns.views.uncertain import policy_words
from delivery.queries.uncertain import uncertain_groups
from projects.access import project_for
from projects.errors import ProjectsError, SettingChanged
from projects.forms.seen import seen_value
from projects.services import set_uncertain_policy
from projects.statuses import UncertainPolicy


@require_http_methods(["GET", "HEAD", "POST"])
def uncertain_policy(request: HttpRequest, slug: str) -> HttpResponse:
    """Change the policy; a form that is older than what it changes is shown again with 409."""
    project = project_for(request.user, slug, Role.ADMIN)
    initial = {"policy": project.uncertain_policy, "after_minutes": project.uncertain_after_minutes}
    form = UncertainPolicyForm(request.POST if request.method == "POST" else None, initial=initial)
    seen, status = seen_value(project.changed_at), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            values = form.cleaned_data
            try:
                set_uncertain_policy(
                    project=project,
                    policy=UncertainPolicy(values["policy"]),
                    after_minutes=values["after_minutes"],
                    seen_at=values["seen"],
                    by=signed_in_person(request),
                )
            except ProjectsError as error:
                form.add_error(None, str(error))
                project.refresh_from_db()
                status = 409 if isinstance(error, SettingChanged) else 422
            else:
                messages.success(request, _("The policy is saved. It holds within a minute."))
                return redirect("uncertain-list", slug)
        seen = seen_value(project.changed_at) if status == 409 else request.POST.get("seen", seen)
    context = {
        "project": project,
        "form": form,
        "seen": seen,
        "now_words": policy_words(project),
        "n_uncertain": sum(group.n for group in uncertain_groups(project.pk)),
    }
    return render(request, "campaigns/uncertain_policy.html", context, status=status)

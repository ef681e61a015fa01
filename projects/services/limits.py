"""What admins change about frequency limits and caps. It holds for the next window, within two seconds."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from accounts.standing import EnterpriseOnly, require_enterprise
from projects.errors import ProjectsError
from projects.limits import is_scope
from projects.models import Cap, FrequencyRule, Project
from projects.services.shared import require_enabled
from projects.services.stale import refuse_stale
from projects.statuses import CapPeriod, FrequencyDimension
from smsconsole.outbox.services import append_event

MESSAGES_MAX = 1_000
SECONDS_MAX = 86_400
CAP_MAX = 1_000_000_000

Owner = Project | Organization


def set_frequency_limit(
    *,
    owner: Owner,
    dimension: FrequencyDimension,
    is_on: bool,
    n_messages: int,
    n_seconds: int | None,
    seen_at: datetime | None,
    by: User,
) -> None:
    """The owner's own limit from now on. `seen_at` is the `changed_at` of the rule on the page, None without one.

    Raises `NotForIndividuals`, `SettingChanged` or another `ProjectsError`.
    """
    _may_change(owner)
    if not 1 <= n_messages <= MESSAGES_MAX:
        raise ProjectsError(_("A limit is 1 to %(max)s messages.") % {"max": f"{MESSAGES_MAX:,}"})
    if dimension == FrequencyDimension.SAME_CONTENT:
        if n_seconds is None or not 1 <= n_seconds <= SECONDS_MAX:
            raise ProjectsError(_("The span is 1 to %(max)s seconds.") % {"max": f"{SECONDS_MAX:,}"})
    else:
        n_seconds = None
    with transaction.atomic():
        refuse_stale(_locked_rule(owner, dimension), seen_at=seen_at)
        FrequencyRule.objects.update_or_create(
            **_of(owner),
            dimension=dimension,
            defaults={
                "is_on": is_on,
                "n_messages": n_messages,
                "n_seconds": n_seconds,
                "changed_at": timezone.now(),
                "changed_by": by,
            },
        )
        _tell(owner, what=dimension, by=by)


def reset_frequency_limit(
    *, owner: Owner, dimension: FrequencyDimension, seen_at: datetime | None, by: User
) -> None:
    """Go back to what holds without a limit of the owner's own. Twice does nothing."""
    _may_change(owner)
    with transaction.atomic():
        rule = _locked_rule(owner, dimension)
        if rule is None:
            return
        refuse_stale(rule, seen_at=seen_at)
        rule.delete()
        _tell(owner, what=dimension, by=by)


def set_cap(
    *,
    project: Project,
    scope: str,
    period: CapPeriod,
    warn_at: int | None,
    cap: int | None,
    seen_at: datetime | None,
    by: User,
) -> None:
    """The project's own warning and cap of this scope and period; both None lift the console's default.

    Raises `SettingChanged` or another `ProjectsError`.
    """
    require_enabled(project)
    refuse_cap(scope=scope, warn_at=warn_at, cap=cap)
    with transaction.atomic():
        refuse_stale(_locked_cap(project, scope, period), seen_at=seen_at)
        store_cap(project=project, scope=scope, period=period, warn_at=warn_at, cap=cap, by=by)
        _tell(project, what=f"cap:{scope}:{period}", by=by)


def reset_cap(*, project: Project, scope: str, period: CapPeriod, seen_at: datetime | None, by: User) -> None:
    """Go back to the console's default, for most scopes none. Twice does nothing."""
    require_enabled(project)
    with transaction.atomic():
        row = _locked_cap(project, scope, period)
        if row is None:
            return
        refuse_stale(row, seen_at=seen_at)
        row.delete()
        _tell(project, what=f"cap:{scope}:{period}", by=by)


def refuse_cap(*, scope: str, warn_at: int | None, cap: int | None) -> None:
    """Raises `ProjectsError` for values that make no sense."""
    if not is_scope(scope):
        raise ProjectsError(_("There is no such country."))
    for value in (warn_at, cap):
        if value is not None and not 1 <= value <= CAP_MAX:
            raise ProjectsError(_("A warning and a cap are 1 to %(max)s messages.") % {"max": f"{CAP_MAX:,}"})
    if warn_at is not None and cap is not None and warn_at > cap:
        raise ProjectsError(_("The warning lies above the cap and would come too late. Make it smaller."))


def store_cap(
    *, project: Project, scope: str, period: CapPeriod, warn_at: int | None, cap: int | None, by: User
) -> None:
    """Write the row in the caller's transaction, checked already."""
    Cap.objects.update_or_create(
        project=project,
        scope=scope,
        period=period,
        defaults={"warn_at": warn_at, "cap": cap, "changed_at": timezone.now(), "changed_by": by},
    )


def _may_change(owner: Owner) -> None:
    if isinstance(owner, Project):
        require_enabled(owner)
        require_enterprise(owner.organization_id, EnterpriseOnly.FREQUENCY_LIMITS)
    else:
        require_enterprise(owner.pk, EnterpriseOnly.FREQUENCY_LIMITS)


def _of(owner: Owner) -> dict[str, Any]:
    return {"project": owner} if isinstance(owner, Project) else {"organization": owner}


def _locked_rule(owner: Owner, dimension: FrequencyDimension) -> FrequencyRule | None:
    """The rule; the owner's row is locked, so that two people at once see each other's."""
    type(owner)._default_manager.select_for_update(no_key=True).get(pk=owner.pk)
    rules = FrequencyRule.objects.select_related("changed_by")
    return rules.filter(**_of(owner), dimension=dimension).first()


def _locked_cap(project: Project, scope: str, period: CapPeriod) -> Cap | None:
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    caps = Cap.objects.select_related("changed_by")
    return caps.filter(project=project, scope=scope, period=period).first()


def _tell(owner: Owner, *, what: str, by: User) -> None:
    noun = "project" if isinstance(owner, Project) else "organization"
    append_event(
        kind="limits.changed",
        subject=f"{noun}:{owner.uuid}",
        payload={noun: str(owner.uuid), "by": str(by.uuid), "what": what},
    )

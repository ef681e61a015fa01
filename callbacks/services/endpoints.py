"""What happens to the endpoints of a project: saved, switched on and off, their secrets rotated."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.confirming import is_recent
from accounts.models import User
from callbacks.addresses import check_url
from callbacks.errors import CallbacksError, EndpointChanged
from callbacks.models import Callback, EndpointHealth
from callbacks.signing import new_secret
from callbacks.statuses import CallbackState
from projects.models import CallbackEndpoint, Project
from projects.services import require_enabled, tell_of_project
from projects.services.stale import changed_words
from projects.statuses import CallbackFormat, CallbackKind, CallbackTrouble

PER_REQUEST_MAX = 100
# While programs move to the new secret, requests are signed with both.
OLD_SECRET_HOURS = 24


def save_endpoint(
    *,
    project: Project,
    kind: CallbackKind,
    url: str,
    format: CallbackFormat,
    includes_campaigns: bool = True,
    n_per_request: int = PER_REQUEST_MAX,
    seen_at: datetime | None,
    by: User,
) -> CallbackEndpoint:
    """Call this address from now on; a new endpoint is on and has a secret of its own.

    `seen_at` None: there was none. What waits goes to the new address, at once. Raises `AddressRefused` when the
    address is not called, `EndpointChanged` when somebody was first, and another `CallbacksError` or `ProjectsError`.
    Looks the host up, so no transaction should be open.
    """
    require_enabled(project)
    if not 1 <= n_per_request <= PER_REQUEST_MAX:
        raise CallbacksError(_("Choose 1 to %(n)s receipts for a request.") % {"n": PER_REQUEST_MAX})
    check_url(url)
    with transaction.atomic():
        # Two admins who set up the first one at once wait for each other here.
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        present = _locked(project, kind)
        _refuse_stale(present, seen_at)
        endpoint = present or CallbackEndpoint(project=project, kind=kind, secret=new_secret())
        is_moved = present is not None and present.url != url
        endpoint.url, endpoint.format = url, format
        endpoint.includes_campaigns, endpoint.n_per_request = includes_campaigns, n_per_request
        _save(endpoint, by)
        if is_moved:
            _begin_anew(endpoint)
        tell_of_project("callback.saved", project, by=by, callback_kind=str(kind))
    return endpoint


def switch_endpoint(*, endpoint: CallbackEndpoint, is_on: bool, by: User) -> None:
    """Call it, or call it no more: what still waits is dropped then. Doing it twice does nothing.

    Its address is looked at again before it is switched on: raises `AddressRefused`.
    """
    require_enabled(endpoint.project)
    if is_on:
        check_url(endpoint.url)
    with transaction.atomic():
        locked = _locked(endpoint.project, CallbackKind(endpoint.kind))
        if locked is None or locked.is_on == is_on:
            return
        locked.is_on, locked.trouble, locked.troubled_at = is_on, "", None
        _save(locked, by)
        if is_on:
            _begin_anew(locked)
        else:
            drop_waiting(locked.pk)
        kind = "callback.switched_on" if is_on else "callback.switched_off"
        tell_of_project(kind, locked.project, by=by, callback_kind=str(locked.kind))


def rotate_secret(
    *, endpoint: CallbackEndpoint, confirmed_at: datetime | None, by: User, seen_at: datetime | None = None
) -> None:
    """A new secret; for `OLD_SECRET_HOURS` requests are signed with the old one, too. An older one ends at once.

    For somebody who just proved again who they are; raises `CallbacksError` otherwise. With `seen_at` a second click
    raises `EndpointChanged` instead of ending the secret that programs still use.
    """
    require_enabled(endpoint.project)
    if confirmed_at is None or not is_recent(confirmed_at):
        raise CallbacksError(_("Confirm first that it is you."))
    with transaction.atomic():
        locked = _locked(endpoint.project, CallbackKind(endpoint.kind))
        if locked is None:
            return
        if seen_at is not None:
            _refuse_stale(locked, seen_at)
        locked.previous_secret, locked.secret = locked.secret, new_secret()
        locked.previous_secret_until = timezone.now() + timedelta(hours=OLD_SECRET_HOURS)
        _save(locked, by)
        tell_of_project("callback.secret_rotated", locked.project, by=by, callback_kind=str(locked.kind))


def reveal_secret(*, endpoint: CallbackEndpoint, confirmed_at: datetime | None, by: User) -> str:
    """The secret, for somebody who just proved again who they are; written to the audit trail either way."""
    is_confirmed = confirmed_at is not None and is_recent(confirmed_at)
    kind = "callback.secret_revealed" if is_confirmed else "callback.secret_reveal_refused"
    tell_of_project(kind, endpoint.project, by=by, callback_kind=str(endpoint.kind))
    if not is_confirmed:
        raise CallbacksError(_("Confirm first that it is you."))
    return endpoint.secret


def switch_off_by_itself(endpoint: CallbackEndpoint, trouble: CallbackTrouble) -> None:
    """The console gives an endpoint up, in the caller's transaction: what waits is dropped, people are told."""
    n_changed = CallbackEndpoint.objects.filter(pk=endpoint.pk, is_on=True).update(
        is_on=False, trouble=trouble, troubled_at=timezone.now(), changed_at=timezone.now(), changed_by=None
    )
    if n_changed:
        drop_waiting(endpoint.pk)
        tell_of_project(
            "callback.given_up",
            endpoint.project,
            by=None,
            callback_kind=str(endpoint.kind),
            callback_trouble=str(trouble),
        )


def drop_waiting(endpoint_id: int) -> None:
    Callback.objects.filter(endpoint_id=endpoint_id, state=CallbackState.WAITING).update(
        state=CallbackState.DROPPED, next_try_at=None
    )


def _locked(project: Project, kind: CallbackKind) -> CallbackEndpoint | None:
    return (
        CallbackEndpoint.objects.select_for_update(of=("self",))
        .select_related("changed_by", "project")
        .filter(project=project, kind=kind)
        .first()
    )


def _save(endpoint: CallbackEndpoint, by: User) -> None:
    endpoint.changed_at, endpoint.changed_by = timezone.now(), by
    if endpoint.pk is None:
        endpoint.save(force_insert=True)
        return
    endpoint.save(
        update_fields=[
            *("url", "format", "includes_campaigns", "n_per_request", "is_on", "trouble", "troubled_at"),
            *("secret", "previous_secret", "previous_secret_until", "changed_at", "changed_by"),
        ]
    )


def _begin_anew(endpoint: CallbackEndpoint) -> None:
    """Its failures were those of another address or time: what waits is tried now."""
    EndpointHealth.objects.filter(endpoint=endpoint).delete()
    Callback.objects.filter(endpoint=endpoint, state=CallbackState.WAITING).update(next_try_at=timezone.now())


def _refuse_stale(present: CallbackEndpoint | None, seen_at: datetime | None) -> None:
    if present is None:
        if seen_at is not None:
            raise EndpointChanged(_("This callback is not there any more. Set it up anew if it is needed."))
    elif present.changed_at != seen_at:
        raise EndpointChanged(changed_words(present.changed_by, present.changed_at))

"""What happens to the keys with which programs call the interfaces. (AppKeys: `app_keys`.)"""

from __future__ import annotations

import hashlib
import secrets
import string
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.confirming import is_recent
from accounts.models import User
from projects.errors import ProjectsError
from projects.models import ApiKey, AppKey, Project, SecretKey
from projects.services.shared import require_enabled, tell_of_project
from projects.services.stale import refuse_stale
from projects.statuses import ApiScope
from smsconsole.lib.networks import NetworkRefused, read_networks
from smsconsole.lib.plain_text import plain_text_problem

API_KEYS_MAX = 20
# Two pairs at most are valid at a time, while programs move from the old one to the new.
SECRET_KEYS_MAX = 2
NAME_MAX = 60
ProgramsKey = TypeVar("ProgramsKey", ApiKey, SecretKey, AppKey)
_LETTERS = string.ascii_letters + string.digits
_PREFIX_LETTERS = string.ascii_lowercase + string.digits


class ApiKeyTerms(NamedTuple):
    """What a key of the native API may do, from where and until when; `rate_per_second` None: the console's limit."""

    name: str
    scopes: Sequence[str]
    addresses: Sequence[str] = ()
    expires_at: datetime | None = None
    rate_per_second: int | None = None


class NewApiKey(NamedTuple):
    """A key that was just made, and its token, which is nowhere else and never seen again."""

    api_key: ApiKey
    token: str


def add_api_key(
    *,
    project: Project,
    terms: ApiKeyTerms,
    is_sandbox: bool = False,
    uuid: UUID | None = None,
    confirmed_at: datetime | None,
    by: User,
) -> NewApiKey:
    """A new key, for somebody who just proved again who they are. Raises `ProjectsError`, also at the 21st.

    With `uuid`, which a form carries, sending the form twice makes no second key.
    """
    require_enabled(project)
    require_confirmed(confirmed_at)
    checked = _checked(terms)
    prefix = "".join(secrets.choice(_PREFIX_LETTERS) for _letter in range(8))
    token = f"sms_{'test' if is_sandbox else 'live'}_{prefix}_{secrets.token_urlsafe(32)}"
    with transaction.atomic():
        _lock(project)
        _refuse_made(ApiKey, uuid)
        if ApiKey.objects.filter(project=project, retired_at=None).count() >= API_KEYS_MAX:
            raise ProjectsError(
                _("The project has %(n)s API keys already. Retire one that no program uses any more.")
                % {"n": API_KEYS_MAX}
            )
        api_key = ApiKey.objects.create(
            uuid=uuid or uuid4(),
            project=project,
            prefix=prefix,
            secret_hash=token_hash(token),
            is_sandbox=is_sandbox,
            created_by=by,
            changed_by=by,
            **checked._asdict(),
        )
        tell_of_project("api_key.added", project, by=by, api_key=str(api_key.uuid))
    return NewApiKey(api_key, token)


def change_api_key(*, api_key: ApiKey, terms: ApiKeyTerms, seen_at: datetime | None, by: User) -> None:
    """Other terms for a valid key, from the next request on. Raises `ProjectsError`; `SettingChanged` when stale."""
    require_enabled(api_key.project)
    with transaction.atomic():
        key = _locked(api_key)
        refuse_stale(key, seen_at=seen_at)
        # A key that runs out today keeps its day: only a new one must lie ahead.
        checked = _checked(terms, kept_expiry=key.expires_at)
        _save(key, by=by, **checked._asdict())
        tell_of_project("api_key.changed", key.project, by=by, api_key=str(key.uuid))


def add_secret_key(
    *,
    project: Project,
    name: str,
    addresses: Sequence[str] = (),
    uuid: UUID | None = None,
    confirmed_at: datetime | None,
    by: User,
) -> SecretKey:
    """A new SecretId with its SecretKey. Raises `ProjectsError`, also while two are valid. `uuid`: as above."""
    require_enabled(project)
    require_confirmed(confirmed_at)
    name, networks = _checked_name(name), _checked_networks(addresses)
    with transaction.atomic():
        _lock(project)
        _refuse_made(SecretKey, uuid)
        if SecretKey.objects.filter(project=project, retired_at=None).count() >= SECRET_KEYS_MAX:
            raise ProjectsError(_("Two SecretKeys are valid already. Retire the old one first."))
        secret_key = SecretKey.objects.create(
            uuid=uuid or uuid4(),
            project=project,
            name=name,
            addresses=networks,
            secret_id="AKID" + _random_letters(),
            secret=_random_letters(),
            created_by=by,
            changed_by=by,
        )
        tell_of_project("secret_key.added", project, by=by, secret_key=str(secret_key.uuid))
    return secret_key


def change_secret_key(
    *, secret_key: SecretKey, name: str, addresses: Sequence[str], seen_at: datetime | None, by: User
) -> None:
    """Another name, other addresses, from the next request on. Raises like `change_api_key`."""
    require_enabled(secret_key.project)
    name, networks = _checked_name(name), _checked_networks(addresses)
    with transaction.atomic():
        key = _locked(secret_key)
        refuse_stale(key, seen_at=seen_at)
        _save(key, by=by, name=name, addresses=networks)
        tell_of_project("secret_key.changed", key.project, by=by, secret_key=str(key.uuid))


def set_app_key_addresses(
    *, app_key: AppKey, addresses: Sequence[str], seen_at: datetime | None, by: User
) -> None:
    """From where programs may use this AppKey, from the next request on. Raises like `change_api_key`."""
    require_enabled(app_key.project)
    networks = _checked_networks(addresses)
    with transaction.atomic():
        key = _locked(app_key)
        refuse_stale(key, seen_at=seen_at)
        _save(key, by=by, addresses=networks)
        tell_of_project("app_key.changed", key.project, by=by, app_key=str(key.uuid))


def retire_key(*, key: ApiKey | SecretKey, by: User) -> None:
    """Programs with this key are refused from now on; for ever. Twice does nothing."""
    require_enabled(key.project)
    word = "api_key" if isinstance(key, ApiKey) else "secret_key"
    with transaction.atomic():
        n_retired = (
            type(key)
            ._default_manager.filter(pk=key.pk, retired_at=None)
            .update(retired_at=timezone.now(), changed_at=timezone.now(), changed_by=by)
        )
        if n_retired:
            tell_of_project(f"{word}.retired", key.project, by=by, **{word: str(key.uuid)})


def reveal_secret_key(*, secret_key: SecretKey, confirmed_at: datetime | None, by: User) -> str:
    """The secret, for somebody who just proved again who they are; written down either way."""
    is_confirmed = confirmed_at is not None and is_recent(confirmed_at)
    kind = "secret_key.revealed" if is_confirmed else "secret_key.reveal_refused"
    tell_of_project(kind, secret_key.project, by=by, secret_key=str(secret_key.uuid))
    require_confirmed(confirmed_at)
    return secret_key.secret


def require_confirmed(confirmed_at: datetime | None) -> None:
    """Raises `ProjectsError` for whoever did not prove lately who they are."""
    if confirmed_at is None or not is_recent(confirmed_at):
        raise ProjectsError(_("Confirm first that it is you."))


def token_hash(token: str) -> str:
    """What is kept of a bearer token. A plain hash is enough: it is random, nobody chose it."""
    return hashlib.sha256(token.encode()).hexdigest()


def _checked(terms: ApiKeyTerms, kept_expiry: datetime | None = None) -> ApiKeyTerms:
    """The terms in their one spelling. Raises `ProjectsError`."""
    scopes = [scope for scope in ApiScope.values if scope in terms.scopes]
    if not scopes or set(terms.scopes) - set(scopes):
        raise ProjectsError(_("Choose what the key may do: at least one scope of the list."))
    expires_at = terms.expires_at
    if expires_at is not None and expires_at != kept_expiry and expires_at <= timezone.now():
        raise ProjectsError(_("The key would have expired already. Choose a moment that lies ahead."))
    most = settings.API_REQUESTS_PER_SECOND
    if terms.rate_per_second is not None and not 1 <= terms.rate_per_second <= most:
        raise ProjectsError(
            _("The requests per second are between 1 and %(most)s, which is the console's own limit.")
            % {"most": most}
        )
    return terms._replace(
        name=_checked_name(terms.name), scopes=scopes, addresses=_checked_networks(terms.addresses)
    )


def _checked_name(name: str) -> str:
    name = name.strip()
    if not name or len(name) > NAME_MAX:
        raise ProjectsError(
            _("Give the key a name of 1 to %(most)s characters: which program uses it.") % {"most": NAME_MAX}
        )
    if problem := plain_text_problem(name):
        raise ProjectsError(problem)
    return name


def _checked_networks(addresses: Sequence[str]) -> list[str]:
    try:
        return read_networks("\n".join(addresses))
    except NetworkRefused as error:
        raise ProjectsError(str(error)) from error


def _refuse_made(model: type[ApiKey | SecretKey], uuid: UUID | None) -> None:
    if uuid is not None and model._default_manager.filter(uuid=uuid).exists():
        raise ProjectsError(
            _(
                "This form was sent before and made its key. If you missed the secret that was shown then, "
                "retire that key and add another."
            )
        )


def _lock(project: Project) -> None:
    """So that two who add a key at once see each other."""
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)


def _locked(key: ProgramsKey) -> ProgramsKey:
    """The row, held until the end of the transaction. Raises `ProjectsError` when it was retired meanwhile."""
    held = type(key)._default_manager.select_for_update(of=("self",)).select_related("project", "changed_by")
    row = held.filter(pk=key.pk, retired_at=None).first()
    if row is None:
        raise ProjectsError(_("This key was retired. Nothing of it can be changed any more."))
    return row


def _save(key: ApiKey | SecretKey | AppKey, *, by: User, **changes: object) -> None:
    for name, value in {**changes, "changed_by": by, "changed_at": timezone.now()}.items():
        setattr(key, name, value)
    key.save(update_fields=[*changes, "changed_by", "changed_at"])


def _random_letters() -> str:
    return "".join(secrets.choice(_LETTERS) for _letter in range(32))

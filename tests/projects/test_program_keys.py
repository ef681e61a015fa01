"""Keys of programs: made once shown once, changed, retired; who may, how many, what is refused."""

from __future__ import annotations

import re
import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import close_old_connections, connection
from django.utils import timezone

from accounts.models import User
from audit.models import Entry
from projects import services
from projects.errors import ProjectDisabled, ProjectsError, SettingChanged
from projects.models import ApiKey, AppKey, Project, SecretKey
from projects.services import ApiKeyTerms
from smsconsole.outbox.models import OutboxEvent
from tests.factories import ApiKeyFactory, AppKeyFactory, ProjectFactory, SecretKeyFactory, UserFactory

pytestmark = pytest.mark.django_db

TERMS = ApiKeyTerms(name="Order service", scopes=["messages:send"])


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def kinds() -> list[str]:
    return list(OutboxEvent.objects.order_by("id").values_list("kind", flat=True))


def test_a_new_key_has_its_terms_and_keeps_only_the_hash_of_its_token(
    project: Project, admin: User, now: datetime
) -> None:
    terms = ApiKeyTerms(
        name=" Order service ",
        scopes=["texts:read", "messages:send"],
        addresses=["203.0.113.7", "2001:DB8::/32"],
        expires_at=now + timedelta(days=90),
        rate_per_second=10,
    )
    key, token = services.add_api_key(project=project, terms=terms, confirmed_at=now, by=admin)
    key.refresh_from_db()
    assert re.fullmatch(rf"sms_live_{key.prefix}_[\w-]{{43}}", token)
    assert key.secret_hash == services.token_hash(token)
    assert token[18:] not in str(ApiKey.objects.filter(pk=key.pk).values())
    assert (key.name, key.scopes) == ("Order service", ["messages:send", "texts:read"])
    assert (key.addresses, key.rate_per_second) == (["203.0.113.7", "2001:db8::/32"], 10)
    assert (key.created_by, key.expires_at, key.is_sandbox) == (admin, terms.expires_at, False)
    assert kinds() == ["api_key.added"]


def test_a_sandbox_key_says_so_in_its_token(project: Project, admin: User, now: datetime) -> None:
    made = services.add_api_key(project=project, terms=TERMS, is_sandbox=True, confirmed_at=now, by=admin)
    assert made.api_key.is_sandbox
    assert made.token.startswith("sms_test_")


def test_a_new_pair_has_the_form_that_existing_programs_expect(
    project: Project, admin: User, now: datetime
) -> None:
    key = services.add_secret_key(project=project, name="Old shop", confirmed_at=now, by=admin)
    assert re.fullmatch(r"AKID[0-9A-Za-z]{32}", key.secret_id)
    assert re.fullmatch(r"[0-9A-Za-z]{32}", key.secret)
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM projects_secretkey WHERE id = %s", [key.pk])
        assert key.secret not in cursor.fetchone()[0]
    assert kinds() == ["secret_key.added"]


def test_nobody_makes_a_key_without_proving_who_they_are(
    project: Project, admin: User, now: datetime
) -> None:
    for confirmed_at in (None, now - timedelta(minutes=6)):
        with pytest.raises(ProjectsError, match="Confirm first"):
            services.add_api_key(project=project, terms=TERMS, confirmed_at=confirmed_at, by=admin)
        with pytest.raises(ProjectsError, match="Confirm first"):
            services.add_secret_key(project=project, name="Shop", confirmed_at=confirmed_at, by=admin)
    assert not ApiKey.objects.exists()
    assert not SecretKey.objects.exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "  "}, "Give the key a name"),
        ({"name": "n" * 61}, "Give the key a name"),
        ({"name": "shop\u202etxt"}, "turns the direction"),
        ({"name": "shop\x07"}, "control character"),
        ({"scopes": []}, "at least one scope"),
        ({"scopes": ["messages:send", "everything"]}, "at least one scope"),
        ({"addresses": ["203.0.113.300"]}, "“203.0.113.300” is no address"),
        ({"addresses": ["203.0.113.7/24"]}, "Do you mean 203.0.113.0/24?"),
        ({"addresses": ["0.0.0.0/0"]}, "means every address"),
        ({"addresses": ["::/0"]}, "means every address"),
        ({"addresses": ["fe80::1%eth0"]}, "is no address"),
        ({"addresses": ["10.0.0.0/255.255.255.0/8"]}, "is no address"),
        ({"addresses": [f"203.0.113.{n}" for n in range(21)]}, "at most 20"),
        ({"expires_at": datetime.fromisoformat("2020-01-01T00:00:00+00:00")}, "expired already"),
        ({"rate_per_second": 0}, "between 1 and"),
        ({"rate_per_second": 10**9}, "between 1 and"),
    ],
)
def test_terms_that_cannot_hold_are_refused_in_words(
    project: Project, admin: User, now: datetime, change: dict[str, Any], words: str
) -> None:
    with pytest.raises(ProjectsError, match=re.escape(words)):
        services.add_api_key(project=project, terms=TERMS._replace(**change), confirmed_at=now, by=admin)
    assert not ApiKey.objects.exists()


def test_addresses_are_kept_once_each_in_one_spelling(project: Project, admin: User, now: datetime) -> None:
    written = ["203.0.113.7/32, 203.0.113.7", "2001:0DB8:0:0::1;198.51.100.0/24"]
    key, _token = services.add_api_key(
        project=project, terms=TERMS._replace(addresses=written), confirmed_at=now, by=admin
    )
    assert key.addresses == ["203.0.113.7", "2001:db8::1", "198.51.100.0/24"]


def test_twenty_keys_and_two_pairs_are_the_most(project: Project, admin: User, now: datetime) -> None:
    retired = timezone.now()
    ApiKeyFactory.create_batch(19, project=project)
    ApiKeyFactory(project=project, retired_at=retired)
    ApiKeyFactory()
    services.add_api_key(project=project, terms=TERMS, confirmed_at=now, by=admin)
    with pytest.raises(ProjectsError, match="20 API keys already"):
        services.add_api_key(project=project, terms=TERMS, confirmed_at=now, by=admin)
    SecretKeyFactory(project=project, retired_at=retired)
    for _n in range(2):
        services.add_secret_key(project=project, name="Shop", confirmed_at=now, by=admin)
    with pytest.raises(ProjectsError, match="Two SecretKeys are valid already"):
        services.add_secret_key(project=project, name="Shop", confirmed_at=now, by=admin)


@pytest.mark.django_db(transaction=True)
def test_two_who_add_the_last_pair_at_once_get_one() -> None:
    project, person, now = ProjectFactory(), UserFactory(), timezone.now()
    SecretKeyFactory(project=project)
    ready = threading.Barrier(2)

    def add() -> None:
        close_old_connections()
        ready.wait()
        try:
            services.add_secret_key(project=project, name="Shop", confirmed_at=now, by=person)
        except ProjectsError:
            pass
        finally:
            connection.close()

    threads = [threading.Thread(target=add) for _n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert SecretKey.objects.filter(project=project).count() == 2


def test_changed_terms_hold_and_say_who_changed_them(project: Project, admin: User, now: datetime) -> None:
    key = ApiKeyFactory(project=project)
    terms = ApiKeyTerms(name="Till", scopes=["texts:read"], addresses=["203.0.113.7"])
    services.change_api_key(api_key=key, terms=terms, seen_at=key.changed_at, by=admin)
    changed = ApiKey.objects.get(pk=key.pk)
    assert (changed.name, changed.scopes, changed.addresses) == ("Till", ["texts:read"], ["203.0.113.7"])
    assert changed.changed_by == admin
    with pytest.raises(SettingChanged, match=r"Ada Admin changed this at"):
        services.change_api_key(api_key=key, terms=TERMS, seen_at=key.changed_at, by=admin)
    assert kinds() == ["api_key.changed"]


def test_a_key_that_expired_keeps_its_day_while_other_terms_change(project: Project, admin: User) -> None:
    past = timezone.now() - timedelta(days=1)
    key = ApiKeyFactory(project=project, expires_at=past)
    services.change_api_key(
        api_key=key, terms=TERMS._replace(expires_at=past), seen_at=key.changed_at, by=admin
    )
    assert ApiKey.objects.get(pk=key.pk).name == "Order service"


def test_addresses_of_pairs_and_app_keys_change(project: Project, admin: User) -> None:
    pair, app_key = SecretKeyFactory(project=project), AppKeyFactory(project=project)
    services.change_secret_key(
        secret_key=pair, name="Shop", addresses=["203.0.113.7"], seen_at=pair.changed_at, by=admin
    )
    services.set_app_key_addresses(
        app_key=app_key, addresses=["203.0.113.8"], seen_at=app_key.changed_at, by=admin
    )
    assert SecretKey.objects.get(pk=pair.pk).addresses == ["203.0.113.7"]
    assert AppKey.objects.get(pk=app_key.pk).addresses == ["203.0.113.8"]
    with pytest.raises(SettingChanged):
        services.change_secret_key(
            secret_key=pair, name="Shop", addresses=[], seen_at=pair.changed_at, by=admin
        )
    with pytest.raises(SettingChanged):
        services.set_app_key_addresses(app_key=app_key, addresses=[], seen_at=app_key.changed_at, by=admin)
    assert kinds() == ["secret_key.changed", "app_key.changed"]


def test_a_retired_key_stays_retired_and_unchanged(project: Project, admin: User) -> None:
    key, pair = ApiKeyFactory(project=project), SecretKeyFactory(project=project)
    for retired in (key, pair, key):
        services.retire_key(key=retired, by=admin)
    assert kinds() == ["api_key.retired", "secret_key.retired"]
    with pytest.raises(ProjectsError, match="was retired"):
        services.change_api_key(api_key=key, terms=TERMS, seen_at=key.changed_at, by=admin)
    with pytest.raises(ProjectsError, match="was retired"):
        services.change_secret_key(
            secret_key=pair, name="Shop", addresses=[], seen_at=pair.changed_at, by=admin
        )


def test_each_look_at_a_secret_is_written_down(project: Project, admin: User, now: datetime) -> None:
    pair = SecretKeyFactory(project=project)
    assert services.reveal_secret_key(secret_key=pair, confirmed_at=now, by=admin) == pair.secret
    with pytest.raises(ProjectsError, match="Confirm first"):
        services.reveal_secret_key(secret_key=pair, confirmed_at=None, by=admin)
    assert kinds() == ["secret_key.revealed", "secret_key.reveal_refused"]


def test_nothing_changes_in_a_disabled_project(project: Project, admin: User, now: datetime) -> None:
    key, pair, app_key = (
        factory(project=project) for factory in (ApiKeyFactory, SecretKeyFactory, AppKeyFactory)
    )
    Project.objects.filter(pk=project.pk).update(disabled_at=now)
    for change in (
        lambda: services.add_api_key(project=project, terms=TERMS, confirmed_at=now, by=admin),
        lambda: services.add_secret_key(project=project, name="Shop", confirmed_at=now, by=admin),
        lambda: services.change_api_key(api_key=key, terms=TERMS, seen_at=key.changed_at, by=admin),
        lambda: services.change_secret_key(
            secret_key=pair, name="Shop", addresses=[], seen_at=pair.changed_at, by=admin
        ),
        lambda: services.set_app_key_addresses(
            app_key=app_key, addresses=[], seen_at=app_key.changed_at, by=admin
        ),
        lambda: services.retire_key(key=key, by=admin),
    ):
        with pytest.raises(ProjectDisabled):
            change()


def test_the_audit_names_the_change_and_no_secret(project: Project, admin: User, now: datetime) -> None:
    key, token = services.add_api_key(project=project, terms=TERMS, confirmed_at=now, by=admin)
    pair = services.add_secret_key(project=project, name="Shop", confirmed_at=now, by=admin)
    services.retire_key(key=key, by=admin)
    ApiKey.objects.filter(pk=key.pk).update(last_used_at=now, last_used_from="203.0.113.7")
    entries = list(Entry.objects.filter(subject__in=["projects.apikey", "projects.secretkey"]).order_by("id"))
    assert [entry.operation for entry in entries] == ["insert", "insert", "update"]
    assert {entry.project_id for entry in entries} == {project.pk}
    assert entries[2].after is not None
    assert set(entries[2].after) == {"retired_at"}
    stored = str([(entry.before, entry.after) for entry in entries])
    for secret in (token[18:], key.secret_hash, pair.secret):
        assert secret not in stored

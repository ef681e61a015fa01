from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import close_old_connections, connection
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from projects import services
from projects.errors import ProjectsError
from projects.models import AppKey, Project
from smsconsole.outbox.models import OutboxEvent
from tests.factories import PASSWORD, AppKeyFactory, ProjectFactory, UserFactory
from tests.people import ClientOf

pytestmark = pytest.mark.django_db

SECRET = "00112233445566778899aabbccddeeff"


@pytest.fixture
def app_key(project: Project) -> AppKey:
    return AppKeyFactory(project=project, secret=SECRET)


def test_the_page_shows_the_app_id_and_hides_the_key(
    client_of: ClientOf, project: Project, app_key: AppKey, admin: User
) -> None:
    page = client_of(admin).get(reverse("application-information", args=[project.slug])).content.decode()
    assert str(project.sdk_app_id) in page
    assert SECRET not in page


def test_the_database_holds_the_key_only_encrypted(app_key: AppKey) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM projects_appkey WHERE id = %s", [app_key.pk])
        (stored,) = cursor.fetchone()
    assert SECRET not in stored
    assert AppKey.objects.get(pk=app_key.pk).secret == SECRET


def test_the_key_shows_after_the_password_and_each_look_is_recorded(
    client_of: ClientOf, project: Project, app_key: AppKey, admin: User
) -> None:
    client = client_of(admin)
    address = reverse("app-key-reveal", args=[project.slug, app_key.uuid])
    assert SECRET not in client.get(address).content.decode()
    asked = client.post(address)
    assert asked.headers["Location"].startswith(reverse("account_reauthenticate"))
    wrong = client.post(asked.headers["Location"], {"password": "wrong"})
    assert "This is not your password." in wrong.content.decode()
    # What was asked for goes on by itself, on the page that asked for the password.
    right = client.post(asked.headers["Location"], {"password": PASSWORD})
    assert SECRET in right.content.decode()
    assert "no-store" in right.headers["Cache-Control"]
    assert SECRET in client.post(address).content.decode()
    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        assert client.post(address).status_code == 302
    kinds = list(OutboxEvent.objects.filter(kind__startswith="app_key.reveal").values_list("kind", flat=True))
    assert kinds == ["app_key.revealed", "app_key.revealed"]


def test_the_service_keeps_the_key_from_whoever_did_not_prove_themselves(
    app_key: AppKey, admin: User
) -> None:
    for confirmed_at in (None, timezone.now() - timedelta(minutes=6)):
        with pytest.raises(ProjectsError, match="Confirm first"):
            services.reveal_app_key(app_key=app_key, confirmed_at=confirmed_at, by=admin)
    assert OutboxEvent.objects.filter(kind="app_key.reveal_refused").count() == 2


def test_a_key_of_another_project_is_not_found(client_of: ClientOf, project: Project, admin: User) -> None:
    theirs = AppKeyFactory()
    address = reverse("app-key-reveal", args=[project.slug, theirs.uuid])
    assert client_of(admin).post(address, {"password": PASSWORD}).status_code == 404
    retire = reverse("app-key-retire", args=[project.slug, theirs.uuid])
    assert client_of(admin).post(retire).status_code == 404


def test_rotation_keeps_at_most_two_valid_keys(
    client_of: ClientOf, project: Project, app_key: AppKey, admin: User
) -> None:
    client = client_of(admin)
    add = reverse("app-key-add", args=[project.slug])
    assert "A second AppKey is valid now." in client.post(add, follow=True).content.decode()
    assert "Two AppKeys are valid already." in client.post(add, follow=True).content.decode()
    for _twice in range(2):
        client.post(reverse("app-key-retire", args=[project.slug, app_key.uuid]))
    (left,) = AppKey.objects.filter(project=project, retired_at=None)
    assert left.secret != SECRET
    assert len(left.secret) == 32


def test_the_last_key_is_not_retired(project: Project, app_key: AppKey, admin: User) -> None:
    with pytest.raises(ProjectsError, match="only valid AppKey"):
        services.retire_app_key(app_key=app_key, by=admin)
    app_key.refresh_from_db()
    assert app_key.retired_at is None


@pytest.mark.django_db(transaction=True)
def test_retiring_both_keys_at_once_leaves_one() -> None:
    project, person = ProjectFactory(), UserFactory()
    keys = AppKeyFactory.create_batch(2, project=project)
    ready = threading.Barrier(2)

    def retire(key: AppKey) -> None:
        close_old_connections()
        ready.wait()
        try:
            services.retire_app_key(app_key=key, by=person)
        except ProjectsError:
            pass
        finally:
            connection.close()

    threads = [threading.Thread(target=retire, args=(key,)) for key in keys]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert AppKey.objects.filter(project=project, retired_at=None).count() == 1


def test_the_page_costs_the_same_with_many_keys(
    client_of: ClientOf, project: Project, operator: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    AppKeyFactory.create_batch(20, project=project)
    client = client_of(operator)
    address = reverse("application-information", args=[project.slug])
    client.get(address)
    # Session, person, project, memberships, keys, projects of the switcher, the bell.
    with django_assert_num_queries(7):
        client.get(address)

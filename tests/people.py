"""The six people of the access rules, their organization and project, and a browser of their own for each."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import Organization, Role, User
from projects.models import Project
from tests.factories import OrganizationFactory, ProjectFactory, UserFactory, member

# Nobody signed in, an operator, a reviewer, an admin, platform staff, an admin of another organization.
PEOPLE = ("nobody", "operator", "reviewer", "admin", "staff", "outsider")

ClientOf = Callable[[User | None], Client]


@pytest.fixture
def organization(db: None) -> Organization:
    return OrganizationFactory(name="Acme Retail")


@pytest.fixture
def project(organization: Organization, admin: User) -> Project:
    return ProjectFactory(organization=organization, name="Web shop", slug="web-shop", created_by=admin)


@pytest.fixture
def nobody() -> None:
    return None


@pytest.fixture
def operator(organization: Organization) -> User:
    return member(organization, Role.OPERATOR, user__name="Olga Operator", user__email="operator@example.com")


@pytest.fixture
def reviewer(organization: Organization) -> User:
    return member(organization, Role.REVIEWER, user__name="Rolf Reviewer", user__email="reviewer@example.com")


@pytest.fixture
def admin(organization: Organization) -> User:
    return member(organization, Role.ADMIN, user__name="Ada Admin", user__email="admin@example.com")


@pytest.fixture
def staff(db: None) -> User:
    return UserFactory(is_staff=True, name="Sam Staff", email="staff@example.com")


@pytest.fixture
def outsider(db: None) -> User:
    """Holds every role, in another organization."""
    return member(OrganizationFactory(name="Other company"), *Role, user__email="outsider@example.com")


@pytest.fixture
def client_of() -> ClientOf:
    """A browser in which this person is signed in (nobody: None), with a second factor if they are staff."""

    def open_client(user: User | None) -> Client:
        client = Client()
        if user is not None:
            client.force_login(user)
            if user.is_staff:
                note_in_session(client, user, method="mfa", type="totp")
        return client

    return open_client


def note_in_session(client: Client, user: User, **record: object) -> None:
    """As if the person had proved just now in this browser who they are: `method="mfa"`, `reauthenticated=True`."""
    session = client.session
    session["account_authentication_methods"] = [
        *session.get("account_authentication_methods", []),
        {"at": time.time(), **record},
    ]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()


def confirm(client: Client, user: User) -> Client:
    """As if the person had just typed their password again."""
    note_in_session(client, user, method="password", reauthenticated=True)
    return client

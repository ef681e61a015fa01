"""Rows for tests. Each factory makes the smallest valid thing; tests name only what matters to them."""

from __future__ import annotations

import factory
from factory.django import DjangoModelFactory

from accounts.models import Membership, Organization, Role, User
from projects.models import AppKey, Project

PASSWORD = "a long enough password"


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.com")
    name = factory.Sequence(lambda n: f"Person {n}")
    password = factory.django.Password(PASSWORD)


class OrganizationFactory(DjangoModelFactory):
    class Meta:
        model = Organization

    name = factory.Sequence(lambda n: f"Organization {n}")


class MembershipFactory(DjangoModelFactory):
    class Meta:
        model = Membership

    organization = factory.SubFactory(OrganizationFactory)
    user = factory.SubFactory(UserFactory)
    roles = [Role.OPERATOR]


class ProjectFactory(DjangoModelFactory):
    class Meta:
        model = Project

    organization = factory.SubFactory(OrganizationFactory)
    name = factory.Sequence(lambda n: f"Project {n}")
    slug = factory.Sequence(lambda n: f"project-{n}")
    time_zone = "Asia/Shanghai"
    created_by = factory.SubFactory(UserFactory)


class AppKeyFactory(DjangoModelFactory):
    class Meta:
        model = AppKey

    project = factory.SubFactory(ProjectFactory)
    secret = "0123456789abcdef0123456789abcdef"


def member(organization: Organization, *roles: Role, **fields: object) -> User:
    """A person with these roles in the organization."""
    return MembershipFactory(organization=organization, roles=list(roles), **fields).user

"""Rows for tests. Each factory makes the smallest valid thing; tests name only what matters to them."""

from __future__ import annotations

import factory
from factory.django import DjangoModelFactory

from accounts.models import (
    IdentityVerification,
    Membership,
    Organization,
    Role,
    ServiceActivation,
    User,
)
from accounts.standing import may_activate
from accounts.statuses import ActivationStatus, EntityKind, VerificationStatus
from projects.models import ApiKey, AppKey, Cap, FrequencyRule, Project, SecretKey
from projects.services import token_hash
from projects.statuses import SCOPE_INTERNATIONAL, ApiScope, CapPeriod, FrequencyDimension
from smsconsole.lib.types import Region

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
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Organization {n}")
    requires_two_factor = False

    @factory.post_generation
    def entity(self, create: bool, extracted: EntityKind | str | None, **regions: bool) -> None:
        """A verified enterprise that may send to both regions; `entity="individual"` or `entity=""` is less.

        `entity__domestic=False` and `entity__international=False` leave a region inactive.
        """
        kind = EntityKind.ENTERPRISE if extracted is None else extracted
        if not create or not kind:
            return
        IdentityVerification.objects.create(
            organization=self, kind=kind, legal_name=self.name, status=VerificationStatus.APPROVED
        )
        for region in Region:
            if regions.get(region.value, True) and may_activate(EntityKind(kind), region):
                ServiceActivation.objects.create(
                    organization=self, region=region, status=ActivationStatus.GRANTED
                )


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


class SecretKeyFactory(DjangoModelFactory):
    class Meta:
        model = SecretKey

    project = factory.SubFactory(ProjectFactory)
    name = factory.Sequence(lambda n: f"Program {n}")
    secret_id = factory.Sequence(lambda n: f"AKID{n:032}")
    secret = "Gu5t9xGARNpq86cd98joQYCN3Cozk1qA"


class ApiKeyFactory(DjangoModelFactory):
    """A key of the native API; its bearer token is `token_of(key)`. All scopes unless named."""

    class Meta:
        model = ApiKey

    project = factory.SubFactory(ProjectFactory)
    name = factory.Sequence(lambda n: f"Program {n}")
    prefix = factory.Sequence(lambda n: f"{n:08}")
    scopes = [*ApiScope.values]
    is_sandbox = False
    secret_hash = factory.LazyAttribute(lambda key: token_hash(token_of(key)))


def token_of(key: ApiKey) -> str:
    """The bearer token of a key that `ApiKeyFactory` made."""
    return f"sms_{'test' if key.is_sandbox else 'live'}_{key.prefix}_{'a' * 43}"


def member(organization: Organization, *roles: Role, **fields: object) -> User:
    """A person with these roles in the organization."""
    return MembershipFactory(organization=organization, roles=list(roles), **fields).user


def lift_limits(project: Project) -> None:
    """Without frequency limits and caps: for tests and trials that send to the same numbers again and again."""
    for dimension in FrequencyDimension:
        FrequencyRule.objects.create(project=project, dimension=dimension, is_on=False)
    Cap.objects.create(project=project, scope=SCOPE_INTERNATIONAL, period=CapPeriod.DAY)

"""What the upgrade makes of people who were there before."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse

from accounts import services
from accounts.models import Invitation, Membership, Organization, User
from tests.factories import MembershipFactory, OrganizationFactory, UserFactory

pytestmark = pytest.mark.django_db

upgrade = import_module("accounts.migrations.0005_people_so_far")


def test_who_was_invited_and_never_came_becomes_an_invitation(
    client: Client, organization: Organization, operator: User
) -> None:
    waiting = UserFactory(email="nina@example.com", password=None)
    waiting.set_unusable_password()
    waiting.save()
    MembershipFactory(organization=organization, user=waiting, roles=["reviewer"])
    upgrade.turn_waiting_members_into_invitations(apps, None)
    assert set(Membership.objects.values_list("user__email", flat=True)) == {operator.email}
    invitation = Invitation.objects.get()
    assert (invitation.email, invitation.roles) == ("nina@example.com", ["reviewer"])
    path = reverse("invitation", args=[invitation.uuid, services.invitation_token(invitation)])
    client.post(path, {"name": "Nina", "password": "a fresh long password"})
    assert Membership.objects.get(user=waiting).roles == ["reviewer"]


def test_only_the_demo_is_spared_the_second_factor(organization: Organization) -> None:
    demo, mixed, real = (OrganizationFactory(requires_two_factor=True) for _n in range(3))
    MembershipFactory(organization=demo, user__email="admin@demo.example")
    MembershipFactory(organization=mixed, user__email="operator@demo.example")
    MembershipFactory(organization=mixed)
    MembershipFactory(organization=real)
    upgrade.spare_the_demo(apps, None)
    assert set(Organization.objects.filter(requires_two_factor=True)) == {mixed, real}

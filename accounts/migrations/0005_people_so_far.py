"""Who was invited and never came becomes an invitation; the demo needs no second factor."""

from __future__ import annotations

from datetime import timedelta

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.utils import timezone


def turn_waiting_members_into_invitations(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    Membership = apps.get_model("accounts", "Membership")
    Invitation = apps.get_model("accounts", "Invitation")
    waiting = Membership.objects.filter(
        user__password__startswith="!",  # noqa: S106 -- the mark of an account without one
        user__last_login=None,
    )
    for membership in waiting.select_related("user"):
        Invitation.objects.create(
            organization_id=membership.organization_id,
            email=membership.user.email,
            name=membership.user.name,
            roles=membership.roles,
            may_reveal_numbers=membership.may_reveal_numbers,
            created_at=membership.created_at,
            expires_at=timezone.now() + timedelta(days=7),
        )
        membership.delete()


def spare_the_demo(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    Organization = apps.get_model("accounts", "Organization")
    Membership = apps.get_model("accounts", "Membership")
    real = Membership.objects.exclude(user__email__endswith="@demo.example").values("organization_id")
    demo = Membership.objects.filter(user__email__endswith="@demo.example").values("organization_id")
    Organization.objects.filter(pk__in=demo).exclude(pk__in=real).update(requires_two_factor=False)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_invitations_and_two_factor")]

    operations = [
        migrations.RunPython(turn_waiting_members_into_invitations, migrations.RunPython.noop),
        migrations.RunPython(spare_the_demo, migrations.RunPython.noop),
    ]

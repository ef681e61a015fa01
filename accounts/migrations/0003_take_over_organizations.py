"""Organizations that exist already go on sending: they become verified enterprises, active in both regions.

Their rows say *taken over at upgrade*; an admin may hand in real data later, as a new request.
"""

from django.db import migrations


def take_over(apps, schema_editor):
    Organization = apps.get_model("accounts", "Organization")
    IdentityVerification = apps.get_model("accounts", "IdentityVerification")
    ServiceActivation = apps.get_model("accounts", "ServiceActivation")
    for organization in Organization.objects.filter(verifications=None):
        IdentityVerification.objects.create(
            organization=organization,
            kind="enterprise",
            legal_name=organization.name,
            registration_number="",
            status="approved",
            origin="upgrade",
        )
        for region in ("domestic", "international"):
            ServiceActivation.objects.create(
                organization=organization, region=region, status="granted", origin="upgrade"
            )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_standing")]

    operations = [migrations.RunPython(take_over, migrations.RunPython.noop)]

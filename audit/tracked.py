"""What is recorded: configuration, keys, people, reviews, actions on campaigns. One line a model."""

from __future__ import annotations

import pgtrigger
from django.apps import apps

from audit.recording import CountChanges, RecordChange, Scope, of_project

_OF_ORGANIZATION = Scope("r.organization_id")
_OF_PROJECT = of_project("r.project_id")
_SIGNATURE = "(SELECT s.project_id FROM templates_app_signature s WHERE s.id = r.signature_id)"
_BODY_TEMPLATE = "(SELECT b.project_id FROM templates_app_bodytemplate b WHERE b.id = r.body_template_id)"
_REVIEWED = (
    "coalesce((SELECT s.project_id FROM templates_app_signature s JOIN templates_app_signaturerevision v"
    " ON v.signature_id = s.id WHERE v.id = r.signature_revision_id),"
    " (SELECT b.project_id FROM templates_app_bodytemplate b JOIN templates_app_bodytemplaterevision v"
    " ON v.body_template_id = b.id WHERE v.id = r.body_template_revision_id),"
    " (SELECT i.project_id FROM templates_app_senderid i JOIN templates_app_senderidrevision v"
    " ON v.sender_id_id = i.id WHERE v.id = r.sender_id_revision_id))"
)
_SENDER_ID = "(SELECT i.project_id FROM templates_app_senderid i WHERE i.id = r.sender_id_id)"

# A person of one organization alone is that organization's business.
_OF_PERSON = Scope(
    "(SELECT min(m.organization_id) FROM accounts_membership m WHERE m.user_id = r.id HAVING count(*) = 1)"
)

# A key that is used is not changed.
_USE = ("last_used_at", "last_used_from")

TRACKED: dict[str, RecordChange] = {
    "accounts.User": RecordChange(scope=_OF_PERSON, ignored=("last_login",), secrets=("password",)),
    "mfa.Authenticator": RecordChange(
        scope=Scope(
            "(SELECT min(m.organization_id) FROM accounts_membership m"
            " WHERE m.user_id = r.user_id HAVING count(*) = 1)"
        ),
        ignored=("last_used_at",),
        secrets=("data",),
    ),
    "accounts.Organization": RecordChange(scope=Scope("r.id")),
    "accounts.Membership": RecordChange(scope=_OF_ORGANIZATION),
    "accounts.Invitation": RecordChange(scope=_OF_ORGANIZATION, secrets=("nonce",)),
    "accounts.IdentityVerification": RecordChange(
        scope=_OF_ORGANIZATION, secrets=("registration_number",), numbers=("contact_msisdn",)
    ),
    "accounts.ServiceActivation": RecordChange(scope=_OF_ORGANIZATION),
    "projects.Project": RecordChange(scope=Scope("r.organization_id", "r.id")),
    "projects.AppKey": RecordChange(scope=_OF_PROJECT, ignored=_USE, secrets=("secret",)),
    "projects.SecretKey": RecordChange(scope=_OF_PROJECT, ignored=_USE, secrets=("secret",)),
    "projects.ApiKey": RecordChange(scope=_OF_PROJECT, ignored=_USE, secrets=("secret_hash",)),
    "projects.CallbackEndpoint": RecordChange(scope=_OF_PROJECT, secrets=("secret", "previous_secret")),
    "projects.FrequencyRule": RecordChange(
        scope=Scope(
            "coalesce(r.organization_id,"
            " (SELECT p.organization_id FROM projects_project p WHERE p.id = r.project_id))",
            "r.project_id",
        ),
    ),
    "projects.Cap": RecordChange(scope=_OF_PROJECT),
    "projects.AllowedCountry": RecordChange(scope=_OF_PROJECT, ignored=("added_at", "added_by_id")),
    "projects.AlarmContact": RecordChange(scope=_OF_PROJECT, numbers=("msisdn",)),
    "projects.AbuseWatch": RecordChange(scope=_OF_PROJECT),
    "projects.RemovalRequest": RecordChange(scope=_OF_PROJECT, numbers=("msisdn",)),
    "templates_app.SignatureRevision": RecordChange(scope=of_project(_SIGNATURE)),
    "templates_app.BodyTemplateRevision": RecordChange(scope=of_project(_BODY_TEMPLATE)),
    "templates_app.SenderIdRevision": RecordChange(scope=of_project(_SENDER_ID)),
    "templates_app.Review": RecordChange(scope=of_project(_REVIEWED)),
    "delivery.Gateway": RecordChange(scope=Scope(), secrets=("secret", "push_token")),
    "delivery.CarrierTemplate": RecordChange(scope=Scope(), ignored=("fetched_at",)),
    "delivery.Route": RecordChange(scope=Scope()),
    # The console itself adds and counts them; only what somebody makes of one is news.
    "delivery.CarrierCode": RecordChange(
        scope=Scope(),
        ignored=("n_seen", "first_seen_at", "last_seen_at"),
        operation=pgtrigger.Update,
    ),
    "campaigns.Campaign": RecordChange(
        scope=_OF_PROJECT,
        ignored=("fanout_row", "fanout_heartbeat_at", "manual_numbers", "dispatch_id"),
    ),
}

# Added and removed by the thousand: counted, not listed.
COUNTED = {"projects.ListedNumber": "list"}


def register_all() -> None:
    """Hand the triggers to django-pgtrigger, which installs them after `migrate`."""
    for label, trigger in TRACKED.items():
        trigger.register(apps.get_model(label))  # type: ignore[arg-type]
    for label, by in COUNTED.items():
        for operation in (pgtrigger.Insert, pgtrigger.Delete):
            CountChanges(by=by, operation=operation).register(apps.get_model(label))  # type: ignore[arg-type]

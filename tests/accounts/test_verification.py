from __future__ import annotations

import threading
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.storage import default_storage
from django.db import connection

from accounts.errors import AccountsError, StandingChanged
from accounts.models import IdentityVerification, Organization, User
from accounts.services.activation import (
    grant_activation,
    refuse_activation,
    request_activation,
    revoke_activation,
)
from accounts.services.administration import lock_organization, unlock_organization
from accounts.services.verification import (
    approve_verification,
    reject_verification,
    submit_verification,
    withdraw_verification,
)
from accounts.standing import standing_of
from accounts.statuses import ActivationStatus, EntityKind, VerificationStatus
from smsconsole.lib.types import Region
from smsconsole.outbox.models import OutboxEvent
from tests.accounts.papers import identity, paper
from tests.factories import MembershipFactory, OrganizationFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def files(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def newcomer() -> Organization:
    return OrganizationFactory(entity="", name="New company")


def submit(organization: Organization, by: User, **changed: Any) -> IdentityVerification:
    newest = organization.verifications.order_by("-id").first()
    values: dict[str, Any] = {
        "identity": identity(),
        "papers": [paper()],
        "seen": newest.uuid if newest else None,
    }
    return submit_verification(organization=organization, by=by, **(values | changed))


def told() -> list[str]:
    return list(OutboxEvent.objects.order_by("id").values_list("kind", flat=True))


def test_a_request_waits_with_its_documents_and_changes_nothing_yet(
    newcomer: Organization, admin: User, files: Path
) -> None:
    verification = submit(newcomer, admin, papers=[paper(n_pages=2), paper()])
    assert verification.status == VerificationStatus.PENDING
    assert standing_of(newcomer.pk).entity is None
    first, second = verification.documents.all()
    assert (first.n_pages, second.n_pages) == (2, 0)
    assert sum(1 for file in files.rglob("*") if file.is_file()) == 4
    event = OutboxEvent.objects.get(kind="verification.submitted")
    assert event.payload["organization"] == str(newcomer.uuid)
    assert "legal_name" not in event.payload


def test_the_registration_number_is_not_readable_in_the_database(newcomer: Organization, admin: User) -> None:
    verification = submit(newcomer, admin)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT registration_number FROM accounts_identityverification WHERE id = %s", [verification.pk]
        )
        (stored,) = cursor.fetchone()
    assert identity().registration_number not in stored
    verification.refresh_from_db()
    assert verification.registration_number == identity().registration_number


def test_approval_puts_the_data_in_force_and_supersedes_those_before(
    newcomer: Organization, admin: User, staff: User
) -> None:
    first = submit(newcomer, admin, identity=identity(kind=EntityKind.INDIVIDUAL))
    approve_verification(verification=first, by=staff)
    assert standing_of(newcomer.pk).is_individual
    second = submit(newcomer, admin)
    assert standing_of(newcomer.pk).is_individual, "the old data stay in force meanwhile"
    approve_verification(verification=second, by=staff)
    first.refresh_from_db()
    assert first.status == VerificationStatus.SUPERSEDED
    assert standing_of(newcomer.pk).is_enterprise


def test_a_rejected_change_leaves_the_old_data_in_force(
    organization: Organization, admin: User, staff: User
) -> None:
    change = submit(organization, admin)
    reject_verification(verification=change, reasons=["unreadable"], comment="Page 2 is cut off.", by=staff)
    change.refresh_from_db()
    assert (change.reasons, change.comment) == (["unreadable"], "Page 2 is cut off.")
    assert standing_of(organization.pk).is_enterprise
    assert "verification.rejected" in told()


def test_a_rejection_says_why(organization: Organization, admin: User, staff: User) -> None:
    change = submit(organization, admin)
    with pytest.raises(AccountsError, match="Choose a reason"):
        reject_verification(verification=change, reasons=[], comment="  ", by=staff)


def test_a_second_request_waits_for_the_first(newcomer: Organization, admin: User) -> None:
    submit(newcomer, admin)
    with pytest.raises(AccountsError, match="waiting for its review"):
        submit(newcomer, admin)


def test_an_enterprise_does_not_become_an_individual(organization: Organization, admin: User) -> None:
    with pytest.raises(AccountsError, match="cannot become an individual"):
        submit(organization, admin, identity=identity(kind=EntityKind.INDIVIDUAL))


def test_a_request_needs_one_to_five_documents(newcomer: Organization, admin: User, files: Path) -> None:
    for papers in ([], [paper()] * 6):
        with pytest.raises(AccountsError, match="between 1 and 5"):
            submit(newcomer, admin, papers=papers)
    assert not [file for file in files.rglob("*") if file.is_file()]


def test_documents_of_the_last_request_may_be_shown_again(
    newcomer: Organization, admin: User, staff: User
) -> None:
    first = submit(newcomer, admin)
    reject_verification(verification=first, reasons=["name"], comment="", by=staff)
    second = submit(newcomer, admin, papers=[], kept=list(first.documents.all()))
    assert second.documents.get().file.name == first.documents.get().file.name


def test_documents_of_another_organization_are_never_shown(newcomer: Organization, admin: User) -> None:
    foreign = submit(OrganizationFactory(entity=""), admin)
    with pytest.raises(AccountsError, match="between 1 and 5"):
        submit(newcomer, admin, papers=[], kept=list(foreign.documents.all()))


def test_a_stale_form_says_who_was_faster(newcomer: Organization, admin: User) -> None:
    submit(newcomer, UserFactory(name="Frida Fast"))
    with pytest.raises(StandingChanged, match="Frida Fast"):
        submit(newcomer, admin, seen=None)
    with pytest.raises(StandingChanged):
        submit(newcomer, admin, seen=uuid4())


def test_a_withdrawn_request_can_be_handed_in_again(newcomer: Organization, admin: User) -> None:
    verification = submit(newcomer, admin)
    withdraw_verification(verification=verification, by=admin)
    withdraw_verification(verification=verification, by=admin)
    assert told().count("verification.withdrawn") == 1
    assert submit(newcomer, admin).status == VerificationStatus.PENDING


def test_what_was_decided_is_neither_withdrawn_nor_decided_again(
    newcomer: Organization, admin: User, staff: User
) -> None:
    verification = submit(newcomer, admin)
    approve_verification(verification=verification, by=staff)
    with pytest.raises(StandingChanged, match="Sam Staff: Approved"):
        withdraw_verification(verification=verification, by=admin)
    with pytest.raises(StandingChanged):
        reject_verification(verification=verification, reasons=["name"], comment="", by=staff)


def test_only_staff_decide_and_never_about_their_own(
    newcomer: Organization, admin: User, staff: User
) -> None:
    verification = submit(newcomer, admin)
    with pytest.raises(AccountsError, match="Only platform staff"):
        approve_verification(verification=verification, by=admin)
    MembershipFactory(organization=newcomer, user=staff)
    with pytest.raises(AccountsError, match="member of this organization"):
        approve_verification(verification=verification, by=staff)


@pytest.mark.django_db(transaction=True)
def test_of_two_decisions_at_once_one_counts(newcomer: Organization, admin: User, staff: User) -> None:
    verification = submit(newcomer, admin)
    outcomes: list[str] = []
    start = threading.Barrier(2)

    def decide(act: Any, **arguments: Any) -> None:
        try:
            start.wait()
            act(verification=IdentityVerification.objects.get(pk=verification.pk), by=staff, **arguments)
            outcomes.append("done")
        except StandingChanged:
            outcomes.append("too late")
        finally:
            connection.close()

    threads = [
        threading.Thread(target=decide, args=(approve_verification,)),
        threading.Thread(
            target=decide, args=(reject_verification,), kwargs={"reasons": ["name"], "comment": ""}
        ),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done", "too late"]


# --- Activation -----------------------------------------------------------------------------------------


def ask(
    organization: Organization, region: Region, by: User, purpose: str = "Sign-in codes, 200 a day"
) -> Any:
    request_activation(organization=organization, region=region, purpose=purpose, by=by)
    return organization.activations.get(region=region)


def test_a_region_is_applied_for_and_granted(newcomer: Organization, admin: User, staff: User) -> None:
    approve_verification(verification=submit(newcomer, admin), by=staff)
    activation = ask(newcomer, Region.INTERNATIONAL, admin)
    assert standing_of(newcomer.pk).active_regions == frozenset()
    grant_activation(activation=activation, seen_at=activation.changed_at, by=staff)
    assert standing_of(newcomer.pk).active_regions == {Region.INTERNATIONAL}
    assert told()[-2:] == ["activation.requested", "activation.granted"]


def test_asking_twice_asks_once(organization: Organization, newcomer: Organization, admin: User) -> None:
    submit(newcomer, admin)
    ask(newcomer, Region.DOMESTIC, admin)
    ask(newcomer, Region.DOMESTIC, admin, "Something else entirely")
    ask(organization, Region.DOMESTIC, admin)
    assert told().count("activation.requested") == 1
    assert newcomer.activations.get().purpose == "Sign-in codes, 200 a day"


def test_nothing_is_applied_for_before_a_verification(newcomer: Organization, admin: User) -> None:
    with pytest.raises(AccountsError, match="verification of your organization first"):
        ask(newcomer, Region.DOMESTIC, admin)


def test_an_individual_does_not_apply_for_international(admin: User) -> None:
    with pytest.raises(AccountsError, match="as an enterprise"):
        ask(OrganizationFactory(entity="individual"), Region.INTERNATIONAL, admin)


def test_a_region_is_granted_only_after_the_verification(
    newcomer: Organization, admin: User, staff: User
) -> None:
    submit(newcomer, admin)
    activation = ask(newcomer, Region.DOMESTIC, admin)
    with pytest.raises(AccountsError, match="Approve the verification first"):
        grant_activation(activation=activation, seen_at=activation.changed_at, by=staff)


@pytest.mark.parametrize("purpose", ["", "   ", "too short", " short   \n  "])
def test_a_request_says_what_will_be_sent(organization: Organization, admin: User, purpose: str) -> None:
    with pytest.raises(AccountsError, match="at least 10 characters"):
        ask(organization, Region.DOMESTIC, admin, purpose)


def test_what_was_taken_back_can_be_applied_for_again(
    organization: Organization, admin: User, staff: User
) -> None:
    activation = organization.activations.get(region=Region.DOMESTIC)
    with pytest.raises(AccountsError, match="Say why"):
        revoke_activation(activation=activation, comment=" ", seen_at=activation.changed_at, by=staff)
    revoke_activation(activation=activation, comment="Complaints.", seen_at=activation.changed_at, by=staff)
    assert standing_of(organization.pk).active_regions == {Region.INTERNATIONAL}
    again = ask(organization, Region.DOMESTIC, admin)
    assert (again.status, again.comment) == (ActivationStatus.REQUESTED, "")
    refuse_activation(activation=again, comment="Not yet.", seen_at=again.changed_at, by=staff)
    again.refresh_from_db()
    assert again.status == ActivationStatus.REFUSED


def test_a_stale_decision_is_refused(organization: Organization, staff: User) -> None:
    activation = organization.activations.get(region=Region.DOMESTIC)
    seen = activation.changed_at
    revoke_activation(activation=activation, comment="Complaints.", seen_at=seen, by=staff)
    for act in (grant_activation,):
        with pytest.raises(StandingChanged, match="Domestic SMS was changed by Sam Staff"):
            act(activation=activation, seen_at=seen, by=staff)


def test_a_locked_organization_sends_nothing_until_it_is_unlocked(
    organization: Organization, admin: User, staff: User
) -> None:
    with pytest.raises(AccountsError, match="Only platform staff"):
        lock_organization(organization=organization, reason="Spam.", by=admin)
    with pytest.raises(AccountsError, match="Say why"):
        lock_organization(organization=organization, reason=" ", by=staff)
    lock_organization(organization=organization, reason="Spam.", by=staff)
    lock_organization(organization=organization, reason="Again.", by=staff)
    organization.refresh_from_db()
    assert organization.locked_reason == "Spam."
    assert standing_of(organization.pk).active_regions == frozenset()
    unlock_organization(organization=organization, by=staff)
    assert standing_of(organization.pk).active_regions == set(Region)
    assert told()[-2:] == ["organization.locked", "organization.unlocked"]


def test_files_of_a_request_that_fails_are_deleted(
    newcomer: Organization, admin: User, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = default_storage.save
    calls: list[str] = []

    def fail_late(name: str, content: Any) -> str:
        calls.append(name)
        if len(calls) == 3:
            raise OSError("no space left")
        return saved(name, content)

    monkeypatch.setattr(default_storage, "save", fail_late)
    with pytest.raises(OSError, match="no space"):
        submit(newcomer, admin, papers=[paper(n_pages=1), paper()])
    assert not [file for file in files.rglob("*") if file.is_file()]
    assert not newcomer.verifications.exists()

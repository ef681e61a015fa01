"""From the real event to the mail in the server and the message on the phone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from accounts.models import Role, User
from delivery.drain import drain
from delivery.models import Dispatch, Gateway
from delivery.queries.handset import read_handset
from delivery.statuses import DispatchState
from notifications import sql
from notifications.models import BellEntry, Delivery, Notification, QuietTime, ReadPosition
from notifications.services import choose_mail, follow_outbox, settle_texts
from notifications.statuses import Channel, DeliveryState
from projects.models import AlarmContact, Project
from projects.statuses import AlarmEvent
from smsconsole.outbox.models import OutboxEvent
from smsconsole.outbox.services import append_event
from templates_app.services import approve_revision, reject_revision, revoke_revision
from tests.delivery.simulation.running import RunningGateway
from tests.factories import member
from tests.notifications.conftest import CONTACT_NUMBER, MailServer, work
from tests.templates_app.texts import pending_body_template, pending_signature

# The outbox is read behind the oldest running transaction, so these tests have to commit.
pytestmark = pytest.mark.django_db(transaction=True)


def cap(project: Project, kind: str = "cap.reached", *, n: int = 1000) -> None:
    append_event(
        kind=kind,
        subject=f"project:{project.uuid}",
        payload={
            "project": str(project.uuid),
            "scope": "international",
            "period": "day",
            "value": 1000,
            "n": n,
        },
    )


def titles_for(user: User) -> list[str]:
    entries = BellEntry.objects.filter(user=user).order_by("pk")
    return [entry.notification.kind for entry in entries]


# --- Reviews --------------------------------------------------------------------------------------------


def test_an_approval_reaches_the_author_and_the_alarm_contact(
    project: Project, operator: User, reviewer: User, contact: AlarmContact, mail_server: MailServer
) -> None:
    revision = pending_signature(project, operator)
    work()
    mail_server.mails.clear()
    mail_server.recipients.clear()
    approve_revision(revision=revision, by=reviewer)
    work()
    assert sorted(mail_server.recipients) == ["night@example.com", operator.email]
    assert set(mail_server.subjects) == {"[SMS Console] Signature approved: DemoShop - Web shop"}
    assert "Rolf Reviewer approved the signature “DemoShop”" in mail_server.body()
    assert f"/projects/web-shop/signatures/{revision.signature.uuid}/" in mail_server.body()
    assert titles_for(operator) == ["signature.approved"]


def test_a_rejection_reaches_the_author_and_the_alarm_contact(
    project: Project, operator: User, reviewer: User, contact: AlarmContact, mail_server: MailServer
) -> None:
    revision = pending_body_template(project, operator)
    work()
    mail_server.mails.clear()
    reject_revision(revision=revision, by=reviewer, comment="The shop's name is missing.")
    work()
    assert set(mail_server.subjects) == {"[SMS Console] Body template rejected: Order notice - Web shop"}
    assert len(mail_server.mails) == 2
    assert titles_for(operator) == ["body_template.rejected"]


def test_a_submission_reaches_reviewers_and_not_the_author(
    project: Project, reviewer: User, mail_server: MailServer
) -> None:
    author = member(project.organization, Role.OPERATOR, Role.REVIEWER, user__email="both@example.com")
    pending_signature(project, author)
    work()
    assert mail_server.recipients == [reviewer.email]
    assert titles_for(author) == []


def test_reviews_are_never_folded(
    project: Project, operator: User, reviewer: User, mail_server: MailServer
) -> None:
    for number in range(3):
        approve_revision(
            revision=pending_body_template(project, operator, name=f"Notice {number}"), by=reviewer
        )
    work()
    assert titles_for(operator) == ["body_template.approved"] * 3


def test_a_revoked_approval_is_told(
    project: Project, operator: User, reviewer: User, mail_server: MailServer
) -> None:
    revision = pending_signature(project, operator)
    approve_revision(revision=revision, by=reviewer)
    revoke_revision(revision=revision, by=reviewer, comment="The brand was sold.")
    work()
    assert titles_for(operator) == ["signature.approved", "signature.revoked"]


# --- Text messages --------------------------------------------------------------------------------------


def test_an_alarm_appears_on_the_handset(
    project: Project,
    contact: AlarmContact,
    give_number: Callable[[], None],
    tmp_path: Path,
    mail_server: MailServer,
) -> None:
    network = RunningGateway(tmp_path)
    network.start()
    gateway = Gateway.objects.create(
        slug="simulated", name="Simulated", kind="simulator", settings={"address": network.socket}
    )
    give_number()
    cap(project)
    work()
    drain(gateway, until=float("inf"))
    settle_texts()
    phones = read_handset(project).phones
    network.stop()
    assert [(phone.msisdn, [message.text for message in phone.messages]) for phone in phones] == [
        (
            CONTACT_NUMBER,
            ["SMS Console: Cap reached: 1000 messages, international, today - project Web shop"],
        )
    ]
    text = Delivery.objects.get(channel=Channel.SMS)
    assert (text.state, text.error) == (DeliveryState.SENT, "")
    assert mail_server.recipients.count("night@example.com") == 1


def test_an_alarm_leaves_though_everything_of_the_project_is_stopped(
    project: Project, contact: AlarmContact, give_number: Callable[[], None], gateway: Gateway
) -> None:
    give_number()
    Project.objects.filter(pk=project.pk).update(stopped_at=timezone.now())
    cap(project)
    work()
    dispatch = Dispatch.objects.get()
    assert (dispatch.state, dispatch.tags) == (DispatchState.RUNNING, {"system": "alarm"})


def test_a_text_message_is_handed_over_once_though_its_sender_died(
    project: Project, contact: AlarmContact, give_number: Callable[[], None], gateway: Gateway
) -> None:
    give_number()
    cap(project)
    work()
    # As if another sender had taken the row before the first one's commit.
    Delivery.objects.filter(channel=Channel.SMS).update(
        state=DeliveryState.WAITING, next_try_at=timezone.now()
    )
    work()
    assert Dispatch.objects.count() == 1


def test_a_number_that_does_not_exist_has_failed_for_good(
    project: Project, contact: AlarmContact, gateway: Gateway, mail_server: MailServer
) -> None:
    AlarmContact.objects.filter(pk=contact.pk).update(msisdn="+861")
    cap(project)
    work()
    text = Delivery.objects.get(channel=Channel.SMS)
    assert (text.state, text.error) == (DeliveryState.FAILED, "The number does not exist.")


# --- Folding --------------------------------------------------------------------------------------------


def test_the_second_alarm_of_an_interval_waits_for_the_summary(
    project: Project, contact: AlarmContact, admin: User, mail_server: MailServer
) -> None:
    cap(project)
    work()
    for n in (1001, 1002, 1003):
        cap(project, n=n)
        work()
    # The contact and the admin each had one mail.
    assert sorted(mail_server.recipients) == [admin.email, "night@example.com"]
    collecting = Notification.objects.get(collects_until__isnull=False)
    assert collecting.n_events == 3

    Notification.objects.filter(pk=collecting.pk).update(collects_until=timezone.now())
    QuietTime.objects.update(until=timezone.now())
    work()
    assert sorted(mail_server.recipients) == [admin.email, admin.email] + ["night@example.com"] * 2
    assert "It happened 3 times" in mail_server.body()
    assert titles_for(admin) == ["cap.reached", "cap.reached"]


def test_a_summary_begins_the_next_quiet_time(project: Project, admin: User, mail_server: MailServer) -> None:
    for _ in range(2):
        cap(project)
        work()
    Notification.objects.filter(collects_until__isnull=False).update(collects_until=timezone.now())
    QuietTime.objects.update(until=timezone.now())
    work()
    cap(project)
    work()
    assert len(mail_server.mails) == 2
    assert Notification.objects.filter(collects_until__isnull=False).count() == 1


def test_a_quiet_time_that_is_over_lets_the_next_alarm_pass(
    project: Project, admin: User, mail_server: MailServer
) -> None:
    cap(project)
    work()
    QuietTime.objects.update(until=timezone.now() - timedelta(seconds=1))
    cap(project)
    work()
    assert len(mail_server.mails) == 2


def test_other_kinds_and_other_projects_are_not_folded_together(
    project: Project, admin: User, mail_server: MailServer
) -> None:
    other = Project.objects.create(organization=project.organization, name="Other", slug="other")
    cap(project)
    cap(project, "cap.warning")
    cap(other)
    work()
    assert len(mail_server.mails) == 3


def test_blocked_messages_add_up_and_rules_are_listed(project: Project, admin: User) -> None:
    for rule, n in (("per_day", 5), ("per_day", 7), ("per_hour", 2), ("per_day", 1)):
        append_event(
            kind="limits.hit",
            subject=f"project:{project.uuid}",
            payload={"project": str(project.uuid), "rule": rule, "n": n},
        )
    follow_outbox()
    collecting = Notification.objects.get(collects_until__isnull=False)
    assert (collecting.params["n"], collecting.params["rule"]) == (10, ["per_day", "per_hour"])


# --- Once, and nothing lost -----------------------------------------------------------------------------


def test_an_event_is_told_once_however_often_the_outbox_is_read(project: Project, admin: User) -> None:
    cap(project)
    for _ in range(3):
        follow_outbox()
    assert Notification.objects.count() == 1


def test_a_reader_that_is_cut_off_has_told_nothing_and_the_next_one_tells_it(
    project: Project, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    cap(project)
    before = ReadPosition.objects.values_list("xid", "last_id").first()

    def die() -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("notifications.services.reading._tell_collected", die)
        with pytest.raises(KeyboardInterrupt):
            follow_outbox()
    assert not Notification.objects.exists()
    assert ReadPosition.objects.values_list("xid", "last_id").first() == before
    follow_outbox()
    assert titles_for(admin) == ["cap.reached"]


def test_an_event_that_commits_late_is_not_skipped(project: Project, admin: User) -> None:
    """An older transaction that is still open hides what is behind it, until it ends."""
    slow = connections["default"].copy("slow")
    slow.set_autocommit(False)
    with slow.cursor() as cursor:
        cursor.execute(
            "INSERT INTO outbox_event (kind, subject, payload) VALUES ('cap.warning', 'project:x', %s)",
            [f'{{"project": "{project.uuid}", "scope": "all", "period": "day", "value": 1, "n": 1}}'],
        )
    cap(project)
    follow_outbox()
    assert titles_for(admin) == []
    slow.commit()
    slow.close()
    follow_outbox()
    assert titles_for(admin) == ["cap.warning", "cap.reached"]


def test_a_damaged_event_costs_the_others_nothing(project: Project, admin: User) -> None:
    for payload in ({}, {"project": "no uuid"}, {"project": None}, {"project": ["x"]}):
        append_event(kind="cap.reached", subject="project:x", payload=payload)
    append_event(kind="signature.approved", subject="signature:x", payload={"revision": "1"})
    append_event(kind="no.such_kind", subject="x", payload={})
    cap(project)
    follow_outbox()
    assert titles_for(admin) == ["cap.reached"]


def test_reading_walks_past_the_events_of_messages_by_its_index() -> None:
    """A million events of messages between two pieces of news cost nothing."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {sql.READ_EVENTS}", {"xid": 0, "last_id": 0, "limit": 500})
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "xid_id_idx" in plan or "outbox_event_news" in plan
    assert "Seq Scan" not in plan


def test_nothing_is_told_of_what_was_rolled_back(project: Project, admin: User) -> None:
    with transaction.atomic():
        cap(project)
        transaction.set_rollback(True)
    assert not OutboxEvent.objects.exists()
    follow_outbox()
    assert titles_for(admin) == []


# --- Who is told ----------------------------------------------------------------------------------------


def test_nobody_of_another_organization_is_told(
    project: Project, admin: User, outsider: User, mail_server: MailServer
) -> None:
    cap(project)
    work()
    assert titles_for(outsider) == []
    assert outsider.email not in mail_server.recipients


def test_a_contact_hears_only_of_what_it_subscribed_to(
    project: Project, contact: AlarmContact, mail_server: MailServer
) -> None:
    AlarmContact.objects.filter(pk=contact.pk).update(events=[AlarmEvent.ABUSE])
    cap(project)
    work()
    assert "night@example.com" not in mail_server.recipients


def test_who_switched_mails_off_finds_it_in_the_bell_alone(
    project: Project, admin: User, mail_server: MailServer
) -> None:
    choose_mail(user=admin, by_mail=False)
    cap(project)
    work()
    assert (mail_server.recipients, titles_for(admin)) == ([], ["cap.reached"])


def test_a_contact_who_is_a_member_too_gets_one_mail(
    project: Project, admin: User, contact: AlarmContact, mail_server: MailServer
) -> None:
    AlarmContact.objects.filter(pk=contact.pk).update(email=admin.email.upper())
    cap(project)
    work()
    assert len(mail_server.mails) == 1


def test_who_left_the_organization_hears_no_more(
    project: Project, operator: User, reviewer: User, mail_server: MailServer
) -> None:
    revision = pending_signature(project, operator)
    operator.memberships.all().delete()
    approve_revision(revision=revision, by=reviewer)
    work()
    assert titles_for(operator) == []

"""Mails and text messages on their way: retries, refusals, a mail server that is away, a sender that dies."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.utils import timezone

from accounts.models import User
from notifications.errors import NotificationsError
from notifications.models import Delivery, Notification
from notifications.services import send_again, send_due, send_test
from notifications.services.mails import mail_for
from notifications.services.sending import BACKOFF_SECONDS, MAX_ATTEMPTS
from notifications.statuses import Channel, DeliveryState, Topic
from notifications.words import SMS_MAX_CHARACTERS, sms_text, words_of
from projects.models import AlarmContact, Project
from tests.notifications.conftest import MailServer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def notification(project: Project) -> Notification:
    now = timezone.now()
    return Notification.objects.create(
        organization=project.organization,
        project=project,
        kind="cap.reached",
        topic=Topic.LIMITS,
        params={"scope": "all", "period": "day", "value": 10, "n": 10},
        path="/projects/web-shop/",
        first_event_at=now,
        last_event_at=now,
    )


@pytest.fixture
def mail(notification: Notification, contact: AlarmContact) -> Delivery:
    return Delivery.objects.create(
        notification=notification,
        channel=Channel.MAIL,
        contact=contact,
        name=contact.name,
        address=contact.email,
    )


def make_due() -> None:
    Delivery.objects.filter(state=DeliveryState.WAITING).update(next_try_at=timezone.now())


def test_a_mail_arrives_with_words_link_and_a_lasting_id(mail: Delivery, mail_server: MailServer) -> None:
    send_due()
    mail.refresh_from_db()
    assert (mail.state, mail.n_attempts, mail.next_try_at) == (DeliveryState.SENT, 1, None)
    assert mail_server.mails[0]["Message-ID"] == f"<{mail.uuid}@smsconsole>"
    assert "The cap of 10 messages (all countries, today) is reached." in mail_server.body()
    assert "http://127.0.0.1:8000/projects/web-shop/" in mail_server.body()


def test_a_mail_server_that_is_away_is_tried_again_with_back_off(mail: Delivery, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    before = timezone.now()
    send_due()
    mail.refresh_from_db()
    assert (mail.state, mail.n_attempts) == (DeliveryState.WAITING, 1)
    assert mail.error == "The mail server refused the connection."
    assert mail.next_try_at is not None
    assert BACKOFF_SECONDS[0] - 5 < (mail.next_try_at - before).total_seconds() < BACKOFF_SECONDS[0] + 20
    # Not due: no second try now.
    assert send_due() == 0


def test_it_arrives_when_the_mail_server_is_back(mail: Delivery, mail_server: MailServer) -> None:
    mail_server.answer = "451 try later"
    send_due()
    mail.refresh_from_db()
    assert (mail.state, mail.error) == (DeliveryState.WAITING, "451 try later")
    mail_server.answer = "250 taken"
    make_due()
    send_due()
    mail.refresh_from_db()
    assert (mail.state, mail.error, mail.n_attempts) == (DeliveryState.SENT, "", 2)
    assert len(mail_server.mails) == 1


def test_it_has_failed_after_the_last_try(mail: Delivery, mail_server: MailServer) -> None:
    mail_server.answer = "451 try later"
    for _ in range(MAX_ATTEMPTS + 3):
        make_due()
        send_due()
    mail.refresh_from_db()
    assert (mail.state, mail.n_attempts) == (DeliveryState.FAILED, MAX_ATTEMPTS)


def test_an_address_that_the_server_does_not_know_has_failed_at_once(
    mail: Delivery, mail_server: MailServer
) -> None:
    mail_server.rejected["night@example.com"] = "550 no such mailbox"
    send_due()
    mail.refresh_from_db()
    assert (mail.state, mail.error, mail.n_attempts) == (DeliveryState.FAILED, "no such mailbox", 1)


def test_one_bad_address_does_not_keep_the_others_waiting(
    notification: Notification, mail: Delivery, mail_server: MailServer
) -> None:
    mail_server.rejected["night@example.com"] = "550 no such mailbox"
    good = Delivery.objects.create(
        notification=notification, channel=Channel.MAIL, name="Day", address="day@example.com"
    )
    send_due()
    good.refresh_from_db()
    assert (good.state, mail_server.recipients) == (DeliveryState.SENT, ["day@example.com"])


def test_a_sender_that_dies_leaves_it_to_the_next_one(
    mail: Delivery, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mail had left already: it comes twice, with the same id, and is not lost."""
    with monkeypatch.context() as patch:
        patch.setattr("notifications.services.sending._settle", _die)
        with pytest.raises(KeyboardInterrupt):
            send_due()
    mail.refresh_from_db()
    assert (mail.state, mail.n_attempts) == (DeliveryState.WAITING, 1)
    assert send_due() == 0
    make_due()
    send_due()
    mail.refresh_from_db()
    assert mail.state == DeliveryState.SENT
    assert [each["Message-ID"] for each in mail_server.mails] == [f"<{mail.uuid}@smsconsole>"] * 2


def _die(*_arguments: object, **_more: object) -> None:
    raise KeyboardInterrupt


def test_without_a_mail_server_a_mail_is_written_nowhere(
    mail: Delivery, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    send_due()
    mail.refresh_from_db()
    assert mail.state == DeliveryState.KEPT
    assert mail.address not in "".join(capsys.readouterr())


def test_a_line_break_in_a_name_becomes_no_header(mail: Delivery) -> None:
    mail.notification.project.name = "Shop\r\nBcc: everybody@example.com"
    made: EmailMessage = mail_for(mail)
    assert "\n" not in made.subject
    assert made.message()["Bcc"] is None


def test_a_text_message_is_cut_before_it_costs_a_third_segment(notification: Notification) -> None:
    notification.params["scope"] = "x" * 300
    assert len(sms_text(notification)) == SMS_MAX_CHARACTERS


def test_words_with_percent_signs_and_missing_values_are_read(notification: Notification) -> None:
    notification.kind, notification.params = "otp.abuse", {"requested": 700, "success_percent": 12.5}
    words = words_of(notification)
    assert "700 verification codes were requested in one hour, – in the same hour" in words.text
    assert "12.5 % were delivered" in words.text


# --- On request -----------------------------------------------------------------------------------------


def test_a_test_reaches_the_contact(contact: AlarmContact, admin: User, mail_server: MailServer) -> None:
    send_test(contact=contact, by=admin)
    send_due()
    assert mail_server.recipients == ["night@example.com"]
    assert "Ada Admin sent this test." in mail_server.body()


def test_a_second_test_within_a_minute_is_refused(contact: AlarmContact, admin: User) -> None:
    send_test(contact=contact, by=admin)
    with pytest.raises(NotificationsError, match="less than a minute ago"):
        send_test(contact=contact, by=admin)
    Delivery.objects.update(created_at="2026-01-01T00:00Z")
    send_test(contact=contact, by=admin)
    assert Delivery.objects.count() == 2


def test_a_failed_mail_is_sent_again_to_the_address_of_today(
    mail: Delivery, contact: AlarmContact, admin: User, mail_server: MailServer
) -> None:
    Delivery.objects.filter(pk=mail.pk).update(state=DeliveryState.FAILED, created_at="2026-01-01T00:00Z")
    AlarmContact.objects.filter(pk=contact.pk).update(email="new@example.com")
    again = send_again(delivery=Delivery.objects.get(pk=mail.pk), by=admin)
    send_due()
    again.refresh_from_db()
    assert (again.state, again.address, again.asked_by) == (DeliveryState.SENT, "new@example.com", admin)
    mail.refresh_from_db()
    assert mail.state == DeliveryState.FAILED


def test_what_is_still_on_its_way_is_not_sent_again(mail: Delivery, admin: User) -> None:
    with pytest.raises(NotificationsError, match="still on its way"):
        send_again(delivery=mail, by=admin)

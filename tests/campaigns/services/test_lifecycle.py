"""Sending, suspending, continuing, cancelling."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.mail import EmailMessage
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from campaigns import fanout, services
from campaigns.errors import CampaignChanged, CampaignsError, NotReady, VerificationRefused
from campaigns.models import Campaign, Verification
from campaigns.services import FromShell, SendOutcome, VerificationAnswer
from campaigns.statuses import CampaignStatus, EventKind, HoldReason
from delivery.models import Dispatch, Gateway, Message
from delivery.services import cancel_rest
from delivery.statuses import DispatchState, MessageStatus
from projects.errors import ProjectDisabled
from projects.models import Project
from projects.services import disable_project
from smsconsole.outbox.models import OutboxEvent
from templates_app.statuses import RevisionStatus
from tests.campaigns import making

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign(project: Project, operator: User, gateway: Gateway) -> Campaign:
    return making.ready(project, operator)


def answered(campaign: Campaign, by: User, answer: str | None = None) -> VerificationAnswer:
    shown = services.issue_verification(campaign=campaign, by=by)
    return VerificationAnswer(shown.uuid, answer or shown.answer)


def confirm(campaign: Campaign, by: User, given: VerificationAnswer | FromShell) -> SendOutcome:
    return services.confirm_send(campaign=campaign, version=None, authorization=given, by=by)


def test_it_runs_with_a_dispatch_of_its_messages(campaign: Campaign, operator: User) -> None:
    outcome = confirm(campaign, operator, answered(campaign, operator))
    sent = outcome.campaign
    assert outcome.was_first
    assert (sent.status, sent.sent_by, sent.dispatch.n_reserved) == (CampaignStatus.RUNNING, operator, 3)
    assert sent.dispatch.owner == f"campaign:{campaign.uuid}"


def test_it_is_written_to_the_timeline_and_the_outbox(campaign: Campaign, operator: User) -> None:
    confirm(campaign, operator, FromShell())
    event = campaign.events.get(kind=EventKind.STARTED)
    assert (event.by, event.detail) == (operator, {"n_messages": 3, "via": "shell"})
    assert OutboxEvent.objects.filter(kind="campaign.started", subject=f"campaign:{campaign.uuid}").exists()


def test_a_second_click_changes_nothing(campaign: Campaign, operator: User, admin: User) -> None:
    given = answered(campaign, operator)
    confirm(campaign, operator, given)
    again = confirm(campaign, admin, given)
    assert not again.was_first
    assert again.campaign.sent_by == operator
    assert Dispatch.objects.count() == 1


def test_an_old_version_is_refused(campaign: Campaign, operator: User) -> None:
    with pytest.raises(CampaignChanged):
        services.confirm_send(
            campaign=campaign, version=campaign.version - 1, authorization=FromShell(), by=operator
        )


def no_file(campaign: Campaign, by: User) -> None:
    services.remove_upload(campaign=campaign, version=None, by=by)


def unread_file(campaign: Campaign, by: User) -> None:
    services.receive_upload(campaign=campaign, file=making.csv_file(making.order_rows(1)), by=by)


def nobody_to_send_to(campaign: Campaign, by: User) -> None:
    making.uploaded(campaign, [["+8613800138000", "Li", "Beijing"]], by=by)


def revoked_template(campaign: Campaign, by: User) -> None:
    revision = campaign.body_template_revision
    type(revision).objects.filter(pk=revision.pk).update(status=RevisionStatus.REVOKED)


def retired_signature(campaign: Campaign, by: User) -> None:
    revision = campaign.signature_revision
    type(revision).objects.filter(pk=revision.pk).update(status=RevisionStatus.RETIRED)


def no_template(campaign: Campaign, by: User) -> None:
    services.update_draft(campaign=campaign, version=None, changes={"body_template_revision": None}, by=by)


def other_default_country(campaign: Campaign, by: User) -> None:
    Project.objects.update(default_country="DE")


def no_gateway(campaign: Campaign, by: User) -> None:
    Gateway.objects.update(is_enabled=False)


def passed_time(campaign: Campaign, by: User) -> None:
    Campaign.objects.update(scheduled_at=timezone.now())


def no_forecast(campaign: Campaign, by: User) -> None:
    campaign.forecast.delete()


@pytest.mark.parametrize(
    "spoil",
    [
        no_file,
        unread_file,
        nobody_to_send_to,
        revoked_template,
        retired_signature,
        no_template,
        other_default_country,
        no_gateway,
        passed_time,
        no_forecast,
    ],
)
def test_what_is_not_ready_is_refused_by_the_server(
    campaign: Campaign, operator: User, spoil: Callable[[Campaign, User], None]
) -> None:
    assert services.problems_before_sending(campaign) == []
    spoil(campaign, operator)
    with pytest.raises(NotReady) as refusal:
        confirm(campaign, operator, FromShell())
    assert refusal.value.problems
    assert not Dispatch.objects.exists()


def test_in_a_disabled_project_nothing_is_sent(campaign: Campaign, operator: User, admin: User) -> None:
    disable_project(project=campaign.project, by=admin)
    with pytest.raises(ProjectDisabled):
        confirm(campaign, operator, FromShell())


class TestVerification:
    def test_a_wrong_code_counts_and_the_sixth_try_is_refused_whatever_it_says(
        self, campaign: Campaign, operator: User
    ) -> None:
        shown = services.issue_verification(campaign=campaign, by=operator)
        for n in range(5):
            with pytest.raises(VerificationRefused, match="not the code"):
                confirm(campaign, operator, VerificationAnswer(shown.uuid, "no"))
            assert Verification.objects.get().n_tries == n + 1
        with pytest.raises(VerificationRefused, match="tried 5 times"):
            confirm(campaign, operator, VerificationAnswer(shown.uuid, shown.answer))
        assert not Dispatch.objects.exists()

    def test_full_width_digits_and_spaces_are_as_good(self, campaign: Campaign, operator: User) -> None:
        shown = services.issue_verification(campaign=campaign, by=operator)
        wide = " ".join(chr(ord(digit) + 0xFEE0) for digit in shown.answer)
        assert confirm(campaign, operator, VerificationAnswer(shown.uuid, wide)).was_first

    def test_it_is_good_for_five_minutes(self, campaign: Campaign, operator: User) -> None:
        given = answered(campaign, operator)
        Verification.objects.update(created_at=timezone.now() - timedelta(minutes=5, seconds=1))
        with pytest.raises(VerificationRefused, match="older than 5 minutes"):
            confirm(campaign, operator, given)

    def test_it_belongs_to_the_person(self, campaign: Campaign, operator: User, admin: User) -> None:
        with pytest.raises(VerificationRefused, match="not valid"):
            confirm(campaign, admin, answered(campaign, operator))

    def test_it_is_used_once(self, campaign: Campaign, operator: User) -> None:
        given = answered(campaign, operator)
        confirm(campaign, operator, given)
        Campaign.objects.update(status=CampaignStatus.READY)
        with pytest.raises(VerificationRefused, match="used already"):
            confirm(campaign, operator, given)

    def test_a_new_one_makes_the_old_one_void(self, campaign: Campaign, operator: User) -> None:
        old = answered(campaign, operator)
        services.issue_verification(campaign=campaign, by=operator)
        with pytest.raises(VerificationRefused, match="not valid"):
            confirm(campaign, operator, old)

    def test_it_is_bound_to_file_text_and_time(
        self, campaign: Campaign, project: Project, operator: User
    ) -> None:
        given = answered(campaign, operator)
        services.update_draft(
            campaign=campaign,
            version=None,
            changes={"signature_revision": making.signature(project, "Other")},
            by=operator,
        )
        with pytest.raises(VerificationRefused, match="were changed"):
            confirm(campaign, operator, given)
        given = answered(Campaign.objects.get(), operator)
        wall = timezone.now().replace(tzinfo=None) + timedelta(days=2)
        services.set_schedule(campaign=campaign, version=None, wall=wall, zone="UTC", by=operator)
        with pytest.raises(VerificationRefused, match="were changed"):
            confirm(campaign, operator, given)

    def test_it_can_be_seen_and_heard_until_it_is_used(self, campaign: Campaign, operator: User) -> None:
        shown = services.open_verification(campaign=campaign, by=operator)
        assert services.open_verification(campaign=campaign, by=operator) == shown
        assert services.picture_of(shown).startswith(b"\x89PNG")
        assert services.sound_of(shown).startswith(b"RIFF")
        confirm(campaign, operator, VerificationAnswer(shown.uuid, shown.answer))
        shown.refresh_from_db()
        assert services.picture_of(shown) == services.sound_of(shown) == b""

    def test_it_comes_by_mail_when_set_so(
        self,
        campaign: Campaign,
        operator: User,
        settings: Settings,
        mailoutbox: list[EmailMessage],
        django_capture_on_commit_callbacks: Callable[..., object],
    ) -> None:
        settings.VERIFICATION_BY = "mail"
        with django_capture_on_commit_callbacks(execute=True):
            shown = services.issue_verification(campaign=campaign, by=operator)
        assert shown.answer in mailoutbox[0].body
        assert mailoutbox[0].to == [operator.email]


class TestSent:
    @pytest.fixture
    def sent(self, campaign: Campaign, operator: User) -> Campaign:
        return making.send(campaign, operator)

    def states(self, campaign: Campaign) -> tuple[str, str]:
        campaign = Campaign.objects.select_related("dispatch").get(pk=campaign.pk)
        return campaign.status, campaign.dispatch.state

    def test_it_is_suspended_and_goes_on(self, sent: Campaign, operator: User) -> None:
        for _ in range(2):
            services.suspend_campaign(campaign=sent, by=operator)
            assert self.states(sent) == (CampaignStatus.SUSPENDED, DispatchState.SUSPENDED)
        for _ in range(2):
            services.resume_campaign(campaign=sent, by=operator)
            assert self.states(sent) == (CampaignStatus.RUNNING, DispatchState.RUNNING)
        kinds = sent.events.values_list("kind", flat=True)
        assert [*kinds][:2] == [EventKind.RESUMED, EventKind.SUSPENDED]
        assert kinds.filter(kind=EventKind.SUSPENDED).count() == 1

    def test_a_suspended_one_is_handed_over_all_the_same(self, sent: Campaign, operator: User) -> None:
        services.suspend_campaign(campaign=sent, by=operator)
        fanout.run(sent.pk)
        assert Message.objects.count() == 3
        assert self.states(sent) == (CampaignStatus.SUSPENDED, DispatchState.SUSPENDED)

    def test_a_cancelled_one_accounts_for_every_recipient(self, sent: Campaign, operator: User) -> None:
        for _ in range(2):
            services.cancel_campaign(campaign=sent, by=operator)
        fanout.run(sent.pk)
        cancel_rest(dispatch_id=sent.dispatch_id)
        assert self.states(sent) == (CampaignStatus.CANCELLED, DispatchState.CANCELLED)
        assert Message.objects.filter(status=MessageStatus.CANCELLED).count() == 3
        with pytest.raises(CampaignsError, match="cannot be continued"):
            services.resume_campaign(campaign=sent, by=operator)

    def test_a_held_one_needs_somebody_to_release_it(self, sent: Campaign, operator: User) -> None:
        services.hold_campaign(campaign_id=sent.pk, reason=HoldReason.TEXT_REVOKED)
        assert self.states(sent) == (CampaignStatus.HELD, DispatchState.HELD)
        with pytest.raises(CampaignsError, match="cannot be continued"):
            services.resume_campaign(campaign=sent, by=operator)
        services.release_held(campaign=sent, by=operator)
        assert self.states(sent) == (CampaignStatus.RUNNING, DispatchState.RUNNING)

    @pytest.mark.parametrize(
        ("status", "goes_on"), [(RevisionStatus.REVOKED, False), (RevisionStatus.RETIRED, True)]
    )
    def test_it_goes_on_with_a_replaced_text_but_not_with_a_revoked_one(
        self, sent: Campaign, operator: User, status: RevisionStatus, goes_on: bool
    ) -> None:
        services.suspend_campaign(campaign=sent, by=operator)
        revision = sent.body_template_revision
        type(revision).objects.filter(pk=revision.pk).update(status=status)
        if goes_on:
            assert services.resume_campaign(campaign=sent, by=operator).status == CampaignStatus.RUNNING
        else:
            with pytest.raises(NotReady):
                services.resume_campaign(campaign=sent, by=operator)

    def test_it_is_finished_when_its_dispatch_is_sent(self, sent: Campaign) -> None:
        services.finish_campaign(campaign_id=sent.pk)
        assert self.states(sent)[0] == CampaignStatus.RUNNING
        Dispatch.objects.update(sent_at=timezone.now())
        services.finish_campaign(campaign_id=sent.pk)
        assert self.states(sent)[0] == CampaignStatus.FINISHED
        with pytest.raises(CampaignsError):
            services.cancel_campaign(campaign=sent, by=sent.sent_by)


@pytest.mark.django_db(transaction=True)
def test_twenty_clicks_at_once_make_one_dispatch(campaign: Campaign, operator: User) -> None:
    given = answered(campaign, operator)
    outcomes: list[SendOutcome | Exception] = []
    begin = threading.Barrier(20)

    def click() -> None:
        begin.wait()
        try:
            outcomes.append(confirm(campaign, operator, given))
        except Exception as error:
            outcomes.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=click) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [type(outcome) for outcome in outcomes] == [SendOutcome] * 20
    assert sum(outcome.was_first for outcome in outcomes) == 1
    assert Dispatch.objects.count() == 1
    assert campaign.events.filter(kind=EventKind.STARTED).count() == 1

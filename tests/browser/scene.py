"""An organization with something on each of its pages, for browsers to walk through."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from accounts.models import IdentityVerification, Invitation, Organization, Role, User
from accounts.services import invite
from accounts.services.activation import request_activation
from accounts.services.verification import approve_verification, reject_verification, submit_verification
from accounts.statuses import EntityKind
from campaigns import fanout
from campaigns import services as campaigns
from campaigns.models import Campaign, Simulation
from delivery.models import Dispatch, Gateway, HourCount, MessageBody, Reply
from delivery.services import ensure_simulated_gateway
from delivery.statuses import MessageStatus, ReplyOutcome
from notifications.models import AbuseAlarm, BellEntry, Delivery, Notification
from notifications.statuses import Channel, DeliveryState, Topic
from projects import services as projects
from projects.models import AlarmContact, AppKey, ListedNumber, Project
from projects.services.contacts import add_alarm_contact
from projects.statuses import (
    AlarmEvent,
    CapPeriod,
    FrequencyDimension,
    ListingSource,
    NumberList,
)
from smsconsole.lib.types import Region
from templates_app import services as texts
from templates_app.models import AnyRevision
from tests.accounts.codes import give_two_factor
from tests.accounts.papers import identity, paper
from tests.campaigns import making
from tests.factories import OrganizationFactory, ProjectFactory, UserFactory, member
from tests.templates_app.texts import (
    another_reviewer,
    approved_body_template,
    approved_signature,
    document,
    draft_body_template,
    draft_signature,
    pending_body_template,
    pending_signature,
    scanned,
)


@dataclass
class Scene:
    """People and things by the words that addresses are made of."""

    organization: Organization
    project: Project
    # Nothing is in it yet.
    empty: Project
    stopped: Project
    # Every role at once, so that every button shows; somebody else wrote the texts.
    person: User
    operator: User
    staff: User
    gateway: Gateway


def make_scene() -> Scene:
    organization = OrganizationFactory(name="Acme Retail")
    person = member(
        organization, *Role, user__name="Ada Admin", user__email="ada@example.com", may_reveal_numbers=True
    )
    operator = member(organization, Role.OPERATOR, user__name="Olga Operator", user__email="olga@example.com")
    rolf = member(organization, Role.REVIEWER, user__name="Rolf Reviewer", user__email="rolf@example.com")
    UserFactory(is_staff=True, name="Fred Fresh", email="fred@example.com")
    staff = UserFactory(is_staff=True, name="Sam Staff", email="sam@example.com")
    organization.verifications.update(decided_by=staff, decided_at=timezone.now())
    organization.activations.update(requested_by=person, changed_by=staff)
    for somebody in (person, rolf):
        give_two_factor(somebody)
    scene = Scene(
        organization=organization,
        project=shop(organization, person, "Web shop"),
        empty=shop(organization, person, "Empty shop"),
        stopped=shop(organization, person, "Stopped shop"),
        person=person,
        operator=operator,
        staff=staff,
        gateway=ensure_simulated_gateway(),
    )
    fill_limits(scene.project, person, operator)
    fill_notifications(scene.project, person)
    return scene


def shop(organization: Organization, by: User, name: str) -> Project:
    slug = name.lower().replace(" ", "-")
    return ProjectFactory(organization=organization, name=name, slug=slug, created_by=by)


# --- Limits and lists -----------------------------------------------------------------------------------


def fill_limits(project: Project, person: User, operator: User) -> None:
    """A changed limit, caps, countries, numbers in each list, and requests to remove some."""
    projects.set_frequency_limit(
        owner=project,
        dimension=FrequencyDimension.PER_DAY,
        is_on=True,
        n_messages=50,
        n_seconds=None,
        seen_at=None,
        by=person,
    )
    projects.set_cap(
        project=project,
        scope="domestic",
        period=CapPeriod.MONTH,
        warn_at=80_000,
        cap=100_000,
        seen_at=None,
        by=person,
    )
    lines = [projects.CountryLine("DE", {CapPeriod.DAY: (400, 500)})]
    lines += [projects.CountryLine(code) for code in ("FR", "HK", "US")]
    projects.add_countries(project=project, lines=lines, by=person)
    for number_list in NumberList:
        numbers = [(f"+86138001380{n:02}", "Tester of the night shift" if n % 3 else "") for n in range(12)]
        projects.add_numbers(
            project=project,
            number_list=number_list,
            numbers=numbers,
            source=ListingSource.PERSON,
            by=person,
        )
    ListedNumber.objects.filter(list="whitelist", msisdn="+8613800138001").update(
        expires_at=timezone.now() - timedelta(days=1)
    )
    asked, refused = ListedNumber.objects.filter(project=project, list="unsubscribed")[:2]
    projects.request_removal(
        listed=asked, reason="Came to the shop on Monday and signed up again.", by=operator
    )
    request = projects.request_removal(listed=refused, reason="We miss them.", by=operator)
    projects.refuse_removal(
        request=request,
        comment="Nothing shows that they agreed again.",
        by=another_reviewer(project),
    )


# --- Notifications --------------------------------------------------------------------------------------


def fill_notifications(project: Project, person: User) -> None:
    """News arrived, failed, on its way, folded, read and unread; verification codes that look abused."""
    watch, office = contact(project, person), contact(project, person, "Office in Berlin", msisdn="")
    news(project, person, "campaign.finished", Topic.CAMPAIGNS, name="Autumn sale")
    rejected = news(project, person, "signature.rejected", Topic.REVIEWS, name="DemoShop", by="Rolf Reviewer")
    BellEntry.objects.filter(notification=rejected).update(read_at=timezone.now())
    folded = news(project, person, "limits.hit", Topic.LIMITS, n=37, rule=["per_day", "same_content"])
    Notification.objects.filter(pk=folded.pk).update(
        n_events=12, first_event_at=timezone.now() - timedelta(hours=1)
    )
    waiting = news(project, person, "cap.warning", Topic.LIMITS, scope="DE", period="day", value=400, n=400)
    Notification.objects.filter(pk=waiting.pk).update(collects_until=timezone.now() + timedelta(minutes=20))
    reached = news(
        project, person, "cap.reached", Topic.LIMITS, scope="all", period="month", value=1000, n=1000
    )
    outcomes = [
        (Channel.MAIL, watch, DeliveryState.SENT, ""),
        (Channel.SMS, watch, DeliveryState.FAILED, "The phone is switched off or suspended"),
        (Channel.MAIL, office, DeliveryState.WAITING, "The mail server refused the connection."),
    ]
    for channel, whom, state, error in outcomes:
        is_waiting = state == DeliveryState.WAITING
        Delivery.objects.create(
            notification=reached,
            channel=channel,
            contact=whom,
            name=whom.name,
            address=whom.email if channel == Channel.MAIL else whom.msisdn,
            state=state,
            error=error,
            n_attempts=1,
            next_try_at=timezone.now() if is_waiting else None,
            settled_at=None if is_waiting else timezone.now(),
        )
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    counts = [(0, 0, 900), (0, 3, 120), (0, 4, 640), (1, 0, 80), (1, 3, 76), (24, 0, 60), (25, 0, 75)]
    for back, status, n in counts:
        HourCount.objects.create(
            project_id=project.pk,
            hour=hour - timedelta(hours=back),
            kind="verification",
            status=MessageStatus(status),
            n=n,
        )
    AbuseAlarm.objects.create(project=project, hour=hour)


def contact(project: Project, person: User, name: str = "Night watch", **fields: str) -> AlarmContact:
    values = {"msisdn": "+8613800138000", "email": "night@example.com", **fields}
    events = [AlarmEvent.CAP_REACHED, AlarmEvent.GATEWAY_DOWN, AlarmEvent.ABUSE]
    return add_alarm_contact(project=project, name=name, events=events, by=person, **values)


def news(project: Project, person: User, kind: str, topic: Topic, **params: object) -> Notification:
    at = timezone.now() - timedelta(minutes=7 * (Notification.objects.count() + 1))
    notification = Notification.objects.create(
        organization=project.organization,
        project=project,
        kind=kind,
        topic=topic,
        params=params,
        path=reverse("campaign-list", args=[project.slug]),
        first_event_at=at,
        last_event_at=at,
    )
    BellEntry.objects.create(user=person, notification=notification, topic=topic)
    return notification


# --- Texts ----------------------------------------------------------------------------------------------


@dataclass
class Texts:
    """One of each noun in the states that look different."""

    waiting_signature: AnyRevision
    waiting_body_template: AnyRevision
    waiting_sender_id: AnyRevision
    rejected_signature: AnyRevision
    approved_body_template: AnyRevision
    draft_body_template: AnyRevision
    approved_sender_id: AnyRevision


def write_texts(scene: Scene) -> Texts:
    project, operator = scene.project, scene.operator
    other = another_reviewer(project)
    corrected = approved_signature(project, operator, documents=[document("business licence.png"), scanned()])
    corrected = texts.edit_signature(
        signature=corrected.signature,
        text="Demo Store",
        type=corrected.type,
        remarks="The name of our shop in town.",
        by=operator,
    )
    texts.submit_revision(revision=corrected, by=operator)
    rejected = pending_signature(project, operator, text="演示商城", region=Region.DOMESTIC)
    texts.reject_revision(revision=rejected, by=other, comment="The licence names another company.")
    draft_signature(project, operator, text="Demo Club")
    approved = approved_body_template(project, operator)
    waiting = texts.edit_body_template(
        body_template=approved.body_template,
        name="Order notice",
        kind=approved.kind,
        text="Hello {1} {2}, your order is on its way.",
        remarks="Sent when a parcel leaves the warehouse, with both names.",
        by=operator,
    )
    texts.submit_revision(revision=waiting, by=operator)
    shown = approved_body_template(project, operator, name="Parcel notice")
    domestic = "您好{1}，您寄往{2}的订单已发出。"
    pending_body_template(project, operator, name="国内通知", text=domestic, region=Region.DOMESTIC)
    senders = [
        texts.create_sender_id(project=project, text=text, country=country, by=operator, remarks="Our shop.")
        for text, country in (("DemoShop", ""), ("DemoStore", "DE"))
    ]
    for sender in senders:
        texts.submit_revision(revision=sender, by=operator)
    texts.approve_revision(revision=refreshed(senders[0]), by=other)
    return Texts(
        waiting_signature=corrected,
        waiting_body_template=waiting,
        waiting_sender_id=senders[1],
        rejected_signature=rejected,
        approved_body_template=shown,
        draft_body_template=draft_body_template(project, operator, name="Opening hours"),
        approved_sender_id=senders[0],
    )


def refreshed(revision: AnyRevision) -> AnyRevision:
    revision.refresh_from_db()
    return revision


# --- Campaigns ------------------------------------------------------------------------------------------


@dataclass
class Sent:
    """Campaigns before, on and after their way, and what else belongs to sending."""

    draft: Campaign
    running: Campaign
    scheduled: Campaign
    key: AppKey
    simulation: Simulation


def make_campaigns(scene: Scene) -> Sent:
    project, person = scene.project, scene.person
    projects.add_numbers(
        project=project,
        number_list=NumberList.BLACKLIST,
        numbers=[(number, "") for number in making.numbers(2)],
        source=ListingSource.PERSON,
        by=person,
    )
    draft = making.draft(project, person, name="Autumn sale", sender_id="Acme")
    rows = [*making.order_rows(8), ["8.6138E+12", "Karin", "Bremen"], ["+33612345678", "", "Lyon"]]
    making.uploaded(draft, rows, by=person)
    running = making.draft(project, person, name="Order notices of November")
    making.uploaded(running, rows, by=person)
    running = making.send(running, person)
    fanout.run(running.pk)
    campaigns.suspend_campaign(campaign=running, by=person)
    scheduled = making.scheduled(project, person, in_seconds=86_400)
    held = making.send(making.ready(scene.stopped, person), person)
    fanout.run(held.pk)
    campaigns.stop_everything(project=scene.stopped, by=person)
    simulation = campaigns.start_simulation(
        project=project, dimension=FrequencyDimension.PER_DAY, n_messages=2, n_seconds=None, by=person
    )
    key = project.app_keys.first() or projects.add_app_key(project=project, by=person)
    make_replies(running)
    return Sent(refreshed_campaign(draft), running, scheduled, key, simulation)


def make_replies(campaign: Campaign) -> None:
    """What four people answered to the campaign's messages."""
    dispatch = Dispatch.objects.get(pk=campaign.dispatch_id)
    bodies = MessageBody.objects.filter(project_id=campaign.project_id).order_by("message_id")
    answers = [
        ("Thank you, see you on Friday!", ReplyOutcome.NOTED),
        ("STOP", ReplyOutcome.UNSUBSCRIBED),
        ("好的，谢谢。请问可以改到下午三点以后送货吗？上午家里没有人。", ReplyOutcome.NOTED),
        ("退订", ReplyOutcome.REPEATED),
    ]
    for body, (text, outcome) in zip(bodies, answers, strict=False):
        Reply.objects.create(
            gateway=dispatch.gateway,
            project=campaign.project,
            dispatch_id=dispatch.pk,
            message_id=body.message_id,
            msisdn=body.msisdn,
            destination="Acme",
            text=text,
            outcome=outcome,
            next_try_at=None,
        )


def refreshed_campaign(campaign: Campaign) -> Campaign:
    campaign.refresh_from_db()
    return campaign


# --- Organizations that are on their way ----------------------------------------------------------------


@dataclass
class Standing:
    """One that was rejected, one that waits, one with a request for a second region; and their people."""

    rejected: Organization
    newcomer: User
    waiting: IdentityVerification
    invitation: Invitation
    known: Invitation


def make_standing(scene: Scene) -> Standing:
    rejected = OrganizationFactory(name="Newcomer Ltd", entity="")
    newcomer = member(rejected, Role.ADMIN, user__name="Nils Newcomer", user__email="nils@example.com")
    handed_in = submit_verification(
        organization=rejected, identity=identity(), papers=[paper()], seen=None, by=newcomer
    )
    reject_verification(
        verification=handed_in,
        reasons=[],
        comment="The licence is older than the name of your company.",
        by=scene.staff,
    )
    individual = OrganizationFactory(name="Wei Li", entity="")
    wei = member(individual, Role.ADMIN, user__name="Wei Li", user__email="wei@example.com")
    alone = submit_verification(
        organization=individual,
        identity=identity(kind=EntityKind.INDIVIDUAL, legal_name="Wei Li"),
        papers=[paper()],
        seen=None,
        by=wei,
    )
    approve_verification(verification=alone, by=scene.staff)
    request_activation(
        organization=individual,
        region=Region.DOMESTIC,
        purpose="Reminders of appointments to my patients.",
        by=wei,
    )
    waiting_for = OrganizationFactory(name="Example Trading", entity="")
    erika = member(waiting_for, Role.ADMIN, user__name="Erika Example", user__email="erika@example.com")
    waiting = submit_verification(
        organization=waiting_for, identity=identity(), papers=[paper(), paper(2)], seen=None, by=erika
    )
    return Standing(
        rejected=rejected,
        newcomer=newcomer,
        waiting=waiting,
        invitation=ask_in(scene, "nina@example.com"),
        known=ask_in(scene, newcomer.email),
    )


def ask_in(scene: Scene, email: str) -> Invitation:
    return invite(
        organization=scene.organization,
        email=email,
        name="",
        roles=[Role.REVIEWER],
        may_reveal_numbers=False,
        by=scene.person,
    )

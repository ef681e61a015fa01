"""Every page of the console: where it is, who looks at it, and what to do there before it is looked at.

`NOT_PAGES` says which addresses that answer GET are no pages; every other one has to stand here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core import signing
from django.test import Client
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from playwright.sync_api import BrowserContext, Page

from accounts.models import User
from accounts.services import invitation_token, registration_token
from accounts.views.account import _EMAIL_SALT
from audit.models import Entry
from delivery.models import Message
from projects.models import ListedNumber
from projects.statuses import RemovalStatus
from smsconsole.lib.types import Region
from tests.access import native
from tests.accounts.codes import give_two_factor
from tests.browser.callbacks import Told, make_callbacks
from tests.browser.keys import Keys, badly_signed, make_keys
from tests.browser.numbers import Stories, make_stories
from tests.browser.scene import Scene, Sent, Standing, Texts, make_campaigns, make_standing, write_texts
from tests.browser.ways_out import WaysOut, make_ways_out
from tests.factories import PASSWORD, UserFactory
from tests.people import note_in_session

# Parts of pages, pictures, files, other names of pages, leaders to other pages; and Django's own admin.
NOT_PAGES = {
    "account_login",
    "audit-entry-part",
    "bell",
    "campaign-detail",
    "campaign-export",
    "campaign-import",
    "campaign-progress",
    "campaign-result",
    "campaign-row",
    "campaign-steps",
    "campaign-template",
    "campaign-tests",
    "campaign-verification",
    "campaign-verification-picture",
    "campaign-verification-sound",
    "cap-choose",
    "certificate-file",
    "certificate-page",
    "countries-export",
    "handset-phones",
    "number-lists",
    "project-detail",
    "push",
    "push-of",
    "staff-gateway-exchanges",
    "staff-gateway-live",
    "verification-document",
    "verification-document-page",
}
# The interfaces are for programs.
NOT_PAGES |= {"tencent-v3", "tencent-v5", "tencent-v5-voice"}
NOT_PAGES |= {"api-openapi", *(row[0] for row in native.ROWS if row[0].startswith("native-"))}
# Photographed where nobody is set up yet (`test_an_empty_console`).
ELSEWHERE = {"setup"}


USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


class Who(Enum):
    """Who looks: their e-mail."""

    NOBODY = ""
    PERSON = "ada@example.com"
    OPERATOR = "olga@example.com"
    STAFF = "sam@example.com"
    NEWCOMER = "nils@example.com"
    # In need of a second factor, and without one.
    FRESH = "fred@example.com"
    # Confirmed nothing lately: is asked for the password again.
    UNCONFIRMED = "rolf@example.com"


@dataclass(frozen=True)
class Shown:
    """A page as somebody comes to it; `act` presses what has to be pressed there, whatever the language."""

    name: str
    arguments: tuple[object, ...] = ()
    who: Who = Who.PERSON
    variant: str = ""
    query: str = ""
    act: Callable[[Page], None] | None = None
    status: int = 200

    @property
    def title(self) -> str:
        return f"{self.name}-{self.variant}" if self.variant else self.name

    @property
    def address(self) -> str:
        return reverse(self.name, args=self.arguments) + self.query


def submit(page: Page) -> None:
    """Press the button that sends the page's own form; the server is asked, not the browser, what is missing."""
    page.evaluate("document.querySelectorAll('form').forEach((form) => { form.noValidate = true })")
    with page.expect_navigation():
        page.locator("main form button.btn-primary").first.click()


def filled(values: dict[str, str], *, checked: tuple[str, ...] = ()) -> Callable[[Page], None]:
    """Fill these fields, by their names, and send the form."""

    def act(page: Page) -> None:
        for name, value in values.items():
            page.locator(f"[name={name}]:visible").first.fill(value)
        for selector in checked:
            page.locator(selector).first.check()
        submit(page)

    return act


def gallery(scene: Scene) -> list[Shown]:
    """Everything that can be looked at in this scene; it is filled on the way."""
    return [
        *account_pages(scene),
        *project_pages(scene),
        *limit_pages(scene),
        *notification_pages(scene),
        *key_pages(scene, make_keys(scene.project, scene.person)),
        *documentation_pages(),
        *text_pages(scene, write_texts(scene)),
        *campaign_pages(scene, make_campaigns(scene)),
        *callback_pages(scene, make_callbacks(scene)),
        *number_pages(scene, make_stories(scene)),
        *standing_pages(scene, make_standing(scene)),
        *gateway_pages(scene, make_ways_out(scene.project, scene.staff)),
        *audit_pages(scene),
        *empty_pages(scene),
    ]


# --- People ---------------------------------------------------------------------------------------------


def account_pages(scene: Scene) -> Iterator[Shown]:
    organization = (scene.organization.uuid,)
    nobody = Who.NOBODY
    yield Shown("sign-in", who=nobody)
    yield Shown("sign-in", who=nobody, variant="error", act=sign_in_wrong)
    yield Shown("mfa_authenticate", who=nobody, act=sign_in_as(scene.person))
    yield Shown("password-reset", who=nobody)
    yield Shown("password-reset", who=nobody, variant="sent", act=filled({"email": "who@example.com"}))
    # Of somebody who does not sign in meanwhile, which would end the link.
    forgetful = UserFactory()
    uid = urlsafe_base64_encode(force_bytes(forgetful.pk))
    reset = (uid, default_token_generator.make_token(forgetful))
    yield Shown("password-reset-confirm", reset, nobody)
    yield Shown("password-reset-confirm", ("MQ", "no-token"), nobody, "ended")
    yield Shown("register", who=nobody)
    yield Shown("register", who=nobody, variant="sent", act=filled({"email": "rita@example.com"}))
    token = registration_token("rita@example.com")
    short = {"name": "Rita", "organization_name": "Parcels", "password": "short"}
    yield Shown("register-complete", (token,), nobody)
    yield Shown("register-complete", (token,), nobody, "error", act=filled(short))
    yield Shown("register-complete", ("no-token",), nobody, "ended", status=410)
    change = {"user": scene.operator.pk, "old": scene.operator.email, "new": "new@example.com"}
    yield Shown("email-confirm", (signing.dumps(change, salt=_EMAIL_SALT),), nobody)
    yield Shown("email-confirm", ("no-token",), nobody, "ended", status=410)
    yield Shown("account")
    yield Shown("email-change")
    yield Shown("password-change")
    wrong = {"old_password": "wrong", "new_password1": "short", "new_password2": "shorter"}
    yield Shown("password-change", variant="error", act=filled(wrong))
    yield Shown("usersessions_list")
    yield Shown("mfa_index")
    yield Shown("mfa_activate_totp", who=Who.FRESH)
    yield Shown("mfa_activate_totp", (), Who.FRESH, "error", act=filled({"code": "000000"}))
    yield Shown("mfa_deactivate_totp")
    yield Shown("mfa_generate_recovery_codes")
    yield Shown("mfa_view_recovery_codes", act=renew_codes(scene.person))
    yield Shown("account_reauthenticate", who=Who.UNCONFIRMED)
    yield Shown("mfa_reauthenticate", who=Who.UNCONFIRMED)
    membership = scene.operator.memberships.get()
    yield Shown("member-list", organization)
    yield Shown("member-list", organization, Who.OPERATOR, "operator")
    yield Shown("member-edit", (*organization, membership.uuid))
    yield Shown("member-add", organization)
    yield Shown("member-add", organization, variant="error", act=filled({"email": "olga@example.com"}))


def sign_in_wrong(page: Page) -> None:
    page.locator("#id_login").fill("nobody@example.com")
    page.locator("#id_password").fill("wrong")
    submit(page)


def sign_in_as(user: User) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        if not page.locator("#id_login").count():
            # The password was right a moment ago, in the other language.
            return
        page.locator("#id_login").fill(user.email)
        page.locator("#id_password").fill(PASSWORD)
        submit(page)

    return act


def renew_codes(user: User) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        user.authenticator_set.all().delete()
        give_two_factor(user)
        page.reload()

    return act


# --- Projects -------------------------------------------------------------------------------------------


def project_pages(scene: Scene) -> Iterator[Shown]:
    slug, organization = (scene.project.slug,), (scene.organization.uuid,)
    yield Shown("project-list")
    yield Shown("project-add", organization)
    yield Shown("project-add", organization, variant="error", act=filled({"name": scene.project.name}))
    yield Shown("project-edit", slug)
    yield Shown("application-information", slug)
    yield Shown("project-list", variant="not-found", query="nothing-here/", status=404)
    yield Shown("review-queue", slug, Who.OPERATOR, "forbidden", status=403)


def limit_pages(scene: Scene) -> Iterator[Shown]:
    project = scene.project
    slug, organization = (project.slug,), (scene.organization.uuid,)
    yield Shown("limits", slug)
    yield Shown("limits", slug, Who.OPERATOR, "operator")
    yield Shown("limit-edit", (*slug, "same_content"))
    yield Shown("limit-edit", (*slug, "per_day"), variant="effect", act=filled({"n_messages": "20"}))
    yield Shown("limit-edit", (*slug, "per_day"), variant="error", act=filled({"n_messages": "999999"}))
    yield Shown("organization-limits", organization)
    yield Shown("organization-limit-edit", (*organization, "per_day"))
    yield Shown("caps", slug)
    yield Shown("cap-edit", (*slug, "international", "day"))
    wrong = {"warn_at": "900", "cap": "100"}
    yield Shown("cap-edit", (*slug, "international", "day"), variant="error", act=filled(wrong))
    yield Shown("countries", slug)
    yield Shown("countries-add", slug)
    yield Shown("countries-add", slug, variant="error", act=filled({"text": "Atlantis\nDE day 9"}))
    for which in ("whitelist", "blacklist", "unsubscribed"):
        yield Shown("number-list", (*slug, which), variant=which)
    yield Shown("number-list-add", (*slug, "whitelist"))
    wrong = {"text": "8.6138E+12\nhello 123"}
    yield Shown("number-list-add", (*slug, "whitelist"), variant="error", act=filled(wrong))
    unsubscribed = ListedNumber.objects.filter(project=project, list="unsubscribed").last()
    assert unsubscribed
    yield Shown("removal-list", slug)
    yield Shown("removal-request", (*slug, unsubscribed.uuid))
    for state in (RemovalStatus.PENDING, RemovalStatus.REFUSED):
        asked = project.removal_requests.get(status=state)
        yield Shown("removal-detail", (*slug, asked.uuid), variant=state.value)


def key_pages(scene: Scene, keys: Keys) -> Iterator[Shown]:
    slug = (scene.project.slug,)
    yield Shown("program-keys", slug)
    yield Shown("program-keys", slug, Who.OPERATOR, "operator")
    yield Shown("api-key-add", slug)
    wrong = {"name": "", "addresses": "203.0.113.7/24"}
    yield Shown("api-key-add", slug, variant="error", act=filled(wrong))
    yield Shown(
        "api-key-add",
        slug,
        variant="made",
        act=filled({"name": "Parcel service"}, checked=("[name=scopes]",)),
    )
    yield Shown("api-key-edit", (*slug, keys.api_key.uuid))
    yield Shown("secret-key-add", slug)
    yield Shown("secret-key-edit", (*slug, keys.pair.uuid))
    yield Shown("secret-key-reveal", (*slug, keys.pair.uuid))
    yield Shown("secret-key-reveal", (*slug, keys.pair.uuid), variant="shown", act=submit)
    app_key = scene.project.app_keys.latest("created_at")
    yield Shown("app-key-edit", (*slug, app_key.uuid))
    yield Shown("signature-debugger", slug)
    for way in ("v5", "tc3", "parameters"):
        yield Shown("signature-debugger", slug, variant=way, query=f"?with={way}")
    wrong = filled({"request": badly_signed(scene.project, keys.pair)})
    yield Shown("signature-debugger", slug, variant="compared", act=wrong)
    yield Shown("signature-debugger", slug, variant="error", act=filled({"request": "hello"}))


def documentation_pages() -> Iterator[Shown]:
    nobody = Who.NOBODY
    yield Shown("api-docs")
    yield Shown("api-docs", who=nobody, variant="python", query="?language=python")
    yield Shown("api-reference", act=until_drawn)
    yield Shown("api-errors", who=nobody)
    yield Shown("api-error", ("number_blacklisted",), nobody)


def until_drawn(page: Page) -> None:
    """The reference comes by a script, which then asks for the document."""
    page.locator(".swagger-ui .opblock-tag").first.wait_for()


def callback_pages(scene: Scene, told: Told) -> Iterator[Shown]:
    slug, stopped, empty = (scene.project.slug,), (scene.stopped.slug,), (scene.empty.slug,)
    yield Shown("callbacks", slug)
    yield Shown("callbacks", slug, Who.OPERATOR, "operator")
    yield Shown("callbacks", stopped, variant="trouble")
    yield Shown("callback-edit", (*slug, "status"))
    yield Shown("callback-edit", (*empty, "reply"), variant="new")
    wrong = {"url": "https://10.0.0.1/sms", "n_per_request": "1000"}
    yield Shown("callback-edit", (*slug, "status"), variant="error", act=filled(wrong))
    yield Shown("callback-secret", (*slug, "status"))
    yield Shown("callback-secret", (*slug, "status"), variant="shown", act=submit)
    yield Shown("callback-test", (*slug, "status"))
    yield Shown("callback-replay", (*slug, "status"))
    yield Shown("callback-replay", (*slug, "status"), variant="counted", act=submit)
    backwards = {"begin": "2026-06-02T10:00", "end": "2026-06-01T10:00"}
    yield Shown("callback-replay", (*slug, "status"), variant="error", act=filled(backwards))
    yield Shown("callback-example", (*slug, "status"))
    yield Shown("callback-example", (*slug, "reply"), variant="node", query="?language=node")
    yield Shown("callback-log", slug)
    yield Shown("callback-log", slug, variant="nothing", query="?kind=voice")
    yield Shown("callback-log", empty, variant="empty")
    yield Shown("callback-detail", (*slug, told.delivered.uuid))
    yield Shown("callback-detail", (*slug, told.retried.uuid), variant="retried")
    yield Shown("callback-detail", (*slug, told.given_up.uuid), variant="given-up")
    yield Shown("callback-detail", (*slug, told.reply.uuid), variant="reply")


def notification_pages(scene: Scene) -> Iterator[Shown]:
    slug = (scene.project.slug,)
    contact = scene.project.alarm_contacts.first()
    assert contact
    yield Shown("notifications")
    yield Shown("notifications", variant="none", query="?topic=organization")
    yield Shown("project-notifications", slug)
    yield Shown("alarm-contacts", slug)
    yield Shown("alarm-contact-add", slug)
    yield Shown("alarm-contact-add", slug, variant="error", act=filled({"name": "Night", "msisdn": "12"}))
    yield Shown("alarm-contact-edit", (*slug, contact.uuid))
    yield Shown("security-settings", slug)


# --- Texts ----------------------------------------------------------------------------------------------


def text_pages(scene: Scene, texts: Texts) -> Iterator[Shown]:
    slug = (scene.project.slug,)
    yield Shown("signature-list", slug)
    yield Shown("signature-create", slug)
    yield Shown("signature-create", slug, variant="error", act=submit)
    yield Shown("signature-detail", (*slug, texts.waiting_signature.owner.uuid))
    yield Shown("signature-detail", (*slug, texts.rejected_signature.owner.uuid), variant="rejected")
    yield Shown("signature-edit", (*slug, texts.rejected_signature.owner.uuid))
    yield Shown("body-template-list", slug)
    yield Shown("body-template-create", slug)
    yield Shown("body-template-create", slug, variant="sample", query="?sample=login")
    yield Shown("body-template-create", slug, variant="error", act=write_badly)
    yield Shown("body-template-detail", (*slug, texts.waiting_body_template.owner.uuid))
    yield Shown("body-template-detail", (*slug, texts.draft_body_template.owner.uuid), variant="draft")
    yield Shown("body-template-edit", (*slug, texts.approved_body_template.owner.uuid))
    yield Shown("sender-id-list", slug)
    yield Shown("sender-id-create", slug)
    yield Shown("sender-id-create", slug, variant="error", act=submit)
    yield Shown("sender-id-detail", (*slug, texts.waiting_sender_id.owner.uuid))
    yield Shown("sender-id-edit", (*slug, texts.approved_sender_id.owner.uuid))
    for name in ("signature-rules", "template-rules", "sender-id-rules"):
        yield Shown(name)
    yield Shown("review-queue", slug)
    yield Shown("organization-review-queue", (scene.organization.uuid,))
    for revision in (texts.waiting_signature, texts.waiting_body_template, texts.waiting_sender_id):
        yield Shown("review-case", (*slug, revision.uuid), variant=revision.noun)
    case = (*slug, texts.waiting_body_template.uuid)
    yield Shown("review-case", case, variant="reject", act=open_rejection)


def write_badly(page: Page) -> None:
    with page.expect_response(lambda response: "preview" in response.url):
        page.locator("[data-editor-text]").fill("★ Hello {1}{3}, we’re open – “see” you")
    page.wait_for_selector(".findings li")


def open_rejection(page: Page) -> None:
    page.locator(".verdict-reject > summary").click()


# --- Campaigns ------------------------------------------------------------------------------------------


def campaign_pages(scene: Scene, sent: Sent) -> Iterator[Shown]:
    slug, organization = (scene.project.slug,), (scene.organization.uuid,)
    draft, running = (*slug, sent.draft.uuid), (*slug, sent.running.uuid)
    yield Shown("campaign-list", slug)
    yield Shown("campaign-list", slug, variant="nothing-found", query="?q=nothing")
    yield Shown("campaign-list", (scene.stopped.slug,), variant="stopped")
    yield Shown("campaign-new", slug)
    yield Shown("campaign-send", draft)
    yield Shown("campaign-send", draft, variant="what", query="?open=what")
    reasons = sent.draft.forecast.limits["rows"]
    yield Shown("campaign-blocked", draft, query=f"?reason={next(iter(reasons))}")
    yield Shown("campaign-refused", draft, variant="draft")
    for tab in ("numbers", "refused", "failures", "forecast", "timeline", "settings"):
        yield Shown(f"campaign-{tab}", running)
    yield Shown("campaign-numbers", (*slug, sent.scheduled.uuid), variant="scheduled")
    yield Shown("campaign-move", (*slug, sent.scheduled.uuid))
    yield Shown("limits-simulation", slug)
    yield Shown("sending-stop", slug)
    yield Shown("sending-allow", (scene.stopped.slug,))
    yield Shown("organization-sending-stop", organization)
    yield Shown("organization-sending-allow", organization)
    yield Shown("handset", slug)
    yield Shown("reply-list", slug)
    yield Shown(
        "reply-list", slug, variant="nothing-found", query="?q=nothing&since=2026-11-02&until=2026-11-01"
    )
    yield Shown("app-key-reveal", (*slug, sent.key.uuid))


# --- One message, one number ----------------------------------------------------------------------------


def number_pages(scene: Scene, stories: Stories) -> Iterator[Shown]:
    slug = (scene.project.slug,)
    yield Shown("message-detail", (*slug, stories.delivered))
    yield Shown("message-detail", (*slug, stories.failed), variant="failed")
    yield Shown("message-detail", (*slug, stories.uncertain), variant="uncertain")
    yield Shown("number-why", slug)
    yield Shown("number-why", slug, variant="answer", act=look_up(stories.number))
    yield Shown("number-why", slug, variant="nothing", act=look_up("+49 1512 0000000"))
    yield Shown("number-why", slug, variant="error", act=look_up("8.6138E+12"))
    yield Shown("uncertain-list", slug)
    of = Message.objects.get(pk=stories.uncertain).dispatch_id
    yield Shown("uncertain-list", slug, variant="campaign", query=f"?of={of}")
    yield Shown("uncertain-policy", slug)
    yield Shown("uncertain-policy", slug, variant="error", act=filled({"after_minutes": "1"}))


def look_up(number: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        page.locator("[name=number]").fill(number)
        with page.expect_navigation():
            page.locator("main form button.btn-primary").first.click()

    return act


# --- What organizations prove ---------------------------------------------------------------------------


def standing_pages(scene: Scene, standing: Standing) -> Iterator[Shown]:
    own, theirs = (scene.organization.uuid,), (standing.rejected.uuid,)
    newcomer, staff, nobody = Who.NEWCOMER, Who.STAFF, Who.NOBODY
    invited = standing.invitation
    yield Shown("invitation", (invited.uuid, invitation_token(invited)), nobody)
    yield Shown("invitation", (invited.uuid, "no-token"), nobody, "ended", status=410)
    yield Shown("invitation", (standing.known.uuid, invitation_token(standing.known)), newcomer, "known")
    yield Shown("member-invite", (*own, invited.uuid))
    yield Shown("organization-checklist", own)
    yield Shown("organization-checklist", theirs, newcomer, "new")
    yield Shown("project-list", (), newcomer, "new")
    yield Shown("organization-standing", own)
    yield Shown("organization-standing", theirs, newcomer, "rejected")
    yield Shown("verification-request", theirs, newcomer)
    yield Shown("verification-request", theirs, newcomer, "error", act=filled({"legal_name": ""}))
    yield Shown("activation-request", (*theirs, Region.DOMESTIC.value), newcomer)
    yield Shown(
        "activation-request",
        (*theirs, Region.DOMESTIC.value),
        newcomer,
        "error",
        act=filled({"purpose": "News"}),
    )
    yield Shown("entity-rules")
    yield Shown("staff-organization-list", who=staff)
    yield Shown("staff-organization", own, staff)
    yield Shown("staff-organization", (standing.waiting.organization.uuid,), staff, "waiting")
    yield Shown("staff-organization-lock", own, staff)
    individual = User.objects.get(email="wei@example.com").memberships.get().organization.uuid
    yield Shown("staff-activation-refuse", (individual, Region.DOMESTIC.value), staff)
    yield Shown("staff-activation-revoke", (*own, Region.DOMESTIC.value), staff)
    yield Shown("staff-verification-list", who=staff)
    yield Shown("staff-verification-list", who=staff, variant="activations", query="?what=activations")
    yield Shown("staff-verification", (standing.waiting.uuid,), staff)


# --- Ways out -------------------------------------------------------------------------------------------


def gateway_pages(scene: Scene, ways: WaysOut) -> Iterator[Shown]:
    staff = Who.STAFF
    yield Shown("staff-gateway-list", who=staff)
    yield Shown("staff-gateway-choose", who=staff)
    for kind in ("smpp", "http", "tencent"):
        yield Shown("staff-gateway-add", (kind,), staff, kind)
    yield Shown(
        "staff-gateway-add", ("smpp",), staff, "error", act=filled({"name": "Line", "setting_port": "0"})
    )
    yield Shown("staff-gateway", (ways.line.slug,), staff)
    yield Shown("staff-gateway", (ways.templates.slug,), staff, "templates", act=open_exchange)
    yield Shown("staff-gateway", (ways.down.slug,), staff, "down")
    yield Shown("staff-gateway", (scene.gateway.slug,), staff, "trial", act=try_gateway)
    yield Shown("staff-gateway-edit", (ways.line.slug,), staff)
    yield Shown("staff-route-list", who=staff)
    yield Shown("staff-route-list", who=staff, variant="answer", act=ask_way)
    yield Shown("staff-route-add", who=staff)
    yield Shown("staff-route-add", (), staff, "error", act=filled({"digits": "many"}))
    yield Shown("staff-route-edit", (ways.route.uuid,), staff)
    yield Shown("staff-code-list", who=staff)
    yield Shown("staff-code-edit", (ways.unknown.pk,), staff)
    yield Shown("staff-code-edit", (ways.known.pk,), staff, "known")


def open_exchange(page: Page) -> None:
    page.locator(".exchanges summary").nth(1).click()
    page.locator(".gateway-more > summary").click()


def try_gateway(page: Page) -> None:
    """Nobody is on the other side: the page says so."""
    page.locator("[name=trial-msisdn]").fill("+4915123456789")
    page.locator("[name=trial-text]").fill("Does it work?")
    with page.expect_navigation():
        page.locator("#trial button").click()


def ask_way(page: Page) -> None:
    page.locator("[name=msisdn]").fill("+4915123456789")
    page.locator("[name=project]").select_option(index=1)
    with page.expect_navigation():
        page.locator("#question button").click()


# --- The audit, and what is empty -----------------------------------------------------------------------


def audit_pages(scene: Scene) -> Iterator[Shown]:
    organization = (scene.organization.uuid,)
    newest = Entry.objects.filter(organization_id=scene.organization.pk).latest("pk").pk
    yield Shown("project-audit", (scene.project.slug,))
    yield Shown("organization-audit", organization)
    yield Shown("audit-entry", (*organization, newest))
    yield Shown("installation-audit", who=Who.STAFF)
    yield Shown("installation-audit-entry", (newest,), Who.STAFF)


def empty_pages(scene: Scene) -> Iterator[Shown]:
    slug = (scene.empty.slug,)
    for name in (
        "alarm-contacts",
        "body-template-list",
        "callbacks",
        "campaign-list",
        "campaign-new",
        "countries",
        "handset",
        "limits-simulation",
        "program-keys",
        "project-notifications",
        "removal-list",
        "reply-list",
        "review-queue",
        "security-settings",
        "sender-id-list",
        "signature-list",
        "uncertain-list",
    ):
        yield Shown(name, slug, variant="empty")
    yield Shown("number-list", (*slug, "blacklist"), variant="empty")


def page_of(who: Who, new_context: Callable[..., BrowserContext], url: str) -> Page:
    """A browser of theirs, signed in with the second factor shown."""
    context = new_context()
    if who != Who.NOBODY:
        user = User.objects.get(email=who.value)
        client = Client()
        client.force_login(user)
        if who != Who.FRESH:
            note_in_session(client, user, method="mfa", type="totp")
        if who != Who.UNCONFIRMED:
            note_in_session(client, user, method="password", reauthenticated=True)
        UserSession.objects.create(
            user=user, ip="203.0.113.7", session_key=client.session.session_key, user_agent=USER_AGENT
        )
        cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": url}])
    return context.new_page()

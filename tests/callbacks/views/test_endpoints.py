"""The page of callbacks, its forms, on and off, the secret."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from callbacks.models import Callback, EndpointHealth
from callbacks.queries.endpoints import EndpointWord, cards_of
from callbacks.services.endpoints import save_endpoint
from callbacks.statuses import CallbackState
from projects.forms.seen import seen_value
from projects.models import CallbackEndpoint, Project
from projects.statuses import CallbackFormat, CallbackKind, CallbackTrouble
from tests.callbacks.conftest import SECRET, endpoint_of
from tests.people import ClientOf, confirm

pytestmark = pytest.mark.django_db

HOOK = "http://127.0.0.1:8099/sms"


@pytest.fixture
def as_admin(client_of: ClientOf, admin: User) -> Client:
    return client_of(admin)


def page(project: Project) -> str:
    return reverse("callbacks", args=[project.slug])


def form_of(project: Project, kind: str = "status") -> str:
    return reverse("callback-edit", args=[project.slug, kind])


def words(project: Project) -> dict[str, str]:
    return {str(card.kind): str(card.word) for card in cards_of(project)}


def given(**changes: str) -> dict[str, str]:
    values = {
        "url": HOOK,
        "format": "standard",
        "includes_campaigns": "on",
        "n_per_request": "20",
        "seen": "",
    }
    return {**values, **changes}


# --- The page -------------------------------------------------------------------------------------------


def test_an_empty_page_says_what_each_kind_is_for(as_admin: Client, project: Project) -> None:
    shown = as_admin.get(page(project)).content.decode()
    assert shown.count("Set up the") == 3
    assert "goes out once voice messages exist" in shown


def test_a_reader_sees_no_button_and_no_secret(client_of: ClientOf, operator: User, project: Project) -> None:
    endpoint_of(project)
    shown = client_of(operator).get(page(project)).content.decode()
    assert "https://shop.example.com/sms" in shown
    assert SECRET not in shown
    names = ("callback-edit", "callback-secret", "callback-test", "callback-replay", "callback-switch")
    for name in names:
        assert f'"{reverse(name, args=[project.slug, "status"])}"' not in shown
    assert reverse("callback-example", args=[project.slug, "status"]) in shown


def test_each_state_has_its_word(project: Project) -> None:
    endpoint = endpoint_of(project)
    assert words(project) == {"status": "quiet", "reply": "missing", "voice": "later"}
    Callback.objects.create(endpoint=endpoint, kind="status", items=[], n_items=1, event_at=timezone.now())
    assert words(project)["status"] == EndpointWord.WORKS
    health = EndpointHealth.objects.create(endpoint=endpoint, n_failures=3, failing_since=timezone.now())
    assert words(project)["status"] == EndpointWord.FAILING
    health.open_until = timezone.now() + timedelta(minutes=1)
    health.save(update_fields=["open_until"])
    assert words(project)["status"] == EndpointWord.PAUSED
    CallbackEndpoint.objects.update(is_on=False)
    assert words(project)["status"] == EndpointWord.OFF
    CallbackEndpoint.objects.update(trouble=CallbackTrouble.FAILING, troubled_at=timezone.now())
    assert words(project)["status"] == EndpointWord.TROUBLED


@pytest.mark.parametrize(
    ("trouble", "advice"),
    [
        (CallbackTrouble.GONE, "answered 410"),
        (CallbackTrouble.FAILING, "No request was taken for three days"),
    ],
)
def test_what_the_console_switched_off_says_why_and_what_to_do(
    as_admin: Client, project: Project, trouble: str, advice: str
) -> None:
    endpoint_of(project, is_on=False, trouble=trouble, troubled_at=timezone.now())
    shown = as_admin.get(page(project)).content.decode()
    assert "The console switched it off at" in shown
    assert advice in shown
    assert "Switch on" in shown


def test_it_asks_again_only_while_something_moves(as_admin: Client, project: Project) -> None:
    endpoint = endpoint_of(project)
    assert "every 10s" not in as_admin.get(page(project)).content.decode()
    Callback.objects.create(endpoint=endpoint, kind="status", items=[], n_items=1, event_at=timezone.now())
    assert "every 10s" in as_admin.get(page(project)).content.decode()
    part = as_admin.get(page(project), headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith('<div class="endpoints"')


def test_the_page_makes_few_statements(
    as_admin: Client, project: Project, django_assert_max_num_queries: object
) -> None:
    for kind in CallbackKind:
        endpoint = endpoint_of(project, kind=kind)
        for _n in range(6):
            Callback.objects.create(
                endpoint=endpoint, kind=kind, items=[], n_items=1, event_at=timezone.now()
            )
    as_admin.get(page(project))
    with django_assert_max_num_queries(7):  # type: ignore[operator]
        cards_of(project)


# --- The form -------------------------------------------------------------------------------------------


def test_it_is_set_up_and_leads_to_the_test(
    as_admin: Client, project: Project, loopback_allowed: None
) -> None:
    answer = as_admin.post(form_of(project), given())
    assert answer.headers["Location"] == reverse("callback-test", args=[project.slug, "status"])
    made = CallbackEndpoint.objects.get()
    assert (made.kind, made.url, made.n_per_request, made.is_on) == ("status", HOOK, 20, True)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "required"),
        ("http://shop.example.com/sms", "must begin with https://"),
        ("https://10.0.0.1/sms", "name of the host instead of its number"),
        ("https://localhost/sms", "no name of the public internet"),
        ("https://ada:secret@shop.example.com/", "user name or a password"),
        ("https://shop.example.com:22/", "Port 22 is not called"),
        ("https://shop.example.com/\u202egpj.exe", "turns the direction of writing around"),
        ("https://shop.example.com/" + "x" * 600, "500"),
        ("javascript:alert(1)", "is not an address"),
    ],
    ids=lambda value: value[:30],
)
def test_an_address_that_is_not_called_is_refused_at_its_field_and_kept(
    as_admin: Client, project: Project, url: str, why: str
) -> None:
    answer = as_admin.post(form_of(project), given(url=url, n_per_request="33"))
    shown = answer.content.decode()
    assert answer.status_code == 422
    [error] = answer.context["form"].errors["url"]
    assert why in str(error)
    assert 'value="33"' in shown
    assert not CallbackEndpoint.objects.exists()


def test_every_field_that_is_wrong_says_so_at_once(as_admin: Client, project: Project) -> None:
    answer = as_admin.post(form_of(project), {"url": "nonsense", "format": "xml", "n_per_request": "101"})
    assert set(answer.context["form"].errors) == {"url", "format", "n_per_request"}


def test_who_comes_second_is_told_and_keeps_what_was_typed(
    as_admin: Client, project: Project, admin: User, loopback_allowed: None
) -> None:
    seen = save_endpoint(
        project=project,
        kind=CallbackKind.STATUS,
        url=HOOK,
        format=CallbackFormat.STANDARD,
        seen_at=None,
        by=admin,
    ).changed_at
    CallbackEndpoint.objects.update(n_per_request=7, changed_at=timezone.now())
    mine = given(url=HOOK + "/mine", seen=seen_value(seen))

    answer = as_admin.post(form_of(project), mine)

    assert answer.status_code == 409
    assert "Ada Admin changed this at" in answer.content.decode()
    assert HOOK + "/mine" in answer.content.decode()
    assert CallbackEndpoint.objects.get().n_per_request == 7
    again = answer.context["form"].data["seen"]
    assert as_admin.post(form_of(project), {**mine, "seen": again}).status_code == 302
    assert CallbackEndpoint.objects.get().url == HOOK + "/mine"


def test_two_who_set_it_up_at_once_do_not_overwrite_each_other(
    as_admin: Client, project: Project, loopback_allowed: None
) -> None:
    as_admin.post(form_of(project), given())
    assert as_admin.post(form_of(project), given(url=HOOK + "/other")).status_code == 409
    assert CallbackEndpoint.objects.get().url == HOOK


def test_a_reply_callback_has_no_settings_of_receipts(as_admin: Client, project: Project) -> None:
    shown = as_admin.get(form_of(project, "reply")).content.decode()
    assert "n_per_request" not in shown
    assert "includes_campaigns" not in shown


@pytest.mark.parametrize("name", ["callback-edit", "callback-secret", "callback-test", "callback-replay"])
def test_a_kind_that_does_not_exist_is_not_found(as_admin: Client, project: Project, name: str) -> None:
    assert as_admin.get(reverse(name, args=[project.slug, "smoke"])).status_code == 404


def test_in_a_disabled_project_nothing_changes(
    as_admin: Client, project: Project, loopback_allowed: None
) -> None:
    project.disabled_at = timezone.now()
    project.save(update_fields=["disabled_at"])
    answer = as_admin.post(form_of(project), given())
    assert "is disabled" in answer.content.decode()
    assert not CallbackEndpoint.objects.exists()
    assert "Set up the" not in as_admin.get(page(project)).content.decode()


# --- On and off -----------------------------------------------------------------------------------------


def test_it_is_switched_off_and_on(as_admin: Client, project: Project, loopback_allowed: None) -> None:
    endpoint = endpoint_of(project, HOOK)
    waiting = Callback.objects.create(
        endpoint=endpoint, kind="status", items=[], n_items=1, event_at=timezone.now()
    )
    switch = reverse("callback-switch", args=[project.slug, "status"])

    answer = as_admin.post(switch, {"on": "no"}, follow=True)

    assert "The status callback is off." in answer.content.decode()
    waiting.refresh_from_db()
    assert waiting.state == CallbackState.DROPPED
    answer = as_admin.post(switch, {"on": "yes"}, follow=True)
    assert "The status callback is on." in answer.content.decode()
    assert CallbackEndpoint.objects.get().is_on


def test_what_leads_inside_by_now_is_not_switched_on(as_admin: Client, project: Project) -> None:
    endpoint_of(project, HOOK, is_on=False)
    switch = reverse("callback-switch", args=[project.slug, "status"])
    answer = as_admin.post(switch, {"on": "yes"}, follow=True)
    assert "must begin with https://" in answer.content.decode()
    assert not CallbackEndpoint.objects.get().is_on


# --- The secret -----------------------------------------------------------------------------------------


def secret_page(project: Project) -> str:
    return reverse("callback-secret", args=[project.slug, "status"])


@pytest.mark.parametrize("do", ["reveal", "rotate"])
def test_the_secret_asks_first_who_it_is(as_admin: Client, project: Project, do: str) -> None:
    endpoint_of(project)
    answer = as_admin.post(secret_page(project), {"do": do})
    assert answer.headers["Location"].startswith("/confirm/?next=")
    assert CallbackEndpoint.objects.get().secret == SECRET


def test_the_secret_is_shown_to_who_proved_it_and_is_not_stored_on_the_way(
    as_admin: Client, admin: User, project: Project
) -> None:
    endpoint_of(project)
    assert SECRET not in as_admin.get(secret_page(project)).content.decode()
    answer = confirm(as_admin, admin).post(secret_page(project), {"do": "reveal"})
    assert SECRET in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]
    assert SECRET not in str(dict(as_admin.session))


def test_rotating_shows_the_new_secret_and_until_when_both_sign(
    as_admin: Client, admin: User, project: Project
) -> None:
    seen = seen_value(endpoint_of(project).changed_at)
    answer = confirm(as_admin, admin).post(secret_page(project), {"do": "rotate", "seen": seen})
    changed = CallbackEndpoint.objects.get()
    assert changed.secret in answer.content.decode()
    assert SECRET not in answer.content.decode()
    assert changed.previous_secret == SECRET
    assert "two signatures" in answer.content.decode()
    assert "The old one signs, too, until" in as_admin.get(page(project)).content.decode()


def test_a_second_click_does_not_end_the_secret_that_programs_still_use(
    as_admin: Client, admin: User, project: Project
) -> None:
    seen = seen_value(endpoint_of(project).changed_at)
    client = confirm(as_admin, admin)
    for status in (200, 409):
        answer = client.post(secret_page(project), {"do": "rotate", "seen": seen})
        assert answer.status_code == status
    assert "Ada Admin changed this at" in answer.content.decode()
    assert CallbackEndpoint.objects.get().previous_secret == SECRET

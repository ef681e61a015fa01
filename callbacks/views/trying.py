"""Trying a callback out: a test with everything that was said, and how a receiver checks a request."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import signed_in_person
from accounts.models import Role
from callbacks.errors import CallbacksError
from callbacks.services.testing import Request, TestOutcome, example_of, send_test
from callbacks.views.bodies import readable
from callbacks.views.endpoints import read_card, read_endpoint
from callbacks.views.words import try_of
from projects.access import project_for
from projects.errors import ProjectsError

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
# Nobody's: whoever reads the page may try a program with it.
EXAMPLE_SECRET = "whsec_" + base64.b64encode(b"an example and nobody's secret!!").decode()  # nosec B105


@dataclass(frozen=True, slots=True)
class Language:
    word: str
    name: str
    file: str


LANGUAGES = (
    Language("python", "Python", "verify.py"),
    Language("node", "Node.js", "verify.mjs"),
    Language("php", "PHP", "verify.php"),
)


@dataclass(frozen=True, slots=True)
class Shown:
    """What came of a test, as the page shows it."""

    look: str
    title: str
    text: str | Promise
    request: str
    answer: str


@require_http_methods(["GET", "HEAD", "POST"])
def callback_test(request: HttpRequest, slug: str, kind: str) -> HttpResponse:
    """The answer to the button is the page: what was sent and what came back stand side by side."""
    project = project_for(request.user, slug, Role.ADMIN)
    endpoint = read_endpoint(project, kind)
    context: dict[str, object] = {"project": project}
    status = 200
    if request.method == "POST":
        try:
            context["result"] = _shown(send_test(endpoint=endpoint, by=signed_in_person(request)))
        except (CallbacksError, ProjectsError) as error:
            context["result"] = Shown("error", _("Nothing was sent."), str(error), "–", "–")
            status = 422
    context["card"] = read_card(project, kind)
    return render(request, "callbacks/test.html", context, status=status)


def _shown(outcome: TestOutcome) -> Shown:
    told = try_of(outcome.attempt)
    answer = outcome.attempt.answer
    if outcome.attempt.status:
        answer = "\n\n".join(filter(None, [f"HTTP {outcome.attempt.status}", readable(answer)]))
    if outcome.is_taken:
        words = _("It took %(n)s ms.") % {"n": outcome.attempt.milliseconds}
        return Shown("success", _("Your server took it."), words, wire(outcome.request), answer)
    return Shown("error", told.title, told.advice, wire(outcome.request), answer or _("There was none."))


def wire(request: Request, body: str | None = None) -> str:
    """A request as it is written in documents: method and address, headers, an empty line, the body."""
    headers = "\n".join(f"{name}: {value}" for name, value in request.headers.items())
    return f"POST {request.url}\n{headers}\n\n{request.body if body is None else body}"


@require_safe
def callback_example(request: HttpRequest, slug: str, kind: str) -> HttpResponse:
    """A request of this endpoint, signed with a made-up secret, and a program that checks it."""
    project = project_for(request.user, slug)
    endpoint = read_endpoint(project, kind)
    asked = request.GET.get("language", "")
    chosen = next((each for each in LANGUAGES if each.word == asked), LANGUAGES[0])
    context = {
        "project": project,
        "card": read_card(project, kind),
        "example": wire(example_of(endpoint, secret=EXAMPLE_SECRET)),
        "secret": EXAMPLE_SECRET,
        "languages": LANGUAGES,
        "chosen": chosen,
        "code": (EXAMPLES / chosen.file).read_text(),
    }
    return render(request, "callbacks/example.html", context)

"""Goes through pages in both languages, at desktop and phone width; complains about what a browser would.

With `SCREENSHOTS` in the environment it photographs them: everything goes to that folder, the pages that the papers
show (`IN_THE_PAPERS`) to `docs/screenshots` besides.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urljoin

from PIL import Image
from playwright.sync_api import ConsoleMessage, Page
from playwright.sync_api import Error as PlaywrightError

PAPERS = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
# What stands here is kept in the repository: few, or it grows with each change of the look.
IN_THE_PAPERS = {
    "body-template-form",
    "callback-log",
    "callbacks",
    "campaign-running",
    "campaign-running-zh",
    "caps",
    "limits",
    "organization-checklist-new",
    "program-keys",
    "project-audit",
    "review-case-signature",
    "send-checked",
    "signature-debugger-compared",
    "staff-gateway",
    "staff-gateway-templates",
    "staff-route-list-answer",
    "staff-verification",
}

WIDTHS = {"1440": (1440, 900), "360": (360, 780)}
# A language, and what the names of its pictures end with. English is last: in it the tests go on.
LANGUAGES = {"zh-hans": "-zh", "en": ""}
# Longer pages are cut: a picture of a hundred rows says no more than one of ten.
LONGEST_PIXELS = 2_600
N_COLOURS = 192
WIDER_THAN_THE_WINDOW = """
() => [...document.querySelectorAll("body *")]
  .filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && document.documentElement.scrollWidth > innerWidth)
  .map((e) => `${e.tagName}.${e.className}`).slice(0, 5)
"""


class Album:
    """What a page looks like, and what is wrong with it."""

    def __init__(self) -> None:
        folder = os.environ.get("SCREENSHOTS")
        self.folder = Path(folder) if folder else None
        self.faults: list[str] = []

    def watch(self, page: Page) -> Page:
        """Note what the browser complains about: a violation of the CSP, a script's error, a lost file."""

        def note(message: ConsoleMessage) -> None:
            # A page that answers with an error status is a complaint only for who did not expect one.
            if message.type == "error" and "status of 4" not in message.text:
                self.faults.append(f"{page.url}: {message.text}")

        page.on("console", note)
        page.on("pageerror", lambda error: self.faults.append(f"{page.url}: {error}"))
        return page

    def take(self, page: Page, name: str, *, longest: int = LONGEST_PIXELS) -> None:
        """Look at the page as it is, at both widths."""
        page.wait_for_load_state()
        for label, (width, height) in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            page.evaluate("window.scrollTo(0, 0)")
            wide = page.evaluate(WIDER_THAN_THE_WINDOW)
            if wide:
                self.faults.append(f"{name} scrolls sideways at {label}: {wide}")
            if self.folder:
                self._photograph(page, f"{name}-{label}.png", width, longest)
        page.set_viewport_size(dict(zip(("width", "height"), WIDTHS["1440"], strict=True)))

    def visit(
        self,
        page: Page,
        url: str,
        name: str,
        *,
        act: Callable[[Page], None] | None = None,
        status: int = 200,
        longest: int = LONGEST_PIXELS,
    ) -> None:
        """Look at the page, after `act` if there is something to do on it, in each language; ends in English.

        Only for somebody who has chosen no language: then that of the cookie holds.
        """
        for language, ending in LANGUAGES.items():
            page.context.add_cookies(
                [{"name": "django_language", "value": language, "url": urljoin(url, "/")}]
            )
            answer = page.goto(url)
            if answer is None or answer.status != status:
                self.faults.append(f"{name} is answered {answer and answer.status}, not {status}")
            try:
                if act is not None:
                    act(page)
            except PlaywrightError as error:
                self.faults.append(f"{name}{ending}: {error}")
            spoken = page.locator("html").get_attribute("lang")
            if spoken != language:
                self.faults.append(f"{name} speaks {spoken} to whoever wants {language}")
            self.take(page, f"{name}{ending}", longest=longest)

    def _photograph(self, page: Page, name: str, width: int, longest: int) -> None:
        assert self.folder
        n_faults = len(self.faults)
        height = min(page.evaluate("document.documentElement.scrollHeight"), longest)
        # A window as tall as the page: what sticks to its edges stays where a person sees it.
        page.set_viewport_size({"width": width, "height": max(height, 600)})
        picture = page.screenshot(caret="initial", animations="disabled")
        with Image.open(io.BytesIO(picture)) as image:
            # Pages have few colours; so many are enough and make the pictures a third as large.
            small = image.convert("RGB").quantize(N_COLOURS, dither=Image.Dither.NONE)
        for folder in (self.folder, *([PAPERS] if name.rpartition("-")[0] in IN_THE_PAPERS else [])):
            folder.mkdir(parents=True, exist_ok=True)
            small.save(folder / name, optimize=True)
        # The camera itself leaves style attributes behind, which the CSP then refuses.
        del self.faults[n_faults:]

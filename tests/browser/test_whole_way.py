"""From an empty text to delivered messages, in a real browser, on a console as `make run` starts it."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from delivery.simulation.ledger import find_doubles, read_ledger
from tests.browser.console import Console
from tests.browser.sending import PROJECT, open_draft, recipients, send, upload, wait_until_finished

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

N_PEOPLE = 9_000
RATE = 900
UPLOAD_BYTES_PER_SECOND = 200_000
TEXT = "Hello {1}, your parcel to {2} has arrived."

WATCH_THE_UPLOAD = """
() => {
  window.seen = { percent: [], speed: [] };
  const watch = (name, read) => {
    const place = document.querySelector(`[data-upload-${name}]`);
    new MutationObserver(() => window.seen[name].push(read(place))).observe(place, { childList: true });
  };
  watch("percent", (place) => parseInt(place.textContent));
  watch("speed", (place) => place.textContent);
}
"""


def a_certificate() -> dict[str, Any]:
    stream = io.BytesIO()
    Image.new("RGB", (40, 40), "white").save(stream, "png")
    return {"name": "licence.png", "mimeType": "image/png", "buffer": stream.getvalue()}


def create_texts(page: Page, console: Console) -> None:
    page.goto(f"{console.url}{PROJECT}/signatures/create/")
    page.get_by_label("International").check()
    page.get_by_label("Signature name").fill("ParcelWay")
    page.get_by_label("Type").select_option(label="Website")
    page.get_by_label("Remarks").fill("https://parcelway.example belongs to us.")
    page.set_input_files("input[type=file]", a_certificate())
    page.get_by_role("button", name="Submit for review").click()
    expect(page.get_by_text("Pending approval").first).to_be_visible()

    page.goto(f"{console.url}{PROJECT}/body-templates/create/")
    page.get_by_label("Template name").fill("Parcel arrived")
    page.get_by_label("International").check()
    page.get_by_label("Text", exact=True).fill(TEXT)
    expect(page.locator("#preview")).to_contain_text("your parcel to")
    page.get_by_label("Scenario description").fill("Sent to customers when their parcel has arrived.")
    page.get_by_role("button", name="Submit for review").click()
    expect(page.get_by_text("Pending approval").first).to_be_visible()


def approve(page: Page, console: Console, title: str) -> None:
    page.goto(f"{console.url}{PROJECT}/reviews/")
    page.get_by_role("link", name=title).first.click()
    with page.expect_navigation():
        page.get_by_role("button", name="Approve").click()
    expect(page.locator("#toasts")).to_contain_text("Approved.")


def throttle(page: Page, bytes_per_second: int) -> None:
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    conditions = {"offline": False, "latency": 0, "downloadThroughput": -1}
    session.send("Network.emulateNetworkConditions", {**conditions, "uploadThroughput": bytes_per_second})


def figure(page: Page, name: str) -> int:
    stat = page.locator("#live .stat", has=page.locator(".stat-label", has_text=name))
    return int(re.sub(r"\D", "", stat.locator(".stat-value").inner_text()))


def test_the_whole_way(console: Console, operator_page: Page, reviewer_page: Page, tmp_path: Path) -> None:
    page = operator_page
    create_texts(page, console)
    approve(reviewer_page, console, "ParcelWay")
    approve(reviewer_page, console, "Parcel arrived")

    console.ask("UPDATE delivery_gateway SET rate_per_second = %s", RATE)
    draft = open_draft(page, console, template="Parcel arrived", signature="[ParcelWay]")
    file = recipients(tmp_path, N_PEOPLE, bad=["12345", "nobody"])
    throttle(page, UPLOAD_BYTES_PER_SECOND)
    page.evaluate(WATCH_THE_UPLOAD)
    upload(page, file)
    throttle(page, -1)
    seen = page.evaluate("window.seen")
    assert_progress_was_true(seen)
    expect(page.locator("#step-whom")).to_contain_text("12345")
    expect(page.locator(".btn-send")).to_have_text(
        re.compile(r"Send 9.000 messages \(9.000 segments\) to 9.000 people")
    )

    send(page, console, draft)
    expect(page.locator("tr.row-new")).to_contain_text("New")
    suspend_and_continue(page)
    wait_until_finished(page)
    expect(page.locator("#live")).to_contain_text(re.compile(r"All 9.000 done"), timeout=120_000)
    assert (figure(page, "Sent"), figure(page, "Delivered"), figure(page, "Other")) == (N_PEOPLE, N_PEOPLE, 0)

    check_the_result(page, tmp_path)
    ours = [line for line in read_ledger(console.ledger) if "ParcelWay" in line.text]
    assert len(ours) == N_PEOPLE
    assert find_doubles(console.ledger) == []


def assert_progress_was_true(seen: dict[str, Any]) -> None:
    between = {percent for percent in seen["percent"] if 0 < percent < 100}
    assert len(between) >= 3
    # The first moments fill the network's own buffers; what stands there later is the line's speed.
    shown = [float(speed.removesuffix(" MB/s")) for speed in seen["speed"][3:] if speed]
    assert shown
    true = UPLOAD_BYTES_PER_SECOND / 1e6
    assert all(abs(speed - true) <= 0.2 * true for speed in shown), shown


def suspend_and_continue(page: Page) -> None:
    page.locator("tr.row-new a.campaign-name").click()
    live = page.locator("#live")
    live.get_by_role("button", name="Suspend").click()
    expect(live).to_contain_text(re.compile(r"Suspended at [\d\s]+ of 9.000"))
    at = live.locator(".live-words").inner_text()
    page.reload()
    expect(live.locator(".live-words")).to_have_text(at)
    live.get_by_role("button", name="Continue").click()
    expect(live).to_contain_text("Running")


def check_the_result(page: Page, folder: Path) -> None:
    with page.expect_download() as started:
        page.get_by_role("link", name="Download result").click()
    path = folder / "result.xlsx"
    started.value.save_as(path)
    rows = list(openpyxl.load_workbook(path, read_only=True).worksheets[0].iter_rows(values_only=True))
    assert rows[0][:4] == ("mobile", "name", "city", "Status")
    statuses = [row[3] for row in rows[1:]]
    assert (statuses.count("Delivered"), statuses.count("Refused")) == (N_PEOPLE, 2)

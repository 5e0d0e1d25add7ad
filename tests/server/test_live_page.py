"""The live page in a real browser."""

import re
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Literal

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from throng.core.crowd_state import CrowdEvent, EventKind, Risk, RiskLevel
from throng.core.reading import Validity
from throng.core.stream import StreamState
from throng.server.run import ServerThread

if TYPE_CHECKING:
    from tests.server.conftest import Feed, Pump

pytestmark = pytest.mark.integration

ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
PHONE = (390, 844)
DESKTOP = (1440, 900)

OpenPage = Callable[..., Page]


@pytest.fixture(scope="module")
def browser(require_program: Callable[[str, str], str]) -> Iterator[Browser]:
    program = require_program("chromium", "chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        browser.new_context().new_page().context.close()  # the first page of a browser is slow
        yield browser
        browser.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser's console said, errors and warnings only."""
    return []


@pytest.fixture
def open_page(browser: Browser, server: ServerThread, complaints: list[str]) -> Iterator[OpenPage]:
    contexts = []

    def open_at(size: tuple[int, int] = DESKTOP, *, scheme: Literal["dark", "light"] = "dark") -> Page:
        context = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: complaints.append(m.text) if m.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(server.url)
        return page

    yield open_at
    for context in contexts:
        context.close()


def zone(page: Page, zone_id: str = "hall", state: str = "") -> str:
    return f'.zone[data-zone="{zone_id}"]' + (f'[data-state="{state}"]' if state else "")


def camera(camera_id: str = "gate", state: str = "") -> str:
    return f'.camera[data-camera="{camera_id}"]' + (f'[data-state="{state}"]' if state else "")


def middle_pixel(page: Page, camera_id: str = "gate") -> list[int]:
    pixel: list[int] = page.evaluate(
        """(selector) => {
          const canvas = document.querySelector(selector);
          const pen = canvas.getContext("2d");
          return [...pen.getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data];
        }""",
        camera(camera_id) + " canvas",
    )
    return pixel


def test_cards_and_pictures_are_there_within_three_seconds(
    feed: "Feed", pump: "Pump", open_page: OpenPage, complaints: list[str]
) -> None:
    feed.line(1204, 980)
    page = open_page()
    card = page.locator(zone(page, state="live"))

    expect(card.locator(".count")).to_have_text("42", timeout=3000)
    expect(page.locator(camera(state="live"))).to_be_visible(timeout=3000)
    assert page.evaluate("performance.now()") < 3000

    expect(card.locator(".interval")).to_have_text("38–47")
    expect(card.locator(".letter")).to_have_text("C")
    expect(card.locator(".density")).to_have_text("0.84 /m²")
    expect(card.locator(".speed")).to_have_text("1.31 m/s")
    expect(card.locator(".share")).to_have_text("42 % of 100")
    assert "90 % interval 38.0 to 47.0" in (card.locator(".count").get_attribute("title") or "")
    assert middle_pixel(page) == pytest.approx([40, 120, 200, 255], abs=6)
    expect(page.locator('tr[data-line="door"] .in')).to_have_text("1,204")
    expect(page.locator('tr[data-line="door"] .net')).to_have_text("+224")
    expect(page.locator("#connection")).to_have_text("Live")
    assert complaints == []


def test_unknown_zone_says_no_data_and_never_zero(feed: "Feed", open_page: OpenPage) -> None:
    feed.camera("gate", "hall", "yard")
    feed.reading(42.0)
    page = open_page()
    expect(page.locator(zone(page, "yard", "unknown"))).to_contain_text("never measured yet")
    expect(page.locator(zone(page, state="live") + " .count")).to_have_text("42")

    feed.unknown("lens covered")
    card = page.locator(zone(page, state="unknown"))
    expect(card).to_contain_text("lens covered")
    expect(card.locator(".was")).to_have_text(re.compile(r"^was 42, \d+ s ago$"))
    expect(card.locator(".count")).not_to_be_visible()
    for name in ("density", "peak", "speed", "letter"):
        expect(card.locator(f".{name}")).to_have_text("–")
    assert not re.search(r"\b0\b(?! s ago)", card.inner_text())
    expect(page.locator("#announcer")).to_have_text("Zone hall: no data. lens covered")


def test_degraded_reading_says_why(feed: "Feed", open_page: OpenPage) -> None:
    feed.camera()
    feed.reading(validity=Validity.DEGRADED, reasons=("low light",))
    page = open_page()

    card = page.locator(zone(page, state="degraded"))
    expect(card.locator(".pill")).to_have_text("degraded")
    expect(card.locator(".why")).to_have_text("low light")


@pytest.mark.parametrize("state", [StreamState.STALLED, StreamState.ENDED, StreamState.FAILED])
def test_camera_that_went_is_shown_over_its_dimmed_picture(
    feed: "Feed", open_page: OpenPage, state: StreamState
) -> None:
    feed.camera()
    feed.picture()
    page = open_page()
    expect(page.locator(camera(state="live"))).to_be_visible()

    feed.status("gate", state, "the cable is out")
    tile = page.locator(camera(state=state.value))
    expect(tile.locator(".veil b")).to_have_text(state.value)
    expect(tile.locator(".veil")).to_contain_text("the cable is out")
    expect(tile.locator(".veil .since")).to_have_text(re.compile(r"last picture \d\d:\d\d:\d\d, \d+ s ago"))
    assert "grayscale" in tile.locator("canvas").evaluate("canvas => getComputedStyle(canvas).filter")


def test_readings_and_pictures_grow_stale_though_the_server_is_there(
    feed: "Feed", pump: "Pump", open_page: OpenPage
) -> None:
    page = open_page()
    expect(page.locator(zone(page, state="live"))).to_be_visible()

    pump.stop()

    expect(page.locator(zone(page, state="stale"))).to_contain_text("no newer reading", timeout=5000)
    expect(page.locator(camera(state="old"))).to_contain_text("no new picture", timeout=4000)
    expect(page.locator("#connection")).to_have_text("Live")


def test_readings_and_pictures_that_keep_coming_late_say_how_late(feed: "Feed", open_page: OpenPage) -> None:
    feed.camera()
    feed.reading(ahead_s=-60)
    feed.picture(age_s=60)
    page = open_page()
    expect(page.locator(zone(page, state="unknown"))).to_contain_text(re.compile(r"was 42, 6\d s ago"))
    expect(page.locator(camera(state="old"))).to_be_visible()

    feed.reading(43, ahead_s=-60)
    feed.picture(age_s=60)

    card = page.locator(zone(page, state="late"))
    expect(card.locator(".pill")).to_have_text(re.compile(r"^6\d s late$"))
    expect(card.locator(".count")).to_have_text("43")
    expect(page.locator(camera(state="late") + " .state")).to_have_text(re.compile(r"6\d s late$"))


def test_recording_that_ended_is_not_live_though_its_times_are_ahead(feed: "Feed", open_page: OpenPage) -> None:
    feed.camera()
    feed.reading(ahead_s=600)
    page = open_page()
    expect(page.locator(zone(page, state="live"))).to_be_visible()

    feed.status("gate", StreamState.ENDED, "end of the recording")

    expect(page.locator(zone(page, state="stale") + " .pill")).to_have_text("ended")
    expect(page.locator(zone(page, state="stale"))).to_contain_text("camera ended: end of the recording")


def test_server_that_goes_is_seen_in_five_seconds_and_its_return_too(
    server: ServerThread, pump: "Pump", open_page: OpenPage
) -> None:
    page = open_page()
    expect(page.locator(camera(state="live"))).to_be_visible()

    gone = time.monotonic()
    server.stop()
    expect(page.locator("#connection")).to_have_text(re.compile(r"^Away since \d\d:\d\d:\d\d$"), timeout=5000)
    expect(page.locator(zone(page, state="stale") + " .pill")).to_have_text(re.compile(r"^\d s old$"), timeout=500)
    expect(page.locator(camera(state="away"))).to_be_visible(timeout=500)
    assert time.monotonic() - gone < 5.2
    expect(page.locator("#away")).to_contain_text("The server is away")

    server.start()
    expect(page.locator("#connection")).to_have_text("Live", timeout=7000)
    expect(page.locator(zone(page, state="live"))).to_be_visible(timeout=2000)
    expect(page.locator(camera(state="live"))).to_be_visible(timeout=2000)
    expect(page.locator("#away")).not_to_be_visible()


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_phone_has_no_sideways_scroll_and_no_complaints(
    feed: "Feed", open_page: OpenPage, complaints: list[str], scheme: Literal["dark", "light"]
) -> None:
    feed.camera("gate", "hall", "a-zone-with-a-very-long-name-that-does-not-fit", capacity=123_456, simulated=True)
    feed.reading(98_765.0)
    feed.unknown("a long reason " * 10, zone_id="a-zone-with-a-very-long-name-that-does-not-fit")
    feed.line(1_234_567, 9, line_id="a-line-with-a-very-long-name-that-does-not-fit")
    feed.picture()
    page = open_page(PHONE, scheme=scheme)
    expect(page.locator(zone(page, state="live"))).to_be_visible()

    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    assert page.evaluate("document.documentElement.dataset.theme") == scheme
    assert complaints == []


def test_pictures_below_the_fold_are_asked_for_when_they_are_seen(feed: "Feed", open_page: OpenPage) -> None:
    for number in range(6):
        feed.camera(f"cam{number}")
        feed.picture(f"cam{number}")
    page = open_page(PHONE)
    expect(page.locator(zone(page).replace('="hall"', ""))).to_have_count(6)
    last = page.locator(camera("cam5"))
    expect(last).to_have_attribute("data-state", "waiting")

    feed.picture("cam5")
    last.scroll_into_view_if_needed()

    expect(last).to_have_attribute("data-state", "live")


def test_worst_zone_comes_first(feed: "Feed", open_page: OpenPage) -> None:
    feed.camera("gate", "calm", "blind", "dense", capacity=None)
    feed.reading(zone_id="calm", level="A")
    feed.unknown(zone_id="blind")
    feed.reading(zone_id="dense", level="F")
    page = open_page()

    expect(page.locator(".zone h3")).to_have_text(["Zone dense", "Zone blind", "Zone calm"])


def test_danger_is_said_in_words_and_stands_first(feed: "Feed", open_page: OpenPage) -> None:
    feed.camera("gate", "jammed", "front", capacity=None)
    feed.reading(zone_id="jammed", level="F", risk=Risk(RiskLevel.SAFE, 12.0, (), "queue"))
    why = ("density 4.6 [4.1–5.2] people/m² for 25 s", "inflow exceeds outflow by 38/min")
    surge = CrowdEvent(EventKind.SURGE, 0.8, ("inflow 60/min, 12 before",))
    feed.reading(zone_id="front", level="D", risk=Risk(RiskLevel.CRITICAL, 82.0, why, "standing"), events=(surge,))
    page = open_page()

    expect(page.locator(".zone h3")).to_have_text(["Zone front", "Zone jammed"])
    card = page.locator(zone(page, "front", "live"))
    expect(card.locator(".danger")).to_have_text("■ critical")
    expect(card.locator(".because")).to_have_text("surge: inflow 60/min, 12 before")
    assert (card.locator(".because").get_attribute("title") or "").endswith("; ".join(why))
    expect(page.locator(zone(page, "jammed", "live")).locator(".danger")).to_have_text("● safe")


def test_a_zone_that_nobody_sees_keeps_its_alarm(feed: "Feed", open_page: OpenPage) -> None:
    feed.camera("gate", "busy", "blind", capacity=None)
    feed.reading(zone_id="busy", level="F")
    held = Risk(RiskLevel.WARNING, 60.0, ("no data for 12 s; the last level is held",), "standing")
    feed.unknown(zone_id="blind", risk=held)
    page = open_page()

    expect(page.locator(".zone h3")).to_have_text(["Zone blind", "Zone busy"])
    card = page.locator(zone(page, "blind", "unknown"))
    expect(card.locator(".danger")).to_have_text("◆ warning")
    expect(card.locator(".danger")).to_have_attribute("data-held", "yes")
    expect(card.locator(".because")).to_have_text("no data for 12 s; the last level is held")
    expect(card.locator(".count")).not_to_be_visible()


def test_whole_site_fits_on_one_screen(feed: "Feed", open_page: OpenPage) -> None:
    for number in range(6):
        feed.camera(f"cam{number}", *([f"z{number}", f"y{number}"] if number < 2 else [f"z{number}"]))
        feed.picture(f"cam{number}")
    for zone_id, camera_id in feed.board.state().zones:
        feed.reading(zone_id=zone_id, camera_id=camera_id)
    page = open_page(DESKTOP)
    expect(page.locator(".zone")).to_have_count(8)
    expect(page.locator(".camera")).to_have_count(6)

    assert page.evaluate("document.documentElement.scrollHeight") <= DESKTOP[1]


def test_theme_is_kept_and_help_opens_from_the_keyboard(open_page: OpenPage) -> None:
    page = open_page(scheme="dark")
    page.locator("#theme").click()
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "light"

    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#help")).to_contain_text("Level of service")
    page.keyboard.press("Escape")
    expect(page.locator("#help")).not_to_be_visible()


def test_names_are_text_and_never_markup(feed: "Feed", open_page: OpenPage, complaints: list[str]) -> None:
    evil = "<img src=x onerror=alert(1)>"
    feed.camera("gate", evil)
    page = open_page()

    expect(page.locator(".zone h3")).to_have_text(f"Zone {evil}")
    assert page.locator(".zone img").count() == 0
    assert complaints == []

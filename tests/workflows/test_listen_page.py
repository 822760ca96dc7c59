"""The listening page in a real browser: it plays, takes answers, keeps them, and hands them over as CSV."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from tests.browser import chromium, needs_chromium

from bandmate.evaluation.listening import QUESTIONS, read_answers, summarise
from bandmate.workflows.listen import listen

pytestmark = [needs_chromium, pytest.mark.slow]
SETS = {"people": 220.0, "model-x": 330.0}
CLIP_SEC = 8.0


@pytest.fixture(scope="module")
def takes(tmp_path_factory) -> Path:
    """Two sets of two takes, eight seconds each."""
    folder = tmp_path_factory.mktemp("takes")
    times = np.arange(round(CLIP_SEC * 44100)) / 44100
    for place, hz in SETS.items():
        for number, name in enumerate(("house", "blues"), 1):
            path = folder / place / name / "mix.wav"
            path.parent.mkdir(parents=True)
            soundfile.write(path, 0.1 * np.sin(2 * np.pi * hz * number * times), 44100)
    return folder


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    folder = tmp_path_factory.mktemp("chromium")
    with chromium(folder) as driver:
        driver.downloads = folder / "downloads"
        yield driver


def until(check: Callable[[], Any], what: str) -> Any:
    """What the check gives, as soon as it gives something."""
    for _ in range(600):
        if found := check():
            return found
        time.sleep(0.05)
    raise AssertionError(f"it did not come: {what}")


class Listener:
    """A person at the page."""

    def __init__(self, driver: Any, page: Path) -> None:
        self.driver = driver
        driver.get(page.as_uri())

    def css(self, selector: str) -> Any:
        return self.driver.find_element("css selector", selector)

    def text(self) -> str:
        return self.css("body").text

    def run(self, script: str) -> Any:
        return self.driver.execute_script(script)

    def begin(self, rater: str) -> None:
        if self.css("#other").is_displayed():
            self.css("#other").click()
        self.css("#rater").send_keys(rater)
        self.css("input[value=player]").click()
        self.css("#start button").click()

    def press(self, keys: str) -> None:
        for key in keys:
            self.css("body").send_keys(key)

    def hear(self, start: str = " ", side: int = 0) -> None:
        """Play until answers are open for this take, four times as fast as it is."""
        self.run(f"document.querySelectorAll('audio')[{side}].playbackRate = 4")
        self.press(start)
        until(lambda: self.run(f"return answersOf(at).listened[{side}] >= DATA.least"), "five seconds heard")

    def order(self) -> list:
        return self.run("return trials")

    def save(self) -> Path:
        for old in self.driver.downloads.glob("*.csv"):
            old.unlink()
        self.run("[...document.querySelectorAll('.save')].find((button) => button.offsetParent).click()")
        return until(lambda: next(iter(self.driver.downloads.glob("*.csv")), None), "the CSV")


def test_it_plays_and_its_clock_goes_on(browser, takes, tmp_path) -> None:
    person = Listener(browser, listen(takes, tmp_path / "page.html").page)
    person.begin("anna")
    duration = until(lambda: person.run("return document.querySelector('audio').duration"), "the sound")
    assert duration == pytest.approx(CLIP_SEC, abs=0.06)
    person.press(" ")
    first = until(lambda: person.run("return document.querySelector('audio').currentTime"), "the first moment")
    until(lambda: person.run("return document.querySelector('audio').currentTime") > first + 0.2, "time goes on")
    person.press(" ")
    assert person.run("return document.querySelector('audio').paused")
    loaded = person.run("return performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert all(name.startswith("blob:") for name in loaded)
    errors = [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
    assert not errors


def test_nothing_is_answered_before_it_was_heard(browser, takes, tmp_path) -> None:
    person = Listener(browser, listen(takes, tmp_path / "page.html", seed=11).page)
    person.begin("early")
    person.press("5")
    assert not person.run("return answersOf(0).answers.musicality")
    assert "Listen for 5 seconds before you answer." in person.text()
    assert not person.css("#next").is_enabled()


def test_two_are_rated_reload_keeps_them_and_the_csv_has_them(browser, takes, tmp_path) -> None:
    page = listen(takes, tmp_path / "page.html", seed=12, mode="ratings").page
    person = Listener(browser, page)
    person.begin("=anna")
    person.hear()
    person.press("45345")
    person.css("#comment").send_keys('a "nice" end, late')
    person.css("#next").click()
    assert "2 of 4" in person.text()
    person.hear()
    person.press("12\ue0152")  # arrow down: the third question stays open for now
    heard = [person.run(f"return answersOf({index}).listened[0]") for index in (0, 1)]

    again = Listener(browser, page)
    assert "2 of 4" in again.text()  # where it was left
    assert [again.run(f"return answersOf({index}).listened[0]") for index in (0, 1)] == pytest.approx(heard, abs=1.5)
    again.press("3")
    again.press("1")
    saved = read_answers([again.save()])

    chosen = [(a.order, a.question, a.answer) for a in saved if a.question not in ("comment", "experience")]
    names = [question.name for question in QUESTIONS]
    assert chosen == [
        *((1, name, value) for name, value in zip(names, "45345", strict=True)),
        *((2, name, value) for name, value in zip(names, "12321", strict=True)),
    ]
    trials = again.order()
    shown = sorted(f"{place}/{name}" for place in SETS for name in ("house", "blues"))
    assert [a.item for a in saved if a.question == "keep"] == [shown[trials[0][0]], shown[trials[1][0]]]
    assert all(a.item.startswith(a.set + "/") for a in saved if a.set)
    assert {a.rater for a in saved} == {"'=anna"}  # no formula for a spreadsheet
    assert [a.answer for a in saved if a.question == "comment"] == ['a "nice" end, late']
    assert [a.answer for a in saved if a.question == "experience"] == ["player"]
    assert len({a.session for a in saved}) == 1
    assert all(5 <= a.listened_sec <= 40 for a in saved if a.set and a.question != "comment")
    assert summarise(saved).answers == 10


def test_of_a_pair_one_is_preferred_in_both_rows(browser, takes, tmp_path) -> None:
    person = Listener(browser, listen(takes, tmp_path / "page.html", seed=13, mode="pairs").page)
    person.begin("bea")
    for key in "13":
        person.hear("a", 0)
        person.hear("b", 1)
        person.press(key)
        person.press("\ue014")  # arrow right
    assert "Thank you" in person.text()
    rows = [a for a in read_answers([person.save()]) if a.question == "prefer"]
    assert [(a.order, a.answer) for a in rows] == [(1, "1"), (1, "0"), (2, "0.5"), (2, "0.5")]
    assert {rows[0].set, rows[1].set} == set(SETS)
    (found,) = summarise(rows).preferences
    assert (found.wins + found.losses, found.ties) == (1, 1)


def test_the_order_differs_by_seed_and_by_listener_and_is_kept(browser, takes, tmp_path) -> None:
    orders = []
    for seed, rater in ((21, "anna"), (22, "anna"), (21, "bea"), (21, "anna")):
        person = Listener(browser, listen(takes, tmp_path / f"{len(orders)}.html", seed=seed).page)
        person.begin(rater)
        orders.append(person.order())
    assert orders[0] == orders[3]
    assert orders[0] not in orders[1:3]
    assert orders[1] != orders[2]
    assert sorted(trial[0] for trial in orders[0][:4]) == [0, 1, 2, 3]


def test_no_screen_says_which_set_is_heard(browser, takes, tmp_path) -> None:
    person = Listener(browser, listen(takes, tmp_path / "page.html", seed=14).page)
    seen = [person.text()]
    person.begin("anna")
    for index in range(len(person.order())):
        person.run(f"show({index})")
        seen.append(person.text() + browser.title + person.run("return document.querySelector('#trial').outerHTML"))
    person.run("finish()")
    seen.append(person.text())
    assert len(seen) == 8
    assert not [name for name in (*SETS, "house", "blues") for text in seen if name in text]


def test_on_a_phone_nothing_is_wider_than_the_screen(browser, takes, tmp_path) -> None:
    phone = {"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    try:
        person = Listener(browser, listen(takes, tmp_path / "page.html", seed=15).page)
        person.begin("anna")
        widths = []
        for index in (0, 4):
            person.run(f"show({index})")
            widths.append(person.run("return document.documentElement.scrollWidth"))
        heights = person.run("return [...document.querySelectorAll('button')].map((button) => button.offsetHeight)")
        assert widths == [360, 360]
        assert not [height for height in heights if 0 < height < 44]  # a thumb needs 44 pixels; 0 is not shown
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})

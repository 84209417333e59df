"""Somebody who reads a report in a real browser.

Needs playwright and Chromium; without one of them a test that opens it is skipped.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@contextmanager
def chromium() -> Iterator[Any]:
    """A headless Chromium."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        pytest.skip("no Chromium is installed")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


class Reader:
    """A person with a page open; what went wrong on it, and what it asked for."""

    def __init__(self, browser: Any, url: str, **options: Any) -> None:
        self.wrong: list[str] = []
        self.asked: list[str] = []
        options = {"viewport": {"width": 1400, "height": 900}, "reduced_motion": "reduce", **options}
        self.page = browser.new_context(**options).new_page()
        self.page.on("console", lambda message: self.wrong.append(message.text))
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(url)
        self.page.wait_for_selector("#part-repeat h2, #content > .note")

    def said(self, selector: str) -> str:
        """The text of an element, as it is seen."""
        return str(self.page.locator(selector).first.inner_text())

    def until(self, condition: str) -> None:
        """Wait until a condition holds. The page's own policy forbids what playwright would wait with."""
        for _ in range(200):
            if self.page.evaluate(condition):
                return
            self.page.wait_for_timeout(50)
        pytest.fail(f"never came true: {condition}")

    def close(self) -> None:
        self.page.context.close()

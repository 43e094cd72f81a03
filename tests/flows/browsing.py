"""What the tests in a browser share: a watch on what a page does behind the reader's back, and a hand that counts clicks."""

from contextlib import contextmanager
from urllib.parse import urlsplit

from playwright.sync_api import Page

SCRIPTLESS = {"data", "blob", "about"}


class Watch:
    """What a page asked of other hosts, and what its console and scripts complained about."""

    def __init__(self, page: Page, base_url: str) -> None:
        self.foreign: list[str] = []
        self.complaints: list[str] = []
        self._base_url = base_url
        self._listeners = {
            "request": self._note_request,
            "console": self._note_line,
            "pageerror": lambda error: self.complaints.append(str(error)),
        }
        for event, listener in self._listeners.items():
            page.on(event, listener)

    def end(self, page: Page) -> None:
        for event, listener in self._listeners.items():
            page.remove_listener(event, listener)

    def _note_request(self, request) -> None:
        if urlsplit(request.url).scheme not in SCRIPTLESS and not request.url.startswith(f"{self._base_url}/"):
            self.foreign.append(request.url)

    def _note_line(self, message) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)


@contextmanager
def watched(page: Page, base_url: str):
    """Watches a page for a while."""
    watch = Watch(page, base_url)
    try:
        yield watch
    finally:
        watch.end(page)


class Hand:
    """Clicks as a person does, and counts them."""

    def __init__(self) -> None:
        self.clicks = 0

    def click(self, locator) -> None:
        self.clicks += 1
        locator.click()


def take_cookies(visitor):
    """The cookies of a browser without scripts, as Playwright takes them."""
    names = ("name", "value", "domain", "path")
    return [{name: getattr(cookie, name) for name in names} for cookie in visitor.cookies]

"""Looks at a served page as people do: on a narrow phone, in the dark, on a wide screen, without scripts; and by axe."""

from functools import cache

from axe_playwright_python.sync_playwright import Axe

from tests.flows.browsing import take_cookies, watched
from tests.gates import tools

VIEWS = {
    "narrow": {"viewport": {"width": 320, "height": 700}, "color_scheme": "light"},
    "small": {"viewport": {"width": 320, "height": 700}, "color_scheme": "light", "bypass_csp": True},
    "dark": {"viewport": {"width": 390, "height": 800}, "color_scheme": "dark", "bypass_csp": True},
    "wide": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light", "bypass_csp": True},
    "plain": {"viewport": {"width": 390, "height": 800}, "java_script_enabled": False},
}
# What axe looks for. Left to itself it leaves out what is new in WCAG 2.2: the size of what is tapped.
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]


class Served:
    """A served installation and the people whose browsers the tests look through."""

    def __init__(self, site, browser, people):
        self.site = site
        self._browser = browser
        self._people = people
        self._contexts = {}

    def find_page(self, who, view):
        """A person's page in a view; it stays open for the next test."""
        if (who, view) not in self._contexts:
            self._contexts[who, view] = self.open_browser(who, **VIEWS[view])
        return self._contexts[who, view].pages[0]

    def open_browser(self, who, **view):
        """A fresh browser of a person's, with one page; to be closed by the test."""
        context = self._browser.new_context(base_url=self.site.base_url, **view)
        context.add_cookies(take_cookies(self._people[who]))
        context.new_page()
        return context

    def watch(self, page):
        return watched(page, self.site.base_url)

    def end(self):
        for context in self._contexts.values():
            context.close()
        self.site.kill()


def check_manners(served, who, path, status=200):
    """A page answers with its status, asks nobody else for anything, complains of nothing, and fits 320 pixels."""
    page = served.find_page(who, "narrow")
    with served.watch(page) as watch:
        answer = page.goto(path)
        page.wait_for_load_state("load")

    # The browser itself complains of each answer that is a refusal, also where it is the page.
    complaints = [line for line in watch.complaints if status == 200 or f"status of {status}" not in line]
    assert answer.status == status, path
    assert not watch.foreign, path
    assert not complaints, path
    assert page.evaluate("document.documentElement.scrollWidth") <= 320, path


def check_axe(served, who, path, prefix=""):
    """No rule of axe is broken: WCAG A, AA, 2.2 and best practice. The words of another language are looked at once."""
    for view in ("dark",) if prefix else ("small", "dark", "wide"):
        page = served.find_page(who, view)
        page.goto(prefix + path)
        assert_no_violations(page)


def assert_no_violations(page):
    found = find_axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}}).response["violations"]
    broken = [(each["id"], [node["html"][:200] for node in each["nodes"]]) for each in found]
    assert not broken, f"{page.url}: {broken}"


def list_launch_options():
    """How Chromium is started outside the tests: Debian's where it is on the PATH, else Playwright's own."""
    return {"executable_path": tools.find_chromium(), "args": tools.list_chromium_flags()}


@cache
def find_axe():
    """The axe that `make test` fetches from npm; without npm the one that came with the package for Python, which is older."""
    return Axe.from_file(tools.AXE) if tools.AXE.is_file() else Axe()

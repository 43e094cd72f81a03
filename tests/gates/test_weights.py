"""What pages weigh on the wire, compressed, against the budgets; in a browser, since scripts load further ones."""

from dataclasses import dataclass, field

import pytest

from tests.gates.looking import Served
from tests.gates.pages import HOST, MEMBER, VISITOR, list_cases, open_for_business, put_long_episode, serve_sample

# One server and its browsers serve all of them.
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("weights")]

PAGE_BYTES = 20_000
TRANSCRIPT_BYTES = 40_000
SCRIPT_BYTES = 8_000
STYLE_BYTES = 10_000
HOME_REQUESTS = 15
HOME_BYTES = 100_000
LONG = "/episodes/nine-thousand-words/"
WITH_TRANSCRIPT = (LONG, f"{LONG}transcript")
PUBLIC = list_cases(visitor=(*VISITOR, *WITH_TRANSCRIPT, "/es/join"), ben=MEMBER)
PHONE = {"width": 390, "height": 800}


@dataclass
class Load:
    """What a page brought with it: bytes of bodies by kind of file, and the number of requests."""

    requests: int = 0
    modules: int = 0
    bytes: dict[str, int] = field(default_factory=dict)

    def note(self, request):
        self.requests += 1
        size = request.sizes()["responseBodySize"]
        self.bytes[request.resource_type] = self.bytes.get(request.resource_type, 0) + size

    def count(self, *kinds):
        return sum(self.bytes.get(kind, 0) for kind in kinds or self.bytes)


@pytest.fixture(scope="module")
def sample(browser, tmp_path_factory):
    """The sample show with a long episode more."""
    site = serve_sample(tmp_path_factory.mktemp("weights"), prepare=put_long_episode)
    served = Served(site, browser, open_for_business(site))
    yield served
    served.end()


@pytest.fixture
def weigh(sample):
    """Opens a page as somebody who was never there before, and counts until nothing more comes."""

    def open_page(who, path):
        context = sample.open_browser(who, viewport=PHONE)
        load = Load()
        (page,) = context.pages
        page.on("requestfinished", load.note)
        page.goto(path, wait_until="networkidle")
        load.modules = page.locator("script[src]").count()
        context.close()
        return load

    return open_page


@pytest.mark.parametrize(("who", "path"), PUBLIC)
def test_a_page_keeps_to_its_budget(weigh, who, path):
    load = weigh(who, path)

    assert load.count("document") > 0
    assert load.count("document", "stylesheet", "script") <= (
        TRANSCRIPT_BYTES if path in WITH_TRANSCRIPT else PAGE_BYTES
    )
    assert load.count("stylesheet") <= STYLE_BYTES
    assert load.count("script") <= SCRIPT_BYTES
    assert load.modules == 1


@pytest.mark.parametrize("path", HOST)
def test_a_page_of_the_studio_keeps_to_its_budget(weigh, path):
    load = weigh("ada", path)

    assert load.count("document", "stylesheet", "script") <= PAGE_BYTES
    assert load.count("stylesheet") <= STYLE_BYTES


def test_home_is_quick_on_a_phone(weigh):
    load = weigh("visitor", "/")

    assert load.requests <= HOME_REQUESTS
    assert load.count() <= HOME_BYTES

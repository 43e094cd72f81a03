"""No kind of page is forgotten: each is in a list of the gates, is reached by links here, or has its reason not to be."""

import pytest

from tests.gates import reaching, validity
from tests.gates.looking import Served, check_axe, check_manners
from tests.gates.pages import EPISODE, HOST, MEMBER, VISITOR, open_for_business, pass_a_year, serve_sample

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("reached")]

LISTED = {"visitor": (*VISITOR, f"{EPISODE}embed"), "ben": MEMBER, "ada": HOST}
NO_PAGES = {
    "files, feeds and answers for programs": (
        "add.seen",
        "account.feeds_seen",
        "article_feed.feed",
        "assets.file",
        "beside.artwork",
        "beside.chapters",
        "beside.member_chapters",
        "beside.member_transcript",
        "beside.transcript",
        "calls.calendar",
        "episodes.oembed",
        "feeds.member",
        "feeds.member_of",
        "feeds.public",
        "feeds.public_of",
        "health.healthz",
        "icons.icon",
        "icons.manifest",
        "media.member",
        "media.public",
        "pictures.picture",
        "robots.robots",
        "robots.sitemap",
        "studio.crop_of_upload",
        "studio.evidence_file",
        "studio.export_old_addresses",
        "theme.sheet",
    ),
    "redirects": (
        "account.billing_back",
        "billing.confirm",
        "billing.fix",
        "billing.give",
        "seat.page",
    ),
    "the host's pages, which are listed by their addresses": ("pages.page",),
}


@pytest.fixture(scope="module")
def known(url_map):
    """What the lists hold, and what is no page."""
    listed = {reaching.find_endpoint(url_map, path) for paths in LISTED.values() for path in paths}
    return listed | {name for names in NO_PAGES.values() for name in names}


@pytest.fixture(scope="module")
def sample(browser, tmp_path_factory):
    site = serve_sample(tmp_path_factory.mktemp("reached"))
    people = open_for_business(site) | pass_a_year(site)
    reaching.use_everything(site, people)
    served = Served(site, browser, people)
    yield served, people
    served.end()


@pytest.fixture(scope="module")
def reached(sample, url_map, known):
    """Who comes to which page, by its endpoint."""
    served, people = sample
    hidden = reaching.find_hidden(served.site, people)
    found = {reaching.find_endpoint(url_map, path): (who, path) for who, path in hidden}
    for who, paths in LISTED.items():
        for endpoint, path in reaching.follow_links(people[who], paths, url_map, {*known, *found}).items():
            found[endpoint] = (who, path)
    for endpoint, path in reaching.read_letters(served.site, url_map, {*known, *found}).items():
        found[endpoint] = ("visitor", path)
    return found


def test_no_page_is_forgotten(url_map, known, reached):
    pages = {rule.endpoint for rule in url_map.iter_rules() if "GET" in (rule.methods or ())}

    forgotten = sorted(pages - known - set(reached))
    assert not forgotten, " ".join(forgotten)


def test_what_links_lead_to_is_quiet_narrow_and_open_to_all(sample, reached):
    served, _people = sample

    for who, path in reached.values():
        check_manners(served, who, path)
        check_axe(served, who, path)


def test_what_links_lead_to_is_valid_html(sample, reached, tmp_path):
    validity.need()
    _served, people = sample
    bodies = {f"{who} {path}": people[who].get(path).body for who, path in reached.values()}

    mistakes = validity.list_mistakes(bodies, tmp_path)

    assert not mistakes, "\n".join(str(each) for each in mistakes)

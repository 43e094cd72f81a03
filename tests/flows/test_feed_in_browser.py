"""A browser unpacks the feed that was put together from compressed pieces (rule B10)."""

import gzip

import pytest

from tests.flows.conftest import put_episode

pytestmark = pytest.mark.browser

NOTES = (
    "---\ntitle: Maps & “lies” 🗺️\ndate: 2026-01-01 06:00\naccess: members\n---\nAbout maps.\n\n- 0:00 One\n- 0:05 Two\n"
)
FETCH = """async path => {
    const answer = await fetch(path, {cache: 'no-store'});
    return [answer.status, answer.headers.get('content-type'), await answer.text()];
}"""


def test_b10_chromium_reads_a_members_feed_as_it_is_written_without_compression(live_server, page):
    for number in range(3):
        put_episode(live_server, f"2026-01-01-maps-{number}", NOTES, members=10 + number)
    live_server.run("scan")
    path = live_server.ask("members", "add", "ben@example.org", "--plan", "members")["feed"]
    path = path.removeprefix(live_server.base_url)
    plain, packed = (live_server.fetch(path, headers={"Accept-Encoding": coding}) for coding in ("identity", "gzip"))
    page.goto(f"{live_server.base_url}/")

    status, content_type, text = page.evaluate(FETCH, path)

    assert (status, content_type) == (200, "application/rss+xml; charset=utf-8")
    assert text == plain.text
    assert text.count(path.split("/")[2]) == 1
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body

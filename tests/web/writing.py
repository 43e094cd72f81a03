"""Texts beside the show of ``shelf``, written and scanned as a host's would be."""

import pytest

from podcastsvc.content.scan import scan_writings
from tests.content.texts import write_text
from tests.web.shelf import NOW

BODY = (
    "The first line of it all.\n\n"
    + "A second paragraph with more words in it. " * 8
    + "\n\n"
    + "The sealed part. " * 80
)


class Desk:
    """Writes texts into an installation's tree, and has them scanned."""

    def __init__(self, services, settings):
        self.services = services
        self.settings = settings
        self.root = settings.data.parent / "episodes"

    def write(self, path, *, body=BODY, **head):
        return write_text(self.root, path, body=body, **head)

    def scan(self, *, now=NOW):
        report = scan_writings(self.services.db, self.services.media, self.settings, now=now, settle_seconds=0)
        assert not report.mistakes, report.write()


def put_articles(desk: Desk) -> None:
    """One article of every kind."""
    desk.write(
        "articles/2026-05-30-maps.md",
        title="Why maps lie",
        date="2026-05-30 06:00",
        updated="2026-06-01",
        tags="[Maps, Trade]",
        authors="[Inés Calder]",
        summary="Every line is drawn by somebody.",
    )
    desk.write(
        "articles/2026-05-28-first.md",
        title="Members first",
        date="2026-05-28 06:00",
        access="members",
        public_from="2026-06-05 06:00",
        tags="[Trade]",
    )
    desk.write(
        "articles/2026-05-27-closed.md", title="Members only", date="2026-05-27 06:00", access="members", tags="[Trade]"
    )
    desk.write("articles/2026-05-26-patrons.md", title="For patrons", date="2026-05-26 06:00", access="[patrons]")
    desk.write("articles/2026-06-20-later.md", title="Coming later", date="2026-06-20 06:00", tags="[Trade]")
    desk.write("articles/draft.md", title="Half written", tags="[Trade]", aliases="[/half/]")
    desk.write("articles/2026-04-01-gone.md", title="Taken back", date="2026-04-01 06:00", expires="2026-05-01")
    desk.write("articles/2026-05-10-quiet.md", title="Quiet one", date="2026-05-10 06:00", listed="false")
    desk.write("articles/2026-05-05-pan.es.md", title="Pan y grano", date="2026-05-05 06:00", aliases="[/2019/pan/]")
    desk.scan()


@pytest.fixture
def desk(show, services, settings):
    """The show of ``shelf``, beside which texts can be written."""
    return Desk(services, settings)

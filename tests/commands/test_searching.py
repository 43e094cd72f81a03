"""The command `podcastsvc search`, as an operator runs it."""

import pytest

from tests.site import Site


@pytest.fixture
def site(tmp_path):
    """An installation with one article that nothing serves."""
    made = Site(tmp_path)
    (made.episodes / "show.yaml").write_text("title: The Long Way\nowner: {name: Ada, email: ada@example.org}\n")
    (made.episodes / "articles").mkdir()
    (made.episodes / "articles" / "ink.md").write_text(
        "---\ntitle: Ink\ndate: 2026-05-30\n---\nThe vermilion ledger.\n"
    )
    made.run("init", "--host-email", "ada@example.org")
    made.run("scan")
    return made


def test_the_index_is_made_anew(site):
    assert site.run("search", "rebuild") == "Indexed 1, removed 0.\n"
    assert site.ask("search", "rebuild") == {"indexed": 1, "removed": 0, "is_done": True}

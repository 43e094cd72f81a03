"""The command `podcastsvc redirects`, as an operator runs it."""

import pytest

from tests.site import Site


@pytest.fixture
def site(tmp_path):
    """An installation that nothing serves."""
    made = Site(tmp_path)
    (made.episodes / "show.yaml").write_text("title: The Long Way\nowner: {name: Ada, email: ada@example.org}\n")
    made.run("init", "--host-email", "ada@example.org")
    return made


def test_addresses_are_added_listed_and_removed(site):
    added = site.run("redirects", "add", "/Old/", "/join", "--temporary")
    listed = site.ask("redirects", "list")
    removed = site.run("redirects", "remove", "https://was.example/old")

    assert added == "Added 1, changed 0, there already 0.\n"
    assert [(each["old"], each["new"], each["kind"]) for each in listed] == [("/old", "/join", "temporary")]
    assert removed == "Removed 1.\n"
    assert site.run("redirects", "list") == "There are none yet.\n"


def test_a_file_is_loaded_as_far_as_it_can_be_used_and_its_own_export_is_read_again(site, tmp_path):
    path = tmp_path / "old.txt"
    path.write_text("/a /join\n\n/studio /join\n/b /a\n")

    said = site.run("redirects", "add", "--file", str(path), expect=1)
    path.write_text(site.run("redirects", "list", "--csv"))
    again = site.run("redirects", "add", "--file", str(path))

    assert "Added 2, changed 0, there already 0. Sent straight to the end of their way: /b." in said
    assert f"{path}:3: /studio belongs to the program and cannot lead elsewhere." in said
    assert again == "Added 0, changed 0, there already 2.\n"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("add", "/a"), "Give the old and the new address, or --file"),
        (("add", "/a", "/nowhere"), "There is nothing at /nowhere on this site."),
        (("add", "a", "/join"), "from its first slash on"),
        (("add", "--file", "/does/not/exist"), "/does/not/exist cannot be read"),
        (("remove", "/a", "/b"), "Not in the list: /a, /b. Nothing was removed."),
    ],
)
def test_what_cannot_be_done_is_said_and_ends_with_1(site, words, sentence):
    assert sentence in site.run("redirects", *words, expect=1)

"""Rules of the house about letters: each kind has its two templates, and a name that the host reads."""

from podcastsvc.kit.bundled import get_folder
from podcastsvc.mail.letters import list_kinds
from podcastsvc.web.studio.letters import KINDS


def test_every_kind_of_letter_has_a_name_in_the_studio():
    assert set(KINDS) == set(list_kinds())


def test_every_kind_of_letter_is_written_as_text_and_as_html():
    folder = get_folder("templates")

    assert len(list_kinds()) > 15
    assert [kind for kind, place in list_kinds().items() if not (folder / place / f"{kind}.html").is_file()] == []

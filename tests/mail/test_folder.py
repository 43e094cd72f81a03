"""Letters as files."""

import stat

import pytest

from podcastsvc.errors import NotFound, Unavailable
from podcastsvc.kit import clock
from podcastsvc.mail.folder import FolderTransport, get_eml, list_eml
from podcastsvc.mail.letters import render_letter
from podcastsvc.mail.outbox import build_message
from podcastsvc.mail.transports import make_transport
from podcastsvc.storage.tables.letter import Letter
from tests.mail.letters import SENDER, VALUES


def make_message(letter_id="01hx", to="ben@example.org"):
    written = render_letter(SENDER, kind="sign_in", language="en", values=VALUES["sign_in"])
    letter = Letter(
        id=letter_id, kind="sign_in", to=to, language="en", headers=SENDER.headers(), created_at=clock.now(),
        **written._asdict(),
    )  # fmt: skip
    return build_message(letter)


def test_letter_is_listed_with_what_it_says(tmp_path):
    FolderTransport(tmp_path / "mail").send(make_message())

    (found,) = list_eml(tmp_path / "mail")
    assert found.to == "ben@example.org"
    assert found.subject == "402118 is your code for The Long Meridian"
    assert "Type 402118 where you asked for it" in found.text
    assert "<html" in found.html
    assert get_eml(tmp_path / "mail", found.name) == found


def test_only_its_owner_may_look_into_the_folder(tmp_path):
    (tmp_path / "mail").mkdir(mode=0o755)

    FolderTransport(tmp_path / "mail").send(make_message())

    assert stat.S_IMODE((tmp_path / "mail").stat().st_mode) == 0o700


def test_same_letter_again_is_the_same_file(tmp_path):
    message = make_message()

    FolderTransport(tmp_path).send(message)
    FolderTransport(tmp_path).send(message)

    assert len(list_eml(tmp_path)) == 1


def test_name_of_a_file_tells_no_address(tmp_path):
    FolderTransport(tmp_path).send(make_message())

    assert "ben" not in next(tmp_path.iterdir()).name


def test_no_letters_and_no_folder_is_an_empty_list(tmp_path):
    assert list_eml(tmp_path / "mail") == []


def test_foreign_files_are_passed_over(tmp_path):
    (tmp_path / "notes.txt").write_text("not a letter")
    (tmp_path / "x.eml").write_text("not ours")

    assert list_eml(tmp_path) == []


@pytest.mark.parametrize("name", ["../key", "/etc/passwd", "x.eml", "", "20260101T000000-a.eml"])
def test_only_letters_can_be_opened(tmp_path, name):
    (tmp_path / "x.eml").write_text("not ours")

    with pytest.raises(NotFound):
        get_eml(tmp_path, name)


def test_folder_that_cannot_be_written_asks_to_try_later(tmp_path):
    (tmp_path / "mail").write_text("a file is in the way")

    with pytest.raises(Unavailable):
        FolderTransport(tmp_path / "mail").send(make_message())


def test_without_a_mail_server_letters_are_files(settings):
    make_transport(settings).send(make_message())

    assert len(list_eml(settings.data / "mail")) == 1

"""Tokens, keys and codes."""

import re
import stat

import pytest

from podcastsvc.errors import Misconfigured
from podcastsvc.kit.keys import Keys, make_key_file, make_key_line, read_keys
from podcastsvc.kit.secrets import derive_token, make_code, make_token, make_ulid, read_token

TOKEN = re.compile(r"[a-z2-7]{32}")
GOOD_LINE = "ab12cd34:" + bytes(range(32)).hex() + "\n"


def test_tokens_are_32_characters_and_never_the_same_a2():
    found = {make_token() for _ in range(1000)}

    assert len(found) == 1000
    assert all(TOKEN.fullmatch(token) for token in found)


def test_a_token_is_read_in_any_case_and_nothing_else_is_t_m1():
    token = make_token()

    assert read_token(token.upper()) == token
    assert read_token(token[:-1]) is None
    assert read_token(token[:-1] + "1") is None
    assert read_token(token + "a") is None
    assert read_token("İ" * 32) is None


def test_a_derived_token_follows_from_key_purpose_and_salt_only():
    first = derive_token(b"k" * 32, "feed", b"salt")

    assert first == derive_token(b"k" * 32, "feed", b"salt")
    assert TOKEN.fullmatch(first)
    assert first != derive_token(b"k" * 32, "listen", b"salt")
    assert first != derive_token(b"k" * 32, "feed", b"pepper")
    assert first != derive_token(b"j" * 32, "feed", b"salt")


def test_codes_have_six_digits():
    assert all(re.fullmatch(r"\d{6}", make_code()) for _ in range(100))


def test_ulids_sort_by_the_time_they_were_made():
    first, second = make_ulid(), make_ulid()

    assert len(first) == 26
    assert first[:10] <= second[:10]
    assert first != second


def test_a_key_file_is_for_its_owner_only_and_made_once_t_s1(tmp_path):
    path = tmp_path / "var" / "key"
    make_key_file(path)
    before = path.read_bytes()

    make_key_file(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "empty"),
        ("abcd:1234\n", r"key:1: this is no key"),
        ("abcd:" + "00" * 32 + "\n", r"key:1: this is no key"),
        (GOOD_LINE + "nonsense\n", r"key:2: this is no key"),
    ],
)
def test_a_short_or_broken_key_is_refused(tmp_path, content, message):
    path = tmp_path / "key"
    path.write_text(content)
    path.chmod(0o600)

    with pytest.raises(Misconfigured, match=message):
        read_keys(path)


def test_a_key_file_that_others_can_read_is_refused(tmp_path):
    make_key_file(tmp_path / "key")
    (tmp_path / "key").chmod(0o644)

    with pytest.raises(Misconfigured, match="chmod 600"):
        read_keys(tmp_path / "key")


def test_a_missing_key_file_says_what_makes_it(tmp_path):
    with pytest.raises(Misconfigured, match="podcastsvc init"):
        read_keys(tmp_path / "key")


def test_after_rotation_old_keys_still_read(tmp_path):
    make_key_file(tmp_path / "key")
    old = read_keys(tmp_path / "key")
    (tmp_path / "key").write_text(make_key_line() + (tmp_path / "key").read_text())

    new = read_keys(tmp_path / "key")

    assert new.current_id != old.current_id
    assert new.derive("feed", key_id=old.current_id) == old.derive("feed")
    assert new.derive("feed", key_id="gone") is None
    assert new.sign_with("csrf")[-1] != old.sign_with("csrf")[-1]


def test_keys_show_nothing_when_printed():
    assert "41" * 32 not in repr(Keys({"a": b"A" * 32}))
    assert "AAAA" not in repr(Keys({"a": b"A" * 32}))

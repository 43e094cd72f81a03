"""The media store, in a folder and in an object store that speaks S3."""

import os
import threading
from datetime import timedelta
from urllib.request import urlopen

import pytest

from podcastsvc.errors import Misconfigured, Unavailable
from podcastsvc.kit import guard
from podcastsvc.settings import Settings
from podcastsvc.storage.media import LocalMedia, ObjectMedia, make_media_store, make_object_store

AUDIO = os.urandom(300_000)


@pytest.fixture
def object_settings(s3_endpoint, tmp_path):
    return Settings(
        data=tmp_path,
        media_url=f"s3://show/{tmp_path.name}",
        s3_endpoint=s3_endpoint,
        s3_access_key="key",
        s3_secret_key="secret",
    )


@pytest.fixture(params=["local", "object"])
def store(request, tmp_path):
    if request.param == "local":
        return LocalMedia(tmp_path / "media")
    return make_media_store(request.getfixturevalue("object_settings"))


@pytest.fixture
def audio(tmp_path):
    path = tmp_path / "audio.mp3"
    path.write_bytes(AUDIO)
    return path


def test_what_is_saved_is_read_back_whole(store, audio):
    store.save_file("audio/a.mp3", audio, mime="audio/mpeg")

    assert store.read_bytes("audio/a.mp3") == AUDIO
    assert store.find_length("audio/a.mp3") == len(AUDIO)
    assert store.list_keys("audio") == ["audio/a.mp3"]


def test_saving_the_same_again_changes_nothing(store, audio):
    store.save_file("audio/a.mp3", audio, mime="audio/mpeg")
    store.save_file("audio/a.mp3", audio, mime="audio/mpeg")

    assert store.read_bytes("audio/a.mp3") == AUDIO


def test_bytes_are_kept_like_files(store):
    store.save_bytes("art/a.jpg", b"picture", mime="image/jpeg")

    assert store.read_bytes("art/a.jpg") == b"picture"


def test_lengths_are_listed_with_their_keys(store, audio):
    store.save_file("audio/a.mp3", audio, mime="audio/mpeg")
    store.save_bytes("audio/b.mp3", b"12345", mime="audio/mpeg")
    store.save_bytes("art/a.jpg", b"picture", mime="image/jpeg")

    assert store.list_lengths("audio") == {"audio/a.mp3": len(AUDIO), "audio/b.mp3": 5}
    assert store.list_lengths("none") == {}


def test_files_that_a_sweep_takes_away_meanwhile_are_left_out_of_the_list(tmp_path):
    store = LocalMedia(tmp_path / "media")
    store.save_bytes("audio/kept.mp3", b"12345", mime="audio/mpeg")
    swept = [tmp_path / "media" / "audio" / f"{number}.mp3" for number in range(50)]
    is_over = threading.Event()

    def sweep():
        while not is_over.is_set():
            for path in swept:
                path.touch()
            for path in swept:
                path.unlink()

    sweeper = threading.Thread(target=sweep)
    sweeper.start()
    try:
        lists = [store.list_lengths("audio") for _ in range(200)]
    finally:
        is_over.set()
        sweeper.join()

    assert all(each["audio/kept.mp3"] == 5 for each in lists)


def test_what_was_removed_or_never_there_is_none(store, audio):
    store.save_file("audio/a.mp3", audio, mime="audio/mpeg")
    store.remove("audio/a.mp3")
    store.remove("audio/never.mp3")

    assert store.read_bytes("audio/a.mp3") is None
    assert store.find_length("audio/never.mp3") is None


def test_a_local_file_takes_no_second_space_and_outlives_its_source(tmp_path, audio):
    store = LocalMedia(tmp_path / "media")

    store.save_file("audio/a.mp3", audio, mime="audio/mpeg")
    audio.unlink()

    assert store.read_bytes("audio/a.mp3") == AUDIO
    assert [path.name for path in (tmp_path / "media" / "audio").iterdir()] == ["a.mp3"]


def test_replacing_the_source_by_renaming_leaves_the_kept_file_alone_a7(tmp_path, audio):
    store = LocalMedia(tmp_path / "media")
    store.save_file("audio/a.mp3", audio, mime="audio/mpeg")

    (tmp_path / "new.mp3").write_bytes(b"new")
    (tmp_path / "new.mp3").replace(audio)

    assert store.read_bytes("audio/a.mp3") == AUDIO


@pytest.mark.parametrize("key", ["../outside", "/etc/passwd", "audio/../../outside"])
def test_a_key_cannot_leave_the_folder(tmp_path, key):
    with pytest.raises(ValueError, match="leaves the media folder"):
        LocalMedia(tmp_path / "media").save_bytes(key, b"x", mime="text/plain")


def test_a_signed_address_gives_the_object_with_its_type_m9(object_settings, audio):
    store = make_media_store(object_settings)
    store.save_file("audio/a.mp3", audio, mime="audio/mpeg")

    with urlopen(store.sign("audio/a.mp3", timedelta(hours=24))) as answer:
        body, mime = answer.read(), answer.headers["Content-Type"]

    assert body == AUDIO
    assert mime == "audio/mpeg"


def test_a_signed_address_holds_no_secret_key(object_settings):
    assert "secret" not in make_media_store(object_settings).sign("audio/a.mp3", timedelta(hours=1))


def test_the_object_store_is_never_asked_inside_a_transaction(object_settings, sqlite_db):
    store = make_media_store(object_settings)

    with sqlite_db.transaction(), pytest.raises(guard.NetworkInTransaction):
        store.find_length("audio/a.mp3")


def test_a_store_that_is_away_is_unavailable(tmp_path):
    away = Settings(
        data=tmp_path,
        media_url="s3://show",
        s3_endpoint="http://127.0.0.1:9",
        s3_access_key="key",
        s3_secret_key="secret",
    )
    store = ObjectMedia(away, away.media_url, retries=0)

    with pytest.raises(Unavailable, match="media store"):
        store.find_length("audio/a.mp3")


def test_an_address_that_is_no_stores_is_refused(settings):
    with pytest.raises(Misconfigured, match="s3://bucket/prefix"):
        make_object_store(settings, "ftp://somewhere")

"""Uploads arrive whole or not at all, are judged by their bytes, and are swept when nobody uses them."""

import contextlib
import hashlib
import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from podcastsvc.catalogue import uploads
from podcastsvc.catalogue.remarks import advise
from podcastsvc.catalogue.spooling import sweeping
from podcastsvc.catalogue.uploads import Kind
from podcastsvc.errors import Invalid, TooMany, Unavailable
from podcastsvc.kit.language import sentence
from podcastsvc.mail.addresses import read_address
from podcastsvc.members import accounts
from podcastsvc.storage.tables.upload import Upload
from tests.catalogue.recordings import (
    make_chapter,
    make_comment,
    make_id3,
    make_m4a,
    make_m4a_tags,
    make_mp3,
    make_text,
)

NOW = datetime(2026, 6, 2, 4, 0, tzinfo=UTC)
LIMIT = 10_000_000
TAGS = make_id3(
    make_text("TIT2", "Why maps lie"),
    make_text("TRCK", "215"),
    make_comment("About maps."),
    make_chapter("a", 0, "One"),
    make_chapter("b", 1000, "Two"),
)


@pytest.fixture
def spool(tmp_path):
    (tmp_path / "spool").mkdir()
    return tmp_path / "spool"


@pytest.fixture
def ada_id(sqlite_db, keys):
    with sqlite_db.transaction() as session:
        return accounts.add_host(session, keys, read_address("ada@example.org"), language="en", now=NOW).id


def receive(spool, content, *, kind=Kind.AUDIO, name="talk.mp3", limit=LIMIT):
    """Keeps a file that lies in the spool under a name that vanishes."""
    part = spool / "upload-x.part"
    part.write_bytes(content)
    try:
        return uploads.take(part, spool, kind, name, limit_bytes=limit)
    finally:
        part.unlink()


def test_a_whole_file_lies_under_a_name_of_ours_t_f1(spool):
    content = make_mp3(3)

    arrival = receive(spool, content, name="../../etc/passwd")

    assert [path.name for path in spool.iterdir()] == [f"{arrival.id}.mp3"]
    assert (spool / f"{arrival.id}.mp3").read_bytes() == content
    assert arrival.sha256 == hashlib.sha256(content).hexdigest()
    assert arrival.length_bytes == len(content)


def test_the_bytes_decide_what_a_file_is_t_f2(spool):
    assert receive(spool, make_m4a(3), name="really.mp3").extension == ".m4a"


def test_facts_are_read_from_the_tags(spool):
    facts = receive(spool, make_mp3(5, tags=TAGS)).facts

    assert (facts.title, facts.episode, facts.notes) == ("Why maps lie", 215, "About maps.")
    assert (facts.seconds, facts.bitrate_kbps, facts.chapters) == (5, 64, 2)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty"),
        (b"%PDF-1.7 no sound in here" * 100, "must be an mp3 or m4a"),
        (b"\x89PNG\r\n\x1a\n" + bytes(1000), "must be an mp3 or m4a"),
        (make_m4a(30)[:6000], "cut off"),
        (bytes(5000), "must be an mp3 or m4a"),
    ],
)
def test_what_is_no_sound_is_refused_and_leaves_nothing(spool, content, sentence):
    with pytest.raises(Invalid, match=sentence):
        receive(spool, content)

    assert list(spool.iterdir()) == []


def test_more_than_the_limit_is_refused(spool):
    with pytest.raises(Invalid, match="smaller than 1 MB"):
        receive(spool, make_mp3(300), limit=1 << 20)

    assert list(spool.iterdir()) == []


@contextlib.contextmanager
def two_arriving(spool):
    """Two files that arrive elsewhere while the test goes on."""
    with contextlib.ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(contextlib.closing(uploads.Turn(spool)))
        yield


def test_two_arrive_at_once_and_no_third(spool):
    with two_arriving(spool), pytest.raises(TooMany):
        uploads.Turn(spool)

    uploads.Turn(spool).close()


def test_of_many_that_come_at_the_same_moment_two_arrive_t_l1(spool):
    together = threading.Barrier(8)

    def begin():
        together.wait(20)
        try:
            return uploads.Turn(spool)
        except TooMany:
            return None

    with ThreadPoolExecutor(8) as threads:
        for _ in range(50):
            turns = [future.result(20) for future in [threads.submit(begin) for _ in range(8)]]
            for turn in filter(None, turns):
                turn.close()
            assert sum(turn is not None for turn in turns) == 2


def test_a_spool_that_is_gone_is_told(spool):
    part = spool / "upload-x.part"
    part.write_bytes(make_mp3(3))

    with pytest.raises(Unavailable, match="could not be kept"):
        uploads.take(part, spool / "gone", Kind.AUDIO, "talk.mp3", limit_bytes=LIMIT)


def test_stalled_uploads_do_not_keep_others_out(spool):
    with two_arriving(spool):
        for path in spool.glob("arriving-*"):
            os.utime(path, (1, 1))

        uploads.Turn(spool).close()


def test_what_a_killed_process_left_does_not_keep_others_out(spool):
    for name in ("arriving-a.part", "arriving-b.part"):
        (spool / name).write_bytes(b"some")

    uploads.Turn(spool).close()


def test_a_part_of_a_form_is_kept_when_its_own_name_vanishes(spool):
    part = spool / "upload-x.part"
    part.write_bytes(make_mp3(3))

    arrival = uploads.take(part, spool, Kind.AUDIO, "talk.mp3", limit_bytes=LIMIT)
    part.unlink()

    assert (spool / f"{arrival.id}.mp3").read_bytes() == make_mp3(3)


def test_a_transcript_is_read_and_named_by_what_it_is(spool):
    vtt = receive(spool, b"WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n", kind=Kind.TRANSCRIPT, name="words.txt")
    srt = receive(spool, b"1\n00:00:01,000 --> 00:00:02,000\nHello\n", kind=Kind.TRANSCRIPT, name="words.txt")

    assert (vtt.extension, srt.extension) == (".vtt", ".srt")


def test_a_transcript_without_cues_names_file_and_line(spool):
    with pytest.raises(Invalid, match=r"words\.vtt"):
        receive(spool, b"WEBVTT\n\nnothing here\n", kind=Kind.TRANSCRIPT, name="words.vtt")


def test_a_cover_that_is_no_picture_is_refused(spool):
    with pytest.raises(Invalid, match="JPEG or PNG"):
        receive(spool, b"<svg/>" * 10, kind=Kind.COVER, name="cover.png")


def test_the_head_of_an_mp3_tells_its_tags_and_its_likely_length(spool):
    whole = make_mp3(200, tags=TAGS)
    head = spool / "head"
    head.write_bytes(whole[:300_000])

    facts = uploads.read_head(head, Kind.AUDIO, len(whole))

    assert facts.title == "Why maps lie"
    assert facts.seconds == pytest.approx(200, abs=2)
    assert facts.advice == ()


def test_the_head_of_an_m4a_tells_its_tags(spool):
    whole = make_m4a(200, tags=make_m4a_tags("Why maps lie"))
    head = spool / "head"
    head.write_bytes(whole[:300_000])

    facts = uploads.read_head(head, Kind.AUDIO, len(whole))

    assert (facts.title, facts.seconds) == ("Why maps lie", 200)


def test_a_head_that_tells_nothing_is_no_error(spool):
    head = spool / "head"
    head.write_bytes(make_m4a(200, index_first=False)[:10_000])

    assert uploads.read_head(head, Kind.AUDIO, 1_000_000) is None


def test_an_upload_is_found_by_its_kind_only(spool, sqlite_db, ada_id):
    arrival = receive(spool, make_mp3(3), kind=Kind.PREVIEW)
    with sqlite_db.transaction() as session:
        uploads.save_upload(session, arrival, member_id=ada_id, now=NOW)

    with sqlite_db.reading() as session:
        assert uploads.find_upload(session, spool, arrival.id, Kind.PREVIEW) is not None
        assert uploads.find_upload(session, spool, arrival.id, Kind.AUDIO) is None
        assert uploads.list_unused(session, spool) == []


def test_facts_survive_their_row(spool, sqlite_db, ada_id):
    arrival = receive(spool, make_mp3(5, tags=TAGS))
    with sqlite_db.transaction() as session:
        uploads.save_upload(session, arrival, member_id=ada_id, now=NOW)

    with sqlite_db.reading() as session:
        row = uploads.list_unused(session, spool)[0]

    assert uploads.read_facts(row) == arrival.facts


def test_what_nobody_used_in_seven_days_is_swept(spool, sqlite_db, ada_id):
    old, young = receive(spool, make_mp3(3)), receive(spool, make_mp3(3))
    with sqlite_db.transaction() as session:
        uploads.save_upload(session, old, member_id=ada_id, now=NOW - timedelta(days=8))
        uploads.save_upload(session, young, member_id=ada_id, now=NOW)

    sweeping.sweep(sqlite_db, spool, NOW)

    assert [path.name for path in spool.iterdir()] == [f"{young.id}.mp3"]
    with sqlite_db.reading() as session:
        assert [row.id for row in uploads.list_unused(session, spool)] == [young.id]


def test_files_without_a_row_are_swept_after_an_hour(spool, sqlite_db):
    for name in ("arriving-killed.part", "arriving-now.part"):
        (spool / name).write_bytes(b"half")
    os.utime(spool / "arriving-killed.part", (1, 1))

    sweeping.sweep(sqlite_db, spool, NOW)

    assert [path.name for path in spool.iterdir()] == ["arriving-now.part"]


def test_kept_advice_still_knows_what_fills_it():
    remark = advise("words.vtt", sentence("has more than %(most)s cues; the rest is left out.", most=50_000), 3)
    facts = uploads.UploadFacts("transcript", advice=(remark.said,))

    kept = json.loads(json.dumps(facts.as_json()))

    (again,) = uploads.read_facts(Upload(facts=kept)).advice
    assert again == "words.vtt:3: has more than 50,000 cues; the rest is left out."
    assert again.values["problem"].template == "has more than %(most)s cues; the rest is left out."

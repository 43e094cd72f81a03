"""Audio is measured by its bytes; what its headers and tags say is checked, or not believed."""

import os
import shutil
import struct
import subprocess
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from podcastsvc.catalogue import audio
from podcastsvc.catalogue.audio import read_audio
from podcastsvc.catalogue.chapters import Chapter
from podcastsvc.catalogue.formats import mp4, mpeg
from podcastsvc.errors import Invalid
from tests.catalogue import recordings
from tests.catalogue.recordings import make_id3, make_m4a, make_mp3, make_text, make_xing


@pytest.fixture
def read(tmp_path):
    """Reads bytes as an audio file whose name says nothing."""

    def read_bytes(content: bytes):
        path = tmp_path / "upload.bin"
        path.write_bytes(content)
        return read_audio(path)

    return read_bytes


def measure_or_refuse(path) -> int:
    """The seconds of a file; 0 where our own words refused it."""
    try:
        return read_audio(path).seconds
    except Invalid as refusal:
        return 0 if refusal.message.endswith(".") else -1


def test_mp3_is_measured(read):
    content = make_mp3(30)

    facts = read(content)

    assert (facts.seconds, facts.length_bytes, facts.tag_bytes) == (30, len(content), 0)
    assert (facts.mime, facts.extension) == ("audio/mpeg", ".mp3")
    assert (facts.bitrate_kbps, facts.is_vbr, facts.advice) == (64, False, ())


def test_m4a_is_measured(read):
    content = make_m4a(30)

    facts = read(content)

    assert (facts.seconds, facts.length_bytes) == (30, len(content))
    assert (facts.mime, facts.extension) == ("audio/x-m4a", ".m4a")
    assert facts.bitrate_kbps == round(200 * 8 * 44_100 / 1024 / 1000)
    assert content[facts.tag_bytes - 4 : facts.tag_bytes] == b"mdat"


def test_m4a_with_its_index_at_the_end_is_measured(read):
    facts = read(make_m4a(30, index_first=False))

    assert facts.seconds == 30
    assert facts.tag_bytes < 100


def test_shortest_sound_lasts_one_second_in_feeds(read):
    facts = read(make_mp3(0.1))

    assert facts.seconds == 1


def test_changing_bit_rate_without_a_header_is_counted(read):
    facts = read(make_mp3(120, kbps=(32, 320, 64)))

    assert facts.seconds == 120
    assert facts.is_vbr


@pytest.mark.parametrize("claimed_frames", [1, 4_000_000_000])
def test_length_claimed_by_an_mp3_header_is_not_believed(read, claimed_frames):
    facts = read(make_mp3(60, claim=make_xing(claimed_frames, 0)))

    assert facts.seconds == 60


@pytest.mark.parametrize("claimed_frames", [1, 4_000_000_000])
def test_length_claimed_by_the_header_of_a_long_mp3_is_not_believed(read, claimed_frames):
    content = make_mp3(900, kbps=(32, 64), claim=make_xing(claimed_frames, 0))
    assert len(content) > mpeg._COUNTED_AT_ONCE_BYTES

    facts = read(content)

    assert facts.seconds == 900


def test_long_mp3_of_one_bit_rate_is_not_counted_but_right(read):
    content = make_mp3(900)
    assert len(content) > mpeg._COUNTED_AT_ONCE_BYTES

    facts = read(content)

    assert facts.seconds == 900


@pytest.mark.parametrize("claimed_seconds", [0, 0.026, 90_000])
def test_length_claimed_by_an_m4a_header_is_not_believed(read, claimed_seconds):
    facts = read(make_m4a(60, claimed_seconds=claimed_seconds))

    assert facts.seconds == 60


def test_header_that_promises_more_sound_than_there_is_gives_advice(read):
    facts = read(make_mp3(30, claim=make_xing(recordings.count_frames(300), 2_400_000)))

    assert facts.seconds == 30
    assert facts.advice == (mpeg.CUT_OFF,)


def test_rubbish_between_frames_gives_advice_and_the_length_of_the_sound(read):
    facts = read(make_mp3(20) + bytes(200_000) + make_mp3(10))

    assert facts.seconds == 30
    assert facts.advice == (mpeg.DAMAGED,)


def test_tags_are_read_and_cleaned(read):
    tags = make_id3(
        make_text("TIT2", "  Why maps\x00 lie\x07 "),
        make_text("TPE1", "Ada Host"),
        make_text("TALB", "Talking about Talking"),
        make_text("TRCK", "12/24"),
        make_text("TPOS", "3"),
        make_text("TDRC", "2026-10-01"),
        make_text("TLAN", "spa"),
        recordings.make_comment("Notes\nof two lines"),
        recordings.make_picture(b"\x89PNG back", kind=4),
        recordings.make_picture(b"\xff\xd8\xff front"),
        recordings.make_chapter("c2", 10_000, "Second"),
        recordings.make_chapter("c1", 0, "First"),
    )

    facts = read(make_mp3(30, tags=tags))

    assert (facts.title, facts.artist, facts.album) == ("Why maps", "Ada Host", "Talking about Talking")
    assert (facts.episode, facts.season, facts.date, facts.language) == (12, 3, "2026-10-01", "es")
    assert facts.comment == "Notes\nof two lines"
    assert facts.cover == b"\xff\xd8\xff front"
    assert facts.chapters == (Chapter(0, "First"), Chapter(10_000, "Second"))
    assert facts.tag_bytes == len(tags)


def test_tags_of_an_m4a_are_read(read):
    facts = read(make_m4a(30, tags=recordings.make_m4a_tags("Por qué mienten los mapas")))

    assert facts.title == "Por qué mienten los mapas"


@pytest.mark.parametrize("text", ["0", "1/1", "x", "9999999"])
def test_numbers_that_say_nothing_are_left_out(read, text):
    facts = read(make_mp3(5, tags=make_id3(make_text("TPOS", text))))

    assert facts.season is None


@pytest.mark.parametrize(
    "tags",
    [
        pytest.param(make_id3(make_text("TIT2", "x"), claimed_bytes=250_000_000), id="tag longer than the file"),
        pytest.param(make_id3(b"TIT2\xff\xff\xff\xff\0\0\x03broken"), id="frame longer than the tag"),
        pytest.param(make_id3(b"\0" * 5000), id="padding alone"),
        pytest.param(b"ID3\x04\x00\xff" + b"\x00\x00\x00\x0a" + b"\xfe" * 10, id="all flags set"),
        pytest.param(make_id3(b"CHAP" * 50), id="broken chapters"),
        pytest.param(make_id3(make_text("TIT2", "a")) + make_id3(make_text("TIT2", "b")), id="two tags"),
        pytest.param(b"\0" * 20_000, id="zeros before the sound"),
    ],
)
def test_broken_tags_never_block_good_audio(read, tags):
    facts = read(make_mp3(30, tags=tags))

    assert facts.seconds == 30


def test_chapters_nested_a_thousand_deep_do_not_block_good_audio(read):
    frame = make_text("TIT2", "inside")
    for depth in range(1000):
        frame = recordings.make_id3_frame("CHAP", f"c{depth}".encode() + b"\0" + bytes(16) + frame)

    facts = read(make_mp3(30, tags=make_id3(frame)))

    assert facts.seconds == 30


def test_tags_behind_the_sound_are_no_sound(read):
    ape = b"APETAGEX" + struct.pack("<IIII", 2000, 32 + 1000, 0, 1 << 31) + bytes(8)
    trailer = bytes(1000) + ape + b"TAG" + bytes(125)

    facts = read(make_mp3(30) + trailer)

    assert facts.seconds == 30
    assert facts.advice == ()


def test_empty_file_is_refused(read):
    with pytest.raises(Invalid) as caught:
        read(b"")

    assert caught.value.message == "The file is empty."


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"RIFF\x24\x08\0\0WAVEfmt " + make_mp3(5), id="wave"),
        pytest.param(b"OggS" + bytes(1000), id="ogg"),
        pytest.param(b"%PDF-1.7" + make_mp3(5), id="pdf"),
        pytest.param(b"%!PS-Adobe" + bytes(1000), id="postscript"),
        pytest.param(b"\xff\xfb" * 50_000, id="nothing but sync words"),
        pytest.param(recordings.make_frame(), id="a single frame"),
        pytest.param(b"\xff\xf1\x50\x80" + bytes(400), id="raw aac"),
        pytest.param(make_id3(make_text("TIT2", "no sound")), id="a tag alone"),
        pytest.param(b"<html>404</html>", id="a page"),
    ],
)
def test_what_is_no_mp3_or_m4a_is_refused(read, content):
    with pytest.raises(Invalid) as caught:
        read(content)

    assert caught.value.message == audio.WRONG_FORMAT


def test_two_frames_are_enough(read):
    assert read(recordings.make_frame() * 2).seconds == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(make_m4a(30)[:50_000], mp4.CUT_OFF, id="cut in the sound"),
        pytest.param(make_m4a(30)[:300], mp4.CUT_OFF, id="cut in the index"),
        pytest.param(make_m4a(30, index_first=False)[:50_000], mp4.CUT_OFF, id="index missing"),
        pytest.param(make_m4a(30, handler=b"vide", codec=b"avc1"), mp4.IS_VIDEO, id="video"),
        pytest.param(make_m4a(30, codec=b"enca"), mp4.NO_SOUND_TRACK, id="encrypted"),
        pytest.param(make_m4a(30, claimed_frames=0), mp4.NO_SOUND_TRACK, id="no frames"),
        pytest.param(make_m4a(30, claimed_frames=4_000_000_000), mp4.CUT_OFF, id="frames of three years"),
        pytest.param(make_m4a(3600, frame_bytes=1), mp4.NO_SOUND_TRACK, id="too little for a sound"),
        pytest.param(make_m4a(3) + recordings.make_box(b"moof"), mp4.IN_FRAGMENTS, id="fragments"),
        pytest.param(recordings.make_box(b"ftyp", b"M4A ") + bytes(50), mp4.NO_SOUND_TRACK, id="nothing inside"),
    ],
)
def test_unusable_m4a_is_refused_with_what_to_do(read, content, message):
    with pytest.raises(Invalid) as caught:
        read(content)

    assert caught.value.message == message


def test_boxes_without_end_are_read_in_no_time(read):
    content = recordings.make_box(b"ftyp", b"M4A ") + struct.pack(">I4s", 8, b"free") * 500_000

    started = time.monotonic()
    with pytest.raises(Invalid):
        read(content)

    assert time.monotonic() - started < 5


def test_hostile_megabytes_of_false_frames_end_in_time(read):
    started = time.monotonic()
    facts = read(recordings.make_frame() * 2 + b"\xff\xfb\xf0\xc0" * 5_000_000)

    assert facts.advice == (mpeg.DAMAGED,)
    assert time.monotonic() - started < 15


def test_pipe_with_an_audio_name_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "audio.mp3")

    with pytest.raises(Invalid):
        read_audio(tmp_path / "audio.mp3")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=3000), st.sampled_from([b"", b"ID3\x04\0\0", b"\0\0\0\x20ftypM4A ", b"\xff\xfb\x50\xc0"]))
def test_any_bytes_are_facts_or_a_refusal_of_ours(tmp_path, content, head):
    path = tmp_path / "any"
    path.write_bytes(head + content)

    assert measure_or_refuse(path) >= 0


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_m4a_is_facts_or_a_refusal_of_ours(tmp_path, data):
    content = bytearray(make_m4a(2))
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, 700))] = data.draw(st.integers(0, 255))
    path = tmp_path / "any"
    path.write_bytes(content)

    assert measure_or_refuse(path) >= 0


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
@pytest.mark.parametrize(
    ("name", "options", "kbps"),
    [
        ("cbr.mp3", ["-b:a", "96k"], 96),
        ("vbr.mp3", ["-q:a", "5"], None),
        ("low.mp3", ["-ar", "22050", "-b:a", "32k"], 32),
        ("joint.mp3", ["-ac", "2", "-b:a", "128k", "-write_xing", "0"], 128),
        ("plain.m4a", ["-c:a", "aac", "-b:a", "96k"], None),
        ("fast.m4a", ["-c:a", "aac", "-b:a", "96k", "-movflags", "+faststart"], None),
    ],
)
def test_files_of_a_real_encoder_are_measured(tmp_path, name, options, kbps):
    path = tmp_path / name
    source = ["-f", "lavfi", "-i", "anoisesrc=duration=40:amplitude=0.2"]
    subprocess.run(
        ["ffmpeg", "-loglevel", "error", *source, *options, "-metadata", "title=Noise", str(path)], check=True
    )

    facts = read_audio(path)

    assert facts.seconds == 40
    assert facts.title == "Noise"
    assert facts.extension == path.suffix
    assert kbps in {None, facts.bitrate_kbps}

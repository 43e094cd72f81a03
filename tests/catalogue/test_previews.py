"""Previews cut from recordings: whole frames, of the right length, playable by a real decoder, and nothing of the rest."""

import json
import shutil
import subprocess

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from podcastsvc.catalogue import previews
from podcastsvc.catalogue.audio import read_audio
from podcastsvc.errors import Invalid
from tests.catalogue.recordings import make_chapter, make_id3, make_m4a, make_m4a_tags, make_mp3, make_text, make_xing

LIMIT = 100_000_000
needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")


@pytest.fixture
def cut(tmp_path):
    """Cuts a recording, given as bytes or a path; the preview's path and its arrival."""
    spool = tmp_path / "spool"
    spool.mkdir()

    def do(recording, seconds, name="talk.mp3"):
        if isinstance(recording, bytes):
            path = tmp_path / name
            path.write_bytes(recording)
            recording = path
        arrival = previews.cut_preview(recording, spool, seconds=seconds, limit_bytes=LIMIT)
        (found,) = spool.iterdir()
        return found, arrival

    return do


TAGS = make_id3(make_text("TIT2", "A secret title"), make_chapter("a", 0, "One"))


@pytest.mark.parametrize(
    "recording",
    [
        make_mp3(60),
        make_mp3(60, tags=TAGS),
        make_mp3(60, tags=TAGS, claim=make_xing(9_999, 9_999_999)),
        make_mp3(60, kbps=(32, 96, 320)),
        make_mp3(60, kbps=(32,)),
        make_mp3(60, kbps=(320,)),
        make_mp3(60) + b"TAG".ljust(128, b"x"),
    ],
    ids=["plain", "tags", "claim", "vbr", "low", "high", "id3v1"],
)
def test_an_mp3_is_cut_at_a_whole_frame(cut, recording):
    path, arrival = cut(recording, 10)

    content = path.read_bytes()
    facts = read_audio(path)
    assert facts.seconds == 10
    assert facts.advice == ()
    assert (facts.title, facts.chapters) == (None, ())
    assert arrival.facts.seconds == 10
    assert content[4:40].find(b"Xing" if facts.is_vbr else b"Info") > 0
    # What follows our own first frame is what the recording has, byte for byte.
    assert content[-5_000:] in recording


def test_noise_between_frames_is_left_out(cut):
    good = make_mp3(5)
    path, _ = cut(good + b"no sound here" * 50 + make_mp3(30), 10)

    assert b"no sound" not in path.read_bytes()
    assert read_audio(path).seconds == 10


@pytest.mark.parametrize("index_first", [True, False])
@pytest.mark.parametrize("seconds", [1, 7, 29])
def test_an_m4a_gets_an_index_of_its_own(cut, index_first, seconds):
    recording = make_m4a(60, index_first=index_first, tags=make_m4a_tags("A secret title"))
    path, _ = cut(recording, seconds, "talk.m4a")

    facts = read_audio(path)
    assert (facts.extension, facts.seconds, facts.title) == (".m4a", seconds, None)
    assert path.stat().st_size < len(recording) * (seconds + 3) / 60


@pytest.mark.parametrize(("recording", "name"), [(make_mp3(10), "a.mp3"), (make_m4a(10), "a.m4a")])
@pytest.mark.parametrize("seconds", [10, 11, 180])
def test_a_recording_that_is_no_longer_is_not_cut(cut, recording, name, seconds):
    with pytest.raises(Invalid, match="no longer than the preview"):
        cut(recording, seconds, name)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 1500), value=st.integers(0, 255), is_m4a=st.booleans())
def test_damage_anywhere_is_a_refusal_or_a_file_that_can_be_read(tmp_path, at, value, is_m4a):
    content = bytearray(make_m4a(20) if is_m4a else make_mp3(20, tags=TAGS))
    content[at] = value
    spool = tmp_path / "spool"
    spool.mkdir(exist_ok=True)
    (tmp_path / "any").write_bytes(content)

    try:
        arrival = previews.cut_preview(tmp_path / "any", spool, seconds=5, limit_bytes=LIMIT)
    except Invalid:
        pass
    else:
        assert arrival.length_bytes < len(content)
    assert [path.name for path in spool.iterdir() if path.suffix == ".part"] == []
    for path in spool.iterdir():
        path.unlink()


# ---- real encoders and a real decoder


def run(*words):
    return subprocess.run(words, capture_output=True, text=True, check=True)


def decode(path):
    """Seconds of sound that come out of a decoder, which must have nothing to complain about."""
    done = run(
        "ffmpeg", "-v", "warning", "-xerror", "-i", str(path), "-f", "s16le", "-ac", "1", "-ar", "8000", f"{path}.raw"
    )
    assert done.stderr == ""
    return path.with_name(f"{path.name}.raw").stat().st_size / 16_000


@needs_ffmpeg
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("cbr.mp3", ["-b:a", "96k"]),
        ("reservoir.mp3", ["-b:a", "128k", "-reservoir", "1", "-ac", "2"]),
        ("vbr.mp3", ["-q:a", "5"]),
        ("low.mp3", ["-ar", "22050", "-b:a", "32k"]),
        ("lowest.mp3", ["-ar", "16000", "-b:a", "8k"]),
        ("no-header.mp3", ["-ac", "2", "-b:a", "128k", "-write_xing", "0"]),
        ("plain.m4a", ["-c:a", "aac", "-b:a", "96k"]),
        ("fast.m4a", ["-c:a", "aac", "-b:a", "96k", "-movflags", "+faststart", "-ac", "2"]),
        ("lossless.m4a", ["-c:a", "alac"]),
    ],
)
@pytest.mark.parametrize("seconds", [2, 15])
def test_what_real_encoders_made_is_cut_and_plays(cut, tmp_path, name, options, seconds):
    whole = tmp_path / name
    tone = ["-f", "lavfi", "-i", "aevalsrc='0.3*sin(440*2*PI*t)+0.2*random(0)*sin(t)':d=40:s=44100"]
    run("ffmpeg", "-loglevel", "error", *tone, *options, "-metadata", "title=Noise", str(whole))

    path, _ = cut(whole, seconds)

    shown = json.loads(run("ffprobe", "-v", "error", "-show_format", "-show_streams", "-of", "json", str(path)).stdout)
    assert float(shown["format"]["duration"]) == pytest.approx(seconds, abs=0.15)
    assert len(shown["streams"]) == 1
    assert "tags" not in shown["format"] or "title" not in shown["format"]["tags"]
    assert decode(path) == pytest.approx(seconds, abs=0.15)
    assert read_audio(path).seconds == seconds
    assert_sounds_like_the_beginning(whole, path, seconds)


def assert_sounds_like_the_beginning(whole, part, seconds):
    """The same samples, but for the encoder's delay, which players leave out of the whole and perhaps not of the part."""
    run(
        "ffmpeg",
        "-v",
        "error",
        "-i",
        str(whole),
        "-t",
        str(seconds),
        "-f",
        "s16le",
        "-ac",
        "1",
        "-ar",
        "8000",
        f"{whole}.raw",
    )
    first = memoryview(whole.with_name(f"{whole.name}.raw").read_bytes()).cast("h")
    second = memoryview(part.with_name(f"{part.name}.raw").read_bytes()).cast("h")
    # The loudness of each tenth of a second must run alike.
    loud = [
        [sum(abs(each) for each in sound[at : at + 800]) for at in range(800, 8000, 800)] for sound in (first, second)
    ]
    for one, other in zip(*loud, strict=True):
        assert other == pytest.approx(one, rel=0.6, abs=100_000)

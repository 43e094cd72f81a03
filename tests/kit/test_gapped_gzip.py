"""A text that was compressed once, with anybody's words put in, is the gzip file of the filled text (rules B7, B8, B10)."""

import gzip
import shutil
import subprocess
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podcastsvc.kit.gapped_gzip import make_gapped_gzip

LENGTHS = {"feed": 32, "listen": 32, "day": 11, "one": 1}

# Short ones, empty ones, ones with much repetition, and ones that do not compress; none has a zero byte.
texts = st.one_of(
    st.just(b""),
    st.binary(max_size=40).map(lambda raw: raw.replace(b"\0", b"z")),
    st.integers(1, 3_000).map(lambda times: b'<enclosure url="https://show.example/private/' * times),
    st.integers(0, 2**32).map(lambda seed: _make_noise(seed, 40_000)),
)
names = st.sampled_from(sorted(LENGTHS))
words = st.fixed_dictionaries({name: st.binary(min_size=size, max_size=size) for name, size in LENGTHS.items()})


def _make_noise(seed, length):
    block = zlib.crc32(str(seed).encode()).to_bytes(4, "big")
    out = bytearray()
    while len(out) < length:
        block = zlib.crc32(block).to_bytes(4, "big")
        out += block
    return bytes(out[:length]).replace(b"\0", b"z")


def join(pieces, gaps, values):
    return pieces[0] + b"".join(values[name] + text for name, text in zip(gaps, pieces[1:], strict=True))


@st.composite
def documents(draw):
    gaps = draw(st.lists(names, max_size=12))
    return draw(st.lists(texts, min_size=len(gaps) + 1, max_size=len(gaps) + 1)), gaps


@given(documents(), words, words)
@settings(max_examples=150, deadline=None)
def test_unpacking_gives_exactly_the_filled_text(document, ben, eve):
    pieces, gaps = document

    packed = make_gapped_gzip(pieces, gaps, LENGTHS)

    # gzip checks the checksum and the length at the end.
    for values in (ben, eve):
        assert gzip.decompress(packed.fill(values)) == join(pieces, gaps, values)


@given(documents())
@settings(max_examples=25, deadline=None)
def test_the_same_text_gives_the_same_bytes(document):
    pieces, gaps = document

    assert make_gapped_gzip(pieces, gaps, LENGTHS) == make_gapped_gzip(pieces, gaps, LENGTHS)


def make_feed(items=200):
    head, item = b'<?xml version="1.0"?><rss><channel>', b"<item><title>Why maps lie %d</title><p>" + b"words " * 300
    pieces = [head, *(item % number + b'</p><enclosure url="/private/' for number in range(items))]
    return pieces, ["feed", *["listen"] * (items - 1)]


def test_the_gzip_command_is_content(tmp_path):
    pieces, gaps = make_feed()
    values = {"feed": b"a" * 32, "listen": b"b" * 32}
    path = tmp_path / "feed.xml.gz"
    path.write_bytes(make_gapped_gzip(pieces, gaps, LENGTHS).fill(values))

    subprocess.run([shutil.which("gzip"), "--test", path], check=True)
    shown = subprocess.run([shutil.which("gzip"), "-dc", path], check=True, capture_output=True)

    assert shown.stdout == join(pieces, gaps, values)


def test_repetitions_across_gaps_are_found():
    noise = _make_noise(1, 3_000)

    packed = make_gapped_gzip([noise] * 20, ["listen"] * 19, LENGTHS).fill({"listen": b"a" * 32})

    assert len(packed) < 2 * len(noise)


def test_a_text_without_gaps_is_an_ordinary_gzip_file():
    packed = make_gapped_gzip([b"all the same"], [], LENGTHS)

    assert gzip.decompress(packed.fill({})) == b"all the same"


@pytest.mark.parametrize(
    ("pieces", "gaps", "lengths"),
    [
        ([b"a", b"b"], [], LENGTHS),
        ([b"a\0", b"b"], ["feed"], LENGTHS),
        ([b"a", b"b"], ["feed"], {"feed": 0}),
        ([b"a", b"b"], ["feed"], {"feed": 65_536}),
    ],
    ids=["gap missing", "zero byte", "empty gap", "gap too long"],
)
def test_what_cannot_be_packed_is_refused(pieces, gaps, lengths):
    with pytest.raises(ValueError, match="gap"):
        make_gapped_gzip(pieces, gaps, lengths)


def test_a_word_of_another_length_is_refused():
    packed = make_gapped_gzip([b"a", b"b"], ["feed"], LENGTHS)

    with pytest.raises(ValueError, match="takes 32 bytes, not 31"):
        packed.fill({"feed": b"x" * 31})
    with pytest.raises(KeyError):
        packed.fill({})

"""The beginning of an M4A as an M4A of its own: its frames copied, and a new index written that speaks of them alone.

Only what plays the sound goes along: pictures, chapters, tags and other tracks stay behind.
Source: ISO/IEC 14496-12, the boxes mvhd, tkhd, mdhd, elst, stts, stsc, stsz, stco and co64.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from podcastsvc.catalogue.formats import mp4
from podcastsvc.catalogue.formats.cut import Cut
from podcastsvc.errors import Invalid
from podcastsvc.kit.language import N_

# About a second of AAC: players read chunk by chunk.
_FRAMES_IN_CHUNK = 43
_MOST_FRAMES = 2_000_000

NOT_CUT = N_("No preview can be cut from this m4a. Add a preview file of your own, or save the audio as an mp3.")


@dataclass(frozen=True, slots=True)
class _Frames:
    """The first frames of a track: their places in the file, their sizes, and how long they sound in its time scale."""

    ranges: tuple[tuple[int, int], ...]
    sizes: tuple[int, ...]
    durations: tuple[tuple[int, int], ...]

    @property
    def units(self) -> int:
        return sum(count * each for count, each in self.durations)


def cut_mp4(file: BinaryIO, size_bytes: int, seconds: float) -> Cut | None:
    """The plan of the first ``seconds``, to the next whole frame; None where the file ends before.

    Raises Invalid for a file whose index this cannot rewrite.
    """
    kind, index = mp4.read_index(file, size_bytes)
    trak = mp4.find_sound_track(index)
    mdhd, table = _need(trak, b"mdia", b"mdhd"), _need(trak, b"mdia", b"minf", b"stbl")
    timescale = _read_timescale(mdhd)
    frames = _list_frames(table, round(seconds * timescale))
    if frames is None:
        return None
    if any(end > size_bytes for _, end in frames.ranges):
        raise Invalid(mp4.CUT_OFF)
    head = _write_head(kind, index, trak, frames, timescale)
    return Cut(head, frames.ranges, frames.units / timescale)


def _need(body: memoryview, *path: bytes) -> memoryview:
    found = mp4.find_box(body, *path)
    if found is None or len(found) < 8:
        raise Invalid(NOT_CUT)
    return found


def _read_timescale(header: memoryview) -> int:
    """Of an ``mdhd`` or ``mvhd``."""
    at = 20 if header[0] == 1 else 12
    if len(header) < at + 12:
        raise Invalid(NOT_CUT)
    found = int.from_bytes(header[at : at + 4], "big")
    if not found:
        raise Invalid(NOT_CUT)
    return found


# ---- which frames


def _list_frames(table: memoryview, wanted_units: int) -> _Frames | None:
    durations = _list_durations(_need(table, b"stts"), wanted_units)
    if durations is None:
        return None
    count = sum(number for number, _ in durations)
    sizes = _list_sizes(_need(table, b"stsz"), count)
    places = list(_list_places(table, sizes))
    if len(places) < count:
        raise Invalid(NOT_CUT)
    return _Frames(tuple(places), tuple(sizes), tuple(durations))


def _list_durations(stts: memoryview, wanted_units: int) -> list[tuple[int, int]] | None:
    """Runs of frames of one length, until they sound long enough together; None where they never do."""
    durations: list[tuple[int, int]] = []
    left, frames = wanted_units, 0
    for count, each in _read_pairs(stts):
        needed = min(count, -(-left // each)) if each else count
        durations.append((needed, each))
        left, frames = left - needed * each, frames + needed
        if frames > _MOST_FRAMES:
            raise Invalid(NOT_CUT)
        if left <= 0:
            return durations
    return None


def _list_sizes(stsz: memoryview, count: int) -> list[int]:
    each, stored = struct.unpack_from(">II", stsz, 4) if len(stsz) >= 12 else (0, 0)
    if stored < count or (not each and len(stsz) < 12 + 4 * count):
        raise Invalid(NOT_CUT)
    return [each] * count if each else list(struct.unpack_from(f">{count}I", stsz, 12))


def _list_places(table: memoryview, sizes: list[int]) -> Iterator[tuple[int, int]]:
    """Where each frame lies: chunk by chunk, one behind the other in each."""
    runs = list(_read_triples(_need(table, b"stsc")))
    offsets = _list_offsets(table)
    frame = run = 0
    for number, offset in enumerate(offsets, 1):
        while run + 1 < len(runs) and runs[run + 1][0] <= number:
            run += 1
        if not runs or runs[run][2] != 1:
            raise Invalid(NOT_CUT)
        at = offset
        for size in sizes[frame : frame + runs[run][1]]:
            yield at, at + size
            at += size
        frame += runs[run][1]
        if frame >= len(sizes):
            return


def _list_offsets(table: memoryview) -> list[int]:
    for name, letter, width in ((b"stco", "I", 4), (b"co64", "Q", 8)):
        found = mp4.find_box(table, name)
        if found is not None and len(found) >= 8:
            count = min(int.from_bytes(found[4:8], "big"), (len(found) - 8) // width)
            return list(struct.unpack_from(f">{count}{letter}", found, 8))
    raise Invalid(NOT_CUT)


def _read_pairs(box: memoryview) -> Iterator[tuple[int, int]]:
    count = min(int.from_bytes(box[4:8], "big"), (len(box) - 8) // 8)
    yield from struct.iter_unpack(">II", box[8 : 8 + 8 * count])


def _read_triples(box: memoryview) -> Iterator[tuple[int, int, int]]:
    count = min(int.from_bytes(box[4:8], "big"), (len(box) - 8) // 12)
    yield from struct.iter_unpack(">III", box[8 : 8 + 12 * count])


# ---- the new index


def _write_head(kind: bytes, index: memoryview, trak: memoryview, frames: _Frames, timescale: int) -> bytes:
    """``ftyp``, ``moov`` and the beginning of ``mdat``, with the offsets that follow from their own length."""
    sound_bytes = sum(frames.sizes)
    first = _box(b"ftyp", kind)
    measured = len(_write_index(index, trak, frames, timescale, 0))
    offset = len(first) + measured + 8
    if offset + sound_bytes >= 1 << 32:
        raise Invalid(NOT_CUT)
    moov = _write_index(index, trak, frames, timescale, offset)
    return first + moov + struct.pack(">I4s", 8 + sound_bytes, b"mdat")


def _write_index(index: memoryview, trak: memoryview, frames: _Frames, timescale: int, offset: int) -> bytes:
    mvhd = _need(index, b"mvhd")
    movie_units = frames.units * _read_timescale(mvhd) // timescale
    media = _box(
        b"mdia",
        _box(b"mdhd", _set_duration(_need(trak, b"mdia", b"mdhd"), frames.units, after_timescale=True)),
        _box(b"hdlr", _need(trak, b"mdia", b"hdlr")),
        _box(
            b"minf",
            *_copy(_need(trak, b"mdia", b"minf"), b"smhd", b"dinf"),
            _write_table(_need(trak, b"mdia", b"minf", b"stbl"), frames, offset),
        ),
    )
    head = _box(b"tkhd", _set_duration(_need(trak, b"tkhd"), movie_units, after_timescale=False))
    track = _box(b"trak", head, _write_edits(trak, movie_units, frames.units), media)
    return _box(b"moov", _box(b"mvhd", _set_duration(mvhd, movie_units, after_timescale=True)), track)


def _copy(body: memoryview, *names: bytes) -> Iterator[bytes]:
    for name in names:
        found = mp4.find_box(body, name)
        if found is not None:
            yield _box(name, found)


def _set_duration(header: memoryview, units: int, *, after_timescale: bool) -> bytes:
    """A ``mvhd``, ``mdhd`` or ``tkhd`` with another duration."""
    changed = bytearray(header)
    is_long = changed[0] == 1
    at = (24 if is_long else 16) if after_timescale else (28 if is_long else 20)
    width = 8 if is_long else 4
    if len(changed) < at + width or units >= 1 << 32:
        raise Invalid(NOT_CUT)
    changed[at : at + width] = units.to_bytes(width, "big")
    return bytes(changed)


def _write_edits(trak: memoryview, movie_units: int, units: int) -> bytes:
    """The edit list, which says how much silence of the encoder is left out; none where it says anything else."""
    elst = mp4.find_box(trak, b"edts", b"elst")
    if elst is None or len(elst) < 20 or int.from_bytes(elst[4:8], "big") != 1:
        return b""
    shape = ">Qqhh" if elst[0] == 1 else ">Iihh"
    if len(elst) < 8 + struct.calcsize(shape):
        return b""
    _, start, rate, _ = struct.unpack_from(shape, elst, 8)
    if start < 0 or start >= units or rate != 1:
        return b""
    length = movie_units - movie_units * start // units
    return _box(b"edts", _box(b"elst", bytes(elst[:8]), struct.pack(shape, length, start, 1, 0)))


def _write_table(table: memoryview, frames: _Frames, offset: int) -> bytes:
    sizes = frames.sizes
    whole, rest = divmod(len(sizes), _FRAMES_IN_CHUNK)
    runs = ([(1, _FRAMES_IN_CHUNK, 1)] if whole else []) + ([(whole + 1, rest, 1)] if rest else [])
    offsets, at = [], offset
    for first in range(0, len(sizes), _FRAMES_IN_CHUNK):
        offsets.append(at)
        at += sum(sizes[first : first + _FRAMES_IN_CHUNK])
    return _box(
        b"stbl",
        _box(b"stsd", _need(table, b"stsd")),
        _table(b"stts", [number for pair in frames.durations for number in pair], len(frames.durations)),
        _table(b"stsc", [number for run in runs for number in run], len(runs)),
        _box(b"stsz", bytes(8), struct.pack(f">{len(sizes) + 1}I", len(sizes), *sizes)),
        _table(b"stco", offsets, len(offsets)),
    )


def _table(name: bytes, numbers: list[int], count: int) -> bytes:
    return _box(name, bytes(4), struct.pack(f">{len(numbers) + 1}I", count, *numbers))


def _box(name: bytes, *parts: bytes | memoryview) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), name) + body

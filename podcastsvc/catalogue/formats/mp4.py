"""M4A as it lies in the file: boxes walked, the sound track found, its claimed length checked by counting its frames.

Sources: ISO/IEC 14496-12 (boxes), 14496-14 (esds), 14496-3 section 1.6 (AudioSpecificConfig).
"""

import struct
import sys
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from podcastsvc.catalogue.formats.sound import Sound, differs
from podcastsvc.errors import Invalid
from podcastsvc.kit.language import N_

_MOST_BOXES = 10_000
_MOST_INDEX_BYTES = 96 << 20
_PICTURE_CODECS = frozenset((b"jpeg", b"png ", b"mjpa", b"mjpb"))
_RATES = (96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350)
_WITH_FRAMES_OF_1024 = frozenset((1, 2, 3, 4, 5, 6, 29))  # AAC Main, LC, SSR, LTP, SBR, Scalable, PS.
_LEAST_BITS_PER_SECOND = 500

NO_SOUND_TRACK = N_("The file has no sound track that can be read. Export it again as mp3 or m4a (AAC).")
IS_VIDEO = N_("The file is a video. The file must be an mp3 or m4a.")
IN_FRAGMENTS = N_(
    "The m4a is made of fragments, which few podcast apps can play. Save it again as a plain m4a or an mp3."
)
CUT_OFF = N_("The m4a is cut off: its index speaks of more sound than the file holds. Copy or export it again.")
LOSSLESS = N_("The sound is Apple Lossless, which many apps do not play. AAC or mp3 reach everybody, and are smaller.")


@dataclass(frozen=True, slots=True)
class _Track:
    """The sound track's own account of itself, in its time scale (units a second)."""

    codec: bytes
    timescale: int
    claimed_units: int
    frames: int
    length_bytes: int
    first_offset: int
    frame_seconds: float | None
    is_vbr: bool


def read_mp4(file: BinaryIO, size_bytes: int) -> Sound:
    """The sound of an M4A. Raises Invalid where there is none, or not all of it."""
    index, sound_bytes, data_start = _find_index(file, size_bytes)
    track = _read_sound_track(index)
    if track.length_bytes > sound_bytes * 1.05:
        raise Invalid(CUT_OFF)
    claimed = track.claimed_units / track.timescale
    seconds = claimed
    if track.frame_seconds is not None and differs(claimed, track.frames * track.frame_seconds):
        seconds = track.frames * track.frame_seconds
    if seconds <= 0 or track.length_bytes * 8 / seconds < _LEAST_BITS_PER_SECOND:
        raise Invalid(NO_SOUND_TRACK)
    start = track.first_offset if data_start <= track.first_offset < size_bytes else data_start
    advice = (LOSSLESS,) if track.codec == b"alac" else ()
    return Sound(seconds, start, round(track.length_bytes * 8 / seconds / 1000), track.is_vbr, advice)


def _find_index(file: BinaryIO, size_bytes: int) -> tuple[memoryview, int, int]:
    """The ``moov`` box's body, the bytes that ``mdat`` boxes really hold, and where the first of them begins."""
    index: memoryview | None = None
    sound_bytes, data_start = 0, None
    for kind, body, end in _list_outer_boxes(file, size_bytes):
        if kind == b"moof":
            raise Invalid(IN_FRAGMENTS)
        if kind == b"mdat":
            data_start = body if data_start is None else data_start
            sound_bytes += max(min(end, size_bytes) - body, 0)
        elif kind == b"moov" and index is None:
            if end > size_bytes or end - body > _MOST_INDEX_BYTES:
                raise Invalid(CUT_OFF if end > size_bytes else NO_SOUND_TRACK)
            file.seek(body)
            index = memoryview(file.read(end - body))
    if index is None or data_start is None:
        raise Invalid(NO_SOUND_TRACK if data_start is None else CUT_OFF)
    return index, sound_bytes, data_start


def read_index(file: BinaryIO, size_bytes: int) -> tuple[bytes, memoryview]:
    """What the file says that it is, and its index: the bodies of ``ftyp`` and ``moov``. Raises Invalid as ``read_mp4``."""
    index, _, _ = _find_index(file, size_bytes)
    file.seek(0)
    length = int.from_bytes(file.read(8)[:4], "big")
    return file.read(min(length, 1024) - 8), index


def find_sound_track(index: memoryview) -> memoryview:
    """The body of the ``trak`` that ``read_mp4`` measures. Raises Invalid where there is none."""
    for kind, trak in _list_boxes(index):
        if kind == b"trak" and _is_sound(trak) and _read_track(trak, _read_codec(trak)) is not None:
            return trak
    raise Invalid(NO_SOUND_TRACK)


def _is_sound(trak: memoryview) -> bool:
    handler = find_box(trak, b"mdia", b"hdlr")
    return handler is not None and bytes(handler[8:12]) == b"soun" and _read_codec(trak) in {b"mp4a", b"alac"}


def _list_outer_boxes(file: BinaryIO, size_bytes: int) -> Iterator[tuple[bytes, int, int]]:
    """Kind, first byte of the body, and claimed end of each outer box; an end may lie behind the file's."""
    position = 0
    for _ in range(_MOST_BOXES):
        file.seek(position)
        head = file.read(16)
        if len(head) < 8:
            return
        length, body = int.from_bytes(head[:4], "big"), position + 8
        if length == 1:
            length, body = int.from_bytes(head[8:16], "big"), position + 16
        end = size_bytes if length == 0 else position + length
        if end < body:
            return
        yield head[4:8], body, end
        position = end


def _list_boxes(body: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    position = 0
    for _ in range(_MOST_BOXES):
        if position + 8 > len(body):
            return
        length, kind = struct.unpack_from(">I4s", body, position)
        header = 8
        if length == 1 and position + 16 <= len(body):
            length, header = int.from_bytes(body[position + 8 : position + 16], "big"), 16
        elif length == 0:
            length = len(body) - position
        if length < header:
            return
        yield kind, body[position + header : position + length]
        position += length


def find_box(body: memoryview, *path: bytes) -> memoryview | None:
    """The body of the first box at a path of names."""
    for name in path:
        found = next((inner for kind, inner in _list_boxes(body) if kind == name), None)
        if found is None:
            return None
        body = found
    return body


def _read_sound_track(index: memoryview) -> _Track:
    """The first sound track with frames. Raises Invalid for a video, but not for pictures that belong to chapters."""
    sound: _Track | None = None
    for kind, trak in _list_boxes(index):
        handler = find_box(trak, b"mdia", b"hdlr") if kind == b"trak" else None
        if handler is None or len(handler) < 12:
            continue
        name = bytes(handler[8:12])
        codec = _read_codec(trak)
        if name == b"vide" and codec not in _PICTURE_CODECS:
            raise Invalid(IS_VIDEO)
        if name == b"soun" and codec in {b"mp4a", b"alac"} and sound is None:
            sound = _read_track(trak, codec)
    if sound is None:
        raise Invalid(NO_SOUND_TRACK)
    return sound


def _read_codec(trak: memoryview) -> bytes:
    stsd = find_box(trak, b"mdia", b"minf", b"stbl", b"stsd")
    return bytes(stsd[12:16]) if stsd is not None else b""


def _read_track(trak: memoryview, codec: bytes) -> _Track | None:
    mdhd = find_box(trak, b"mdia", b"mdhd")
    table = find_box(trak, b"mdia", b"minf", b"stbl")
    sizes = None if table is None else find_box(table, b"stsz")
    if mdhd is None or table is None or sizes is None or len(mdhd) < 24 or len(sizes) < 12:
        return None
    timescale, units = (
        struct.unpack_from(">IQ", mdhd, 20) if mdhd[0] == 1 and len(mdhd) >= 32 else struct.unpack_from(">II", mdhd, 12)
    )
    each, frames = struct.unpack_from(">II", sizes, 4)
    if not each:
        listed = _read_numbers(sizes[12:], frames)
        frames, length = len(listed), sum(listed)
    else:
        length = each * frames
    if not timescale or not frames:
        return None
    frame_seconds, is_vbr = _read_frame_seconds(table) if codec == b"mp4a" else (None, True)
    return _Track(codec, timescale, units, frames, length, _find_first_offset(table), frame_seconds, is_vbr)


def _read_numbers(body: memoryview, count: int) -> "array[int]":
    """Up to ``count`` big-endian 32-bit numbers, as many as there really are."""
    numbers = array("I")
    numbers.frombytes(body[: min(count, len(body) // 4) * 4])
    if sys.byteorder == "little":
        numbers.byteswap()
    return numbers


def _find_first_offset(table: memoryview) -> int:
    """Where the first chunk of sound lies; 0 where the table does not say."""
    short = find_box(table, b"stco")
    if short is not None and len(short) >= 12:
        return int.from_bytes(short[8:12], "big")
    long = find_box(table, b"co64")
    return int.from_bytes(long[8:16], "big") if long is not None and len(long) >= 16 else 0


def _read_frame_seconds(table: memoryview) -> tuple[float | None, bool]:
    """How long one AAC frame sounds, from the decoder's set-up; None for kinds without a fixed length. And if VBR."""
    stsd = find_box(table, b"stsd")
    entry = b"" if stsd is None else bytes(stsd[8:])
    at = entry.find(b"esds")
    reader = _Descriptors(entry[at + 8 :] if at >= 0 else b"")
    config = reader.find(0x04)
    setup = reader.find(0x05)
    is_vbr = len(config) >= 13 and config[5:9] != config[9:13]
    if len(setup) < 2:
        return None, is_vbr
    bits = int.from_bytes(setup[:5].ljust(5, b"\0"), "big")
    kind, rate_index = bits >> 35, bits >> 31 & 0xF
    if kind not in _WITH_FRAMES_OF_1024 or rate_index >= len(_RATES):
        return None, is_vbr
    has_short_frames = kind in {1, 2, 3, 4} and bits >> 26 & 1 == 1
    return (960 if has_short_frames else 1024) / _RATES[rate_index], is_vbr


_HEADS = {0x03: 3, 0x04: 13}


class _Descriptors:
    """The nested descriptors of an ``esds`` box; inner ones follow the fixed head of the one around them."""

    def __init__(self, body: bytes) -> None:
        self._found: dict[int, bytes] = {}
        position = 0
        while position < len(body) and len(self._found) < 8:
            tag, position = body[position], position + 1
            length = 0
            for _ in range(4):
                if position >= len(body):
                    return
                byte, position = body[position], position + 1
                length = length << 7 | byte & 0x7F
                if not byte & 0x80:
                    break
            self._found.setdefault(tag, body[position : position + length])
            position += _HEADS.get(tag, length)

    def find(self, tag: int) -> bytes:
        return self._found.get(tag, b"")

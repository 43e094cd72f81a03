"""MP3 as it lies in the file: tags skipped, frames found, the claimed length checked, frames counted where it is wrong.

Sources: ISO/IEC 11172-3 and 13818-3 (frame header), the Xing, Info and VBRI headers of encoders, ID3v2.4 section 3.
"""

import math
import re
from dataclasses import dataclass, field
from typing import BinaryIO

from podcastsvc.catalogue.formats.sound import Sound, differs
from podcastsvc.kit.language import N_

_KBPS_V1 = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_KBPS_V2 = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_SAME_STREAM = 0xFFFE0C00  # Sync, version, layer and sampling rate: equal in all frames of one stream.
_SYNC = re.compile(rb"\xff[\xe2\xe3\xf2\xf3\xfa\xfb]")

_SEARCH_BYTES = 1 << 20
_BLOCK_BYTES = 1 << 20
_COUNTED_AT_ONCE_BYTES = 4 << 20
_SAMPLE_PLACES, _SAMPLE_FRAMES = 12, 64
_MOST_TRIES = 2_000_000
_MOST_LOST = 1_000
_LEAST_SOUND_SHARE = 0.9

CUT_OFF = N_("The file seems to be cut off: its header speaks of more sound than there is. Copy or export it again.")
DAMAGED = N_("Parts of the file are no sound. It may be damaged; listen to it once before you publish.")


@dataclass(frozen=True, slots=True)
class _Frame:
    """One frame header, read."""

    length_bytes: int
    samples: int
    rate_hz: int
    kbps: int


def _make_frames() -> dict[int, _Frame]:
    """All legal headers of layer III, by their upper 23 bits: one look-up tells what follows."""
    frames = {}
    for version, rates in _RATES.items():
        samples, table = (1152, _KBPS_V1) if version == 3 else (576, _KBPS_V2)
        for rate_index, rate in enumerate(rates):
            for kbps_index, kbps in enumerate(table, 1):
                for padding in (0, 1):
                    length = samples // 8 * kbps * 1000 // rate + padding
                    for protection in (0, 1):
                        bits = 0x7FF << 12 | version << 10 | 1 << 8 | protection << 7
                        frames[bits | kbps_index << 3 | rate_index << 1 | padding] = _Frame(length, samples, rate, kbps)
    return frames


_FRAMES = _make_frames()


@dataclass(slots=True)
class _Tally:
    """Frames that were walked over, and the bytes between them that were none."""

    frames: int = 0
    length_bytes: int = 0
    lost_bytes: int = 0
    kbps: set[int] = field(default_factory=set)


def read_mpeg(file: BinaryIO, size_bytes: int) -> Sound | None:
    """The sound of an MP3; None where no two frames follow each other (rule T-F4)."""
    end = _find_end(file, size_bytes)
    start = _find_start(file, end)
    if start is None:
        return None
    header = _read_header(file, start)
    first = _FRAMES[header >> 9]
    claim = _read_claim(file, start, header)
    seconds, tally, advice = _measure(file, start, end, header, claim)
    kbps = round((end - start) * 8 / max(seconds, 0.001) / 1000)
    is_vbr = len(tally.kbps) > 1
    return Sound(seconds, start, kbps if is_vbr else max(tally.kbps, default=first.kbps), is_vbr, advice)


def _measure(
    file: BinaryIO, start: int, end: int, header: int, claim: "_Claim | None"
) -> tuple[float, _Tally, tuple[str, ...]]:
    first = _FRAMES[header >> 9]
    frame_seconds = first.samples / first.rate_hz
    advice: tuple[str, ...] = ()
    if claim is not None and claim.length_bytes > (end - start) * 1.05:
        advice = (CUT_OFF,)
    if end - start > _COUNTED_AT_ONCE_BYTES:
        sample = _sample(file, start, end, header)
        if sample is not None:
            estimate = (end - start) / (sample.length_bytes / sample.frames) * frame_seconds
            claimed = claim.frames * frame_seconds if claim is not None and claim.frames else None
            if claimed is None and len(sample.kbps) == 1:
                return estimate, sample, advice
            if claimed is not None and not differs(claimed, estimate):
                return claimed, sample, advice
    tally = _walk(file, start, end, header)
    if tally.length_bytes < (end - start) * _LEAST_SOUND_SHARE:
        advice += (DAMAGED,)
    # The frame that carries the encoder's header is silent and not part of the recording.
    sounding = tally.frames - (claim is not None)
    return max(sounding, 1) * frame_seconds, tally, advice


# ---- the beginning alone


@dataclass(frozen=True, slots=True)
class Beginning:
    """The first frames of an MP3: the header of the first, and each one's place and length in bytes.

    The frame in which an encoder says how long the whole is, is left out: it would speak of another file.
    """

    header: int
    frames: tuple[tuple[int, int], ...]
    seconds: float
    is_vbr: bool


def read_beginning(file: BinaryIO, size_bytes: int, seconds: float) -> Beginning | None:
    """Whole frames up to ``seconds``; None where there is no MP3, or where it ends before."""
    end = _find_end(file, size_bytes)
    start = _find_start(file, end)
    if start is None:
        return None
    header = _read_header(file, start)
    stream = _list_stream(header)
    first = _FRAMES[header >> 9]
    wanted = math.ceil(seconds * first.rate_hz / first.samples)
    position = start + (first.length_bytes if _read_claim(file, start, header) is not None else 0)
    frames: list[tuple[int, int]] = []
    kbps: set[int] = set()
    for _ in range(wanted + _MOST_LOST):
        frame = stream.get(_read_at(file, position, 3))
        if frame is None:
            found = _find_frames(file, position + 1, min(position + _SEARCH_BYTES, end), end, needed=4)
            if found is None:
                return None
            position = found
            continue
        if position + frame.length_bytes > end:
            return None
        frames.append((position, frame.length_bytes))
        kbps.add(frame.kbps)
        position += frame.length_bytes
        if len(frames) == wanted:
            first_header = _read_header(file, frames[0][0])
            return Beginning(first_header, tuple(frames), wanted * first.samples / first.rate_hz, len(kbps) > 1)
    return None


# ---- where the audio begins and ends


def _find_start(file: BinaryIO, end: int) -> int | None:
    after_tags = _skip_tags(file, end)
    found = _find_frames(file, after_tags, min(after_tags + _SEARCH_BYTES, end), end, needed=4)
    if found is None and after_tags:
        # A tag whose size is wrong must not hide good audio. Pictures in it hold what looks like frames, so more
        # of them in a row are asked for here.
        found = _find_frames(file, 10, min(10 + 8 * _SEARCH_BYTES, end), end, needed=12)
    return found


def _skip_tags(file: BinaryIO, end: int) -> int:
    """The byte after all ID3v2 tags at the beginning."""
    position = 0
    while True:
        file.seek(position)
        head = file.read(10)
        if len(head) < 10 or head[:3] != b"ID3" or head[3] == 0xFF or max(head[6:]) > 0x7F:
            return position
        size = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
        position += 10 + size + (10 if head[5] & 0x10 else 0)
        if position >= end:
            return min(position, end)


def _find_frames(file: BinaryIO, start: int, until: int, end: int, *, needed: int) -> int | None:
    """The first place from which ``needed`` frames follow each other; two are enough at ``start`` and at the end."""
    file.seek(start)
    block = file.read(max(until - start, 0) + 2 * 2881)
    for match in _SYNC.finditer(block, 0, max(until - start, 0)):
        at = match.start()
        if _count_in_row(block, at, start, end, 2 if at == 0 else needed):
            return start + at
    return None


def _count_in_row(block: bytes, at: int, offset: int, end: int, needed: int) -> bool:
    first = int.from_bytes(block[at : at + 4], "big")
    found = 0
    while found < needed:
        header = int.from_bytes(block[at : at + 4], "big")
        frame = _FRAMES.get(header >> 9)
        if frame is None or (header ^ first) & _SAME_STREAM:
            return found >= 2 and at + 4 > min(len(block), end - offset)
        found += 1
        at += frame.length_bytes
    return True


def _find_end(file: BinaryIO, size_bytes: int) -> int:
    """The byte after the audio: ID3v1 and APE tags at the end are no sound."""
    end = size_bytes
    if _read_at(file, end - 128, 3) == b"TAG":
        end -= 128
    footer = _read_at(file, end - 32, 32)
    if footer[:8] == b"APETAGEX":
        length = int.from_bytes(footer[12:16], "little") + (32 if footer[23] & 0x80 else 0)
        if length < end:
            end -= length
    return end


def _read_at(file: BinaryIO, position: int, length: int) -> bytes:
    if position < 0:
        return b""
    file.seek(position)
    return file.read(length)


def _read_header(file: BinaryIO, position: int) -> int:
    return int.from_bytes(_read_at(file, position, 4), "big")


# ---- what the encoder claims


@dataclass(frozen=True, slots=True)
class _Claim:
    """The encoder's own count; zeros where it does not say."""

    frames: int
    length_bytes: int


def _read_claim(file: BinaryIO, start: int, header: int) -> _Claim | None:
    """The Xing, Info or VBRI header in the first frame, if there is one."""
    frame = _read_at(file, start, 4 + 36 + 32)
    at = 4 + count_side_bytes(header)
    if frame[at : at + 4] in {b"Xing", b"Info"}:
        flags = int.from_bytes(frame[at + 4 : at + 8], "big")
        values = [int.from_bytes(frame[at + 8 + 4 * n : at + 12 + 4 * n], "big") for n in range(2)]
        frames = values.pop(0) if flags & 1 else 0
        return _Claim(frames, values[0] if flags & 2 else 0)
    if frame[36:40] == b"VBRI":
        return _Claim(int.from_bytes(frame[50:54], "big"), int.from_bytes(frame[46:50], "big"))
    return None


def count_side_bytes(header: int) -> int:
    """How long the side information of a frame is."""
    is_version_1, is_mono = header >> 19 & 3 == 3, header >> 6 & 3 == 3
    return (17 if is_mono else 32) if is_version_1 else (9 if is_mono else 17)


def count_frame_bytes(header: int) -> int:
    """How long a frame is."""
    return _FRAMES[header >> 9].length_bytes


# ---- counting


def _sample(file: BinaryIO, start: int, end: int, header: int) -> _Tally | None:
    """Frames from a dozen places of the file; None where one of the places is no sound."""
    whole = _Tally()
    for place in range(_SAMPLE_PLACES):
        at = start + (end - start) * place // _SAMPLE_PLACES
        begin = at if place == 0 else _find_frames(file, at, min(at + 2 * 2881, end), end, needed=4)
        part = _walk(file, begin, end, header, most=_SAMPLE_FRAMES) if begin is not None else _Tally()
        if part.frames < _SAMPLE_FRAMES or part.lost_bytes:
            return None
        whole.frames += part.frames
        whole.length_bytes += part.length_bytes
        # The first frame may carry the encoder's header, at a bit rate of its own.
        whole.kbps |= part.kbps if place else set()
    return whole


def _walk(file: BinaryIO, start: int, end: int, header: int, *, most: int | None = None) -> _Tally:
    """Steps from frame to frame; over what is none it searches on, up to two million tries in all."""
    stream = _list_stream(header)
    lengths = {kind: frame.length_bytes for kind, frame in stream.items()}
    frames = lost_bytes = tries = 0
    kinds: set[bytes] = set()
    position, block, offset = start, b"", start
    # An hour has 140,000 frames: the way over a good one holds nothing that could be somewhere else.
    while position + 4 <= end and frames != most and tries < _MOST_TRIES:
        at = position - offset
        if at + 4 > len(block):
            file.seek(position)
            block, offset, at = file.read(_BLOCK_BYTES), position, 0
            if len(block) < 4:
                break
        kind = block[at : at + 3]
        if kind in lengths:
            if frames:
                kinds.add(kind)
            frames += 1
            position += lengths[kind]
            continue
        tries += 1
        match = _SYNC.search(block, at + 1)
        step = min(match.start() - at if match else max(len(block) - at - 1, 1), end - position)
        lost_bytes += step
        position += step
    sound_bytes = min(position, end) - start - lost_bytes
    return _Tally(frames, sound_bytes, lost_bytes, {stream[kind].kbps for kind in kinds})


def _list_stream(header: int) -> dict[bytes, _Frame]:
    """All frames that may follow a header in one stream, by the first three bytes of theirs."""
    same = header & _SAME_STREAM
    return {
        (bits << 1 | private).to_bytes(3, "big"): frame
        for bits, frame in _FRAMES.items()
        if bits << 9 & _SAME_STREAM == same
        for private in (0, 1)
    }

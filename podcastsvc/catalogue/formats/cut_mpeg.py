"""The beginning of an MP3 as an MP3 of its own, frame by frame and without encoding anything anew.

A frame may hold sound of those that follow it, never of those before its own first byte of data, so a cut at the end
takes nothing from what is kept. A silent frame in front says how long it is now, and where each hundredth of it lies.
Source: the Xing and Info headers of encoders; ISO/IEC 11172-3 section 2.4.
"""

from typing import BinaryIO

from podcastsvc.catalogue.formats import mpeg
from podcastsvc.catalogue.formats.cut import Cut
from podcastsvc.catalogue.formats.mpeg import Beginning

_HEAD_BYTES = 8 + 4 + 4 + 100
_NAMES_FRAMES_BYTES_PLACES = 7


def cut_mpeg(file: BinaryIO, size_bytes: int, seconds: float) -> Cut | None:
    """The plan of the first ``seconds``, to the next whole frame; None where the file ends before."""
    found = mpeg.read_beginning(file, size_bytes, seconds)
    if found is None:
        return None
    return Cut(_make_head(found), tuple((at, at + length) for at, length in found.frames), found.seconds)


def _make_head(found: Beginning) -> bytes:
    """A frame without sound, as encoders put before the first one: "Xing" for a changing bit rate, "Info" for one."""
    header, length = _choose_frame(found.header)
    sizes = [frame_bytes for _, frame_bytes in found.frames]
    whole = length + sum(sizes)
    head = b"Xing" if found.is_vbr else b"Info"
    head += _NAMES_FRAMES_BYTES_PLACES.to_bytes(4, "big") + len(sizes).to_bytes(4, "big") + whole.to_bytes(4, "big")
    body = header.to_bytes(4, "big") + bytes(mpeg.count_side_bytes(header)) + head + _list_places(sizes, length)
    return body.ljust(length, b"\0")


def _choose_frame(header: int) -> tuple[int, int]:
    """The header and length of the smallest frame of the stream with room for all of it, without a checksum."""
    needed = 4 + mpeg.count_side_bytes(header) + _HEAD_BYTES
    plain = (header | 1 << 16) & ~(1 << 9)
    for kbps_index in range(1, 15):
        wanted = plain & ~(0xF << 12) | kbps_index << 12
        length = mpeg.count_frame_bytes(wanted)
        if length >= needed:
            return wanted, length
    raise AssertionError("the largest frame of every stream has room")


def _list_places(sizes: list[int], before: int) -> bytes:
    """Where each hundredth of the time lies, in 256ths of the bytes."""
    whole = before + sum(sizes)
    ends = [before]
    for size in sizes:
        ends.append(ends[-1] + size)
    return bytes(min(255, ends[len(sizes) * percent // 100] * 256 // whole) for percent in range(100))

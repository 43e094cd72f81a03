"""Makes MP3 and M4A files for tests, byte by byte: real frames and boxes, silent inside."""

import struct

_KBPS = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)


def make_frame(kbps: int = 64) -> bytes:
    """One silent mono frame of MPEG-1 layer III at 44,100 Hz, without padding: 1,152 samples, 26.12 ms."""
    header = 0xFFFB00C0 | (_KBPS.index(kbps) + 1) << 12
    length = 144 * kbps * 1000 // 44_100
    return struct.pack(">I", header).ljust(length, b"\0")


def count_frames(seconds: float) -> int:
    return round(seconds * 44_100 / 1152)


def make_mp3(seconds: float = 30, *, kbps: tuple[int, ...] = (64,), tags: bytes = b"", claim: bytes = b"") -> bytes:
    """An MP3; with several ``kbps`` the bit rate changes from frame to frame. ``claim`` is an encoder's header frame."""
    frames = [make_frame(rate) for rate in kbps]
    return tags + claim + b"".join(frames[number % len(frames)] for number in range(count_frames(seconds)))


def make_xing(frames: int, length_bytes: int) -> bytes:
    """The silent first frame in which an encoder says how many frames and bytes follow."""
    body = b"\0" * 17 + b"Xing" + struct.pack(">III", 3, frames, length_bytes)
    frame = make_frame(64)
    return (frame[:4] + body).ljust(len(frame), b"\0")


def make_id3(*frames: bytes, claimed_bytes: int | None = None) -> bytes:
    """An ID3v2.4 tag around frames."""
    body = b"".join(frames)
    return b"ID3\x04\x00\x00" + _synchsafe(len(body) if claimed_bytes is None else claimed_bytes) + body


def make_text(name: str, text: str) -> bytes:
    return make_id3_frame(name, b"\x03" + text.encode())


def make_comment(text: str) -> bytes:
    return make_id3_frame("COMM", b"\x03eng\0" + text.encode())


def make_picture(image: bytes, *, kind: int = 3) -> bytes:
    return make_id3_frame("APIC", b"\x03image/jpeg\0" + bytes([kind]) + b"\0" + image)


def make_chapter(name: str, start_ms: int, title: str) -> bytes:
    times = struct.pack(">IIII", start_ms, start_ms + 1, 0xFFFFFFFF, 0xFFFFFFFF)
    return make_id3_frame("CHAP", name.encode() + b"\0" + times + make_text("TIT2", title))


def make_id3_frame(name: str, body: bytes) -> bytes:
    return name.encode() + _synchsafe(len(body)) + b"\0\0" + body


def _synchsafe(number: int) -> bytes:
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


# ---- MP4


def make_box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def make_m4a(
    seconds: float = 30,
    *,
    frame_bytes: int = 200,
    claimed_seconds: float | None = None,
    claimed_frames: int | None = None,
    handler: bytes = b"soun",
    codec: bytes = b"mp4a",
    tags: bytes = b"",
    index_first: bool = True,
) -> bytes:
    """An M4A of AAC-LC at 44,100 Hz, 1,024 samples a frame; the claims stand in its index in place of the truth."""
    frames = round(seconds * 44_100 / 1024)
    sound = bytes(frame_bytes) * frames
    units = int((seconds if claimed_seconds is None else claimed_seconds) * 44_100)
    kind = make_box(b"ftyp", b"M4A \0\0\0\0M4A isom")
    data = make_box(b"mdat", sound)
    index_bytes = len(_make_index(0, units, frames, claimed_frames, frame_bytes, handler, codec, tags))
    offset = len(kind) + 8 + (index_bytes if index_first else 0)
    index = _make_index(offset, units, frames, claimed_frames, frame_bytes, handler, codec, tags)
    return kind + (index + data if index_first else data + index)


def _make_index(offset, units, frames, claimed_frames, frame_bytes, handler, codec, tags) -> bytes:
    stored = frames if claimed_frames is None else claimed_frames
    config = bytes([0x40, 0x15, 0, 0, 0]) + struct.pack(">II", 64_000, 64_000) + b"\x05\x02\x12\x08"
    esds = make_box(
        b"esds", b"\0" * 4 + b"\x03" + bytes([3 + 2 + len(config)]) + b"\0\1\0\x04" + bytes([len(config)]) + config
    )
    entry = make_box(
        codec, b"\0" * 6 + b"\0\1" + b"\0" * 8 + b"\0\2\0\x10\0\0\0\0" + struct.pack(">I", 44_100 << 16) + esds
    )
    table = make_box(
        b"stbl",
        make_box(b"stsd", b"\0" * 4 + struct.pack(">I", 1) + entry),
        make_box(b"stts", b"\0" * 4 + struct.pack(">III", 1, stored, 1024)),
        make_box(b"stsc", b"\0" * 4 + struct.pack(">IIII", 1, 1, stored, 1)),
        make_box(b"stsz", b"\0" * 4 + struct.pack(">II", frame_bytes, stored)),
        make_box(b"stco", b"\0" * 4 + struct.pack(">II", 1, offset)),
    )
    mdhd = make_box(b"mdhd", b"\0" * 12 + struct.pack(">II", 44_100, min(units, 0xFFFFFFFF)) + b"\0" * 4)
    hdlr = make_box(b"hdlr", b"\0" * 8 + handler + b"\0" * 13)
    mvhd = make_box(b"mvhd", b"\0" * 12 + struct.pack(">II", 44_100, min(units, 0xFFFFFFFF)) + b"\0" * 80)
    tkhd = make_box(b"tkhd", b"\0\0\0\7" + b"\0" * 8 + struct.pack(">II", 1, 0) + b"\0" * 64)
    return make_box(
        b"moov", mvhd, make_box(b"trak", tkhd, make_box(b"mdia", mdhd, hdlr, make_box(b"minf", table))), tags
    )


def make_m4a_tags(title: str) -> bytes:
    data = make_box(b"data", struct.pack(">II", 1, 0) + title.encode())
    handler = make_box(b"hdlr", b"\0" * 8 + b"mdirappl" + b"\0" * 9)
    return make_box(b"udta", make_box(b"meta", b"\0" * 4, handler, make_box(b"ilst", make_box(b"\xa9nam", data))))

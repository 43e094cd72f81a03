"""How large a JPEG or PNG says that it is: its header read by hand, so that nothing of it is decoded."""

import struct

_PNG = b"\x89PNG\r\n\x1a\n"
_MOST_SEGMENTS = 500
# Start of frame, of all kinds of compression; the three left out are tables.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE = frozenset({0x01, *range(0xD0, 0xD8)})


def read_size(raw: bytes) -> tuple[int, int]:
    """Width and height in pixels; zeros where the header does not say."""
    if raw.startswith(_PNG) and len(raw) >= 24:
        width, height = struct.unpack_from(">II", raw, 16)
        return int(width), int(height)
    return _read_jpeg(raw) if raw.startswith(b"\xff\xd8") else (0, 0)


def _read_jpeg(raw: bytes) -> tuple[int, int]:
    at = 2
    for _ in range(_MOST_SEGMENTS):
        if at + 9 > len(raw) or raw[at] != 0xFF:
            break
        kind = raw[at + 1]
        if kind in _FRAMES:
            height, width = struct.unpack_from(">HH", raw, at + 5)
            return int(width), int(height)
        at += 1 if kind == 0xFF else 2 if kind in _BARE else 2 + int.from_bytes(raw[at + 2 : at + 4], "big")
    return 0, 0

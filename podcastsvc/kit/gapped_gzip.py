"""One gzip file for many readers: compressed once, with gaps that each reader's own bytes are put into.

Suppose a long text is the same for a thousand people but for a word of fixed length that stands in it here and there.
Compressing it a thousand times costs a thousand times the work. It can be compressed once, because of two properties
of the format (RFC 1951 and RFC 1952):

1. **Deflate is a row of blocks, and a block may be "stored"**: five bytes of header, then the plain bytes. So each
   gap becomes a stored block. The text between two gaps is compressed by itself and ended by a "sync flush", which stops
   it on a whole byte; that flush ends in the header of an empty stored block, and writing the gap's length into that
   header turns it into the gap's own. To lose little, each piece is given the 32 KiB before it as a dictionary:
   a reader has these bytes in its window at that place, so repetitions across pieces are still found. In the
   dictionary the gaps are zero bytes. The text has none, so no repetition can reach into a gap, whatever will stand there.
2. **The checksum at the end, CRC-32, is linear**: changing a byte of a text XORs the checksum with a value that depends
   on that byte and its distance from the end alone, not on the rest. So for each place in a gap and each byte that
   can stand there, that value is worked out once, and summed up over all gaps with the same word. A reader's checksum
   is then the one of the text with zeros, XOR one table entry for each byte of the word, however long the text is.

What comes out is one ordinary gzip file. Filling it is copying.
"""

import zlib
from array import array
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Generic, TypeVar

LEVEL = 6
LONGEST_GAP_BYTES = 65_535
_WINDOW_BYTES = 32 * 1024
# Deflate, no flags, no time, no system named: the same text gives the same bytes.
_HEADER = bytes((0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255))
_EMPTY_BLOCK = b"\x00\x00\xff\xff"

K = TypeVar("K", bound=Hashable)
Tables = tuple["array[int]", ...]


@dataclass(frozen=True, slots=True)
class Checks:
    """What one gap's name does to the checksum: ``length`` is the bytes of the gap, ``bits`` the parts that the eight
    bits of its last byte add, summed up over all gaps of the name."""

    length: int
    bits: tuple[int, ...]

    def make_tables(self) -> Tables:
        """The checksum parts by place in the gap and byte."""
        last = array("L", [0]) * 256
        for byte in range(1, 256):
            low = byte & -byte
            last[byte] = last[byte ^ low] ^ self.bits[low.bit_length() - 1]
        tables = [last]
        for _ in range(self.length - 1):
            # One place to the left is one byte more until the end.
            tables.append(array("L", [_pass_zero(part) for part in tables[-1]]))
        return tuple(reversed(tables))


@dataclass(frozen=True, slots=True)
class GappedGzip(Generic[K]):
    """A compressed text with gaps: plain values, so that it can be written down and read again.

    ``pieces`` holds one more than ``gaps``, and each but the last ends in the header of the gap after it. ``crc`` is the
    checksum with zeros in all gaps, ``length_bytes`` that of the plain text.
    """

    pieces: tuple[bytes, ...]
    gaps: tuple[K, ...]
    checks: Mapping[K, Checks]
    crc: int
    length_bytes: int
    _tables: Mapping[K, Tables] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_tables", {name: checks.make_tables() for name, checks in self.checks.items()})

    def fill(self, values: Mapping[K, bytes]) -> bytes:
        """The gzip file of the text with these words in its gaps.

        Raises ValueError for a word that has not the length of its gap, KeyError for one that is missing.
        """
        if not self.gaps:
            return self.pieces[0]
        crc = self.crc
        for name, tables in self._tables.items():
            word = values[name]
            if len(word) != len(tables):
                raise ValueError(f"the gap {name} takes {len(tables)} bytes, not {len(word)}")
            for table, byte in zip(tables, word, strict=True):
                crc ^= table[byte]
        parts: list[bytes] = [b""] * (len(self.pieces) + len(self.gaps))
        parts[0::2] = self.pieces
        parts[1::2] = [values[name] for name in self.gaps]
        parts.append(_write_trailer(crc, self.length_bytes))
        return b"".join(parts)


def make_gapped_gzip(
    texts: Sequence[bytes], gaps: Sequence[K], lengths: Mapping[K, int], *, level: int = LEVEL
) -> GappedGzip[K]:
    """Compresses ``texts`` with the gap ``gaps[n]`` after ``texts[n]``; ``lengths`` has the bytes of each gap by name.

    Texts must hold no zero byte, and a gap has 1 to 65,535 bytes; raises ValueError otherwise. Always the same bytes.
    """
    if len(texts) != len(gaps) + 1:
        raise ValueError("there is one gap between each two texts")
    if any(b"\0" in text for text in texts):
        raise ValueError("a text with a zero byte cannot have gaps")
    if any(not 0 < lengths[name] <= LONGEST_GAP_BYTES for name in set(gaps)):
        raise ValueError(f"a gap has 1 to {LONGEST_GAP_BYTES} bytes")
    plain, ends = _join_with_zeros(texts, gaps, lengths)
    crc = zlib.crc32(plain)
    return GappedGzip(
        pieces=_compress(plain, texts, [lengths[name] for name in gaps], level),
        gaps=tuple(gaps),
        checks={name: Checks(lengths[name], _weigh_bits(plain, crc, ends[name])) for name in ends},
        crc=crc,
        length_bytes=len(plain),
    )


def _join_with_zeros(
    texts: Sequence[bytes], gaps: Sequence[K], lengths: Mapping[K, int]
) -> tuple[bytearray, dict[K, list[int]]]:
    """The whole text with zeros in its gaps, and by name where the last byte of each gap lies."""
    plain = bytearray(texts[0])
    ends: dict[K, list[int]] = {}
    for name, text in zip(gaps, texts[1:], strict=True):
        plain += bytes(lengths[name])
        ends.setdefault(name, []).append(len(plain) - 1)
        plain += text
    return plain, ends


def _compress(plain: bytearray, texts: Sequence[bytes], gap_bytes: Sequence[int], level: int) -> tuple[bytes, ...]:
    pieces: list[bytes] = []
    start = 0
    for text, gap in zip(texts, [*gap_bytes, None], strict=True):
        before = bytes(plain[max(start - _WINDOW_BYTES, 0) : start])
        packer = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS, 9, zdict=before)
        piece = packer.compress(text)
        if gap is None:
            pieces.append(piece + packer.flush(zlib.Z_FINISH))
        else:
            piece += packer.flush(zlib.Z_SYNC_FLUSH)
            # Without text there is nothing to flush: the block's three bits of header fill a byte of their own.
            opened = piece.removesuffix(_EMPTY_BLOCK) if text else b"\x00"
            pieces.append(opened + gap.to_bytes(2, "little") + (gap ^ 0xFFFF).to_bytes(2, "little"))
            start += len(text) + gap
    pieces[0] = _HEADER + pieces[0]
    if not gap_bytes:
        # Nobody's words come between, so it is whole already, and is handed on without a copy.
        pieces[0] += _write_trailer(zlib.crc32(plain), len(plain))
    return tuple(pieces)


def _write_trailer(crc: int, length_bytes: int) -> bytes:
    return crc.to_bytes(4, "little") + (length_bytes & 0xFFFFFFFF).to_bytes(4, "little")


def _weigh_bits(plain: bytearray, crc: int, ends: Sequence[int]) -> tuple[int, ...]:
    """What each bit of the last byte of one name's gaps adds to the checksum; ``plain`` is as before afterwards."""
    of_bits = []
    for bit in range(8):
        for end in ends:
            plain[end] = 1 << bit
        of_bits.append(zlib.crc32(plain) ^ crc)
    for end in ends:
        plain[end] = 0
    return tuple(of_bits)


def _pass_zero(crc: int) -> int:
    """What a checksum part becomes when one byte more follows."""
    return (crc >> 8) ^ _polynomial_table()[crc & 0xFF]


@cache
def _polynomial_table() -> tuple[int, ...]:
    """The table of CRC-32 (RFC 1952 section 8)."""
    table = []
    for byte in range(256):
        part = byte
        for _ in range(8):
            part = (part >> 1) ^ (0xEDB88320 if part & 1 else 0)
        table.append(part)
    return tuple(table)

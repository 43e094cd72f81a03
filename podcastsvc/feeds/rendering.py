"""Feeds rendered once, with gaps; a request fills the gaps with a member's own values (rules B6, B7). Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from podcastsvc.feeds.document import Gap
from podcastsvc.feeds.values import GAP_MARKS
from podcastsvc.kit.gapped_gzip import GappedGzip, make_gapped_gzip

# Every member's value has the same length, or one rendering could not serve them all.
GAP_BYTES: Mapping[Gap, int] = {
    Gap.FEED_TOKEN: 32,
    Gap.LISTEN_TOKEN: 32,
    Gap.NOTICE_GUID: len("notice-00000000-0000-0000-0000-000000000000"),
    Gap.NOTICE_DATE: len("Tue, 20 Oct 2026 06:00:00 +0000"),
    Gap.NOTICE_DAY: len("20 Oct 2026"),
    Gap.NOTICE_CHANGE: len("Tue, 20 Oct 2026 06:00:00 +0000"),
}

_GAPS = {mark.encode(): gap for gap, mark in GAP_MARKS.items()}
_MARK = re.compile(b"(" + b"|".join(_GAPS) + b")")


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An episode that cannot stand in a feed, and why; the rest of the feed stands (rule T-X4)."""

    title: str
    reason: str


@dataclass(frozen=True, slots=True)
class Rendering:
    """One page of one feed: ``pieces`` of UTF-8, and between each two of them the gap that stands there.

    ``packed`` is the same compressed, with the same gaps. ``pages`` is how many pages the feed has, ``left_out`` what is
    missing on this one.
    """

    pieces: tuple[bytes, ...]
    gaps: tuple[Gap, ...]
    packed: GappedGzip[Gap]
    pages: int = 1
    left_out: tuple[LeftOut, ...] = ()

    @property
    def size_bytes(self) -> int:
        """What keeping it costs."""
        return sum(map(len, self.pieces)) + sum(map(len, self.packed.pieces))

    def fill(self, values: Mapping[Gap, str]) -> bytes:
        """The text for one member. ``values`` must name every gap that occurs, in ASCII that XML text may hold."""
        written = _encode(values)
        parts: list[bytes] = [b""] * (len(self.pieces) + len(self.gaps))
        parts[0::2] = self.pieces
        parts[1::2] = [written[gap] for gap in self.gaps]
        return b"".join(parts)

    def fill_packed(self, values: Mapping[Gap, str]) -> bytes:
        """The same as a gzip file."""
        return self.packed.fill(_encode(values))


def _encode(values: Mapping[Gap, str]) -> dict[Gap, bytes]:
    return {gap: value.encode("ascii") for gap, value in values.items()}


def make_rendering(xml: bytes, *, pages: int = 1, left_out: tuple[LeftOut, ...] = ()) -> Rendering:
    """Cuts what ``build_feed`` wrote at its gaps, and compresses it; the same bytes each time."""
    parts = _MARK.split(xml)
    pieces, gaps = tuple(parts[0::2]), tuple(_GAPS[mark] for mark in parts[1::2])
    return Rendering(pieces, gaps, make_gapped_gzip(pieces, gaps, GAP_BYTES), pages, left_out)

"""A file cut out of another without encoding anything anew: what is written first, and which bytes are copied then."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cut:
    """``head`` is new; ``ranges`` are first byte and end of what follows it, in the source. ``seconds`` is its length."""

    head: bytes
    ranges: tuple[tuple[int, int], ...]
    seconds: float

    def join(self) -> tuple[tuple[int, int], ...]:
        """The ranges, with those made one that follow each other."""
        joined: list[tuple[int, int]] = []
        for start, end in self.ranges:
            if joined and joined[-1][1] == start:
                joined[-1] = (joined[-1][0], end)
            else:
                joined.append((start, end))
        return tuple(joined)

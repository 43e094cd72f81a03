"""A picture as texts show it: its address in each width. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

SIZES = "(min-width: 45rem) 42rem, 100vw"
"""How wide a picture in running text is shown: the reading width, or all there is."""

_MIDDLE_PIXELS = 960


class HasWidths(Protocol):
    """The columns of ``storage.tables.writing.Picture`` that are read here."""

    @property
    def name(self) -> str: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def widths(self) -> list[Any]: ...


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture on pages. ``width`` and ``height`` are those of the largest rendition, in pixels."""

    name: str
    width: int
    height: int
    widths: tuple[int, ...]

    @property
    def src(self) -> str:
        """The rendition for browsers that do not choose themselves."""
        return write_path(self.name, min(self.widths, key=lambda width: abs(width - _MIDDLE_PIXELS)))

    @property
    def srcset(self) -> str:
        return ", ".join(f"{write_path(self.name, width)} {width}w" for width in self.widths)

    @property
    def large(self) -> str:
        return write_path(self.name, max(self.widths))

    def as_json(self) -> dict[str, Any]:
        return {"name": self.name, "width": self.width, "height": self.height, "widths": list(self.widths)}


def read_shown(picture: HasWidths) -> Shown:
    """The picture of a row."""
    return make_shown(picture.name, picture.width, picture.height, picture.widths)


def make_shown(name: str, width: int, height: int, widths: Iterable[int]) -> Shown:
    return Shown(name, width, height, tuple(sorted(int(each) for each in widths)))


def write_path(name: str, width: int) -> str:
    """``/pictures/harbour-3f9a2c41-960.webp``: public to all who know it, and never another picture."""
    return f"/pictures/{name}-{width}.webp"

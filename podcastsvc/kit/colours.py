"""Colours: ``#rrggbb``, the same in OKLCH, and how much two of them differ to the eye. Pure.

Source: Björn Ottosson, "A perceptual color space for image processing" (2020); WCAG 2.2, "contrast ratio".
"""

import math
import re
from dataclasses import dataclass

_WRITTEN = re.compile(r"#[0-9a-f]{6}")
_STEPS = 24
"""Halvings of the chroma on the way into sRGB; far finer than a step of eight bits."""


@dataclass(frozen=True, slots=True)
class Oklch:
    """A colour by lightness (0 to 1), chroma (0 is grey) and hue in radians."""

    lightness: float
    chroma: float
    hue: float


def read_colour(raw: str) -> str | None:
    """``#0f5b57`` from what a person writes: ``#0F5B57``, ``0f5b57`` or ``#abc``; None where it is no colour."""
    digits = raw.strip().lower().removeprefix("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    found = f"#{digits}"
    return found if _WRITTEN.fullmatch(found) else None


def measure_contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, from 1 to 21."""
    brighter, darker = sorted((_measure_luminance(one), _measure_luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def to_oklch(colour: str) -> Oklch:
    """A colour ``#rrggbb`` in OKLCH."""
    red, green, blue = (_linearize(part) for part in _split(colour))
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    middle = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    lightness = 0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short
    towards_red = 1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short
    towards_yellow = 0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short
    return Oklch(lightness, math.hypot(towards_red, towards_yellow), math.atan2(towards_yellow, towards_red))


def from_oklch(colour: Oklch) -> str:
    """The nearest ``#rrggbb`` of the same lightness and hue: where a screen has no such chroma, it gets less of it."""
    lightness = min(max(colour.lightness, 0.0), 1.0)
    parts = _mix(lightness, colour.chroma, colour.hue)
    if not _fits(parts):
        least, most = 0.0, colour.chroma
        for _ in range(_STEPS):
            half = (least + most) / 2
            least, most = (half, most) if _fits(_mix(lightness, half, colour.hue)) else (least, half)
        parts = _mix(lightness, least, colour.hue)
    return "#" + "".join(f"{round(255 * _encode(min(max(part, 0.0), 1.0))):02x}" for part in parts)


def _mix(lightness: float, chroma: float, hue: float) -> tuple[float, float, float]:
    """Linear red, green and blue, which lie outside of 0 to 1 where no screen shows the colour."""
    towards_red, towards_yellow = chroma * math.cos(hue), chroma * math.sin(hue)
    long = (lightness + 0.3963377774 * towards_red + 0.2158037573 * towards_yellow) ** 3
    middle = (lightness - 0.1055613458 * towards_red - 0.0638541728 * towards_yellow) ** 3
    short = (lightness - 0.0894841775 * towards_red - 1.2914855480 * towards_yellow) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )


def _fits(parts: tuple[float, float, float]) -> bool:
    return all(-0.0001 <= part <= 1.0001 for part in parts)


def _measure_luminance(colour: str) -> float:
    red, green, blue = (_linearize(part) for part in _split(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _split(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def _linearize(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def _encode(part: float) -> float:
    return part * 12.92 if part <= 0.0031308 else float(1.055 * part ** (1 / 2.4) - 0.055)

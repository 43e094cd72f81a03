"""The theme's colours from the one that the host picks, for light and dark, all readable; and the sheet with them. Pure.

Hue and chroma are the host's; lightness gives way until every pair that meets on a page has the contrast it needs
(``ui.md`` 7). What a page stands on, and the colours of states, stay those of ``paper.css``.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from podcastsvc.kit.colours import Oklch, from_oklch, measure_contrast, to_oklch

Tokens = dict[str, str]

TEXT = 4.5
"""The contrast that text needs (WCAG 1.4.3)."""

_STEP = 0.005
_GROUNDS = ("bg", "surface", "sunken", "gold-soft", "ok-soft", "warn-soft", "danger-soft")
_TOKEN = re.compile(r"--([\w-]+): (#[0-9a-f]{6});")
_DARK = "@media (prefers-color-scheme: dark) {"
_BLOCK = re.compile(re.escape(_DARK) + r"\n  :root \{\n(.*?)\n  \}\n\}\n", re.DOTALL)


def derive_light(colour: str, grounds: Mapping[str, str]) -> Tokens:
    """The tokens of the light theme that follow the host's colour; ``grounds`` are all tokens of the theme itself."""
    wanted = to_oklch(colour)
    soft = from_oklch(Oklch(0.94, min(wanted.chroma, 0.03), wanted.hue))
    on_accent = "#ffffff"
    others = [*(grounds[name] for name in _GROUNDS), soft, on_accent]
    accent = wanted
    while accent.lightness > 0 and not _is_readable(from_oklch(accent), others):
        accent = replace(accent, lightness=accent.lightness - _STEP)
    hover = replace(accent, lightness=accent.lightness - 0.09)
    return _name(accent, hover, on_accent, soft)


def derive_dark(colour: str, grounds: Mapping[str, str]) -> Tokens:
    """The same for the dark theme."""
    wanted = to_oklch(colour)
    soft = from_oklch(Oklch(0.29, min(wanted.chroma, 0.045), wanted.hue))
    on_accent = from_oklch(Oklch(0.2, min(wanted.chroma, 0.045), wanted.hue))
    others = [*(grounds[name] for name in _GROUNDS), soft, on_accent]
    accent = Oklch(0.72, min(wanted.chroma, 0.13), wanted.hue)
    while accent.lightness < 1 and not _is_readable(from_oklch(accent), others):
        accent = replace(accent, lightness=accent.lightness + _STEP)
    hover = replace(accent, lightness=accent.lightness + 0.07)
    return _name(accent, hover, on_accent, soft)


def write_theme(css: str, *, colour: str = "", scheme: str = "auto") -> str:
    """``paper.css`` with the host's colour, for light, for dark, or for what the reader's device asks for ("auto").

    ``css`` names each colour as ``--name: #rrggbb;``, first those of light, then in a block of its own those of dark.
    """
    block = _BLOCK.search(css)
    if block is None:
        raise ValueError("the sheet has no block for dark")
    light, dark = css[: block.start()], block.group()
    if colour:
        tokens = read_tokens(css)
        light = _put(light, derive_light(colour, tokens["light"]))
        dark = _put(dark, derive_dark(colour, tokens["dark"]))
    if scheme != "auto":
        light = light.replace("color-scheme: light dark;", f"color-scheme: {scheme};", 1)
        # Printed pages are light whatever the screen shows; the block for print comes after this one.
        dark = dark.replace(_DARK, "@media screen {") if scheme == "dark" else ""
    return light + dark + css[block.end() :]


def read_tokens(css: str) -> dict[str, Tokens]:
    """The colours of both schemes by their names; dark has those of light where it names none."""
    block = _BLOCK.search(css)
    if block is None:
        raise ValueError("the sheet has no block for dark")
    light = dict(_TOKEN.findall(css[: block.start()]))
    return {"light": light, "dark": light | dict(_TOKEN.findall(block.group()))}


def _is_readable(colour: str, others: Iterable[str]) -> bool:
    return all(measure_contrast(colour, other) >= TEXT for other in others)


def _name(accent: Oklch, hover: Oklch, on_accent: str, soft: str) -> Tokens:
    return {
        "accent": from_oklch(accent),
        "accent-hover": from_oklch(hover),
        "on-accent": on_accent,
        "accent-soft": soft,
    }


def _put(css: str, tokens: Mapping[str, str]) -> str:
    return _TOKEN.sub(lambda found: f"--{found[1]}: {tokens.get(found[1], found[2])};", css)

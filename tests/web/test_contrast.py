"""The colours of the theme: every pair that meets on a page is readable, in light and in dark."""

import itertools
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podcastsvc.kit import colours
from podcastsvc.web.assets import FOLDER
from podcastsvc.web.site import palette

CSS = FOLDER / "css"
GROUNDS = ("bg", "surface", "sunken", "accent-soft", "gold-soft", "ok-soft", "warn-soft", "danger-soft")
TILES = ("tile-violet", "tile-orange", "tile-red", "tile-blue", "tile-olive", "tile-grey")

# Text needs 4.5 (WCAG 1.4.3), edges of controls, the seek track and focus rings 3 (WCAG 1.4.11).
TEXT_PAIRS = [
    *((fore, ground) for fore in ("text", "accent", "accent-hover") for ground in GROUNDS),
    *(("muted", ground) for ground in ("bg", "surface", "sunken", "accent-soft", "gold-soft", "warn-soft")),
    *((state, f"{state}-soft") for state in ("gold", "ok", "warn", "danger")),
    *((state, ground) for state in ("ok", "danger") for ground in ("bg", "surface")),
    ("gold-soft", "gold"),
    ("on-accent", "accent"),
    ("on-accent", "accent-hover"),
    *(("tile-text", tile) for tile in TILES),
]
EDGE_PAIRS = [
    *(("edge", ground) for ground in GROUNDS),
    *(("accent", ground) for ground in GROUNDS),
    *((state, f"{state}-soft") for state in ("gold", "ok", "warn", "danger")),
    ("danger", "bg"),
    ("surface", "edge"),
    ("surface", "accent"),
]


def read_tokens(scheme: str) -> dict[str, str]:
    """The colours of a scheme, by token; dark inherits what it does not change."""
    css = (CSS / "paper.css").read_text(encoding="utf-8")
    light = re.search(r"^:root \{(.*?)^\}", css, re.S | re.M)
    dark = re.search(r"prefers-color-scheme: dark\) \{\s*:root \{(.*?)\}", css, re.S)
    assert light
    assert dark
    texts = [light[1]] if scheme == "light" else [light[1], dark[1]]
    return {name: colour for text in texts for name, colour in re.findall(r"--([\w-]+): (#[0-9a-f]{6});", text)}


def luminance(colour: str) -> float:
    """Relative luminance of ``#rrggbb`` (WCAG 2.2, "relative luminance")."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def test_the_formula_gives_the_known_values():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_is_readable_on_every_ground_it_stands_on(scheme):
    tokens = read_tokens(scheme)

    found = {pair: contrast(tokens[pair[0]], tokens[pair[1]]) for pair in TEXT_PAIRS}

    assert {pair: round(value, 2) for pair, value in found.items() if value < 4.5} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_edges_of_controls_stand_out_from_every_ground(scheme):
    tokens = read_tokens(scheme)

    found = {pair: contrast(tokens[pair[0]], tokens[pair[1]]) for pair in EDGE_PAIRS}

    assert {pair: round(value, 2) for pair, value in found.items() if value < 3} == {}


def list_unreadable(colour: str) -> dict[str, float]:
    """The pairs that a host's colour would spoil, by their names, with what is left of their contrast."""
    css = (CSS / "paper.css").read_text(encoding="utf-8")
    found = {}
    for scheme, tokens in palette.read_tokens(palette.write_theme(css, colour=colour)).items():
        for pairs, least in ((TEXT_PAIRS, 4.5), (EDGE_PAIRS, 3.0)):
            for one, other in pairs:
                value = contrast(tokens[one], tokens[other])
                if value < least:
                    found[f"{scheme}: {one} on {other}"] = round(value, 2)
    return found


@pytest.mark.parametrize("red", ["00", "33", "66", "99", "cc", "ff"])
def test_every_web_safe_colour_of_a_host_leaves_all_pairs_readable(red):
    shades = ("00", "33", "66", "99", "cc", "ff")

    found = {f"#{red}{green}{blue}": "" for green, blue in itertools.product(shades, shades)}

    assert len(found) == 36
    assert {colour: spoilt for colour in found if (spoilt := list_unreadable(colour))} == {}


@settings(max_examples=60, deadline=None, database=None)
@given(st.integers(0, 0xFFFFFF))
def test_any_colour_of_a_host_leaves_all_pairs_readable(number):
    assert list_unreadable(f"#{number:06x}") == {}


def test_the_palette_reads_the_theme_as_this_test_does():
    css = (CSS / "paper.css").read_text(encoding="utf-8")

    assert palette.read_tokens(css) == {scheme: read_tokens(scheme) for scheme in ("light", "dark")}


def test_colours_and_contrasts_of_the_package_are_those_of_the_standards():
    pairs = [("#0f5b57", "#fbfaf7"), ("#878073", "#f2f0ea"), ("#000000", "#ffffff")]

    assert [colours.measure_contrast(*pair) for pair in pairs] == pytest.approx([contrast(*pair) for pair in pairs])
    # Values of the reference implementation: https://bottosson.github.io/posts/oklab/ (OKLCH of pure red).
    red = colours.to_oklch("#ff0000")
    assert (red.lightness, red.chroma, red.hue) == pytest.approx((0.62796, 0.25768, 0.51023), abs=0.0002)


@pytest.mark.parametrize("colour", ["#000000", "#ffffff", "#808080", "#ff0000", "#0f5b57", "#12ab9c"])
def test_a_colour_comes_back_from_oklch_as_it_was(colour):
    assert colours.from_oklch(colours.to_oklch(colour)) == colour


@pytest.mark.parametrize(
    ("written", "colour"),
    [
        ("#0F5B57", "#0f5b57"),
        ("0f5b57", "#0f5b57"),
        (" #abc ", "#aabbcc"),
        ("#zzz", None),
        ("", None),
        ("red", None),
        ("#12345", None),
        ("#0f5b57;}", None),
        ("#٠١٢٣٤٥", None),
    ],
)
def test_only_a_colour_is_read_as_one(written, colour):
    assert colours.read_colour(written) == colour


def test_dark_changes_only_tokens_that_light_has():
    light = set(read_tokens("light"))

    assert set(read_tokens("dark")) == light


def test_colours_are_named_in_the_theme_only():
    others = [path for path in CSS.glob("*.css") if path.name != "paper.css"]

    found = {path.name: re.findall(r"#[0-9a-fA-F]{3,8}\b|\b(?:rgb|hsl|oklch)a?\(", path.read_text()) for path in others}

    assert len(others) >= 3
    assert {name: colours for name, colours in found.items() if colours} == {}


def test_every_token_that_a_sheet_uses_exists():
    sheets: list[Path] = sorted(CSS.glob("*.css"))
    text = "\n".join(path.read_text(encoding="utf-8") for path in sheets)

    used = set(re.findall(r"var\(--([\w-]+)", text))
    defined = set(re.findall(r"(?<![\w(-])--([\w-]+):", text))

    assert used - defined == set()

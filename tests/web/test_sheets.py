"""The sheets in any direction, on paper, in forced colours and without motion: what no page alone can show."""

import re

import pytest

from podcastsvc.kit.bundled import get_folder
from podcastsvc.web.assets import FOLDER

SHEETS = sorted((FOLDER / "css").glob("*.css"))
# A track of time runs from left to right in every language, and stands in a part that is marked so.
OF_TIME = re.compile(r"linear-gradient\(to right,")
PHYSICAL = re.compile(
    r"(?:^|[\s;{])(?:(?:margin|padding|border|inset|scroll-margin|scroll-padding)-(?:left|right|top|bottom)[\w-]*"
    r"|left|right|top|bottom|float|clear|width|height|(?:min|max)-(?:width|height)"
    r"|border-(?:top|bottom)-(?:left|right)-radius)\s*:"
    r"|:\s*(?:left|right)\b|\bto (?:left|right)\b"
)
DECLARATION = re.compile(r"(?:^|[\s;{])(padding|margin|inset|border-radius|border-width):\s*([^;}]+)")
NEAR_FULL = re.compile(r"\((?:min|max)-width: ")


def read(path):
    """A sheet without its comments."""
    return re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)


def split_values(value):
    """The parts of a declaration's value; what stands in brackets is one."""
    depth, parts = 0, [""]
    for sign in value.strip():
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if sign == " " and not depth:
            parts.append("")
        else:
            parts[-1] += sign
    return [part for part in parts if part and part != "!important"]


def list_blocks(css, condition):
    """The bodies of all media blocks with a condition."""
    found = []
    for opening in re.finditer(r"@media[^{]*\(" + condition + r"\)[^{]*\{|@media " + condition + r"\s*\{", css):
        depth, at = 1, opening.end()
        while depth:
            depth += {"{": 1, "}": -1}.get(css[at], 0)
            at += 1
        found.append(css[opening.end() : at - 1])
    return found


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_nothing_is_laid_out_by_left_and_right(path):
    css = OF_TIME.sub("", NEAR_FULL.sub("", read(path)))

    assert [found.group().strip() for found in PHYSICAL.finditer(css)] == []


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_no_shorthand_of_four_differs_between_its_sides(path):
    found = [(name, split_values(value)) for name, value in DECLARATION.findall(read(path))]

    assert [each for each in found if len(each[1]) == 4 and each[1][1] != each[1][3]] == []


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_nothing_moves_for_who_asks_for_less(path):
    css = read(path)
    for block in list_blocks(css, "prefers-reduced-motion: no-preference"):
        css = css.replace(block, "")

    assert re.findall(r"\b(?:transition|animation|scroll-behavior)\b[^;}]*", css) == []


def test_only_colours_change_and_quickly():
    css = "".join(read(path) for path in SHEETS)

    moved = [part for found in re.findall(r"transition:([^;}]*)", css) for part in found.split(",")]

    assert moved
    assert {tuple(part.split()) for part in moved} <= {
        ("color", "120ms"),
        ("background-color", "120ms"),
        ("border-color", "120ms"),
    }


def test_cards_and_buttons_have_borders_where_colours_are_forced():
    forced = " ".join(block for path in SHEETS for block in list_blocks(read(path), "forced-colors: active"))

    assert {".button", ".card", ".note", ".chip", ".play", ".plan", ".app", ".player", ".dock"} <= set(
        re.findall(r"\.[a-z]+", forced)
    )


def test_paper_gets_neither_header_nor_player_nor_buttons():
    printed = " ".join(block for path in SHEETS for block in list_blocks(read(path), "print"))
    hidden = " ".join(re.findall(r"([^{}]*)\{[^}]*display: none !important", printed))

    assert {".head", ".foot", ".skip", ".side", ".button", ".play", ".player", ".dock"} <= set(
        re.findall(r"\.[a-z-]+", hidden)
    )
    assert 'a[href^="http"]::after' in printed


def test_the_words_of_the_player_s_parts_keep_their_own_direction():
    macros = (get_folder("templates") / "macros" / "listen.html").read_text(encoding="utf-8")

    assert '<div class="deck" dir="ltr">' in macros
    assert re.search(r'<div class="dock"[^>]* dir="ltr"', macros)

"""``notes.md`` is read with a message for every mistake, and nothing in it gives an episode away by a slip of the pen."""

import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podcastsvc.catalogue.show import Person
from podcastsvc.catalogue.shownotes import MOST_NOTES_CHARS, ShowNotes, make_slug, parse_instant, read_shownotes
from podcastsvc.errors import Invalid

MADRID = ZoneInfo("Europe/Madrid")


def read(text: str | bytes):
    remarks = []
    notes = read_shownotes(text if isinstance(text, bytes) else text.encode(), MADRID, remarks)
    return notes, [str(remark) for remark in remarks]


def test_whole_head_is_read():
    notes, remarks = read(
        """---
title: "Mark Sutherland: Eugenics and population control"
date: 2025-05-30 06:00
guid: 7c9e6679-7425-40de-944b-e07fc1f90ae7
slug: mark-sutherland
season: 3
season_name: Empires
episode: 0215
episode_display: "215b"
type: bonus
access: [friends, patrons]
public_from: 2025-06-02T06:00:00Z
public_until: 2026-06-02
expires: 2027-01-01 00:00+02:00
listed: false
explicit: yes
language: es_MX
author: Ada
summary: one or two
  sentences
people: [{name: Mark Sutherland, role: Guest, url: https://example.org/mark}, Ada]
tags: [history, empire, History]
aliases: [/mark-sutherland-eugenics/]
---
The *notes*.
"""
    )

    assert remarks == []
    assert notes == ShowNotes(
        title="Mark Sutherland: Eugenics and population control",
        published_at=datetime(2025, 5, 30, 4, 0, tzinfo=UTC),
        guid="7c9e6679-7425-40de-944b-e07fc1f90ae7",
        slug="mark-sutherland",
        season=3,
        season_name="Empires",
        number=215,
        number_display="215b",
        type="bonus",
        access_kind="plans",
        plans=("friends", "patrons"),
        public_from=datetime(2025, 6, 2, 6, 0, tzinfo=UTC),
        public_until=datetime(2026, 6, 1, 22, 0, tzinfo=UTC),
        expires_at=datetime(2026, 12, 31, 22, 0, tzinfo=UTC),
        listed=False,
        explicit=True,
        language="es-mx",
        author="Ada",
        summary="one or two sentences",
        people=(
            Person("Mark Sutherland", "guest", "cast", "https://example.org/mark"),
            Person("Ada", "guest", "cast"),
        ),
        tags=("history", "empire"),
        aliases=("/mark-sutherland-eugenics/",),
        body="The *notes*.\n",
        body_line=25,
    )


@pytest.mark.parametrize("text", ["", "Only *notes*.", "---\n---\n", "---\ntitle:\n---\n"])
def test_everything_may_be_missing(text):
    notes, remarks = read(text)

    assert remarks == []
    assert (notes.title, notes.published_at, notes.access_kind, notes.listed) == ("", None, "public", True)


@pytest.mark.parametrize(
    ("line", "remark"),
    [
        ("date: soon", "notes.md:3: 'date' is not a day or an instant: 'soon'. Write 2025-05-30 06:00."),
        ("date: 2025-02-30", "notes.md:3: 'date' is not a day or an instant: '2025-02-30'"),
        ("date: 2025-05-30 25:00", "notes.md:3: 'date' is not a day"),
        ("date: 30.5.2025", "notes.md:3: 'date' is not a day"),
        ("date: 0001-01-01", "notes.md:3: 'date' is not a day"),
        ("date: [2025]", "notes.md:3: 'date' is not a day or an instant: \"['2025']\""),
        ("expires: tomorrow", "notes.md:3: 'expires' is not a day"),
        ("season: first", "notes.md:3: 'season' must be a whole number from 1 to 999,999"),
        ("episode: 0", "notes.md:3: 'episode' must be a whole number"),
        ("type: special", "notes.md:3: 'type' must be one of these: full, trailer, bonus. It is 'special'"),
        ("access: membrs", "notes.md:3: 'access' must be public, members, or a list of plan keys"),
        ("access: []", "notes.md:3: 'access' must be public"),
        ("access: [friends, members]", "notes.md:3: 'access' must be public"),
        ("access: {plan: friends}", "notes.md:3: 'access' must be public"),
        ("listed: maybe", "notes.md:3: 'listed' must be true or false"),
        (
            "slug: Why Maps Lie",
            "notes.md:3: 'slug' may hold small letters, digits and hyphens only, such as why-maps-lie",
        ),
        ("language: English please", "notes.md:3: 'english please' is not a language's code"),
        ("people: [{role: guest}]", "notes.md:3: each of 'people' needs a name"),
        ("people: [{name: Ada, url: 'javascript:x'}]", "notes.md:3: 'url' must be an address"),
        ("tags: [[a]]", "notes.md:3: 'tags' must be a list of words"),
        ("aliases: [https://example.org/x]", "notes.md:3: 'https://example.org/x' is not an old address of this site"),
        ("aliases: [//evil.example/x]", "notes.md:3: '//evil.example/x' is not an old address"),
        ("colour: red", "notes.md:3: 'colour' is not a key that the service knows; it is kept."),
    ],
)
def test_mistake_is_named_with_its_line(line, remark):
    notes, remarks = read(f"---\ntitle: Maps\n{line}\n---\nBody")

    assert len(remarks) == 1
    assert remarks[0].startswith(remark)
    assert (notes.title, notes.body) == ("Maps", "Body")


@pytest.mark.parametrize(
    ("lines", "remark"),
    [
        ("date: 2025-05-30\npublic_from: 2025-05-29", "notes.md:3: 'public_from' lies before 'date'"),
        ("date: 2025-05-30\nexpires: 2025-05-29", "notes.md:3: 'expires' lies before 'date'"),
        ("public_from: 2025-05-30\npublic_until: 2025-05-29", "notes.md:3: 'public_until' lies before 'public_from'"),
    ],
)
def test_instants_that_contradict_each_other_are_advised_upon(lines, remark):
    _, remarks = read(f"---\n{lines}\n---\n")

    assert remarks[0].startswith(remark)


@pytest.mark.parametrize("access", ["membrs", "[]", "{a: b}", "[x y]"])
def test_access_that_cannot_be_read_is_never_public(access):
    notes, _ = read(f"---\naccess: {access}\n---\n")

    assert notes.access_kind == "members"


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"---\ntitle: [\n---\n", r"notes.md:\d: this is not valid YAML"),
        (b"---\ntitle: Maps\nno end", r"notes.md:1: the front matter has no end"),
        (b"---\ntitle: Maps\n---\nma\xf1ana", r"notes.md:4: this is not UTF-8"),
        (b"\xff\xfen\0o\0t\0", r"notes.md:1: this is not UTF-8"),
        (b"x" * (MOST_NOTES_CHARS + 1), r"the notes have 100,001 characters; 100,000 are the most"),
        (b"x" * (5 * 1024 * 1024 + 1), r"The file must be smaller than 5 MB"),
    ],
)
def test_file_that_cannot_be_read_is_refused_with_its_line(raw, words):
    with pytest.raises(Invalid, match=words):
        read(raw)


def test_yaml_bomb_is_refused_in_no_time():
    bomb = "---\na: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{name}: &{name} [*{before},*{before},*{before},*{before},*{before},*{before},*{before},*{before},*{before}]\n"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )

    started = time.process_time()
    with pytest.raises(Invalid, match="aliases"):
        read(bomb + "---\n")

    assert time.process_time() - started < 3


def test_control_characters_never_get_in():
    notes, _ = read('---\ntitle: "Ma\\u0000ps\\ud800"\ntags: ["a\\u0007b"]\n---\nBo\x00dy\x0b\n')

    assert (notes.title, notes.tags, notes.body) == ("Maps", ("ab",), "Body\n")


def test_time_that_no_clock_shows_is_still_an_instant():
    assert parse_instant("2026-03-29 02:30", MADRID) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_slugs_are_latin_and_short():
    assert make_slug("Por qué los mapas mienten") == "por-que-los-mapas-mienten"
    assert make_slug("Москва") == "moskva"
    assert len(make_slug("word " * 60)) <= 80


@given(st.datetimes(datetime(1950, 1, 1), datetime(2150, 1, 1)))
def test_any_instant_with_a_zone_reads_back(instant):
    instant = instant.replace(microsecond=0, tzinfo=UTC)

    assert parse_instant(instant.isoformat(), MADRID) == instant
    assert parse_instant(instant.astimezone(MADRID).isoformat(" ", "seconds")[:19] + "Z", MADRID) is not None


@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_are_notes_or_a_refusal_with_a_place(raw, with_head):
    try:
        notes, _ = read(b"---\n" + raw + b"\n---\n" if with_head else raw)
    except Invalid as refusal:
        place = refusal.message
    else:
        place = f"notes.md:{notes.body_line}"

    assert place.startswith("notes.md")

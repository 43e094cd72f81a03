"""How a show's site looks, as ``look`` in ``show.yaml`` says: its colour, light or dark, the home page, the menu."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from podcastsvc.catalogue.remarks import advise
from podcastsvc.catalogue.texts.values import Reader, Texts
from podcastsvc.catalogue.texts.yamlfile import name_keys
from podcastsvc.kit.colours import read_colour
from podcastsvc.kit.language import N_, sentence
from podcastsvc.kit.text import is_web_address

SCHEMES = ("auto", "light", "dark")
BLOCKS = ("episodes", "membership", "call", "newsletter", "shows", "articles", "sponsors")
"""What the home page can show, in the order in which it does unless the host has another."""

MOST_PLACES = 5
"""How many links the header has room for."""

MOST_BELOW = 12
_TITLE_CHARS = 40
_ADDRESS_CHARS = 500


@dataclass(frozen=True, slots=True)
class MenuPlace:
    """One link of the host's own menu. ``address`` is a path of the site, whatever the language, or a whole address.

    Those ``below`` it have nothing below themselves; with them, ``address`` may be empty.
    """

    title: Texts
    address: str = ""
    below: tuple["MenuPlace", ...] = ()


@dataclass(frozen=True, slots=True)
class Look:
    """The host's choices. Without a ``colour`` the theme has its own; without ``menu`` the site makes one.

    ``plays_videos``: a video in a text, once a reader starts it, plays in a frame of its network.
    """

    colour: str = ""
    scheme: str = SCHEMES[0]
    home: tuple[str, ...] = BLOCKS
    menu: tuple[MenuPlace, ...] = field(default_factory=tuple)
    plays_videos: bool = False


def look_from_json(values: Mapping[str, Any]) -> Look:
    """A look from what JSON has kept of it."""
    found = dict(values)
    if "home" in found:
        found["home"] = tuple(found["home"])
    found["menu"] = _places_from_json(found.get("menu", ()))
    return Look(**found)


def _places_from_json(values: Any) -> tuple[MenuPlace, ...]:
    return tuple(
        MenuPlace(dict(each["title"]), each["address"], _places_from_json(each.get("below", ()))) for each in values
    )


def is_place_address(text: str) -> bool:
    """Whether a menu may lead there: a path of the site such as ``/about/``, or a whole address."""
    if text.startswith("/"):
        return not text.startswith("//") and "\\" not in text and not any(sign.isspace() for sign in text)
    return is_web_address(text)


def read_look(reader: Reader) -> Look:
    """The look that the keys under ``look`` say; a key with a mistake is left at its default."""
    for key in name_keys(reader.values, _KNOWN):
        reader.remarks.append(
            advise(
                reader.file,
                sentence("%(key)s is not a key of 'look'; it is kept.", key=repr(key)),
                reader.lines.get(key),
            )
        )
    return Look(
        colour=_read_colour(reader),
        scheme=reader.choice("scheme", SCHEMES),
        home=_read_home(reader),
        menu=_read_menu(reader),
        plays_videos=reader.flag("plays_videos"),
    )


_KNOWN = frozenset({"colour", "scheme", "home", "menu", "plays_videos"})


def _read_colour(reader: Reader) -> str:
    written = reader.text("colour")
    colour = read_colour(written) if written else ""
    if colour is None:
        message = sentence('%(colour)s is not a colour. Write one such as "#0f5b57".', colour=repr(written))
        reader.complain("colour", message)
    elif not written and "colour" in reader.values:
        # A sign that begins a comment in YAML: the colour was written without quotes.
        reader.complain("colour", N_('a colour stands in quotes: "#0f5b57".'))
    return colour or ""


def _read_home(reader: Reader) -> tuple[str, ...]:
    if reader.values.get("home") is None:
        return BLOCKS
    found: list[str] = []
    for written in reader.entries("home"):
        block = str(written).strip().lower()
        if block not in BLOCKS:
            message = sentence(
                "%(name)s is no part of the home page. There are: %(blocks)s.",
                name=repr(written),
                blocks=", ".join(BLOCKS),
            )
            reader.complain("home", message)
        elif block not in found:
            found.append(block)
    return tuple(found)


def _read_menu(reader: Reader) -> tuple[MenuPlace, ...]:
    places = [place for each in reader.mappings("menu") if (place := _read_place(each, may_nest=True)) is not None]
    if len(places) > MOST_PLACES:
        message = sentence(
            "the header has room for %(most)s links; the first %(most)s are used. Put others below one of them.",
            most=MOST_PLACES,
        )
        reader.complain("menu", message)
    return tuple(places[:MOST_PLACES])


def _read_place(reader: Reader, *, may_nest: bool) -> MenuPlace | None:
    title = reader.texts("title" if "title" in reader.values else "name", limit_chars=_TITLE_CHARS)
    title = {language: text for language, text in title.items() if text}
    address = reader.text("address", limit_chars=_ADDRESS_CHARS)
    below = _read_below(reader, may_nest=may_nest)
    if not title:
        _complain(reader, N_("a link of the menu needs a title. Write {title: About, address: /about/}."))
        return None
    if (address or not below) and not is_place_address(address):
        message = sentence(
            "a link of the menu leads to a path such as /about/ or to an address with https://, not to %(address)s.",
            address=repr(address),
        )
        _complain(reader, message)
        return None
    return MenuPlace(title, address, below)


def _read_below(reader: Reader, *, may_nest: bool) -> tuple[MenuPlace, ...]:
    if reader.values.get("below") is None:
        return ()
    if not may_nest:
        reader.complain("below", N_("the menu has one level below a link, not two."))
        return ()
    places = [place for each in reader.mappings("below") if (place := _read_place(each, may_nest=False)) is not None]
    if len(places) > MOST_BELOW:
        message = sentence("%(most)s links fit below one; the first %(most)s are used.", most=MOST_BELOW)
        reader.complain("below", message)
    return tuple(places[:MOST_BELOW])


def _complain(reader: Reader, message: str) -> None:
    """About an entry as a whole, which stands at the line of each of its keys."""
    reader.complain(next(iter(reader.lines), ""), message)

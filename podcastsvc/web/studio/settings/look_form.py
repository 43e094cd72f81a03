"""The form of the site's looks: filled from a look, and read into what ``look`` in ``show.yaml`` then says."""

from collections.abc import Mapping

from podcastsvc.catalogue.showfile.look import (
    BLOCKS,
    MOST_BELOW,
    MOST_PLACES,
    SCHEMES,
    Look,
    MenuPlace,
    is_place_address,
)
from podcastsvc.catalogue.showfile.writing import write_texts
from podcastsvc.catalogue.texts.frontmatter import Value
from podcastsvc.catalogue.texts.values import Texts
from podcastsvc.kit.colours import read_colour
from podcastsvc.kit.text import clean_line
from podcastsvc.web.pages import gettext
from podcastsvc.web.studio.forms import FormReader
from podcastsvc.web.studio.settings.show_form import Codes

_SUGGESTED = "#0f5b57"
_TITLE_CHARS = 40


def fill(look: Look, codes: Codes) -> dict[str, str]:
    """The fields' values for a look."""
    values = {
        "has_colour": "1" if look.colour else "",
        "colour": look.colour or _SUGGESTED,
        "scheme": look.scheme,
        "plays_videos": "1" if look.plays_videos else "",
        **{f"block_{block}": str(look.home.index(block) + 1) if block in look.home else "" for block in BLOCKS},
    }
    for number in range(MOST_PLACES):
        place = look.menu[number] if number < len(look.menu) else MenuPlace({})
        values |= {f"menu_{number}_{code}": place.title.get(code, "") for code in codes.all}
        values[f"menu_{number}_address"] = place.address
        values[f"menu_{number}_below"] = "\n".join(_write_line(each, codes) for each in place.below)
    return values


def _write_line(place: MenuPlace, codes: Codes) -> str:
    titles = [place.title.get(code, "") for code in codes.all]
    while len(titles) > 1 and not titles[-1]:
        titles.pop()
    return " | ".join([*titles, place.address])


def read(form: FormReader, old: Look, codes: Codes) -> Look:
    """The look that the form says. Mistakes are noted in the form."""
    colour, typed = "", form.line("colour", limit_chars=20)
    # Who picks another colour means it, also without the switch.
    if form.flag("has_colour") or typed.lower() not in {"", old.colour or _SUGGESTED}:
        colour = read_colour(typed) or ""
        if not colour:
            form.errors["colour"] = gettext("This is no colour. Write one such as #0f5b57.")
    return Look(
        colour=colour,
        scheme=form.choice("scheme", SCHEMES),
        home=_read_home(form),
        menu=_read_menu(form, old, codes),
        plays_videos=form.flag("plays_videos"),
    )


def write(look: Look, before: Mapping[str, Value], codes: Codes) -> Value:
    """What ``look`` in the file says from now on; keys that nothing here knows stay. None where nothing is chosen."""
    own: dict[str, Value] = {
        "colour": look.colour or None,
        "scheme": None if look.scheme == SCHEMES[0] else look.scheme,
        "home": None if look.home == BLOCKS else list(look.home),
        "menu": [_write_place(each, codes) for each in look.menu] or None,
        "plays_videos": look.plays_videos or None,
    }
    return {key: value for key, value in {**before, **own}.items() if value is not None} or None


def _write_place(place: MenuPlace, codes: Codes) -> Value:
    written = {
        "title": write_texts(place.title, codes.own),
        "address": place.address or None,
        "below": [_write_place(each, codes) for each in place.below] or None,
    }
    return {key: value for key, value in written.items() if value is not None}


def _read_home(form: FormReader) -> tuple[str, ...]:
    """The blocks that have a place, in the order of their places; those of the same place as the site itself has them."""
    places = {block: form.whole(f"block_{block}", least=1, most=len(BLOCKS)) for block in BLOCKS}
    return tuple(sorted((block for block in BLOCKS if places[block] is not None), key=lambda block: places[block] or 0))


def _read_menu(form: FormReader, old: Look, codes: Codes) -> tuple[MenuPlace, ...]:
    found = []
    for number in range(MOST_PLACES):
        before = old.menu[number].title if number < len(old.menu) else {}
        typed = {code: form.line(f"menu_{number}_{code}", limit_chars=_TITLE_CHARS) for code in codes.all}
        title = {code: text for code, text in ({**before, **typed}).items() if text}
        address = form.line(f"menu_{number}_address", limit_chars=500)
        below = _read_below(form, f"menu_{number}_below", codes)
        if not any(typed.values()) and not address and not below:
            continue
        if not any(typed.values()):
            form.errors[f"menu_{number}_{codes.own}"] = gettext("Write what the link says.")
        if (address or not below) and not is_place_address(address):
            form.errors[f"menu_{number}_address"] = gettext(
                "Write a path of this site such as /about/, or an address that begins with https://."
            )
        found.append(MenuPlace(title, address, below))
    return tuple(found)


def _read_below(form: FormReader, name: str, codes: Codes) -> tuple[MenuPlace, ...]:
    """A line for each link: what it says, in each language if wanted, and where it leads, with bars between."""
    lines = form.lines(name, limit_chars=10_000)
    if len(lines) > MOST_BELOW:
        form.errors[name] = gettext("At most %(most)s lines fit.") % {"most": MOST_BELOW}
    found = []
    for number, line in enumerate(lines, 1):
        *titles, address = (clean_line(part) for part in line.split("|"))
        title: Texts = {code: text for code, text in zip(codes.all, titles, strict=False) if text}
        if not title or len(titles) > len(codes.all) or not is_place_address(address):
            words = gettext("Line %(line)s: write what the link says and where it leads, such as Questions | /faq/.")
            form.errors[name] = words % {"line": number}
            break
        if any(len(text) > _TITLE_CHARS for text in title.values()):
            words = gettext("Line %(line)s: a link says at most %(most)s characters.")
            form.errors[name] = words % {"line": number, "most": _TITLE_CHARS}
            break
        found.append(MenuPlace(title, address))
    return tuple(found)

"""Two who change one episode at once: what each of them changed, and the form with both changes in it.

A form carries marks of the values that it was filled with, so that it can be told later who changed which. What only
the other one changed is taken over; what both changed stays as this one typed it, and is shown beside the other's.
"""

import difflib
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from podcastsvc.kit.language import N_
from podcastsvc.web.pages import gettext
from podcastsvc.web.studio.episodes.form import EpisodeForm

# What belongs together is changed together; what the first name of each is called on the page.
GROUPS: dict[str, tuple[str, ...]] = {
    "title": ("title",),
    "notes": ("notes",),
    "who": ("who", "first_days", "public_at", "plans"),
    "at": ("when", "at"),
    "number": ("number",),
    "season": ("season",),
    "type": ("type",),
    "explicit": ("explicit",),
    "language": ("language",),
    "tags": ("tags",),
    "summary": ("summary",),
    "guests": ("guests",),
    "listed": ("listed",),
}
_LABELS = {
    "title": N_("Title"),
    "notes": N_("Show notes"),
    "who": N_("Who hears it"),
    "at": N_("When"),
    "number": N_("Episode number"),
    "season": N_("Season"),
    "type": N_("Kind"),
    "explicit": N_("Explicit content"),
    "language": N_("Language"),
    "tags": N_("Tags"),
    "summary": N_("Summary"),
    "guests": N_("Guests"),
    "listed": N_("In feeds, lists and search"),
}
_WORDS = {
    "everyone": N_("Everyone"),
    "members": N_("Members only"),
    "plans": N_("Some plans only"),
    "full": N_("Episode"),
    "trailer": N_("Trailer"),
    "bonus": N_("Bonus"),
    "yes": N_("Yes"),
    "no": N_("No"),
}
# Comparing lines takes as long as the square of their number.
_MOST_LINES = 1_000


@dataclass(frozen=True, slots=True)
class Line:
    """A line of two texts that were compared: in both, or in the other's or this one's alone."""

    whose: Literal["both", "theirs", "yours"]
    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not the same: as the other one saved it, and as this one typed it.

    ``is_taken`` says that only the other one changed it, so that the form has theirs now. ``lines`` are for long texts.
    """

    name: str
    label: str
    theirs: str
    yours: str
    is_taken: bool
    lines: tuple[Line, ...] = ()


def write_base(form: EpisodeForm) -> str:
    """Marks of all values of a form as it is handed out."""
    return json.dumps({name: _mark(form, name) for name in GROUPS})


def merge(theirs: EpisodeForm, typed: EpisodeForm, base: str) -> list[Difference]:
    """Puts into the typed form what only the other one changed; returns all that is not the same."""
    marks = _read_base(base)
    differences = []
    for name in GROUPS:
        theirs_mark, yours_mark = _mark(theirs, name), _mark(typed, name)
        if theirs_mark == yours_mark:
            continue
        is_taken = marks.get(name) == yours_mark
        differences.append(_describe(name, theirs, typed, is_taken=is_taken))
        if is_taken:
            take(theirs, typed, [name])
    return differences


def take(theirs: EpisodeForm, typed: EpisodeForm, names: Sequence[str]) -> None:
    """Takes some of the other one's values over."""
    for name in names:
        for each in GROUPS.get(name, ()):
            setattr(typed, each, getattr(theirs, each))


def _read_base(raw: str) -> Mapping[str, str]:
    try:
        found = json.loads(raw)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _mark(form: EpisodeForm, name: str) -> str:
    values = [_plain(getattr(form, each)) for each in _list_meant(form, name)]
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:6]


def _list_meant(form: EpisodeForm, name: str) -> Sequence[str]:
    """The values of a group that mean something: days do not, where everyone hears it at once."""
    if name == "at":
        return ("when", "at") if form.when == "at" else ("when",)
    if name != "who":
        return GROUPS[name]
    if form.who == "first":
        return ("who", "public_at") if form.public_at else ("who", "first_days")
    return ("who", "plans") if form.who == "plans" else ("who",)


def _plain(value: object) -> object:
    return "\n".join(value.split("\r\n")).strip() if isinstance(value, str) else value


# ---- in words


def _describe(name: str, theirs: EpisodeForm, typed: EpisodeForm, *, is_taken: bool) -> Difference:
    said = [_say(name, form) for form in (theirs, typed)]
    lines = tuple(_compare(*said)) if name in {"notes", "guests", "summary"} else ()
    return Difference(name, gettext(_LABELS[name]), said[0], said[1], is_taken, lines)


def _say(name: str, form: EpisodeForm) -> str:
    if name == "at":
        return form.at.replace("T", " ") if form.when == "at" else gettext("As soon as it is saved")
    if name == "listed":
        return _name("yes" if form.listed else "no")
    if name == "who" and form.who == "first":
        until = form.public_at.replace("T", " ") or gettext("days alone: %(days)s") % {"days": form.first_days}
        return f"{gettext('Members first, everyone later')} ({until})"
    if name == "who" and form.who == "plans":
        return f"{_name(form.who)}: {', '.join(form.plans)}"
    value = str(getattr(form, name))
    return _name(value) if name in {"who", "type", "explicit"} else value


def _name(value: str) -> str:
    """A value of a choice in words; what is none of them stays."""
    words = _WORDS.get(value)
    return value if words is None else gettext(words)


def _compare(theirs: str, yours: str) -> list[Line]:
    """Both texts line by line, what is the same only near to what is not; nothing where they are too long for that."""
    first, second = theirs.splitlines(), yours.splitlines()
    if max(len(first), len(second)) > _MOST_LINES:
        return []
    found: list[Line] = []
    for row in list(difflib.unified_diff(first, second, lineterm="", n=1))[2:]:
        if row.startswith("@@"):
            if found:
                found.append(Line("both", "…"))
        else:
            whose = {"-": "theirs", "+": "yours"}.get(row[0], "both")
            found.append(Line(whose, row[1:]))  # type: ignore[arg-type]
    return found

"""What a show says of itself in ``show.yaml``, as plain values."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from podcastsvc.catalogue.showfile.look import Look, look_from_json
from podcastsvc.catalogue.texts.values import Texts

FILE = "show.yaml"
MOST_PODCAST_CHARS = 128
"""What the podcast namespace allows for names and addresses (rule X7)."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody heard in a show or an episode. ``role`` and ``group`` are of the podcast taxonomy ("host", "guest", "cast")."""

    name: str
    role: str = "host"
    group: str = "cast"
    url: str = ""
    image: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A named address."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Txt:
    """A podcast:txt value with its purpose ("verify", "ai-content", or a free one)."""

    value: str
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class ShowFacts:
    """All of ``show.yaml``. Texts for people are ``{language: text}`` with at least the show's own language."""

    title: Texts
    language: str = "en"
    timezone: str = "UTC"
    description: Texts = field(default_factory=dict)
    tagline: Texts = field(default_factory=dict)
    promise: Texts = field(default_factory=dict)
    author: str = ""
    owner_name: str = ""
    owner_email: str = ""
    copyright: str = ""
    link: str = ""
    categories: tuple[tuple[str, str | None], ...] = ()
    explicit: bool = False
    type: str = "episodic"
    complete: bool = False
    block: bool = False
    guid: str = ""
    locked: bool = True
    shows_owner: bool = False
    license: str = ""
    license_url: str = ""
    new_feed_url: bool = False
    people: tuple[Person, ...] = ()
    platforms: tuple[Link, ...] = ()
    txt: tuple[Txt, ...] = ()
    update_text: str = ""
    update_rrule: str = ""
    membership_text: Texts = field(default_factory=dict)
    donation_url: str = ""
    donation_text: Texts = field(default_factory=dict)
    benefits: tuple[Texts, ...] = ()
    quote: Texts = field(default_factory=dict)
    quote_by: str = ""
    members_first_days: int = 3
    position: int = 0
    look: Look = field(default_factory=Look)

    def text(self, name: str, language: str) -> str:
        """A text in a language, else in the show's own, else in any; "" where there is none."""
        return choose(getattr(self, name), language, self.language)

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``storage.tables.show.Show.facts``."""
        return asdict(self)


def choose(texts: Mapping[str, str], language: str, fallback: str) -> str:
    """The text of one language, else of the fallback, else the first; "" where there is none."""
    return texts.get(language) or texts.get(fallback) or next(iter(texts.values()), "")


def facts_from_json(values: Mapping[str, Any]) -> ShowFacts:
    """The inverse of ``ShowFacts.as_json``."""
    found = dict(values)
    found["categories"] = tuple((category, subcategory) for category, subcategory in found.get("categories", ()))
    for name, kind in (("people", Person), ("platforms", Link), ("txt", Txt)):
        found[name] = tuple(kind(**each) for each in found.get(name, ()))
    found["benefits"] = tuple(found.get("benefits", ()))
    found["look"] = look_from_json(found.get("look", {}))
    return ShowFacts(**found)

"""What makes one kind of text differ from the others: its folder, whether a date lets it out, and its own keys."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from podcastsvc.catalogue.shownotes import KNOWN
from podcastsvc.catalogue.texts.frontmatter import Value
from podcastsvc.catalogue.texts.values import Reader
from podcastsvc.content.markup.shown import Shown

_OF_EPISODES = frozenset("season season_name episode episode_display type explicit".split())


@dataclass(frozen=True, slots=True)
class OwnFacts:
    """What only one kind has. ``facts`` is plain JSON; ``starts_at`` is when something takes place, aware."""

    facts: dict[str, Any]
    starts_at: datetime | None = None


def write_fact(fact: Any) -> Value:
    """A fact of a kind as front matter has it: what is empty is left out, None takes the key out."""
    if isinstance(fact, Mapping):
        kept = {str(name): write_fact(inner) for name, inner in fact.items()}
        return {name: value for name, value in kept.items() if value is not None} or None
    if isinstance(fact, Sequence) and not isinstance(fact, str):
        return [value for value in map(write_fact, fact) if value is not None] or None
    if isinstance(fact, bool | int):
        return fact
    return str(fact) if fact else None


FinishFacts = Callable[[dict[str, Any], Callable[[str], Shown | None]], dict[str, Any]]
"""What a kind puts in place of facts of its own once the pictures beside its text are known by their files' names."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of text. ``keys`` are those that its front matter has beside the common ones; ``path`` is that of its
    pages, with ``{slug}`` in it.

    A kind that is not ``is_dated`` is out as soon as its file is there, unless it says ``draft: true``. Where
    ``is_reserved`` says so of a slug, something else of the site answers at that address. ``write_fact`` makes of one of
    its own facts what ``read_own`` reads again.
    """

    name: str
    folder: str
    path: str
    is_dated: bool
    keys: frozenset[str]
    read_own: Callable[[Reader, tzinfo], OwnFacts]
    is_reserved: Callable[[str], bool] = lambda _slug: False
    write_fact: Callable[[Any], Value] = write_fact
    fixed: frozenset[str] = frozenset()
    finish_facts: FinishFacts = lambda _facts, _find: {}

    def write_path(self, slug: str) -> str:
        """The path of a text's page in the site's default language: ``/articles/why-maps-lie/``."""
        return f"/{slug}" if slug in self.fixed else self.path.format(slug=slug)

    @property
    def known(self) -> frozenset[str]:
        """All keys of its front matter."""
        return (KNOWN - _OF_EPISODES) | self.keys | {"draft", "updated", "picture", "picture_alt", "picture_credit"}

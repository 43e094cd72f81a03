"""What makes one kind of text differ from the others: its folder, whether a date lets it out, and its own keys."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from podcastsvc.catalogue.shownotes import KNOWN
from podcastsvc.catalogue.texts.values import Reader

_OF_EPISODES = frozenset("season season_name episode episode_display type explicit".split())


@dataclass(frozen=True, slots=True)
class OwnFacts:
    """What only one kind has. ``facts`` is plain JSON; ``starts_at`` is when something takes place, aware."""

    facts: dict[str, Any]
    starts_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of text. ``keys`` are those that its front matter has beside the common ones; ``path`` is that of its
    pages, with ``{slug}`` in it.

    A kind that is not ``is_dated`` is out as soon as its file is there, unless it says ``draft: true``. Where
    ``is_reserved`` says so of a slug, something else of the site answers at that address.
    """

    name: str
    folder: str
    path: str
    is_dated: bool
    keys: frozenset[str]
    read_own: Callable[[Reader, tzinfo], OwnFacts]
    is_reserved: Callable[[str], bool] = lambda _slug: False

    def write_path(self, slug: str) -> str:
        """The path of a text's page in the site's default language: ``/articles/why-maps-lie/``."""
        return self.path.format(slug=slug)

    @property
    def known(self) -> frozenset[str]:
        """All keys of its front matter."""
        return (KNOWN - _OF_EPISODES) | self.keys | {"draft", "updated", "picture", "picture_alt", "picture_credit"}

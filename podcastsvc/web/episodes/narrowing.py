"""The list of episodes narrowed down: to a season, a tag and a person, by plain links that go together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from podcastsvc.web.language import make_path
from podcastsvc.web.lists import FilterLink
from podcastsvc.web.pages import gettext

# Of tags and people, those of the most episodes are offered.
_MOST_LINKS = 12


class Named(Protocol):
    """A tag or a person, as ``catalogue.naming`` lists them; ``episode_ids`` are newest first."""

    @property
    def slug(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def episode_ids(self) -> list[int]: ...


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What the list is narrowed down to; None for what it is not."""

    season: int | None
    tag: Named | None
    person: Named | None

    @property
    def only(self) -> set[int] | None:
        """The ids that tag and person leave; None where neither is chosen."""
        chosen = [set(each.episode_ids) for each in (self.tag, self.person) if each is not None]
        return set.intersection(*chosen) if chosen else None

    @property
    def title(self) -> str:
        """The list's name: what it is narrowed down to."""
        parts = [] if self.season is None else [gettext("Season %(number)s") % {"number": self.season}]
        parts += [each.name for each in (self.tag, self.person) if each is not None]
        return " · ".join(parts) or gettext("All episodes")

    @property
    def values(self) -> dict[str, Any]:
        """The same as the query of an address has it."""
        return {
            "season": self.season,
            "tag": None if self.tag is None else self.tag.slug,
            "person": None if self.person is None else self.person.slug,
        }


@dataclass(frozen=True, slots=True)
class Choice:
    """One row of links; ``links`` are empty where there is nothing to choose from. Few people look for the others."""

    label: str
    links: list[FilterLink]
    is_common: bool = False


def list_choices(
    values: Mapping[str, Any],
    narrowing: Narrowing,
    seasons: Sequence[int],
    tags: Sequence[Named],
    people: Sequence[Named],
) -> list[Choice]:
    """What there is to choose from. ``values`` are those of the list's address, without the page. Pure but for the paths."""

    def link(name: str, value: int | str | None, label: str) -> FilterLink:
        return FilterLink(label, make_path("episodes.index", **{**values, name: value}), value == values[name])

    def list_links(name: str, whole: str, named: Sequence[Named], current: Named | None) -> list[FilterLink]:
        shown = sorted(named, key=lambda each: -len(each.episode_ids))[:_MOST_LINKS]
        if current is not None and current.slug not in {each.slug for each in shown}:
            shown.append(current)
        return [link(name, None, whole), *(link(name, each.slug, each.name) for each in shown)] if shown else []

    of_seasons = [link("season", each, gettext("Season %(number)s") % {"number": each}) for each in seasons]
    found = [
        Choice(gettext("Seasons"), [link("season", None, gettext("All seasons")), *of_seasons], is_common=True),
        Choice(gettext("Tags"), list_links("tag", gettext("All tags"), tags, narrowing.tag)),
        Choice(gettext("People"), list_links("person", gettext("Everybody"), people, narrowing.person)),
    ]
    return [each for each in found if len(each.links) > 2]


def list_near(narrowing: Narrowing, tags: Sequence[Named], limit: int) -> list[Named]:
    """The tags nearest to a choice that leaves nothing: those of most episodes of what was chosen. Pure."""
    chosen = [set(each.episode_ids) for each in (narrowing.tag, narrowing.person) if each is not None]
    among: set[int] = set().union(*chosen)
    current = "" if narrowing.tag is None else narrowing.tag.slug
    ranked = sorted(tags, key=lambda each: (-len(among & set(each.episode_ids)), -len(each.episode_ids)))
    return [each for each in ranked if each.slug != current][:limit]

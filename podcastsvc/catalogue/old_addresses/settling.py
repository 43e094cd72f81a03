"""What may lead where: never an address that answers by itself, never in a circle, and never by more than one step. Pure.

Whoever follows an old address is sent once. So what is to lead to another old address is sent to the end of that way when
it is saved, and what led to an address that now leads on is sent there too.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from podcastsvc.catalogue.addresses import read_episode_path
from podcastsvc.catalogue.old_addresses.reading import is_own, list_forms, split_target, write_form, write_path
from podcastsvc.kit.language import N_, Sentence, as_sentence, sentence

# What begins with these is never looked up: secrets, what apps fetch, the studio, and what other machines ask for.
RESERVED = frozenset(
    "private media art chapters transcripts feeds feed.xml static studio account add webhooks healthz "
    "stripe-stand-in robots.txt sitemap.xml".split()
)
# Nothing leads there: these are secrets, or answer no person.
_NO_TARGETS = frozenset("private add webhooks healthz static stripe-stand-in".split())
# What an earlier site called its feeds and audio. One app that finds a page follows that page's own feed for good.
_FOR_APPS = re.compile(r"/(?:feed|rss2?|atom)$|\.(?:xml|rss|mp3|m4a|ogg|opus)$|\?feed=")

CIRCLE = N_("This way leads back to itself.")


@dataclass(frozen=True, slots=True)
class Page:
    """What answers at a path: ``path`` is how its address is written now. One that is not fixed stands for many
    addresses, such as those of episodes, and need not answer at each of them."""

    path: str
    is_fixed: bool


@dataclass(frozen=True, slots=True)
class Site:
    """What answers on the site without this list.

    ``find_page`` tells it of a decoded path, ``prefixes`` are those of languages (``/es``), ``episodes`` the paths of all
    episodes' pages in any state, and ``aliases`` lead from the forms of their earlier paths to the present ones.
    """

    base_url: str
    find_page: Callable[[str], Page | None]
    prefixes: tuple[str, ...] = ()
    episodes: frozenset[str] = frozenset()
    aliases: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """One old address as it is wanted or saved: ``path`` by ``read_old``, ``target`` by ``read_target``."""

    path: str
    target: str
    is_permanent: bool = True


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an entry cannot be saved, and which of its two addresses is to blame."""

    side: Literal["old", "new"]
    sentence: Sentence


@dataclass(frozen=True, slots=True)
class Settled:
    """What becomes of wanted entries, by their place in the list: their targets at the end of the way, or why not.

    ``straightened`` are the places of those whose way was cut short; ``moved`` are saved paths with their new targets.
    """

    targets: Mapping[int, str]
    refused: Mapping[int, Problem]
    straightened: frozenset[int]
    moved: Mapping[str, str]


def settle(wanted: Sequence[Entry], saved: Mapping[str, str], site: Site, *, replaces: bool) -> Settled:
    """``saved`` maps the paths that are in the list to their targets; ``replaces`` lets wanted entries change those."""
    refused = _refuse_paths(wanted, saved, site, replaces=replaces)
    ways = {**saved, **{entry.path: entry.target for at, entry in enumerate(wanted) if at not in refused}}
    ends_of_ways = find_ends([entry.path for at, entry in enumerate(wanted) if at not in refused], ways, site)
    targets: dict[int, str] = {}
    straightened: set[int] = set()
    for at, entry in enumerate(wanted):
        if at in refused:
            continue
        end = ends_of_ways[entry.path]
        why = check_way(entry.path, end, site) if end is not None else as_sentence(CIRCLE)
        if why is not None:
            refused[at] = Problem("new", why)
        elif end is not None:
            targets[at] = find_address(end, site)
            if end != entry.target or _find_alias(end, site) is not None:
                straightened.add(at)
    ends = {wanted[at].path: target for at, target in targets.items()}
    moved = {
        path: ends[onward]
        for path, target in saved.items()
        if path not in ends and (onward := _find_next(target, ends)) is not None
    }
    return Settled(targets, refused, frozenset(straightened), moved)


def find_ends(paths: Iterable[str], ways: Mapping[str, str], site: Site) -> dict[str, str | None]:
    """Where paths, which can be old addresses, lead when all ways are followed; None where that goes in a circle.

    Every way is followed once, however many lead into it: 10,000 lines may well be one chain.
    """
    ends: dict[str, str | None] = {}
    for path in paths:
        passed: dict[str, None] = {}
        onward: str | None = path
        end: str | None = None
        while onward is not None and onward not in ends and onward not in passed:
            passed[onward] = None
            end = ways[onward]
            onward = _find_next(end, ways)
            if onward is not None and onward not in ends and check_path(onward, site) is not None:
                onward = None
        if onward is not None:
            # Known already; or passed just now, which is a circle.
            end = ends.get(onward)
        ends.update(dict.fromkeys(passed, end))
    return ends


def check_path(path: str, site: Site) -> Sentence | None:
    """Why a path cannot be an old address; None where it can."""
    bare = strip_prefix(path.partition("?")[0], site.prefixes)
    if is_reserved(bare):
        return sentence("%(path)s belongs to the program and cannot lead elsewhere.", path=path)
    # The front page answers, but is looked up with its query before.
    is_front = bare == "/" and "?" in path
    if not is_front and _answers(split_target(path)[0], site):
        return sentence("%(path)s answers by itself, so it cannot lead elsewhere.", path=path)
    alias = site.aliases.get(path)
    if alias is not None:
        return sentence(
            "%(path)s is an earlier address of an episode and leads to %(target)s by itself.", path=path, target=alias
        )
    return None


def check_way(path: str, target: str, site: Site) -> Sentence | None:
    """Why a path, which can be an old address, should not lead to a target; None where it may (rule S3)."""
    is_page = is_own(target) and "." not in split_target(target)[0].rpartition("/")[2]
    if is_page and _FOR_APPS.search(path):
        return sentence("Apps ask for %(path)s, so it must lead to a feed or a file, such as /feed.xml.", path=path)
    return check_target(target, site)


def check_target(target: str, site: Site) -> Sentence | None:
    """Why nothing should lead to a target; None where it may."""
    if not is_own(target):
        return None
    path, _, _ = split_target(target)
    bare = strip_prefix(path, site.prefixes)
    head = bare.strip("/").partition("/")[0].lower()
    if head in _NO_TARGETS or bare.startswith("/sign-in/link"):
        return sentence("%(path)s is not a page that others can be sent to.", path=path)
    if _find_alias(target, site) is not None:
        return None
    page = site.find_page(path)
    if page is None or (not page.is_fixed and not _is_there(page.path, site)):
        return sentence("There is nothing at %(path)s on this site. Check how it is written.", path=path)
    return None


def find_address(target: str, site: Site) -> str:
    """A target as its page writes its own address now: with or without a slash at its end, by its latest name."""
    if not is_own(target):
        return target
    path, query, fragment = split_target(target)
    page = site.find_page(path)
    found = _find_alias(target, site) or (page.path if page is not None else path)
    return write_path(found) + query + fragment


def strip_prefix(path: str, prefixes: Sequence[str]) -> str:
    """A path without its language."""
    for prefix in prefixes:
        if path == prefix or path.startswith(f"{prefix}/"):
            return path[len(prefix) :] or "/"
    return path


def is_reserved(path: str) -> bool:
    """Whether a path, without its language, is one that is never looked up."""
    return path.lstrip("/").partition("/")[0].lower() in RESERVED


def _refuse_paths(
    wanted: Sequence[Entry], saved: Mapping[str, str], site: Site, *, replaces: bool
) -> dict[int, Problem]:
    """What is wrong with the old addresses themselves, by their places."""
    refused: dict[int, Problem] = {}
    chosen: dict[str, str] = {}
    for at, entry in enumerate(wanted):
        problem = check_path(entry.path, site)
        other = chosen.setdefault(entry.path, entry.target)
        if problem is None and other != entry.target:
            problem = sentence("%(path)s stands here twice, with two ways to go.", path=entry.path)
        elif problem is None and not replaces and saved.get(entry.path, entry.target) != entry.target:
            problem = sentence(
                "%(path)s is in the list already and leads to %(target)s.", path=entry.path, target=saved[entry.path]
            )
        if problem is not None:
            refused[at] = Problem("old", problem)
    return refused


def _find_next(target: str, ways: Mapping[str, str]) -> str | None:
    """The old address that a target is itself; None where it is none."""
    if not is_own(target):
        return None
    path, query, _ = split_target(target)
    return next((form for form in list_forms(path, query.removeprefix("?")) if form in ways), None)


def _answers(path: str, site: Site) -> bool:
    """Whether a page of the site stands at a decoded path."""
    page = site.find_page(path)
    return page is not None and (page.is_fixed or _is_there(page.path, site, unless_known=False))


def _is_there(path: str, site: Site, *, unless_known: bool = True) -> bool:
    """Whether one of many pages is there: of episodes it is known, of others it is taken for ``unless_known``."""
    place = read_episode_path(strip_prefix(path, site.prefixes))
    return unless_known if place is None else place.page_path in site.episodes


def _find_alias(target: str, site: Site) -> str | None:
    """The present path of the episode whose earlier one a target is, in the target's language; None where a page stands."""
    path, _, _ = split_target(target)
    bare = strip_prefix(path, site.prefixes)
    found = site.aliases.get(write_form(bare))
    return None if found is None or _answers(path, site) else path.removesuffix(bare) + found

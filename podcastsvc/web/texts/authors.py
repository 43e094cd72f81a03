"""Who wrote a text, as pages show them: by name, and with photo, words and links where the host wrote a page about them."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup
from sqlalchemy.orm import Session

from podcastsvc.catalogue.access import PUBLIC, may_hear, read_access
from podcastsvc.catalogue.shownotes import make_slug
from podcastsvc.content import writings
from podcastsvc.content.kinds import person
from podcastsvc.content.markup.shown import Shown, read_shown
from podcastsvc.kit.text import is_web_address
from podcastsvc.storage.tables.writing import Writing
from podcastsvc.web.context import language, now
from podcastsvc.web.language import make_path
from podcastsvc.web.site.shows import PageLink


@dataclass(frozen=True, slots=True)
class Author:
    """``href`` is their page here, "" where there is none; ``language`` that of their words where it is not the page's."""

    name: str
    href: str = ""
    role: str = ""
    words: Markup = Markup()
    picture: Shown | None = None
    links: tuple[PageLink, ...] = ()
    language: str | None = None


def list_authors(session: Session, writing: Writing, fallback: str) -> list[Author]:
    """The authors of a text; where it names none, the one who makes the show."""
    named = [each for each in writing.people if each.get("role") == "author"]
    if not named and fallback:
        named = [{"name": fallback}]
    profiles = find_profiles(session, [each["name"] for each in named])
    return [make_author(each["name"], each.get("url") or "", profiles.get(make_slug(each["name"]))) for each in named]


def find_profiles(session: Session, names: Sequence[str]) -> dict[str, Writing]:
    """The pages about people that everyone may read, by the slugs of their names."""
    slugs = {slug for slug in map(make_slug, names) if slug}
    found = writings.list_by_slugs(session, person.KIND.name, slugs, now(), language()) if slugs else {}
    return {slug: row for slug, row in found.items() if may_hear(read_access(row), PUBLIC, now())}


def make_author(name: str, address: str, profile: Writing | None) -> Author:
    """An author by name, with what a page about them says."""
    slug = make_slug(name)
    href = make_path("naming.person", slug=slug) if slug else ""
    own = (PageLink(_write_host(address), address),) if is_web_address(address) else ()
    if profile is None:
        return Author(name, href, links=own)
    links = tuple(PageLink(each["name"], each["url"]) for each in profile.facts.get("links", ()))
    return Author(
        name,
        href,
        role=profile.facts.get("role", ""),
        # Passed the gate when it was read (rule T-X1).
        words=Markup(profile.html),  # noqa: S704
        picture=read_shown(profile.picture) if profile.picture is not None else None,
        links=links or own,
        language=profile.language if profile.language != language() else None,
    )


def _write_host(address: str) -> str:
    return address.partition("://")[2].partition("/")[0].removeprefix("www.")

"""Somebody as pages show them: name, role, the host's words about them, links, and how much there is of theirs."""

from dataclasses import dataclass

from markupsafe import Markup

from podcastsvc.content.markup.shown import Shown, read_shown
from podcastsvc.content.people import SitePerson
from podcastsvc.web.context import language
from podcastsvc.web.language import make_path
from podcastsvc.web.pages import ngettext
from podcastsvc.web.site.shows import PageLink


@dataclass(frozen=True, slots=True)
class PersonView:
    """Somebody as pages show them. ``language`` is that of their words where it is not the page's; ``is_preview``: nobody
    but the host sees these words."""

    name: str
    href: str
    role: str
    summary: str
    words: Markup
    picture: Shown | None
    picture_alt: str
    links: tuple[PageLink, ...]
    counted: str
    language: str | None
    writing_id: int | None = None
    is_preview: bool = False


def make_view(about: SitePerson, *, is_preview: bool = False) -> PersonView:
    """The view of somebody whose picture is loaded."""
    profile, facts = about.profile, about.profile.facts if about.profile is not None else {}
    links = tuple(PageLink(each["name"], each["url"]) for each in facts.get("links", ()))
    if about.url and about.url not in {link.href for link in links}:
        links = (*links, PageLink(_write_host(about.url), about.url))
    return PersonView(
        name=profile.title if profile is not None else about.name,
        href=make_path("naming.person", slug=about.slug),
        role=str(facts.get("role") or ""),
        summary=profile.summary if profile is not None else "",
        # Passed the gate when it was read (rule T-X1).
        words=Markup(profile.html) if profile is not None else Markup(),  # noqa: S704
        picture=read_shown(profile.picture) if profile is not None and profile.picture is not None else None,
        picture_alt=str(facts.get("picture_alt") or ""),
        links=links,
        counted=_count(about),
        language=profile.language if profile is not None and profile.language != language() else None,
        writing_id=profile.id if profile is not None else None,
        is_preview=is_preview,
    )


def _count(about: SitePerson) -> str:
    """``12 episodes · 1 article``."""
    episodes, articles = len(about.episode_ids), len(about.article_ids)
    parts = (
        ngettext("%(num)s episode", "%(num)s episodes", episodes) % {"num": episodes} if episodes else "",
        ngettext("%(num)s article", "%(num)s articles", articles) % {"num": articles} if articles else "",
    )
    return " · ".join(part for part in parts if part)


def _write_host(address: str) -> str:
    return address.partition("://")[2].partition("/")[0].removeprefix("www.")

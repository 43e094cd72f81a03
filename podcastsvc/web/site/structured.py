"""What pages tell machines about a show and its episodes, in schema.org's words. No secret of a member is among it."""

import json
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from podcastsvc.web.calls.view import CallView
from podcastsvc.web.context import language, settings
from podcastsvc.web.episodes.person_view import PersonView
from podcastsvc.web.episodes.view import EpisodeView
from podcastsvc.web.language import make_address
from podcastsvc.web.pages import gettext
from podcastsvc.web.site.shows import PageShow
from podcastsvc.web.texts.authors import Author
from podcastsvc.web.texts.view import TextView

_ESCAPES = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})


def write_series(show: PageShow) -> Markup:
    """The show, for its home page."""
    return _write({"@context": "https://schema.org", **_describe_series(show), "description": show.description})


def write_episode(view: EpisodeView, show: PageShow, slug: str, *, is_visitor: bool) -> Markup:
    """One episode, for its page. The audio's address stands there only where the page is everyone's: a member's is theirs."""
    address = make_address("episodes.page", in_language=language(), slug=slug, key=show.key_in_path)
    found: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "PodcastEpisode",
        "name": view.title,
        "url": address,
        "description": view.summary,
        "inLanguage": view.language or language(),
        "partOfSeries": _describe_series(show),
        "isAccessibleForFree": view.hears,
    }
    if view.published_at is not None:
        found["datePublished"] = view.published_at.isoformat()
    if view.full_seconds:
        found["timeRequired"] = f"PT{view.full_seconds}S"
    if view.picture is not None:
        found["image"] = settings().base_url + view.picture.large
    player = view.player
    if is_visitor and view.hears and player is not None and not player.is_preview:
        found["associatedMedia"] = {"@type": "AudioObject", "contentUrl": settings().base_url + player.src}
    return _write(found)


def write_event(view: CallView, address: str, show: PageShow | None) -> Markup:
    """A call, for its page. Where it takes place is that page: the room's address is nothing for machines."""
    found: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Event",
        "name": view.card.title,
        "description": view.card.summary,
        "url": address,
        "startDate": view.card.starts_at.isoformat(),
        "endDate": view.ends_at.isoformat(),
        "eventAttendanceMode": "https://schema.org/OnlineEventAttendanceMode",
        "eventStatus": f"https://schema.org/Event{'Cancelled' if view.state == 'withdrawn' else 'Scheduled'}",
        "location": {"@type": "VirtualLocation", "url": address},
        "inLanguage": view.card.language or language(),
    }
    if show is not None:
        found["organizer"] = {"@type": "Organization", "name": show.author or show.title, "url": settings().base_url}
    return _write(found)


def write_article(text: TextView, authors: Sequence[Author], show: PageShow | None) -> Markup:
    """One article and the way to it, for its page; of a locked one nothing but what everyone reads there."""
    address = make_address("articles.page", in_language=language(), slug=text.slug)
    found: dict[str, Any] = {
        "@type": "Article",
        "headline": text.title,
        "url": address,
        "mainEntityOfPage": address,
        "description": text.summary,
        "inLanguage": text.language or language(),
        "isAccessibleForFree": text.access == "public",
        "author": [
            {"@type": "Person", "name": each.name} | ({"url": settings().base_url + each.href} if each.href else {})
            for each in authors
        ],
    }
    if text.published_at is not None:
        found["datePublished"] = text.published_at.isoformat()
    if text.updated_at is not None:
        found["dateModified"] = text.updated_at.isoformat()
    if text.picture is not None:
        found["image"] = settings().base_url + text.picture.large
    if show is not None:
        found["publisher"] = {"@type": "Organization", "name": show.title, "url": make_address("site.home")}
    crumbs = [(gettext("Articles"), make_address("articles.index", in_language=language())), (text.title, address)]
    return _write({"@context": "https://schema.org", "@graph": [found, _describe_crumbs(crumbs)]})


def _describe_crumbs(crumbs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The way from the home page to this one."""
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": number, "name": name, "item": address}
            for number, (name, address) in enumerate(crumbs, start=1)
        ],
    }


def write_person(view: PersonView) -> Markup:
    """Somebody, for their page."""
    found: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Person",
        "name": view.name,
        "url": settings().base_url + view.href,
    }
    if view.role:
        found["jobTitle"] = view.role
    if view.picture is not None:
        found["image"] = settings().base_url + view.picture.large
    if view.links:
        found["sameAs"] = [link.href for link in view.links]
    return _write(found)


def _describe_series(show: PageShow) -> dict[str, Any]:
    found: dict[str, Any] = {
        "@type": "PodcastSeries",
        "name": show.title,
        "url": make_address("site.home", in_language=language(), key=show.key_in_path),
        "webFeed": show.public_feed,
        "inLanguage": show.facts.language,
    }
    if show.platforms:
        found["sameAs"] = [link.url for link in show.platforms]
    if show.author:
        found["author"] = {"@type": "Person", "name": show.author}
    if show.artwork is not None:
        found["image"] = settings().base_url + show.artwork.large
    return found


def _write(found: dict[str, Any]) -> Markup:
    """JSON that cannot end the element it stands in."""
    return Markup(json.dumps(found, ensure_ascii=False).translate(_ESCAPES))  # noqa: S704 -- every sign is escaped

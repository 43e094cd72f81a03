"""What a public page says of itself in its head: description, canonical address, other languages, and how it is shared."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import g, request

from podcastsvc.kit.language import write_territory
from podcastsvc.kit.text import clean_line
from podcastsvc.web.context import language, settings
from podcastsvc.web.language import LOCALIZED, make_address
from podcastsvc.web.site.addresses import Picture
from podcastsvc.web.site.shows import PageShow, main_show

_DESCRIPTION_CHARS = 200


@dataclass(frozen=True, slots=True)
class Alternate:
    """The same page in one language; ``code`` is "x-default" for readers of none of them."""

    code: str
    href: str


@dataclass(frozen=True, slots=True)
class Head:
    """The head of one page; addresses are whole and on the canonical host. ``kind`` is Open Graph's type, ``locales`` are
    the page's own language and the others, as Open Graph writes them. The picture has ``width`` by ``height`` pixels."""

    title: str
    description: str
    canonical: str
    alternates: tuple[Alternate, ...]
    image: str
    width: int
    height: int
    kind: str
    site: str
    locales: tuple[str, ...]


def find_plain_head(title: str) -> Head | None:
    """The head of a page that has none of its own, such as a form; None for pages that nobody shares: personal ones,
    those with one address for all languages, and those whose address has a part of its own, which may be a secret."""
    blueprint = (request.blueprint or "").split(".")[0]
    if request.endpoint is None or blueprint not in LOCALIZED or request.view_args or g.get("is_personal"):
        return None
    return make_head(request.endpoint, {}, show=main_show(), title=title)


def make_head(
    endpoint: str,
    values: dict[str, Any],
    *,
    show: PageShow | None,
    title: str,
    description: str = "",
    picture: Picture | None = None,
    kind: str = "website",
    languages: Sequence[str] | None = None,
) -> Head:
    """The head of the page at an endpoint. ``values`` are its address's, without where the player starts.

    A page with no words of its own is described by the show's promise. ``languages`` are those in which its text exists,
    if it is one; in another one the page only passes it on.
    """
    shown = picture or (show.artwork if show is not None else None)
    codes = [code for code in settings().languages if languages is None or code in languages]
    codes = codes or [settings().default_language]
    described = description or (show.promise if show is not None else "")
    alternates = [Alternate(code, make_address(endpoint, in_language=code, **values)) for code in codes]
    if len(codes) > 1:
        alternates.append(Alternate("x-default", alternates[0].href))
    return Head(
        title=title,
        description=clean_line(described, limit_chars=_DESCRIPTION_CHARS),
        canonical=make_address(endpoint, in_language=language() if language() in codes else codes[0], **values),
        alternates=tuple(alternates) if len(codes) > 1 else (),
        image=settings().base_url + shown.large if shown is not None else "",
        width=shown.width if shown is not None else 0,
        height=shown.height if shown is not None else 0,
        kind=kind,
        site=show.title if show is not None else "",
        locales=tuple(write_territory(code) for code in (language(), *(code for code in codes if code != language()))),
    )

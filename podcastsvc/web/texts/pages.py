"""The host's own pages, and those that each site has until its host writes others."""

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, abort, redirect, request
from markupsafe import Markup
from werkzeug.wrappers import Response

from podcastsvc.catalogue.show import ShowFacts
from podcastsvc.content.defaults.reading import render_default
from podcastsvc.content.kinds import page as kind
from podcastsvc.content.markup.shown import Shown, make_shown
from podcastsvc.storage.tables.writing import Writing
from podcastsvc.web.context import language, services, settings
from podcastsvc.web.guards.kept import keep
from podcastsvc.web.language import add_prefix
from podcastsvc.web.offers.prices import find_lowest_price, write_join_label
from podcastsvc.web.pages import gettext, render
from podcastsvc.web.site.head import make_head
from podcastsvc.web.site.shows import PageShow, main_show
from podcastsvc.web.site.viewing import get_viewing
from podcastsvc.web.texts.videos import let_play
from podcastsvc.web.texts.view import TextView, find_shown, make_view

blueprint = Blueprint("pages", __name__)


@blueprint.get("/<page_slug:slug>/", strict_slashes=False)
def page(slug: str) -> Any:
    """One page that the host wrote; with a slash at its end, as all pages of this kind."""
    if not request.path.endswith("/"):
        query = request.query_string.decode("latin-1")
        return redirect(add_prefix(f"{request.path}/", language()) + (f"?{query}" if query else ""), 308)
    return _show(slug=slug)


@blueprint.get("/privacy")
@keep()
def privacy() -> str | Response:
    """What is kept about people."""
    return _show_fixed("privacy")


@blueprint.get("/terms")
@keep()
def terms() -> str | Response:
    """What holds between the show and its members."""
    return _show_fixed("terms")


@blueprint.get("/accessibility")
@keep()
def accessibility() -> str | Response:
    """For whom the site works, and whom to tell where it does not."""
    return _show_fixed("accessibility")


@keep()
def _show(slug: str) -> str:
    found = _find(slug)
    if found is None:
        abort(404)
    writing, text = found
    return _render("pages.page", {"slug": slug}, text, writing.facts)


def _show_fixed(name: str) -> str:
    found = _find(name, needs_none=True)
    if found is not None:
        return _render(f"pages.{name}", {}, found[1], found[0].facts)
    show = main_show()
    title, rendered, code = render_default(name, language(), _list_values(show), urlsplit(settings().base_url).netloc)
    return render(
        "pages/page.html",
        page_title=title,
        head=make_head(f"pages.{name}", {}, show=show, title=title, description=rendered.plain),
        text=None,
        title=title,
        # Passed the gate a moment ago (rule T-X1).
        body=Markup(rendered.html),  # noqa: S704
        players=None,
        language_of_text=code if code != language() else None,
        sponsors=[],
        reviews=[],
    )


def _find(slug: str, *, needs_none: bool = False) -> tuple[Writing, TextView] | None:
    """A page of the host's and its view. One that ``needs_none`` has a text of its own while the host's is not out."""
    viewing = get_viewing()
    with services().db.reading() as session:
        found = find_shown(session, kind.KIND.name, slug, is_strict=not needs_none)
    return None if found is None else (found[0], make_view(*found, viewing))


def _render(endpoint: str, values: dict[str, Any], text: TextView, facts: dict[str, Any]) -> str:
    show, viewing = main_show(), get_viewing()
    return render(
        "pages/page.html",
        page_title=text.title,
        private=not text.is_listed or text.preview_state is not None,
        head=make_head(
            endpoint,
            values,
            show=show,
            title=text.title,
            description=text.summary,
            picture=text.head_picture,
            languages=text.languages,
        ),
        text=text,
        title=text.title,
        body=text.body,
        players=let_play(text.body),
        language_of_text=text.language,
        sponsors=_list_sponsors(facts) if text.reads else [],
        reviews=facts.get("reviews", []) if text.reads else [],
        viewing=viewing,
        benefits=show.benefits if show is not None else [],
        join_label="" if viewing.has_access else write_join_label(find_lowest_price()),
    )


def _list_sponsors(facts: dict[str, Any]) -> list[dict[str, Any]]:
    """The sponsors of a page, each with its logo where there is one."""
    logos = facts.get("logos", {})
    return [{**each, "picture": _read_logo(logos.get(each.get("logo")))} for each in facts.get("sponsors", [])]


def _read_logo(values: dict[str, Any] | None) -> Shown | None:
    return make_shown(**values) if values else None


def _list_values(show: PageShow | None) -> dict[str, str]:
    """What the default texts are filled with."""
    facts = show.facts if show is not None else None
    title = show.title if show is not None else urlsplit(settings().base_url).netloc
    return {
        "show": title,
        "host": (facts.owner_name or facts.author if facts is not None else "") or title,
        "videos": _tell_videos(facts),
        "email": (facts.owner_email if facts is not None else "") or settings().mail_from or f"podcast@{_host()}",
    }


def _tell_videos(facts: ShowFacts | None) -> str:
    if facts is None or not facts.look.plays_videos:
        return ""
    return gettext(
        "A video in a text is only a link until you start it. Then it comes from YouTube or Vimeo, which learn your "
        "network address and may set cookies of their own."
    )


def _host() -> str:
    return urlsplit(settings().base_url).hostname or "localhost"

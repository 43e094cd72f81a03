"""The studio's list of old addresses, searched and narrowed, and the same as a file."""

from dataclasses import dataclass
from datetime import date

from flask import Response, current_app, make_response, request

from podcastsvc.catalogue.old_addresses import keeping, settling
from podcastsvc.catalogue.old_addresses.lines import write_csv
from podcastsvc.catalogue.old_addresses.reading import read_old
from podcastsvc.catalogue.old_addresses.settling import Site
from podcastsvc.errors import Invalid
from podcastsvc.kit.language import N_
from podcastsvc.kit.text import clean_line
from podcastsvc.storage.tables.old_address import OldAddress
from podcastsvc.web.context import services, settings
from podcastsvc.web.guards.headers import NO_STORE
from podcastsvc.web.language import make_path
from podcastsvc.web.lists import FilterLink, count_pages, read_page
from podcastsvc.web.pages import gettext, ngettext, render
from podcastsvc.web.sign_in.gates import host_only
from podcastsvc.web.site_map import read_site
from podcastsvc.web.studio.blueprint import blueprint

_PER_PAGE = 50
ORIGINS = {"host": N_("Written here"), "import": N_("From an import")}


@dataclass(frozen=True, slots=True)
class AddressLine:
    """One row of the list; ``problem`` says why nobody is sent on by it any more, if that is so."""

    id: int
    path: str
    target: str
    is_permanent: bool
    uses: int
    used_on: date | None
    problem: str


@blueprint.get("/old-addresses")
@host_only
def old_addresses() -> str:
    """The list, newest first."""
    typed = clean_line(request.args.get("q", ""), limit_chars=500)
    words, page = _read_words(typed), read_page()
    wanted = request.args.get("from", "")
    origin = wanted if wanted in ORIGINS else None
    with services().db.reading() as session:
        counts = keeping.count_addresses(session, words=words)
        found = keeping.list_addresses(
            session, words=words, origin=origin, offset=(page - 1) * _PER_PAGE, limit=_PER_PAGE
        )
        site = read_site(session, current_app, settings())
    total = counts.get(origin, 0) if origin else sum(counts.values())
    return render(
        "studio/old_addresses/index.html",
        words=typed,
        lines=[_make_line(row, site) for row in found],
        filters=_make_filters(counts, typed, origin),
        has_filter=bool(typed or origin),
        total=total,
        page=page,
        pages=count_pages(total, _PER_PAGE),
        page_href=lambda number: make_path("studio.old_addresses", q=typed or None, page=number, **_narrow(origin)),
        said=_say(),
    )


@blueprint.get("/old-addresses.csv")
@host_only
def export_old_addresses() -> Response:
    """The whole list as a file for a spreadsheet, which can be pasted again."""
    with services().db.reading() as session:
        # The mark at the front tells spreadsheets that this is UTF-8.
        response = make_response("\ufeff" + write_csv(keeping.list_addresses(session)))
    response.mimetype = "text/csv"
    response.headers["Content-Disposition"] = "attachment; filename=old-addresses.csv"
    response.headers["Cache-Control"] = NO_STORE
    return response


def find_problem(row: OldAddress, site: Site) -> str:
    """Why nobody is sent on by an address: a page stands there by now, or none where it leads."""
    problem = settling.check_path(row.path, site) or settling.check_way(row.path, row.target, site)
    return gettext(problem) if problem is not None else ""


def _make_line(row: OldAddress, site: Site) -> AddressLine:
    return AddressLine(
        row.id, row.path, row.target, row.is_permanent, row.uses, row.used_on, problem=find_problem(row, site)
    )


def _read_words(typed: str) -> str:
    """What is looked for: a whole address, as it is copied from a browser, is found by its form in the list."""
    if not typed.lower().startswith(("/", "http:", "https:")):
        return typed
    try:
        return read_old(typed)
    except Invalid:
        return typed


def _make_filters(counts: dict[str, int], words: str, current: str | None) -> list[FilterLink]:
    links = [FilterLink(gettext("All"), make_path("studio.old_addresses", q=words or None), current is None)]
    for origin, label in ORIGINS.items():
        if counts.get(origin) or origin == current:
            href = make_path("studio.old_addresses", q=words or None, **_narrow(origin))
            links.append(FilterLink(f"{gettext(label)} · {counts.get(origin, 0)}", href, origin == current))
    return links


def _narrow(origin: str | None) -> dict[str, str]:
    return {"from": origin} if origin else {}


def _say() -> str:
    """What has just been done, in words; the numbers stand in the address."""
    done, count = request.args.get("done", ""), request.args.get("count", 0, type=int)
    said = {
        "saved": gettext("The address is saved."),
        "nothing": gettext("Nothing was changed: all of that was in the list already."),
        "none": gettext("Nothing was removed. Choose the addresses first."),
        "pasted": ngettext("%(num)s address is saved.", "%(num)s addresses are saved.", count) % {"num": count},
        "removed": ngettext("%(num)s address is removed.", "%(num)s addresses are removed.", count) % {"num": count},
    }.get(done, "")
    moved = request.args.get("moved", 0, type=int)
    return f"{said} {say_moved(moved)}".strip() if said else ""


def say_moved(count: int) -> str:
    """What else changed: addresses that led to one that now leads on."""
    if not count:
        return ""
    return ngettext(
        "%(num)s other address led there and now goes straight on, too.",
        "%(num)s other addresses led there and now go straight on, too.",
        count,
    ) % {"num": count}

"""What the host changes about old addresses: one at a time, many lines at once, and taking them out of the list."""

import logging
from collections.abc import Mapping

from flask import abort, current_app, make_response, request
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from podcastsvc.catalogue.old_addresses import keeping
from podcastsvc.catalogue.old_addresses.keeping import Report
from podcastsvc.catalogue.old_addresses.lines import Lines, read_lines
from podcastsvc.catalogue.old_addresses.reading import LONGEST_PATH_CHARS, LONGEST_TARGET_CHARS, read_old, read_target
from podcastsvc.catalogue.old_addresses.settling import Entry
from podcastsvc.errors import Invalid
from podcastsvc.storage.tables.old_address import OldAddress
from podcastsvc.web.context import now, services, settings
from podcastsvc.web.pages import gettext, ngettext, render
from podcastsvc.web.requests import FORM_BYTES, LARGER
from podcastsvc.web.sign_in.gates import host_only
from podcastsvc.web.site_map import read_site
from podcastsvc.web.studio.blueprint import blueprint, go
from podcastsvc.web.studio.forms import FormReader
from podcastsvc.web.studio.old_addresses.listing import ORIGINS, find_problem, say_moved

log = logging.getLogger(__name__)

KINDS = ("permanent", "temporary")
_MOST_SHOWN = 50
# 10,000 lines of usual addresses.
LARGER["studio.save_pasted_addresses"] = 2 * FORM_BYTES


@blueprint.get("/old-addresses/new")
@host_only
def new_old_address() -> str:
    """The form of a further address."""
    return _show(None, {}, {})


@blueprint.post("/old-addresses/new")
@host_only
def add_old_address() -> str | AnyResponse:
    """Saves one address."""
    form = FormReader(request.form)
    entry = _read_entry(form)
    if entry is not None:
        with services().db.transaction() as session:
            report = keeping.save(session, [entry], read_site(session, current_app, settings()), now=now())
            row = keeping.look_up(session, [entry.path])
        problem = report.refused.get(0)
        if problem is None and row is not None:
            log.info("old address saved", extra={"address": row.id, "by": current_user.id})
            return _go_on(row, report)
        if problem is not None:
            form.errors[problem.side] = gettext(problem.sentence)
    return make_response(_show(None, request.form.to_dict(), form.errors), 422)


@blueprint.get("/old-addresses/<int:address_id>")
@host_only
def old_address(address_id: int) -> str:
    """One address with its use, to be changed or removed."""
    with services().db.reading() as session:
        row = keeping.find_by_id(session, address_id) or abort(404)
    kind = KINDS[0] if row.is_permanent else KINDS[1]
    return _show(row, {"old": row.path, "new": row.target, "kind": kind}, {})


@blueprint.post("/old-addresses/<int:address_id>")
@host_only
def save_old_address(address_id: int) -> str | AnyResponse:
    """Changes one address."""
    form = FormReader(request.form)
    entry = _read_entry(form)
    with services().db.transaction() as session:
        row = keeping.find_to_change(session, address_id) or abort(404)
        if entry is not None:
            try:
                report = keeping.change(session, row, entry, read_site(session, current_app, settings()), now())
                log.info("old address changed", extra={"address": address_id, "by": current_user.id})
                return _go_on(row, report)
            except Invalid as refusal:
                form.take(refusal, "new")
    return make_response(_show(row, request.form.to_dict(), form.errors), 422)


def _go_on(row: OldAddress, report: Report) -> AnyResponse:
    """The list; or the address itself, where its way was cut short and the host should see to where."""
    moved = report.moved or None
    if report.straightened:
        return go("studio.old_address", address_id=row.id, done="straightened", moved=moved)
    return go("studio.old_addresses", done="saved", moved=moved)


def _read_entry(form: FormReader) -> Entry | None:
    """What the form says; None, with its errors, where it cannot be used."""
    found: dict[str, str] = {}
    typed = {
        "old": form.line("old", limit_chars=2 * LONGEST_PATH_CHARS, needed=gettext("Enter the old address.")),
        "new": form.line("new", limit_chars=LONGEST_TARGET_CHARS, needed=gettext("Enter where it leads.")),
    }
    for name, text in typed.items():
        try:
            found[name] = read_old(text) if name == "old" else read_target(text, settings().base_url)
        except Invalid as refusal:
            form.errors.setdefault(name, gettext(refusal.message))
    kind = form.choice("kind", KINDS)
    return None if form.errors else Entry(found["old"], found["new"], is_permanent=kind == KINDS[0])


def _show(row: OldAddress | None, values: Mapping[str, str], errors: Mapping[str, str]) -> str:
    problem = ""
    if row is not None and not errors:
        with services().db.reading() as session:
            problem = find_problem(row, read_site(session, current_app, settings()))
    return render(
        "studio/old_addresses/page.html",
        row=row,
        origin=gettext(ORIGINS[row.origin]) if row is not None else "",
        values={"old": "", "new": "", "kind": KINDS[0], **values},
        errors=errors,
        problem=problem,
        said=_say_straightened(row) if row is not None and request.args.get("done") == "straightened" else "",
    )


def _say_straightened(row: OldAddress) -> str:
    said = gettext("What you wrote leads further by itself, so this address goes straight to the end: %(target)s.")
    return f"{said % {'target': row.target}} {say_moved(request.args.get('moved', 0, type=int))}".strip()


@blueprint.get("/old-addresses/paste")
@host_only
def paste_old_addresses() -> str:
    """The form for many lines."""
    return _show_paste("", {}, Lines(), 0)


@blueprint.post("/old-addresses/paste")
@host_only
def save_pasted_addresses() -> str | AnyResponse:
    """Saves the lines that can be used; the others come back with what is wrong with each."""
    raw = request.form.get("lines", "")
    try:
        lines = read_lines(raw, settings().base_url)
    except Invalid as refusal:
        return make_response(_show_paste(raw, {"lines": gettext(refusal.message)}, Lines(), 0), 422)
    if not lines.good and not lines.bad:
        return make_response(_show_paste("", {"lines": gettext("Enter at least one line.")}, lines, 0), 422)
    report = _save_all([line.entry for line in lines.good])
    lines.refuse(report.refused)
    saved = report.added + report.changed
    log.info("old addresses pasted", extra={"count": saved, "refused": len(lines.bad), "by": current_user.id})
    if not lines.bad:
        moved = report.moved or None
        return go("studio.old_addresses", done="pasted" if saved else "nothing", count=saved or None, moved=moved)
    left = len(lines.bad)
    errors = {
        "lines": ngettext("%(num)s line cannot be used yet.", "%(num)s lines cannot be used yet.", left) % {"num": left}
    }
    return make_response(_show_paste("\n".join(line.text for line in lines.bad), errors, lines, saved), 422)


def _save_all(entries: list[Entry]) -> Report:
    """Saves many entries, settled beforehand, so that others need not wait for that."""
    with services().db.reading() as session:
        prepared = keeping.prepare(session, entries, read_site(session, current_app, settings()), replaces=True)
    with services().db.transaction() as session:
        site = read_site(session, current_app, settings())
        return keeping.save(session, entries, site, replaces=True, prepared=prepared, now=now())


def _show_paste(text: str, errors: Mapping[str, str], lines: Lines, saved: int) -> str:
    """The form, with the lines that are left in it, numbered anew as they stand there."""
    return render(
        "studio/old_addresses/paste.html",
        text=text,
        errors=errors,
        problems=[(number, line.problem) for number, line in enumerate(lines.bad[:_MOST_SHOWN], start=1)],
        more=max(0, len(lines.bad) - _MOST_SHOWN),
        saved=saved,
    )


@blueprint.post("/old-addresses/remove")
@host_only
def remove_old_addresses() -> str | AnyResponse:
    """Names what is to go and asks; sent again from there, it takes it out of the list."""
    typed = request.form.getlist("address")
    ids = [int(each) for each in typed if each.isascii() and each.isdecimal() and len(each) < 10]
    with services().db.reading() as session:
        rows = keeping.list_by_id(session, ids)
    if not rows:
        return go("studio.old_addresses", done="none")
    if not request.form.get("sure"):
        return render("studio/old_addresses/remove.html", rows=rows, shown=rows[:_MOST_SHOWN])
    with services().db.transaction() as session:
        count = keeping.remove(session, [row.id for row in rows])
    log.info("old addresses removed", extra={"count": count, "by": current_user.id})
    return go("studio.old_addresses", done="removed", count=count)

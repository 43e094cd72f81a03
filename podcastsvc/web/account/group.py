"""A member's group: who sits where, the link that invites, seats taken back, more seats or fewer; and leaving another's."""

import logging
from dataclasses import dataclass

from flask import Response, make_response, request
from flask_login import current_user

from podcastsvc.billing.desk import Desk
from podcastsvc.billing.groups import links, resizing, seating
from podcastsvc.billing.groups.resizing import Resize
from podcastsvc.billing.groups.seating import GroupView
from podcastsvc.billing.letters.texts import write_price
from podcastsvc.errors import Conflict, Invalid
from podcastsvc.kit.language import N_
from podcastsvc.kit.money import Money
from podcastsvc.kit.text import clean_line
from podcastsvc.web.account.blueprint import blueprint, go
from podcastsvc.web.account.page import find_done
from podcastsvc.web.context import language, now, services
from podcastsvc.web.language import make_address
from podcastsvc.web.pages import gettext, render
from podcastsvc.web.sign_in.entering import go_to
from podcastsvc.web.sign_in.gates import member_only

log = logging.getLogger(__name__)

DONE = {
    "link": (N_("The new link is ready."), N_("The old one has stopped. Who has a seat keeps it.")),
    "back": (N_("The seat is free again."), N_("We have written to whoever sat there. Make a new link if it got out.")),
    "size": (N_("Your group is changed."), ""),
}
NO_NUMBER = N_("Enter a whole number.")


@dataclass(frozen=True, slots=True)
class OwnGroup:
    """A group as its payer sees it. ``link`` is None where its key is lost; ``most`` is the largest size it may have, 1
    where its size cannot be changed now."""

    view: GroupView
    price: str
    link: str | None
    most: int


@blueprint.get("/group")
@member_only
def group() -> str | Response:
    """The seats; with ``size`` what another size costs today."""
    found = _find_group()
    if found is None:
        return go("page")
    typed = clean_line(request.args.get("size", ""), limit_chars=10)
    if not typed or found.most == 1:
        return _show(found)
    try:
        return _confirm(found, resizing.preview(_desk(), current_user.id, _read_size(typed), now()))
    except Invalid as problem:
        return make_response(_show(found, typed=typed, errors={"size": gettext(problem.message)}), 422)
    except Conflict as problem:
        return make_response(_show(found, problem=gettext(problem.message)), 409)


@blueprint.post("/group")
@member_only
def resize_group() -> Response:
    """Carries out what was shown."""
    token = request.form.get("token", "")
    try:
        outcome = resizing.resize(_desk(), current_user.id, token)
    except Invalid:
        # It has this size already, as when the same confirmation was sent twice; or a seat was taken meanwhile.
        return go("group")
    except Conflict:
        return go("group", size=resizing.read_size(services().keys, token), old=1)
    if outcome not in {"changed", "declined"}:
        return go_to(outcome)
    log.info("group changes size", extra={"member": current_user.id, "outcome": outcome})
    return go("group", done="size") if outcome == "changed" else go("page", done="declined")


@blueprint.post("/group/link")
@member_only
def renew_group_link() -> Response:
    """Makes another link to invite with."""
    with services().db.transaction() as session:
        if seating.find_group(session, current_user.id, now()) is not None:
            links.renew_link(session, services().keys, current_user.id, now())
    return go("group", done="link")


@blueprint.post("/group/take-back/<int:holder_id>")
@member_only
def take_back_seat(holder_id: int) -> Response:
    """Frees a seat in the member's own group."""
    with services().db.transaction() as session:
        is_done = seating.take_back(session, current_user.id, holder_id, now())
    return go("group", done="back") if is_done else go("group")


@blueprint.post("/group/leave/<int:payer_id>")
@member_only
def leave_group(payer_id: int) -> Response:
    """Frees the member's seat in another's group."""
    with services().db.transaction() as session:
        is_done = seating.leave(session, payer_id, current_user.id)
    return go("page", done="seat_left") if is_done else go("page")


def _desk() -> Desk:
    return services().make_desk().for_page()


def _read_size(typed: str) -> int:
    if not (typed.isascii() and typed.isdigit()):
        raise Invalid(NO_NUMBER, {"size": NO_NUMBER})
    return int(typed)


def _find_group() -> OwnGroup | None:
    """None for somebody who pays for nobody and whose plan is for one person."""
    is_open = services().find_gateway() is not None
    with services().db.transaction() as session:
        view = seating.find_group(session, current_user.id, now())
        if view is None:
            return None
        kept = links.get_link(session, services().keys, current_user.id, now()) if view.size > 1 else None
        code = links.show_code(services().keys, kept) if kept is not None else None
        most = resizing.find_most(session, view.row) if is_open else 1
    if view.size == 1 and most == 1 and not view.seats:
        return None
    link = make_address("seat.code", code=code) if code is not None else None
    price = write_price(Money(view.row.amount_minor, view.row.currency), view.row.interval, language())
    return OwnGroup(view, price, link, most)


def _show(found: OwnGroup, *, typed: str = "", errors: dict[str, str] | None = None, problem: str = "") -> str:
    return render(
        "account/group.html",
        found=found,
        typed=typed,
        errors=errors or {},
        problem=problem,
        done=find_done(DONE),
    )


def _confirm(found: OwnGroup, wanted: Resize) -> str:
    return render(
        "account/group_confirm.html",
        found=found,
        wanted=wanted,
        costs=write_price(wanted.each_time, found.view.row.interval, language()),
        due=wanted.due if wanted.due.amount_minor > 0 else None,
        is_more=wanted.size > found.view.size,
        is_old=bool(request.args.get("old")),
        too_old=gettext(resizing.TOO_OLD),
    )

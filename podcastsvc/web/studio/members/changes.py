"""What the host changes about members: adding, giving plans, links, the host's own note, removing."""

import logging

from flask import abort, make_response, request
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from podcastsvc.billing import leaving
from podcastsvc.billing.plans import list_plans
from podcastsvc.errors import Failure, Invalid
from podcastsvc.kit.language import N_
from podcastsvc.mail.addresses import read_address
from podcastsvc.members import accounts, feed_tokens, grants, letters
from podcastsvc.members.subscriptions import find_running
from podcastsvc.storage.tables.member import FeedLink
from podcastsvc.web.account.proving import freshly_proved
from podcastsvc.web.context import language, now, services, settings
from podcastsvc.web.pages import gettext, render, zone_of_show
from podcastsvc.web.sign_in.gates import host_only
from podcastsvc.web.studio.blueprint import blueprint, go
from podcastsvc.web.studio.forms import FormReader
from podcastsvc.web.studio.members.pages import get_member, show_member

log = logging.getLogger(__name__)

ITSELF = N_("This is your own account. Ask another host to remove it.")


@blueprint.get("/members/new")
@host_only
def new_member() -> str:
    """The form for a further member."""
    return _show_new({"language": settings().default_language}, {})


@blueprint.post("/members/new")
@host_only
def add_member() -> str | AnyResponse:
    """Makes the account with its link and gives the plan, if one was chosen. A known address gets the plan only."""
    form = FormReader(request.form)
    plan, until = form.line("plan"), form.day("until")
    chosen_language, zone = form.choice("language", settings().languages), zone_of_show()
    name = form.line("name", limit_chars=accounts.LONGEST_NAME_CHARS)
    try:
        address = read_address(form.line("email"))
        if not form.errors:
            with services().db.transaction() as session:
                found = accounts.sign_up(
                    session, services().keys, address, language=chosen_language, name=name, now=now()
                )
                if plan:
                    grants.give(session, found.id, plan, until=until, zone=zone, now=now())
            log.info("member added", extra={"member": found.id, "by": current_user.id})
            return go("studio.member", member_id=found.id)
    except Invalid as refusal:
        form.take(refusal, "email")
    return make_response(_show_new(request.form.to_dict(), form.errors), 422)


def _show_new(values: dict[str, str], errors: dict[str, str]) -> str:
    with services().db.reading() as session:
        plans = list_plans(session, language(), with_closed=True)
    filled = {"email": "", "name": "", "plan": plans[0].key if plans else "", "until": "", "language": "", **values}
    return render("studio/members/new.html", plans=plans, values=filled, errors=errors)


@blueprint.post("/members/<int:member_id>/grants")
@host_only
def give_plan(member_id: int) -> str | AnyResponse:
    """Gives a plan through the end of a day, or for good."""
    form = FormReader(request.form)
    plan, until = form.line("plan", needed=gettext("Choose a plan.")), form.day("until")
    zone = zone_of_show()
    try:
        if not form.errors:
            with services().db.transaction() as session:
                found = get_member(session, member_id)
                grants.give(session, found.id, plan, until=until, zone=zone, now=now())
            log.info("plan given", extra={"member": member_id, "plan": plan, "by": current_user.id})
            return go("studio.member", member_id=member_id)
    except Invalid as refusal:
        form.take(refusal, "until")
    values = {"plan": plan, "until": request.form.get("until", "")}
    return make_response(show_member(member_id, errors=form.errors, **values), 422)


@blueprint.post("/members/<int:member_id>/grants/<int:grant_id>/end")
@host_only
def end_plan(member_id: int, grant_id: int) -> AnyResponse:
    """Ends a grant now."""
    with services().db.transaction() as session:
        if grant_id not in {grant.id for grant in grants.list_grants(session, get_member(session, member_id).id)}:
            abort(404)
        grants.end_grant(session, grant_id, now())
    log.info("grant ended", extra={"member": member_id, "grant": grant_id, "by": current_user.id})
    return go("studio.member", member_id=member_id)


@blueprint.post("/members/<int:member_id>/links")
@host_only
def make_link(member_id: int) -> AnyResponse:
    """One more link, for a member whose links were revoked, or who wants one for another app."""
    with services().db.transaction() as session:
        member_id = get_member(session, member_id).id
        feed_tokens.make_link(session, services().keys, member_id, now=now())
    log.info("link made", extra={"member": member_id, "by": current_user.id})
    return go("studio.member", member_id=member_id)


@blueprint.post("/members/<int:member_id>/links/<int:link_id>/show")
@host_only
@freshly_proved
def show_link(member_id: int, link_id: int) -> str:
    """The page of the member with one link's address on it, which is noted in the log (rules T-A2, T-S3)."""
    with services().db.reading() as session:
        link = _get_link(session, member_id, link_id)
    found = feed_tokens.show_link(services().keys, link)
    log.info("link shown", extra={"member": member_id, "link": link_id, "by": current_user.id})
    address = None if found is None else settings().base_url + feed_tokens.write_feed_path(found.feed_token)
    return show_member(member_id, shown=address, shown_link=link_id)


@blueprint.post("/members/<int:member_id>/links/<int:link_id>/send")
@host_only
def send_link(member_id: int, link_id: int) -> AnyResponse:
    """Sends the member the address of one of their links."""
    sender = services().make_sender()
    with services().db.transaction() as session:
        link = _get_link(session, member_id, link_id)
        found = get_member(session, member_id)
        letters.write_links_letter(session, services().keys, sender, found, link, now())
    log.info("link sent", extra={"member": member_id, "link": link_id, "by": current_user.id})
    return go("studio.member", member_id=member_id, done="sent")


@blueprint.post("/members/<int:member_id>/links/<int:link_id>/replace")
@host_only
def replace_link(member_id: int, link_id: int) -> AnyResponse:
    """A new link in place of one; the old one stops at once."""
    with services().db.transaction() as session:
        feed_tokens.replace_link(session, services().keys, _get_link(session, member_id, link_id), now=now())
    log.info("link replaced", extra={"member": member_id, "link": link_id, "by": current_user.id})
    return go("studio.member", member_id=member_id)


@blueprint.post("/members/<int:member_id>/links/<int:link_id>/revoke")
@host_only
def revoke_link(member_id: int, link_id: int) -> AnyResponse:
    """Takes a link away for good."""
    with services().db.transaction() as session:
        feed_tokens.revoke_link(session, _get_link(session, member_id, link_id), now=now())
    log.info("link revoked", extra={"member": member_id, "link": link_id, "by": current_user.id})
    return go("studio.member", member_id=member_id)


def _get_link(session: Session, member_id: int, link_id: int) -> FeedLink:
    """One live link of this member; 404 for anybody else's (rule T-A10)."""
    link = feed_tokens.find_link(session, get_member(session, member_id).id, link_id)
    if link is None:
        abort(404)
    return link


@blueprint.post("/members/<int:member_id>/note")
@host_only
def save_note(member_id: int) -> str | AnyResponse:
    """The host's own words about a person, which only hosts see."""
    form = FormReader(request.form)
    text = form.text("note", limit_chars=accounts.LONGEST_NOTE_CHARS)
    if form.errors:
        return make_response(show_member(member_id, errors=form.errors, note_text=text), 422)
    with services().db.transaction() as session:
        accounts.write_note(session, get_member(session, member_id), text)
    return go("studio.member", member_id=member_id)


@blueprint.get("/members/<int:member_id>/remove")
@host_only
def remove_member(member_id: int) -> str:
    """Says what removing does, and asks."""
    with services().db.reading() as session:
        found = get_member(session, member_id)
        running = find_running(session, found.id, now())
    return render("studio/members/remove.html", member=found, is_paying=running is not None, problem="")


@blueprint.post("/members/<int:member_id>/remove")
@host_only
def remove_member_now(member_id: int) -> str | AnyResponse:
    """Removes the account; a running subscription is ended at Stripe first, or nothing happens (rule T-P7)."""
    with services().db.reading() as session:
        found = get_member(session, member_id)
        running = find_running(session, found.id, now())
    problem = gettext(ITSELF) if found.id == current_user.id else ""
    if not problem:
        try:
            leaving.remove_member(services().db, services().find_gateway(), found.id, now())
        except Failure as refusal:
            problem = gettext(refusal.message)
    if problem:
        page = render("studio/members/remove.html", member=found, is_paying=running is not None, problem=problem)
        return make_response(page, 409)
    log.info("member removed", extra={"member": found.id, "by": current_user.id})
    return go("studio.members")

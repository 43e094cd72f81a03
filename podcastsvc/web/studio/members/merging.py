"""Two accounts of one person: finding the second, seeing what would move, and making them one."""

import logging

from flask import make_response, request
from flask_login import current_user
from werkzeug.wrappers import Response

from podcastsvc.billing import merging
from podcastsvc.errors import Conflict, Invalid, NotFound
from podcastsvc.kit.language import N_
from podcastsvc.mail.addresses import read_address
from podcastsvc.members import accounts
from podcastsvc.web.context import now, services
from podcastsvc.web.pages import gettext, render
from podcastsvc.web.sign_in.gates import host_only
from podcastsvc.web.studio.blueprint import blueprint, go
from podcastsvc.web.studio.members.pages import get_member

log = logging.getLogger(__name__)

UNKNOWN = N_("No account has this address.")


@blueprint.get("/members/<int:member_id>/merge")
@host_only
def merge_member(member_id: int) -> str | Response:
    """Asks for the other account's address; with one, says what merging would do."""
    typed = request.args.get("email", "")
    if not typed:
        return _show(member_id)
    try:
        with services().db.reading() as session:
            other = accounts.find_by_email(session, read_address(typed).email_key)
            plan = merging.plan_merge(session, member_id, other.id, now()) if other is not None else None
    except (Conflict, Invalid) as refusal:
        return make_response(_show(member_id, email=typed, error=gettext(refusal.message)), 422)
    if plan is None:
        return make_response(_show(member_id, email=typed, error=gettext(UNKNOWN)), 422)
    return _show(member_id, email=typed, plan=plan)


@blueprint.post("/members/<int:member_id>/merge")
@host_only
def merge_member_now(member_id: int) -> str | Response:
    """Makes them one; cannot be taken back."""
    other_id = request.form.get("other", 0, type=int)
    try:
        with services().db.transaction() as session:
            plan = merging.merge(session, member_id, other_id, now())
    except (NotFound, Conflict) as refusal:
        return make_response(_show(member_id, error=gettext(refusal.message)), 409)
    log.info("members merged", extra={"member": member_id, "folded": plan.folded.id, "by": current_user.id})
    return go("studio.member", member_id=member_id)


def _show(member_id: int, *, email: str = "", error: str = "", plan: merging.MergePlan | None = None) -> str:
    with services().db.reading() as session:
        member = get_member(session, member_id)
    return render(
        "studio/members/merge.html",
        member=member,
        email=email,
        plan=plan,
        errors={"email": error} if error else {},
    )

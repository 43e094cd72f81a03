"""The studio's gifts: who gave what to whom, how it stands, a new code, and the e-mail once more."""

import logging
from dataclasses import dataclass
from datetime import date, datetime

from flask import request
from flask_login import current_user
from werkzeug.wrappers import Response

from podcastsvc.billing import plans
from podcastsvc.billing.kinds import gifts
from podcastsvc.billing.kinds.gift_offers import write_length
from podcastsvc.errors import Conflict
from podcastsvc.storage.tables.member import Member
from podcastsvc.storage.tables.offer import Gift
from podcastsvc.web.context import language, now, services
from podcastsvc.web.language import make_path
from podcastsvc.web.lists import count_pages, read_page
from podcastsvc.web.pages import gettext, render
from podcastsvc.web.sign_in.gates import host_only
from podcastsvc.web.studio.blueprint import blueprint, go

log = logging.getLogger(__name__)

_PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class GiftLine:
    """One row of the list. ``state``: waiting (for its day), paid, redeemed, refunded; ``taker`` is who accepted it."""

    id: int
    state: str
    what: str
    giver: str
    giver_email: str
    recipient: str
    recipient_email: str
    bought_at: datetime
    deliver_on: date | None
    redeemed_at: datetime | None
    taker: str
    taker_id: int | None

    @property
    def is_open(self) -> bool:
        return self.state in {"waiting", "paid"}


@blueprint.get("/offers")
@host_only
def offers() -> str:
    """All gifts, newest first."""
    page = read_page()
    with services().db.reading() as session:
        total = gifts.count_gifts(session)
        found = gifts.list_gifts(session, limit=_PER_PAGE, offset=(page - 1) * _PER_PAGE)
        titles = plans.list_titles(session, language())
    lines = [_make_line(gift, taker, titles.get(gift.plan, gift.plan)) for gift, taker in found]
    return render(
        "studio/offers/index.html",
        lines=lines,
        page=page,
        pages=count_pages(total, _PER_PAGE),
        page_href=lambda number: make_path("studio.offers", page=number),
        said=_say(),
        problem=gettext(gifts.NOT_OPEN) if request.args.get("done") == "late" else "",
    )


@blueprint.post("/offers/gifts/<int:gift_id>/code")
@host_only
def renew_gift(gift_id: int) -> Response:
    """Issues a new code; the old one stops at once."""
    keys = services().keys
    try:
        with services().db.transaction() as session:
            gifts.issue_new_code(session, keys, gifts.get_gift(session, gift_id))
    except Conflict:
        return go("studio.offers", done="late")
    log.info("gift has a new code", extra={"gift": gift_id, "by": current_user.id})
    return go("studio.offers", done="renewed")


@blueprint.post("/offers/gifts/<int:gift_id>/send")
@host_only
def send_gift(gift_id: int) -> Response:
    """Sends the gift's e-mail once more."""
    try:
        with services().db.transaction() as session:
            gifts.send_again(session, gifts.get_gift(session, gift_id), now())
    except Conflict:
        return go("studio.offers", done="late")
    return go("studio.offers", done="sent")


def _make_line(gift: Gift, taker: Member | None, title: str) -> GiftLine:
    is_waiting = gift.state == "paid" and gift.recipient_email is not None and gift.delivered_at is None
    return GiftLine(
        id=gift.id,
        state="waiting" if is_waiting else gift.state,
        what=f"{title}, {write_length(gift.months, language())}",
        giver=gift.buyer_name,
        giver_email=gift.buyer_email,
        recipient=gift.recipient_name,
        recipient_email=gift.recipient_email or "",
        bought_at=gift.created_at,
        deliver_on=gift.deliver_on,
        redeemed_at=gift.redeemed_at,
        taker=(taker.name or taker.email or "") if taker is not None else "",
        taker_id=taker.id if taker is not None else None,
    )


def _say() -> str:
    """What has just been done, in words."""
    return {
        "renewed": gettext("The old code has stopped, and the new one is on its way."),
        "sent": gettext("The e-mail is on its way again."),
    }.get(request.args.get("done", ""), "")

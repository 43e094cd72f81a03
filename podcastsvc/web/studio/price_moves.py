"""Moving members from an earlier price of a plan to the one on sale: planning it, and calling it off."""

import logging
from datetime import datetime, time
from zoneinfo import ZoneInfo

from flask import request
from flask_login import current_user
from werkzeug.wrappers import Response

from podcastsvc.billing.changing import price_moves
from podcastsvc.errors import Conflict, Invalid, NotFound
from podcastsvc.web.context import now, services
from podcastsvc.web.pages import zone_of_show
from podcastsvc.web.sign_in.gates import host_only
from podcastsvc.web.studio.blueprint import blueprint, go
from podcastsvc.web.studio.forms import FormReader

log = logging.getLogger(__name__)


@blueprint.post("/plans/<key>/moves/<int:price_id>")
@host_only
def move_price(key: str, price_id: int) -> Response:
    """Plans the move, and has everybody told."""
    day = FormReader(request.form).day("day")
    if day is None:
        return go("studio.plan", key=key, done="soon")
    at = datetime.combine(day, time(), ZoneInfo(zone_of_show()))
    try:
        with services().db.transaction() as session:
            move_id = price_moves.plan_move(session, key, price_id, at, now())
    except Invalid:
        return go("studio.plan", key=key, done="soon")
    except (NotFound, Conflict):
        return go("studio.plan", key=key)
    log.info("price move planned", extra={"move": move_id, "by": current_user.id})
    return go("studio.plan", key=key, done="moving")


@blueprint.post("/plans/<key>/moves/<int:price_id>/stop")
@host_only
def stop_move(key: str, price_id: int) -> Response:
    """Calls a move off; members keep their price."""
    with services().db.transaction() as session:
        price_moves.call_off(session, price_id)
    log.info("price move called off", extra={"price": price_id, "by": current_user.id})
    return go("studio.plan", key=key, done="stopped")

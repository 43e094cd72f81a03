"""Members, orders and payments as CSV files, for who has proved who they are just now (rules T-A2, T-X5)."""

import logging

from flask import Response, abort, make_response
from flask_login import current_user

from podcastsvc.billing.accounting.export import EXPORTS
from podcastsvc.kit.spreadsheets import write_rows
from podcastsvc.web.account.proving import freshly_proved
from podcastsvc.web.context import now, services
from podcastsvc.web.sign_in.gates import host_only
from podcastsvc.web.studio.blueprint import blueprint

log = logging.getLogger(__name__)


@blueprint.post("/money/export/<what>")
@host_only
@freshly_proved
def export(what: str) -> Response:
    """One file; it is noted in the log who has taken it."""
    if what not in EXPORTS:
        abort(404)
    with services().db.reading() as session:
        head, rows = EXPORTS[what](session, now())
        body = b"".join(write_rows(head, rows))
    log.info("exported", extra={"what": what, "by": current_user.id})
    response = make_response(body)
    response.headers["Content-Type"] = "text/csv; charset=utf-8"
    response.headers["Content-Disposition"] = f'attachment; filename="{what}-{now():%Y-%m-%d}.csv"'
    return response

"""Whether the site is alive, for load balancers and supervisors."""

from flask import Blueprint, Response, make_response
from sqlalchemy import text

from podcastsvc.web.context import services

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """200 while the database answers; 503 (by its Unavailable) while it does not."""
    with services().db.reading() as session:
        session.execute(text("SELECT 1"))
    response = make_response("ok\n")
    response.mimetype = "text/plain"
    response.headers["Cache-Control"] = "no-store"
    return response

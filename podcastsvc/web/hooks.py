"""Where Stripe's notices arrive: read raw, checked, stored, answered; a job works on them afterwards."""

from flask import Blueprint, Response, make_response, request

from podcastsvc.billing import webhooks
from podcastsvc.billing.setting_up import proving
from podcastsvc.errors import Invalid
from podcastsvc.web.apps import pacing
from podcastsvc.web.context import now, services
from podcastsvc.web.guards.csrf import signs_itself

blueprint = Blueprint("hooks", __name__)


@blueprint.post("/webhooks/stripe")
@blueprint.post("/webhooks/stripe/", endpoint="stripe_with_slash")
@signs_itself
def stripe() -> Response:
    """200 once the notice is stored; 400 for a bad one; 503 where it could not be written, so that Stripe repeats it."""
    pacing.spend_notice()
    body = request.get_data(cache=False)
    try:
        notice = webhooks.read(services().webhook_secrets, body, request.headers.get("Stripe-Signature"))
        received = services().stripe_notices.do(notice)
    except Invalid as problem:
        proving.note_refused(services().db, now())
        return _answer(f"{problem.message}", 400)
    return _answer(str(received), 200)


def _answer(line: str, status: int) -> Response:
    response = make_response(f"{line}\n", status)
    response.mimetype = "text/plain"
    response.headers["Cache-Control"] = "no-store"
    return response

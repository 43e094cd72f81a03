"""Links in letters that need no sign-in: they lead to one page of Stripe for one subscription, and nowhere else."""

from typing import Literal

from itsdangerous import BadSignature, URLSafeTimedSerializer

from podcastsvc.billing.desk import Desk
from podcastsvc.errors import NotFound
from podcastsvc.kit.keys import Keys
from podcastsvc.kit.language import N_

Purpose = Literal["fix", "confirm", "give"]
KEY_PURPOSE = "billing-links"
# Longer than the grace, so that the link in the first letter works to the last day.
LIFETIME_SECONDS = 40 * 86400
# Who gives each month needs no account, so the link in the thanks is the way to stop.
LIFETIME_OF_GIVING_SECONDS = 400 * 86400
LINK_OVER = N_("This link does not work any more. Sign in to see your membership.")


def write_link(desk: Desk, purpose: Purpose, subscription_id: str, language: str) -> str:
    """The whole address: ``/billing/fix/<token>`` opens the card form, ``/billing/confirm/<token>`` the open invoice,
    ``/billing/give/<token>`` the portal of who gives each month."""
    token = _make_serializer(desk.keys).dumps([purpose, subscription_id])
    return desk.sender.link(f"/billing/{purpose}/{token}", language)


def read_link(keys: Keys, purpose: Purpose, token: str) -> str:
    """The subscription that a link is for. Raises NotFound for one that is over, changed, or for something else."""
    try:
        lifetime = LIFETIME_OF_GIVING_SECONDS if purpose == "give" else LIFETIME_SECONDS
        found = _make_serializer(keys).loads(token, max_age=lifetime)
    except BadSignature as problem:
        raise NotFound(LINK_OVER) from problem
    if not isinstance(found, list) or len(found) != 2 or found[0] != purpose:
        raise NotFound(LINK_OVER)
    return str(found[1])


def _make_serializer(keys: Keys) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(keys.sign_with(KEY_PURPOSE), salt="billing")

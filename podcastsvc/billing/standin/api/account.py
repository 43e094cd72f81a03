"""``/v1/account``: who this key belongs to."""

from podcastsvc.billing.standin.forms import Params
from podcastsvc.billing.standin.work import Body, Work


def retrieve(work: Work, params: Params) -> Body:
    return {
        "id": work.account_id,
        "object": "account",
        "business_profile": {"mcc": None, "name": "Stand-in", "support_email": None, "url": None},
        "business_type": "individual",
        "capabilities": {"card_payments": "active", "transfers": "active"},
        "charges_enabled": True,
        "country": "ES",
        "created": int(work.read("created", "0")),
        "default_currency": "eur",
        "details_submitted": True,
        "email": "host@example.org",
        "metadata": {},
        "payouts_enabled": True,
        "settings": {
            "dashboard": {"display_name": "Stand-in", "timezone": "Europe/Madrid"},
            "payments": {"statement_descriptor": "STAND-IN"},
        },
        "type": "standard",
    }

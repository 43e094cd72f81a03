"""The cookie that binds an order to the browser that set out to buy."""

from flask import Response

from podcastsvc.billing.orders import BROWSER_LIFETIME
from podcastsvc.web.guards.cookies import forget_cookie, give_cookie, read_cookie

_NAME = "order"


def give_order_cookie(response: Response, value: str) -> None:
    """Sets the cookie before the browser leaves for Stripe."""
    give_cookie(response, _NAME, value, max_age_seconds=int(BROWSER_LIFETIME.total_seconds()))


def read_order_cookie() -> str | None:
    """The value that came with the request."""
    return read_cookie(_NAME)


def forget_order_cookie(response: Response) -> None:
    """Takes the cookie away once the order is done with."""
    if read_order_cookie() is not None:
        forget_cookie(response, _NAME)

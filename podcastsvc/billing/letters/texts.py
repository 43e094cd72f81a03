"""Amounts and reasons in people's words."""

from podcastsvc.kit.language import gettext
from podcastsvc.kit.money import Money


def write_price(money: Money, interval: str | None, language: str) -> str:
    """``€60 a year``, ``60 € al año``; the amount alone where the interval is not known."""
    _ = gettext(language).gettext
    price = money.format(language)
    if interval == "year":
        return _("%(price)s a year") % {"price": price}
    if interval == "month":
        return _("%(price)s a month") % {"price": price}
    if interval == "once":
        return _("%(price)s once") % {"price": price}
    return price


def list_reasons(language: str) -> list[tuple[str, str]]:
    """Why people leave, for the form on leaving: Stripe's word and ours."""
    _ = gettext(language).gettext
    return [
        ("too_expensive", _("It costs too much")),
        ("unused", _("I do not listen enough")),
        ("missing_features", _("Something is missing")),
        ("switched_service", _("I listen to something else now")),
        ("low_quality", _("I expected more")),
        ("customer_service", _("The help was not good enough")),
        ("too_complex", _("It is too complicated")),
        ("other", _("Another reason")),
    ]

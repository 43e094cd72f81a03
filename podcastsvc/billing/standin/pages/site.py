"""The stand-in's pages: which address shows what."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

from podcastsvc.billing.standin.guards import is_own_form
from podcastsvc.billing.standin.pages import checkout, confirm, invoice, overview, portal
from podcastsvc.billing.standin.pages.view import View, make_view
from podcastsvc.billing.standin.refusals import Refusal
from podcastsvc.kit.language import N_

if TYPE_CHECKING:
    from podcastsvc.billing.standin.app import Standin

Act = Callable[..., Response]
STYLE = Path(__file__).with_name("style.css")

_PAGES: tuple[tuple[str, str, Act], ...] = (
    ("GET", "/", overview.show),
    ("POST", "/clock", overview.advance),
    ("POST", "/faults", overview.set_faults),
    ("POST", "/notices/([0-9]+)/again", overview.send_again),
    ("POST", "/checkouts/(cs_[A-Za-z0-9_]+)/(paid|failed)", overview.settle_checkout),
    ("POST", "/disputes/(dp_[A-Za-z0-9]+)/(won|lost)", overview.close_dispute),
    ("POST", "/refunds/(re_[A-Za-z0-9]+)/fail", overview.fail_refund),
    ("GET", "/pay/(cs_[A-Za-z0-9_]+)", checkout.show),
    ("POST", "/pay/(cs_[A-Za-z0-9_]+)", checkout.act),
    ("GET", "/confirm/(cs_[A-Za-z0-9_]+)", confirm.show_checkout),
    ("POST", "/confirm/(cs_[A-Za-z0-9_]+)", confirm.decide_checkout),
    ("GET", "/confirm/(pi_[A-Za-z0-9]+)", confirm.show_intent),
    ("POST", "/confirm/(pi_[A-Za-z0-9]+)", confirm.decide_intent),
    ("GET", "/confirm/(seti_[A-Za-z0-9]+)", confirm.show_card),
    ("POST", "/confirm/(seti_[A-Za-z0-9]+)", confirm.decide_card),
    ("GET", "/invoice/(in_[A-Za-z0-9]+)", invoice.show),
    ("POST", "/invoice/(in_[A-Za-z0-9]+)", invoice.pay),
    ("GET", "/invoice/(in_[A-Za-z0-9]+)/pdf", invoice.show_pdf),
    ("GET", "/receipt/(ch_[A-Za-z0-9]+)", invoice.show_receipt),
    ("GET", "/portal/(bps_[A-Za-z0-9]+)", portal.show),
    ("GET", "/portal/(bps_[A-Za-z0-9]+)/done", portal.show_done),
    ("GET", "/portal/(bps_[A-Za-z0-9]+)/cancel/(sub_[A-Za-z0-9]+)", portal.show_cancel),
    ("POST", "/portal/(bps_[A-Za-z0-9]+)/cancel/(sub_[A-Za-z0-9]+)", portal.cancel),
    ("POST", "/portal/(bps_[A-Za-z0-9]+)/keep/(sub_[A-Za-z0-9]+)", portal.keep),
    ("GET", "/portal/(bps_[A-Za-z0-9]+)/switch/(sub_[A-Za-z0-9]+)", portal.show_switch),
    ("POST", "/portal/(bps_[A-Za-z0-9]+)/switch/(sub_[A-Za-z0-9]+)", portal.switch),
    ("POST", "/portal/(bps_[A-Za-z0-9]+)/stay/(sub_[A-Za-z0-9]+)", portal.stay),
    ("POST", "/portal/(bps_[A-Za-z0-9]+)/(pause|resume)/(sub_[A-Za-z0-9]+)", portal.pause),
    ("GET", "/portal/(bps_[A-Za-z0-9]+)/card", portal.show_card),
    ("POST", "/portal/(bps_[A-Za-z0-9]+)/card", portal.add_card),
    ("POST", "/portal/(bps_[A-Za-z0-9]+)/card/(pm_[A-Za-z0-9]+)/(use|drop)", portal.change_card),
    ("GET", "/portal/(bps_[A-Za-z0-9]+)/details", portal.show_details),
    ("POST", "/portal/(bps_[A-Za-z0-9]+)/details", portal.change_details),
)


def answer_page(standin: "Standin", request: Request) -> Response:
    """The page at an address. Forms from other sites are refused, and whatever is not there says so kindly."""
    view = make_view(standin, request)
    if request.path == "/style.css" and request.method in {"GET", "HEAD"}:
        return _style()
    method = "GET" if request.method == "HEAD" else request.method
    if method == "POST" and not is_own_form(request):
        return view.show("problem", status=403, title=N_("Not from here"), text=_FOREIGN)
    for allowed, path, act in _PAGES:
        match = re.fullmatch(path, request.path or "/")
        if match is not None and allowed == method:
            return _act(view, act, match.groups())
    return view.show("problem", status=404, title=N_("There is no such page"), text=_MISSING)


_FOREIGN = N_("This form was sent from another site, so nothing was done.")
_MISSING = N_("The link is not complete, or what it led to is gone. Go back and open it again.")


def _act(view: View, act: Act, ids: tuple[str, ...]) -> Response:
    try:
        return act(view, *ids)
    except Refusal as refusal:
        if refusal.code == "resource_missing":
            return view.show("problem", status=404, title=N_("There is no such page"), text=_MISSING)
        return view.show("problem", status=409, title=N_("That cannot be done now"), text=refusal.message)


def _style() -> Response:
    response = Response(STYLE.read_bytes(), mimetype="text/css")
    response.headers["Cache-Control"] = "no-cache"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response

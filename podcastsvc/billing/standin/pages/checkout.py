"""The checkout page: amount, e-mail, card, promotion code, "Pay" and "Back"."""

import re
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import quote

from werkzeug.wrappers import Response

from podcastsvc.billing.standin.books import checkout
from podcastsvc.billing.standin.books.checkout import Payer
from podcastsvc.billing.standin.books.customers import list_cards
from podcastsvc.billing.standin.cards import TypedCard
from podcastsvc.billing.standin.pages.cardform import CardForm, empty_form, explain, read_form, with_error
from podcastsvc.billing.standin.pages.view import View
from podcastsvc.billing.standin.refusals import Refusal
from podcastsvc.billing.standin.work import Body, Work
from podcastsvc.kit.language import N_
from podcastsvc.kit.money import count_digits

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True, slots=True)
class Filled:
    """The form as it is shown again: fields beside the card's, and errors by field."""

    email: str = ""
    code: str = ""
    amount: str = ""
    saved: str = ""
    errors: dict[str, str] = field(default_factory=dict)


def show(view: View, session_id: str) -> Response:
    with view.standin.work(writes=False) as work:
        session = work.get("checkout.session", session_id)
        view = view.speaking(session["locale"])
        form = empty_form(view)
        if view.request.args.get("refused") and session["status"] == "open":
            form = CardForm(errors={"number": view.gettext(N_("Your bank did not confirm this payment."))})
        return _page(view, work, session, form, Filled())


def act(view: View, session_id: str) -> Response:
    with view.standin.work() as work:
        session = work.get("checkout.session", session_id)
        view = view.speaking(session["locale"])
        if session["status"] != "open":
            return _page(view, work, session, CardForm(), Filled())
        what = view.field("do")
        if what == "use-code":
            return _use_code(view, work, session)
        if what == "drop-code":
            checkout.drop_code(work, session)
            return view.go(f"/pay/{session_id}")
        return _pay(view, work, session)


def _use_code(view: View, work: Work, session: Body) -> Response:
    code = view.field("code", 100)
    try:
        if not session["allow_promotion_codes"]:
            return view.go(f"/pay/{session['id']}")
        checkout.use_code(work, session, code)
    except Refusal as refusal:
        filled = Filled(email=view.field("email"), code=code, errors={"code": view.gettext(refusal.message)})
        return _page(view, work, session, CardForm(), filled, status=422)
    return view.go(f"/pay/{session['id']}")


def _pay(view: View, work: Work, session: Body) -> Response:
    filled, card_form, payer = _read(view, work, session)
    errors = filled.errors | card_form.errors
    if not errors and payer is not None:
        try:
            ended = checkout.submit(work, session, payer)
        except Refusal as refusal:
            card_form = with_error(view, card_form, refusal)
            if payer.saved:
                filled = Filled(filled.email, saved=payer.saved, errors={"saved": explain(view, refusal)})
                card_form = CardForm()
        else:
            if ended == "complete":
                return view.leave(find_success(session))
            wait_for_bank(work, session, payer)
            return view.go(f"/confirm/{session['id']}")
    return _page(view, work, session, card_form, filled, status=422)


def _read(view: View, work: Work, session: Body) -> tuple[Filled, CardForm, Payer | None]:
    """The form that was sent; a payer only where every field is good."""
    errors: dict[str, str] = {}
    email = _known_email(work, session) or view.field("email")
    if not _EMAIL.fullmatch(email):
        errors["email"] = view.gettext(N_("Enter an e-mail address, such as name@example.org."))
    amount = view.field("amount", 20)
    if session["_custom"]:
        _take_amount(view, work, session, amount, errors)
    saved = view.field("saved", 60)
    owned = {method["id"] for method in _saved(work, session)}
    card: TypedCard | None = None
    card_form = CardForm()
    skips = checkout.may_skip_card(work, session) and not view.field("number")
    if saved not in owned:
        saved = ""
        if not skips:
            card, card_form = read_form(view, work.now)
    filled = Filled(email, amount=amount, saved=saved, errors=errors)
    good = not errors and not card_form.errors
    return filled, card_form, Payer(email, card, saved) if good else None


def _take_amount(view: View, work: Work, session: Body, typed: str, errors: dict[str, str]) -> None:
    try:
        value = Decimal(typed.replace(",", ".")).scaleb(count_digits(session["currency"]))
        if value != value.to_integral_value():
            raise InvalidOperation
        checkout.set_amount(work, session, int(value))
    except (InvalidOperation, Refusal):
        errors["amount"] = view.gettext(N_("Enter an amount within the limits."))


def wait_for_bank(work: Work, session: Body, payer: Payer) -> None:
    """Keeps who wants to pay and with which test card until the bank has been asked."""
    card = payer.card
    session["_pending"] = {
        "email": payer.email,
        "saved": payer.saved,
        "number": card.card.number if card else "",
        "exp_month": card.exp_month if card else 0,
        "exp_year": card.exp_year if card else 0,
        "name": card.name if card else "",
    }
    work.put(session)


def find_success(session: Body) -> str:
    """Where the browser goes after paying."""
    address = session["success_url"]
    for mark in ("{CHECKOUT_SESSION_ID}", quote("{CHECKOUT_SESSION_ID}")):
        address = address.replace(mark, session["id"])
    return str(address)


def _known_email(work: Work, session: Body) -> str:
    """An address that was given before and cannot be changed here, as on Stripe's page."""
    customer = work.find(session["customer"] or "", "customer")
    return str((customer or {}).get("email") or session["customer_email"] or "")


def _saved(work: Work, session: Body) -> list[Body]:
    return list_cards(work, session["customer"]) if session["customer"] else []


def _page(view: View, work: Work, session: Body, card_form: CardForm, filled: Filled, status: int = 200) -> Response:
    totals = checkout.count(work, session)
    lines = checkout.make_line_items(work, session)
    recurring = next((line for line in lines if line["price"]["recurring"]), None)
    context: dict[str, Any] = {
        "session": session,
        "totals": totals,
        "lines": lines,
        "recurring": recurring,
        "trial": checkout.is_trial(work, session),
        "trial_days": session["_subscription_data"]["trial_period_days"],
        "known_email": _known_email(work, session),
        "saved": _saved(work, session),
        "card_form": card_form,
        "card_needed": not checkout.may_skip_card(work, session),
        "filled": filled,
        "errors": filled.errors | card_form.errors,
        "code": work.find(session["_code"] or "", "promotion_code"),
        "coupon": work.find(session["_coupon"] or "", "coupon"),
        "limits": _limits(work, session),
        "success": find_success(session),
    }
    leads_to = (session["success_url"], session["cancel_url"])
    name = "checkout" if session["status"] == "open" else "checkout_closed"
    return view.show(name, status=status, leads_to=leads_to, **context)


def _limits(work: Work, session: Body) -> Body | None:
    for entry in session["_items"]:
        limits = work.get("price", entry["price"])["custom_unit_amount"]
        if limits is not None:
            found: Body = {"amount": entry["unit_amount"]} | limits
            return found
    return None

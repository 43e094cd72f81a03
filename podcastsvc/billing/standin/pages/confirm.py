"""The bank's page: "do you allow this payment?", for checkouts, invoices and cards that are being added."""

from werkzeug.wrappers import Response

from podcastsvc.billing.standin.books import checkout, self_service
from podcastsvc.billing.standin.books.changes import drop_pending
from podcastsvc.billing.standin.books.checkout import Payer
from podcastsvc.billing.standin.books.invoices import subscription_of
from podcastsvc.billing.standin.cards import CARDS, TypedCard
from podcastsvc.billing.standin.pages.checkout import find_success
from podcastsvc.billing.standin.pages.portal import open_portal
from podcastsvc.billing.standin.pages.view import View
from podcastsvc.billing.standin.refusals import missing
from podcastsvc.billing.standin.work import Body, Work


def _typed(kept: Body) -> TypedCard:
    return TypedCard(CARDS[kept["number"]], kept["exp_month"], kept["exp_year"], kept["name"])


def show_checkout(view: View, session_id: str) -> Response:
    with view.standin.work(writes=False) as work:
        session = work.get("checkout.session", session_id)
        view = view.speaking(session["locale"])
        if session["status"] != "open" or not session.get("_pending"):
            return view.go(f"/pay/{session_id}")
        due = checkout.count(work, session).due_now
        return _show(view, due, session["currency"], leads_to=(session["success_url"],))


def decide_checkout(view: View, session_id: str) -> Response:
    with view.standin.work() as work:
        session = work.get("checkout.session", session_id)
        pending = session.pop("_pending", None)
        if session["status"] != "open" or pending is None:
            return view.go(f"/pay/{session_id}")
        if view.field("do") != "allow":
            work.put(session)
            return view.go(f"/pay/{session_id}?refused=1")
        card = _typed(pending) if pending["number"] else None
        checkout.submit(work, session, Payer(pending["email"], card, pending["saved"]), confirmed=True)
        return view.leave(find_success(session))


def _show(view: View, amount: int, currency: str, leads_to: tuple[str | None, ...] = ()) -> Response:
    return view.show("confirm", amount=amount, currency=currency, leads_to=leads_to)


def _waiting_intent(work: Work, intent_id: str) -> tuple[Body, Body]:
    """An intent the bank is to be asked about, with its invoice."""
    intent = work.get("payment_intent", intent_id)
    for invoice in work.rows("invoice", intent["customer"] or ""):
        if invoice.get("_intent") == intent_id:
            return intent, invoice
    raise missing("payment_intent", intent_id)


def show_intent(view: View, intent_id: str) -> Response:
    with view.standin.work(writes=False) as work:
        intent, invoice = _waiting_intent(work, intent_id)
        if intent["status"] != "requires_action" or invoice["status"] != "open":
            return view.go(f"/invoice/{invoice['id']}")
        return _show(view, intent["amount"], intent["currency"])


def decide_intent(view: View, intent_id: str) -> Response:
    with view.standin.work() as work:
        intent, invoice = _waiting_intent(work, intent_id)
        address = f"/invoice/{invoice['id']}"
        if intent["status"] != "requires_action" or invoice["status"] != "open":
            return view.go(address)
        if view.field("do") == "allow":
            method = work.get("payment_method", intent["_asked_with"])
            self_service.pay_invoice(work, invoice, method=method, confirmed=True)
            return view.go(address)
        work.put(intent | {"status": "requires_payment_method", "payment_method": None, "next_action": None})
        subscription = subscription_of(work, invoice)
        if subscription is not None and subscription.get("_pending_invoice") == invoice["id"]:
            drop_pending(work, subscription)
        return view.go(f"{address}?refused=1")


def show_card(view: View, card_id: str) -> Response:
    with view.standin.work(writes=False) as work:
        waiting = work.get(self_service.PENDING_CARD, card_id)
        opened = open_portal(view, work, waiting["session"])
        return opened.view.show("confirm", amount=0, currency="eur", leads_to=opened.leads_to)


def decide_card(view: View, card_id: str) -> Response:
    with view.standin.work() as work:
        waiting = work.get(self_service.PENDING_CARD, card_id)
        opened = open_portal(view, work, waiting["session"])
        if view.field("do") != "allow":
            work.put(waiting | {"deleted": True})
            return view.go(f"/portal/{waiting['session']}/card?refused=1")
        self_service.confirm_card(work, waiting, _typed(waiting))
        return opened.finish("payment_method_update", "card")

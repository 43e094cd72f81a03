"""Coming back from payment, and the first page of a new member: in which app they listen."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, Response, make_response, request
from flask_login import current_user

from podcastsvc.billing import fulfil, orders
from podcastsvc.billing.facts import OrderKind
from podcastsvc.billing.fulfil import Fulfilled
from podcastsvc.errors import NotFound, Unavailable
from podcastsvc.members import accounts, feed_tokens, link_use, sessions
from podcastsvc.members.apps import WITHOUT_PRIVATE_FEEDS
from podcastsvc.members.sign_in import Entered
from podcastsvc.web.account.own_feeds import draw_setup_code, make_own_feed
from podcastsvc.web.account.watching import make_account_watch
from podcastsvc.web.context import now, services
from podcastsvc.web.guards.headers import mark_personal
from podcastsvc.web.guards.strangers import check_guesses, note_guess
from podcastsvc.web.language import make_path
from podcastsvc.web.offers import booking, donating, gifts
from podcastsvc.web.offers.order_cookie import forget_order_cookie, read_order_cookie
from podcastsvc.web.pages import render
from podcastsvc.web.sign_in import entering
from podcastsvc.web.sign_in.entering import go_to
from podcastsvc.web.sign_in.gates import member_only
from podcastsvc.web.site.viewing import get_viewing

blueprint = Blueprint("welcome", __name__)

MOST_LOOKS = 20


@dataclass(frozen=True, slots=True)
class After:
    """What follows an order that is no membership: the page for who has paid, and the form for who has not."""

    show_paid: Callable[[Fulfilled, str], str | Response]
    form: str


AFTER: dict[OrderKind, After] = {
    "gift": After(gifts.show_bought, "gift.page"),
    "donation": After(donating.show_paid, "support.page"),
    "consultation": After(booking.show_booked, "consultation.page"),
}


@blueprint.before_request
def _keep_private() -> None:
    mark_personal()


@blueprint.get("/welcome")
def page() -> str | Response:
    """With a checkout's id: looks at Stripe what became of it, at once. Without: the member's apps."""
    checkout_id = request.args.get("s", "")
    if not checkout_id:
        return _show_apps()
    if request.method == "HEAD" or services().find_gateway() is None:
        raise NotFound(fulfil.UNKNOWN)
    check_guesses()
    try:
        done = fulfil.fulfil(services().make_desk().for_page(), checkout_id, now())
    except Unavailable:
        return _look_again(checkout_id)
    except NotFound:
        note_guess()
        raise
    return _answer(done, checkout_id)


def _answer(done: Fulfilled, checkout_id: str) -> str | Response:
    other = AFTER.get(done.kind)
    if done.state == "paid":
        return other.show_paid(done, checkout_id) if other is not None else _answer_paid(done, checkout_id)
    if done.state in {"waiting", "given_back"}:
        page = "welcome/waiting.html" if done.state == "waiting" else "welcome/given_back.html"
        return render(page, kind=done.kind)
    back = "1" if done.state == "open" else done.state
    if other is not None:
        return go_to(make_path(other.form, back=back))
    return go_to(make_path("join.page", back=back, plan=done.price_id))


def _answer_paid(done: Fulfilled, checkout_id: str) -> str | Response:
    """Signs in the browser that set out to buy, where the address is new to us; nobody else sees anything personal."""
    with services().db.transaction() as session:
        member_id = orders.claim_browser(session, services().keys, read_order_cookie(), checkout_id, now())
        member = accounts.find(session, member_id) if member_id is not None else None
        if member is not None:
            entering.end_present(session)
            agent = request.headers.get("User-Agent", "")
            # Having paid proves nothing about the address (rule T-A2).
            secret = sessions.start_session(session, member, agent=agent, now=now(), is_proved=False)
            entered = Entered(member, secret)
    if member is not None:
        response = entering.answer_entered(entered, make_path("welcome.page"), is_proved=False)
        forget_order_cookie(response)
        return response
    if current_user.is_authenticated and current_user.id == done.member_id:
        return go_to(make_path("welcome.page"))
    return render("welcome/paid.html")


def _look_again(checkout_id: str) -> Response:
    """Paid, but Stripe does not answer: the page looks again every 3 s for a minute, then promises a letter."""
    looks = max(request.args.get("looks", 0, type=int), 0)
    following = make_path("welcome.page", s=checkout_id, looks=looks + 1) if looks < MOST_LOOKS else None
    return make_response(render("welcome/setting_up.html", next_look=following))


@member_only
def _show_apps() -> str | Response:
    with services().db.reading() as session:
        links = feed_tokens.list_links(session, current_user.id)[:1]
        readers = link_use.list_readers(session, [link.id for link in links])
    feed = make_own_feed(links[0]) if links else None
    if feed is None or feed.first is None:
        return go_to(make_path("account.page"))
    return render(
        "welcome/page.html",
        feed=feed,
        qr=draw_setup_code(links[0]),
        watch=make_account_watch(links[0], readers[links[0].id], "welcome.page"),
        is_paying=get_viewing().has_access,
        without=WITHOUT_PRIVATE_FEEDS,
    )

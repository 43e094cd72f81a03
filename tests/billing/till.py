"""What the tests of billing share: the site's side and the buyer's side of a till that runs on the stand-in."""

import time
from dataclasses import dataclass, field, replace
from datetime import timedelta
from urllib.parse import urlsplit

import stripe
from sqlalchemy import select
from werkzeug.http import http_date
from werkzeug.test import Client

from podcastsvc.billing import apply, checkout, customers, fulfil, orders, owing, plans, portal, simulation, webhooks
from podcastsvc.billing.checkout import BuyRequest
from podcastsvc.billing.consulting import bookings
from podcastsvc.billing.consulting.hours import read_spans
from podcastsvc.billing.consulting.offers import ConsultationOffer, Length, find_offer, save_offer
from podcastsvc.billing.consulting.wishes import ConsultationWish, write_details
from podcastsvc.billing.desk import Desk
from podcastsvc.billing.following import notices, recovery
from podcastsvc.billing.gateway import Gateway
from podcastsvc.billing.joining import coupons, terms
from podcastsvc.billing.kinds import gift_offers, gifts
from podcastsvc.billing.kinds.gift_codes import show_code
from podcastsvc.billing.letters import giving, host_notes, owed
from podcastsvc.billing.returning import refunds
from podcastsvc.billing.standin.app import Standin, make_standin
from podcastsvc.billing.standin.notices import sign
from podcastsvc.billing.standin.transport import make_call
from podcastsvc.errors import Failure
from podcastsvc.kit import clock
from podcastsvc.kit.money import Money
from podcastsvc.mail.addresses import read_address
from podcastsvc.members import accounts, subscriptions
from podcastsvc.members.entitlements import Entitlement, get_entitlement
from podcastsvc.storage import jobs
from podcastsvc.storage.facts import get_site_id
from podcastsvc.storage.tables.billing import BillingCustomer, Notice, Order, Payment, Plan, Price, Subscription
from podcastsvc.storage.tables.letter import Letter
from tests.billing.contract import check_request
from tests.billing.standin.playing import InProcess
from tests.mail.letters import SENDER

GOOD = "4242424242424242"
DECLINED = "4000000000000002"
FAILS_LATER = "4000000000000341"
CONFIRMS_EACH_TIME = "4000002760003184"
CONFIRMS_ONCE = "4000002500003155"
SECRET = "whsec_test"
STANDIN = "http://127.0.0.1:8000/stripe-stand-in"


@dataclass
class Till:
    """One site, its database and its stand-in. Time passes by ``move``, for both at once."""

    db: object
    desk: Desk
    standin: Standin
    machine: object
    line: "Line"
    notices: list[tuple[bytes, dict[str, str]]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    @classmethod
    def open(cls, db, keys, tmp_path, machine, *, works=True) -> "Till":
        standin = make_standin(
            tmp_path / "standin.db",
            base_url=STANDIN,
            webhook_url="http://127.0.0.1:8000/webhooks/stripe",
            secret=SECRET,
        )
        requests: list[str] = []
        with db.transaction() as session:
            site = get_site_id(session)
            plans.make_first_plan(session, clock.now())
            accounts.add_host(session, keys, read_address("ada@example.org"), language="en", now=clock.now())
        line = Line(make_call(standin), requests)
        gateway = Gateway("sk_test_standin", site, call=line, retries=0, sleep=lambda seconds: None)
        desk = Desk(db, gateway, keys, replace(SENDER, base_url="http://127.0.0.1:8000"), zone="Europe/Madrid")
        till = cls(db, desk, standin, machine, line, requests=requests)
        if works:
            till.work()
        return till

    def close(self):
        self.standin.close()

    # The site's side

    def find_price(self, interval="month") -> int:
        with self.db.reading() as session:
            plan = plans.list_plans(session, "en")[0]
        return next(price.id for price in plan.prices if price.interval == interval)

    def join(
        self,
        email="ben@example.org",
        *,
        member_id=None,
        interval="month",
        price_id=None,
        order_id=None,
        language="en",
        code="",
        money=None,
        people=1,
    ):
        """Sends the join form, and says where it leads; with the code of a coupon, the buyer's own amount, or a group."""
        price_id = price_id or self.find_price(interval)
        with self.db.reading() as session:
            price = plans.find_price(session, price_id, language)
            settled = terms.Terms()
            if price is not None:
                address = None if member_id is not None else read_address(email)
                coupon = coupons.find_coupon(session, code)
                who = {"member_id": member_id, "address": address, "now": clock.now()}
                settled = terms.settle(session, self.desk.keys, price, coupon, **who)
        request = BuyRequest(
            order_id=order_id or orders.make_order_id(),
            price_id=price_id,
            language=language,
            cancel_path="/join",
            member_id=member_id,
            address=None if member_id is not None else read_address(email),
            money=money,
            quantity=people,
            coupon_id=settled.coupon_id,
            trial_days=settled.trial_days,
            free_until=settled.free_until,
        )
        return checkout.open_checkout(self.desk.for_page(), request, clock.now())

    def give(self, email="ben@example.org", *, member_id=None, length="members:3", language="en", **form):
        """Sends the form for a gift, and says where it leads."""
        form = {"length": length, "buyer_name": "Ben", "recipient_name": "Dev", "recipient_email": "", **form}
        with self.db.reading() as session:
            offers = gift_offers.list_offers(plans.list_plans(session, language))
        wish, offer = gift_offers.read_wish(offers, form, gifts.find_today(self.desk.zone, clock.now()))
        request = BuyRequest(
            order_id=orders.make_order_id(),
            price_id=None,
            language=language,
            cancel_path="/gift?back=1",
            member_id=member_id,
            address=None if member_id is not None else read_address(email),
            kind="gift",
            money=offer.money,
            details=gift_offers.write_details(wish),
        )
        return checkout.open_checkout(self.desk.for_page(), request, clock.now())

    def buy_gift(self, email="ben@example.org", **form):
        """The whole way of a gift: form, payment, notices. Returns its code."""
        opened = self.give(email, **form)
        self.pay(opened.url, email=email)
        self.settle()
        return self.read_gift_code(opened.order_id)

    def read_gift_code(self, order_id):
        with self.db.reading() as session:
            return show_code(self.desk.keys, gifts.find_of_order(session, order_id))

    def redeem(self, code, email="dev@example.org"):
        """Accepts a gift with the account of an address, which is made where there is none."""
        member_id = self.sign_up(email)
        with self.db.transaction() as session:
            return gifts.redeem(session, code, member_id, clock.now())

    def donate(self, *, member_id=None, interval="month", minor=500, language="en", **details):
        """Sends the form for a donation, and says where it leads."""
        request = BuyRequest(
            order_id=orders.make_order_id(),
            price_id=None,
            language=language,
            cancel_path="/support?back=1",
            member_id=member_id,
            kind="donation",
            money=Money(minor, "EUR"),
            interval=interval,
            details={"name": "", "message": "", **details},
        )
        return checkout.open_checkout(self.desk.for_page(), request, clock.now())

    def open_consultations(self, **changes):
        """Lets people book on weekday afternoons, 30 minutes for 45 euros or 60 for 80."""
        hours = {day: read_spans("16:00-19:00") for day in range(5)}
        lengths = (Length(30, 4500), Length(60, 8000))
        offer = replace(ConsultationOffer(True, "EUR", lengths, hours, room_url="https://meet.example/ada"), **changes)
        with self.db.transaction() as session:
            save_offer(session, offer)

    def list_times(self, minutes=60):
        with self.db.reading() as session:
            return bookings.list_open_times(session, find_offer(session), minutes, self.desk.zone, clock.now())

    def book(self, email="ben@example.org", *, at=None, minutes=60, language="en", order_id=None, member_id=None):
        """Sends the form for a consultation, at the first free time unless one is named, and says where it leads."""
        order_id = order_id or orders.make_order_id()
        wish = ConsultationWish(at or self.list_times(minutes)[0], minutes, "Ben", "How to begin?", "America/New_York")
        with self.db.transaction() as session:
            offer = find_offer(session)
            values = {"email": email, "language": language, "zone": self.desk.zone, "now": clock.now()}
            bookings.hold(session, wish, order_id, **values)
        request = BuyRequest(
            order_id=order_id,
            price_id=None,
            language=language,
            cancel_path="/consultation?back=1",
            member_id=member_id,
            address=None if member_id is not None else read_address(email),
            kind="consultation",
            money=offer.find_price(minutes),
            details=write_details(wish, order_id),
        )
        return checkout.open_checkout(self.desk.for_page(), request, clock.now())

    def join_without_address(self):
        request = BuyRequest(orders.make_order_id(), self.find_price(), "en", "/join")
        return checkout.open_checkout(self.desk, request, clock.now())

    def sign_up(self, email):
        with self.db.transaction() as session:
            return accounts.sign_up(session, self.desk.keys, read_address(email), language="en", now=clock.now()).id

    def come_back(self, checkout_id):
        """Opens the return page."""
        return fulfil.fulfil(self.desk.for_page(), checkout_id, clock.now())

    def claim(self, cookie, checkout_id):
        with self.db.transaction() as session:
            return orders.claim_browser(session, self.desk.keys, cookie, checkout_id, clock.now())

    def receive(self, body, headers):
        """One notice as it reaches the route; the status that is answered."""
        return simulation.post_here(self.db, (SECRET,))("", body, headers)

    def sign(self, body, secret=SECRET, at=None):
        """Headers of a notice, signed now."""
        return {"Stripe-Signature": sign(body, secret, int(at if at is not None else time.time()))}

    def deliver(self, *, strict=True):
        """Carries all notices over and works on everything that follows; jobs that fail stay, unless ``strict``."""

        def post(_address, body, headers):
            self.notices.append((body, headers))
            return self.receive(body, headers)

        done = simulation.deliver(self.standin, post)
        self.work(strict=strict)
        return done

    def work(self, *, strict=True):
        """Runs all jobs of billing that are due. A second passes, so that letters have an order."""
        self.move(seconds=1)
        while True:
            with self.db.transaction() as session:
                job = jobs.claim(session, "test", clock.now())
            if job is None:
                return
            try:
                _HANDLERS.get(job.kind, _leave)(self.desk, job.payload)
            except Failure as problem:
                with self.db.transaction() as session:
                    jobs.fail(session, job, clock.now(), problem.message)
                if strict:
                    raise
            else:
                with self.db.transaction() as session:
                    jobs.finish(session, job, clock.now())

    def settle(self):
        """Notices and jobs until nothing is left."""
        self.deliver()
        self.deliver()

    def move(self, **span):
        """Lets time pass for the site and for the stand-in."""
        self.machine.shift(timedelta(**span))

    def live(self, days, step=1):
        """Lets days pass, with everything that the site does by itself every ``step`` days."""
        for _ in range(0, days, step):
            self.move(days=step)
            self.settle()
            recovery.run_hourly(self.desk, clock.now())
            self.work()

    # The buyer's side

    def pay(self, url, card=GOOD, *, email="ben@example.org", allow=True):
        """Pays on Stripe's page as a browser would, and answers the bank where it asks. The page or address that follows."""
        form = {"do": "pay", "email": email, "number": card, "expiry": "12/34", "cvc": "123", "name": "Ben"}
        return self.decide(self.post(url, form), allow=allow)

    def decide(self, answer, *, allow=True):
        if answer.status_code == 303 and "/confirm/" in answer.location:
            return self.post(answer.location, {"do": "allow" if allow else "refuse"})
        return answer

    def get(self, url):
        return Client(self.standin).get(_path(url), environ_overrides=_LOCAL, headers={"Host": "127.0.0.1:8000"})

    def post(self, url, form):
        headers = {"Host": "127.0.0.1:8000", "Sec-Fetch-Site": "same-origin"}
        return Client(self.standin).post(_path(url), data=form, environ_overrides=_LOCAL, headers=headers)

    def pay_with_new_card(self, url, card=GOOD):
        """Fills in the portal's card form."""
        address = self.get(url).location or url
        form = {"number": card, "expiry": "12/34", "cvc": "123", "name": "Ben"}
        return self.decide(self.post(address, form))

    def subscribe(self, email="ben@example.org", card=GOOD, **wish):
        """The whole way: form, payment, return page, notices. Returns the subscription's row."""
        opened = self.join(email, **wish)
        self.pay(opened.url, card, email=email)
        self.settle()
        self.move(minutes=1)
        member = self.get_member(email)
        with self.db.reading() as session:
            return subscriptions.list_of_member(session, member.id)[0]

    def sync(self, stripe_id):
        apply.sync_subscription(self.desk, stripe_id)

    def sync_payments(self):
        """Looks at every payment anew."""
        for row in self.rows(Payment):
            apply.sync_payment(self.desk, row.stripe_id)

    def snapshot(self):
        """What the site believes, without the marks of when it last looked."""
        marks = {"version", "synced_at"}
        return [
            [{name: value for name, value in vars(row).items() if name[0] != "_" and name not in marks} for row in rows]
            for rows in (self.rows(Subscription), self.rows(Payment), self.rows(BillingCustomer), self.rows(Order))
        ]

    def interleave(self, path, action):
        """Lets ``action`` happen between the next answer to ``path`` and its arrival."""
        self.line.between = (path, action)

    def deliver_once(self):
        """Sends what waits, once; the answers."""
        answers = []

        def post(_address, body, headers):
            answers.append(self.receive(body, headers))
            return answers[-1]

        self.standin.deliver_due(post)
        return answers

    def refunds(self):
        return self.client().refunds.list().data

    def forget_at_stripe(self, stripe_id):
        """As where the key's account was emptied: Stripe knows nothing of it, and says nothing."""
        with self.standin.store.transaction() as connection:
            connection.execute("DELETE FROM object WHERE id = ?", (stripe_id,))

    def forget_notices(self):
        """Also from Stripe's list of past notices."""
        with self.standin.store.transaction() as connection:
            connection.execute("UPDATE object SET kind = 'lost' WHERE kind = 'event'")

    def account_id(self):
        return self.desk.gateway.fetch_account().id

    def client(self):
        """Stripe's own package on the stand-in, for what the site would never do."""
        return stripe.StripeClient("sk_test_other", http_client=InProcess(make_call(self.standin))).v1

    def sell_something_else(self, email):
        """Another product's subscription on the same account."""
        client = self.client()
        product = client.products.create({"name": "Mugs"})
        price = client.prices.create(
            {"product": product.id, "currency": "eur", "unit_amount": 900, "recurring": {"interval": "month"}}
        )
        session = client.checkout.sessions.create(
            {
                "mode": "subscription",
                "line_items": [{"price": price.id, "quantity": 1}],
                "success_url": "http://127.0.0.1:9/done",
                "customer_email": email,
                "metadata": {"shop": "mugs"},
            }
        )
        assert self.pay(session.url, email=email).status_code == 303

    def swap_for_something_else(self, stripe_id):
        """What the host can do at Stripe: another product in place of our plan."""
        client = self.client()
        product = client.products.create({"name": "Mugs"})
        price = client.prices.create(
            {"product": product.id, "currency": "eur", "unit_amount": 600, "recurring": {"interval": "month"}}
        )
        item = client.subscriptions.retrieve(stripe_id).to_dict()["items"]["data"][0]["id"]
        client.subscriptions.update(
            stripe_id, {"items": [{"id": item, "price": price.id}], "proration_behavior": "none"}
        )

    def add_plan(self, key, amount_minor):
        with self.db.transaction() as session:
            plans.save_plan(session, key, {"en": {"title": key}}, now=clock.now())
            plans.set_price(session, key, "month", Money(amount_minor, "EUR"), clock.now())
        self.work()

    def buy_together(self, *plan_keys):
        """One subscription with several items, as the host can make it at Stripe; bought for an order of ours."""
        order_id = self.join().order_id
        with self.db.reading() as session:
            query = select(Price.stripe_id).join(Plan, Plan.id == Price.plan_id)
            query = query.where(Plan.key.in_(plan_keys), Price.interval == "month")
            prices = list(session.scalars(query))
        metadata = {"site": self.desk.gateway.site, "order": order_id, "kind": "membership"}
        made = self.client().checkout.sessions.create(
            {
                "mode": "subscription",
                "line_items": [{"price": price, "quantity": 1} for price in prices],
                "success_url": "http://127.0.0.1:9/done",
                "customer_email": "ben@example.org",
                "client_reference_id": order_id,
                "metadata": metadata,
                "subscription_data": {"metadata": metadata},
            }
        )
        assert self.pay(made.url).status_code == 303

    def end_at_stripe(self, stripe_id):
        """What the host does in Stripe's own dashboard."""
        self.desk.gateway.cancel_now(stripe_id)

    # Looking

    def get_member(self, email="ben@example.org"):
        with self.db.reading() as session:
            return accounts.find_by_email(session, read_address(email).email_key)

    def entitlement(self, email="ben@example.org", now=None) -> Entitlement:
        member = self.get_member(email)
        with self.db.reading() as session:
            return get_entitlement(session, member.id, now or clock.now())

    def rows(self, table):
        with self.db.reading() as session:
            return list(session.scalars(select(table)))

    def notice_rows(self):
        return self.rows(Notice)

    def letter_text(self, kind):
        with self.db.reading() as session:
            return session.scalar(select(Letter.text).where(Letter.kind == kind).order_by(Letter.id.desc()))

    def letter_subject(self, kind):
        with self.db.reading() as session:
            return session.scalar(select(Letter.subject).where(Letter.kind == kind).order_by(Letter.id.desc()))

    def letters(self, to="ben@example.org"):
        with self.db.reading() as session:
            return list(
                session.scalars(select(Letter.kind).where(Letter.to == to).order_by(Letter.created_at, Letter.id))
            )


_LOCAL = {"REMOTE_ADDR": "127.0.0.1"}


def _path(address):
    parts = urlsplit(address)
    path = parts.path.removeprefix("/stripe-stand-in")
    return f"{path}?{parts.query}" if parts.query else path


def session_of(url):
    """The checkout session whose page an address is."""
    return _path(url).rsplit("/", 1)[1]


class Line:
    """The way to the stand-in: holds every request to the contract, notes it, and can slip something in between."""

    def __init__(self, call, requests):
        self.call = call
        self.requests = requests
        self.between = None
        self.date = None

    def __call__(self, method, url, headers, body):
        path = urlsplit(url).path
        self.requests.append(f"{method.upper()} {path}")
        problems = check_request(method, url, body)
        assert problems == [], problems
        status, given, answer = self.call(method, url, headers, body)
        if self.date is not None:
            given = {**given, "date": http_date(self.date)}
        if self.between is not None and path.startswith(self.between[0]):
            _path, action = self.between
            self.between = None
            action()
        return status, given, answer


def _leave(_desk, _payload):
    """Jobs of other rooms, such as sending letters."""


_HANDLERS = {
    webhooks.WORK_JOB: lambda desk, payload: notices.work(desk, payload["notice"]),
    owing.LETTER_JOB: owed.write,
    owing.PAYMENT_JOB: lambda desk, payload: apply.sync_payment(desk, payload["payment"]),
    owing.HOST_NOTE_JOB: host_notes.write_host_note,
    checkout.OPENED_JOB: lambda desk, payload: owed.greet(desk, payload["order"]),
    refunds.REFUND_JOB: refunds.carry_out,
    owing.GIVE_BACK_JOB: lambda desk, payload: fulfil.give_back(desk, payload["order"]),
    owing.END_JOB: lambda desk, payload: fulfil.end_subscription(desk, payload["subscription"]),
    gifts.LETTER_JOB: lambda desk, payload: giving.write(
        giving.GiftPost(desk.db, desk.keys, desk.sender, desk.zone), payload
    ),
    plans.PREPARE_JOB: lambda desk, payload: portal.prepare(desk),
    accounts.EMAIL_CHANGED_JOB: lambda desk, payload: customers.update_addresses(desk, payload["member"]),
}

"""The pages in a browser without scripts: the whole way of a member, and what a reader with any device meets."""

import threading

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import make_server

from podcastsvc.billing.standin.faults import Faults
from tests.billing.standin.playing import ASKS_ONCE, DISPUTED, FAILS_LATER, PAYS, Player
from tests.billing.standin.test_http import Quiet

pytestmark = pytest.mark.browser


def welcome(environ, start_response):
    body = b"<!doctype html><html lang=en><title>Site</title><h1>Back at the site</h1></html>"
    start_response("200 OK", [("Content-Type", "text/html"), ("Content-Length", str(len(body)))])
    return [body]


@pytest.fixture
def served():
    """A player whose stand-in is mounted beside a small site; ``site`` is the site's address."""
    app = DispatcherMiddleware(welcome)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    site = f"http://127.0.0.1:{server.server_port}"
    player = Player()
    player.standin.base_url = f"{site}/stripe-stand-in"
    player.site = site
    app.mounts = {"/stripe-stand-in": player.standin}
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield player
    server.shutdown()
    thread.join()
    server.server_close()
    player.standin.close()


def back(player):
    return {"success_url": f"{player.site}/welcome", "cancel_url": f"{player.site}/join"}


@pytest.fixture
def phone(browser):
    context = browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False, locale="en-GB")
    yield context.new_page()
    context.close()


def type_card(page, number):
    page.get_by_label("Card number").fill(number)
    page.get_by_label("Expiry").fill("12 / 34")
    page.get_by_label("Security code").fill("123")


def test_member_joins_changes_and_leaves_without_scripts(served, phone):
    session = served.open(**back(served), allow_promotion_codes=True)
    phone.goto(session.url)
    phone.get_by_label("E-mail").fill("ben@example.org")
    type_card(phone, ASKS_ONCE)
    phone.get_by_role("button", name="Pay €6").click()
    phone.get_by_role("button", name="Allow").click()
    expect(phone.get_by_role("heading")).to_have_text("Back at the site")
    subscription = served.api.subscriptions.list().data[0]

    phone.goto(served.portal(subscription.customer, return_url=f"{served.site}/account").url)
    phone.get_by_role("link", name="Cancel subscription").click()
    phone.get_by_label("I do not listen enough").check()
    phone.get_by_role("button", name="Cancel subscription").click()
    expect(phone.get_by_role("status")).to_contain_text("ends as shown")
    phone.get_by_role("button", name="Keep my subscription").click()
    phone.get_by_role("link", name="Change price").click()
    phone.get_by_role("button", name="Change price").click()
    expect(phone.get_by_role("status")).to_have_text("Your price was changed.")
    phone.get_by_role("link", name="Back to the site").click()

    expect(phone.get_by_role("heading")).to_have_text("Back at the site")
    after = served.fetch(subscription.id)
    assert (after.cancel_at, after["items"].data[0].price.id) == (None, served.year.id)


def test_declined_card_is_said_and_another_one_pays(served, phone):
    phone.goto(served.open(**back(served), customer_email="ben@example.org").url)
    phone.get_by_text("Test cards to choose from").click()
    phone.get_by_role("link", name="4000 0000 0000 9995").click()
    phone.get_by_role("button", name="Pay €6").click()

    expect(phone).to_have_title("Error: Payment · Stripe stand-in")
    expect(phone.get_by_role("alert")).to_contain_text("insufficient funds")
    type_card(phone, PAYS)
    phone.get_by_role("button", name="Pay €6").click()
    expect(phone.get_by_role("heading")).to_have_text("Back at the site")


def test_host_moves_the_clock_and_the_member_pays_what_is_open(served, phone):
    subscription = served.join(FAILS_LATER)
    phone.goto(f"{served.site}/stripe-stand-in/")
    phone.get_by_role("button", name="31 days").click()
    phone.goto(served.portal(subscription.customer).url)
    phone.get_by_role("link", name="Pay now").click()
    type_card(phone, PAYS)
    phone.get_by_role("button", name="Pay now").click()

    expect(phone.get_by_role("status")).to_have_text("Paid. Thank you.")
    assert served.fetch(subscription.id).status == "active"


def list_pages(served):
    subscription = served.join(DISPUTED)
    late = served.join(FAILS_LATER)
    served.standin.advance(29)
    served.standin.set_faults(Faults(duplicate_notices=True))
    portal = served.portal(subscription.customer).url
    session = served.open(**back(served), allow_promotion_codes=True)
    form = {"do": "pay", "email": "ben@example.org", "number": ASKS_ONCE, "expiry": "12/34", "cvc": "123"}
    asked = served.post(session.url, form).location
    charge = served.api.charges.list({"customer": str(subscription.customer)}).data[0]
    return [
        f"{served.site}/stripe-stand-in/",
        session.url,
        f"{served.site}/stripe-stand-in{asked}",
        portal,
        f"{portal}/card",
        f"{portal}/details",
        f"{portal}/cancel/{subscription.id}",
        f"{portal}/switch/{subscription.id}",
        served.fetch(late.id).latest_invoice.hosted_invoice_url,
        charge.receipt_url,
        f"{served.site}/stripe-stand-in/nothing",
    ]


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (390, "dark"), (1280, "light")])
def test_pages_are_accessible_and_never_scroll_sideways(served, browser, width, scheme):
    addresses = list_pages(served)
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True, locale="en-GB"
    )
    page = context.new_page()
    found = {}

    for address in addresses:
        page.goto(address)
        wide = page.evaluate("document.documentElement.scrollWidth")
        problems = [violation["id"] for violation in Axe().run(page).response["violations"]]
        found[address] = (wide <= width, problems)

    context.close()
    assert set(map(str, found.values())) == {"(True, [])"}, found


def test_pages_ask_for_nothing_from_elsewhere_and_break_no_policy(served, browser):
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    foreign, complaints = [], []
    page.on("request", lambda request: foreign.append(request.url) if not request.url.startswith(served.site) else None)
    page.on("console", lambda message: complaints.append(message.text) if "Policy" in message.text else None)

    for address in list_pages(served):
        page.goto(address)

    context.close()
    assert (foreign, complaints) == ([], [])

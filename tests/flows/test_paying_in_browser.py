"""Money in a browser beyond joining: a failed card, a coupon's link, a trial, another plan; and how many clicks each takes."""

import itertools
import re

import pytest
from playwright.sync_api import expect

from podcastsvc.kit.language import gettext
from tests.flows.browsing import Hand, take_cookies, watched
from tests.flows.conftest import SHOW, enter_studio, join, put_episode
from tests.site import Site, read_body, wait_for

# One server serves all of them.
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("paying")]

FAILS_LATER = "4000 0000 0000 0341"
MEMBERS = "---\ntitle: For members\ndate: 2026-01-02 06:00\naccess: members\n---\nFor members.\n"
LANGUAGES = [("", "en"), ("/es", "es")]
_numbers = itertools.count(1)


def make_show(folder):
    site = Site(folder)
    (site.episodes / "show.yaml").write_text(SHOW)
    put_episode(site, "2026-01-02-for-members", MEMBERS, members=40)
    site.run("init", "--host-email", "ada@example.org")
    site.run("scan")
    return site.start()


@pytest.fixture(scope="module")
def show(tmp_path_factory):
    """A served show with one episode for members."""
    site = make_show(tmp_path_factory.mktemp("show"))
    yield site
    site.kill()


@pytest.fixture
def email():
    """An address that nobody has joined with."""
    return f"ben{next(_numbers)}@example.org"


@pytest.fixture
def open_phone(browser):
    """Opens a phone on a show, signed in with somebody's cookies where there are some."""
    contexts = []

    def open_one(site, cookies=()):
        context = browser.new_context(
            base_url=site.base_url, viewport={"width": 390, "height": 844}, locale="en-GB", reduced_motion="reduce"
        )
        context.add_cookies(list(cookies))
        contexts.append(context)
        return context.new_page()

    yield open_one
    for context in contexts:
        context.close()


def type_card(page, number="4242 4242 4242 4242"):
    page.locator("[name=number]").fill(number)
    page.locator("[name=expiry]").fill("12 / 34")
    page.locator("[name=cvc]").fill("123")


@pytest.fixture
def show_of_cleo(tmp_path):
    """A show of its own, whose clock a test can move; Cleo's renewal has failed."""
    site = make_show(tmp_path / "cleo")
    cleo = join(site, "cleo@example.org", card=FAILS_LATER)
    site.run("payments", "advance", "--days", "366")
    yield site, take_cookies(cleo)
    site.kill()


@pytest.mark.parametrize(("prefix", "code"), LANGUAGES)
def test_a_failed_card_is_mended_in_two_clicks(show_of_cleo, open_phone, prefix, code):
    site, cookies = show_of_cleo
    say = gettext(code).gettext
    phone, hand = open_phone(site, cookies), Hand()

    with watched(phone, site.base_url) as watch:
        phone.goto(f"{prefix}/account")
        hand.click(phone.get_by_role("button", name=say("Update your card")).first)
        type_card(phone)
        hand.click(phone.locator("form button.primary"))
        phone.wait_for_url(re.compile(rf"{prefix}/account\?done="))

    assert hand.clicks == 2
    expect(phone.get_by_role("status").first).to_contain_text(say("Thank you."))
    assert watch.foreign == []
    assert watch.complaints == []


def test_a_letter_s_link_needs_no_sign_in_and_ends_on_a_page_that_says_thanks(show_of_cleo, open_phone):
    site, _cookies = show_of_cleo
    letter = next(each for each in site.letters_to("cleo@example.org") if "did not go through" in each["Subject"])
    phone, hand = open_phone(site), Hand()

    hand.clicks += 1  # the tap on the letter's link
    phone.goto(re.search(r"http://\S+/billing/fix/\S+", read_body(letter))[0])
    type_card(phone)
    hand.click(phone.locator("form button.primary"))

    expect(phone.get_by_role("heading", level=1)).to_have_text("Thank you.")
    assert hand.clicks == 2
    assert "cleo@example.org" not in phone.content()


@pytest.mark.parametrize(("prefix", "code"), LANGUAGES)
def test_a_code_signs_in_after_two_clicks(show, open_phone, email, prefix, code):
    say = gettext(code).gettext
    show.run("members", "add", email, "--plan", "members")
    phone, hand = open_phone(show), Hand()

    phone.goto(f"{prefix}/")
    hand.click(phone.locator("footer").get_by_role("link", name=say("Sign in")))
    phone.get_by_label(say("E-mail address")).fill(email)
    before = len(show.letters_to(email))
    hand.click(phone.get_by_role("button", name=say("Send a code")))
    wait_for(lambda: len(show.letters_to(email)) > before, "the code")
    phone.get_by_label(say("Six-digit code")).fill(re.search(r"\b\d{6}\b", read_body(show.letters_to(email)[-1]))[0])

    phone.wait_for_url(re.compile(r"/(account|welcome)"))
    assert hand.clicks == 2


def save_plan(show, **changes):
    """Sends the studio's form of the first plan."""
    ada = enter_studio(show)
    saved = ada.send(ada.get("/studio/plans/members"), "Save the plan", **changes)
    assert saved.status == 200, saved.words[:800]


def pay(page, hand, email, prefix, say):
    """From the form to the welcome page."""
    page.get_by_label(say("E-mail address")).fill(email)
    hand.click(page.get_by_role("button", name=say("Continue to payment")))
    type_card(page)
    hand.click(page.locator("form button.primary"))
    page.wait_for_url(f"**{prefix}/welcome")


@pytest.mark.parametrize(("prefix", "code"), LANGUAGES)
def test_a_coupon_s_link_takes_two_clicks_and_shows_what_is_charged(show, open_phone, email, prefix, code):
    say = gettext(code).gettext
    ada = enter_studio(show)
    coupon = f"HALF-{next(_numbers)}"
    made = ada.send(ada.get("/studio/coupons"), "Make the coupon", code=coupon, percent_off="50")
    assert made.status == 200, made.words[:800]
    show.run("payments", "sync")
    phone, hand = open_phone(show), Hand()

    phone.goto(f"{prefix}/join?coupon={coupon}")
    expect(phone.locator("main")).to_contain_text(re.compile("30[\\s\u00a0]*€|€30"))
    pay(phone, hand, email, prefix, say)

    def read_receipts():
        phone.goto(f"{prefix}/account/receipts")
        return phone.locator("main").inner_text()

    wait_for(lambda: "30" in read_receipts(), "the receipt")
    assert hand.clicks == 2


@pytest.fixture
def show_with_trial(tmp_path):
    """A show whose plan begins with a week for nothing, without a card."""
    site = make_show(tmp_path / "trial")
    save_plan(site, trial_days="7")
    yield site
    site.kill()


def test_a_trial_begins_after_two_clicks(show_with_trial, open_phone, email):
    phone, hand = open_phone(show_with_trial), Hand()

    phone.goto("/join")
    expect(phone.locator("main")).to_contain_text("7 days free")
    pay(phone, hand, email, "", str)

    assert hand.clicks == 2
    assert show_with_trial.ask("members", "show", email)["standing"] == "trial"


@pytest.mark.parametrize(("prefix", "code"), LANGUAGES)
def test_month_to_year_takes_three_clicks_and_says_first_what_it_costs(show, open_phone, email, prefix, code):
    say = gettext(code).gettext
    phone, hand = open_phone(show), Hand()
    phone.goto(f"{prefix}/join?plan=month")
    pay(phone, Hand(), email, prefix, say)

    with watched(phone, show.base_url) as watch:
        phone.goto(f"{prefix}/account")
        hand.click(phone.get_by_role("link", name=say("Change plan")))
        hand.click(phone.get_by_role("button", name=say("See what it costs")))
        expect(phone.locator("main dl, main table").first).to_contain_text("60")
        hand.click(phone.locator("main form button.primary"))
        phone.wait_for_url(re.compile(r"/account\?done=plan"))

    assert hand.clicks == 3
    expect(phone.get_by_role("status").first).to_contain_text(say("Your plan is changed."))
    assert watch.foreign == []
    assert watch.complaints == []


@pytest.mark.parametrize(("prefix", "code"), LANGUAGES)
def test_giving_each_month_takes_four_clicks_and_no_account(show, open_phone, email, prefix, code):
    say = gettext(code).gettext
    ada = enter_studio(show)
    ada.send(ada.get("/studio/donations"), "Save", is_open="1", amounts="5, 10, 25")
    phone, hand = open_phone(show), Hand()

    with watched(phone, show.base_url) as watch:
        phone.goto(f"{prefix}/")
        hand.click(phone.locator("footer").get_by_role("link", name=say("Support the show")))
        hand.click(phone.get_by_label(say("Each month")))
        hand.click(phone.get_by_role("button", name=say("Continue to payment")))
        phone.locator("[name=email]").fill(email)
        type_card(phone)
        hand.click(phone.locator("form button.primary"))
        expect(phone.get_by_role("heading", level=1)).to_have_text(say("Thank you."))

    letter = read_body(show.wait_for_letter(email))
    phone.goto(re.search(r"http://\S+/billing/give/\S+", letter)[0])
    expect(phone.locator("body")).to_contain_text("10")
    assert hand.clicks == 4
    assert watch.foreign == []
    assert watch.complaints == []


@pytest.fixture
def show_for_groups(tmp_path):
    """A show whose plan may be bought for up to ten people."""
    site = make_show(tmp_path / "groups")
    save_plan(site, most_seats="10")
    yield site
    site.kill()


@pytest.mark.parametrize(("prefix", "code"), LANGUAGES)
def test_one_pays_for_three_and_a_second_person_sits_down_in_three_clicks(show_for_groups, open_phone, prefix, code):
    site, say = show_for_groups, gettext(code).gettext
    bens, bens_hand = open_phone(site), Hand()
    devs, devs_hand = open_phone(site), Hand()

    with watched(bens, site.base_url) as ben_watch, watched(devs, site.base_url) as dev_watch:
        bens.goto(f"{prefix}/join")
        bens.get_by_label(say("For how many people?")).fill("3")
        pay(bens, bens_hand, "ben@example.org", prefix, say)
        bens.goto(f"{prefix}/account/group")
        link = bens.locator("#group-link").input_value()

        devs.goto(link)
        devs.get_by_label(say("E-mail address")).fill("dev@example.org")
        devs_hand.click(devs.get_by_role("button", name=say("Take the seat")))
        digits = re.search(r"\b\d{6}\b", str(site.wait_for_letter("dev@example.org")["Subject"]))[0]
        devs_hand.clicks += 1  # the sixth digit sends the form
        devs.locator("#code").fill(digits)
        devs_hand.click(devs.get_by_role("button", name=say("Take the seat")))
        devs.wait_for_url(f"**{prefix}/welcome")

        bens.goto(f"{prefix}/account/group")
        expect(bens.locator("main")).to_contain_text("dev@example.org")
        bens.get_by_role("button", name=say("Take the seat of %(name)s back") % {"name": "dev@example.org"}).click()
        expect(bens.get_by_role("status").first).to_contain_text(say("The seat is free again."))

    assert link.startswith(f"{site.base_url}{prefix}/group/")
    assert (bens_hand.clicks, devs_hand.clicks) == (2, 3)
    assert ben_watch.foreign == dev_watch.foreign == []
    assert ben_watch.complaints == dev_watch.complaints == []
    devs.goto(f"{prefix}/account")
    expect(devs.locator("main")).not_to_contain_text(say("Leave the group"))


HOURS = {f"weekly_{day}": "9:00-12:00, 14:00-18:00" for day in range(7)}
ROOM = "https://meet.example/ada"


@pytest.fixture(scope="module")
def show_of_talks(tmp_path_factory):
    """A show whose host can be booked, and a second length."""
    site = make_show(tmp_path_factory.mktemp("talks"))
    ada = enter_studio(site)
    form = ada.get("/studio/consultations/settings")
    saved = ada.send(form, "Save", is_open="1", lengths="30 45\n60 80", room_url=ROOM, **HOURS)
    assert saved.status == 200, saved.words[:800]
    yield site
    site.kill()


@pytest.mark.parametrize(("prefix", "code"), LANGUAGES)
def test_a_consultation_takes_four_clicks_and_comes_with_its_room_and_calendar(
    show_of_talks, open_phone, email, prefix, code
):
    site, say = show_of_talks, gettext(code).gettext
    phone, hand = open_phone(site), Hand()

    with watched(phone, site.base_url) as watch:
        phone.goto(f"{prefix}/consultation")
        hand.click(phone.get_by_role("link", name=re.compile("^30 ")))
        phone.wait_for_load_state("networkidle")
        hand.click(phone.locator("[name=time]").first)
        phone.get_by_label(say("Your name")).fill("Ben")
        phone.get_by_label(say("Your e-mail address")).fill(email)
        hand.click(phone.get_by_role("button", name=say("Continue to payment")))
        type_card(phone)
        hand.click(phone.locator("form button.primary"))
        expect(phone.get_by_role("heading", level=1)).to_have_text(say("Paid. Your consultation is booked."))

    letter = site.wait_for_letter(email)
    assert hand.clicks == 4
    assert ROOM in read_body(letter)
    assert [part.get_filename() for part in letter.iter_attachments()] == ["invite.ics"]
    assert watch.foreign == []
    assert watch.complaints == []
    phone.goto(re.search(r"http://\S+/consultation/mine/\S+", read_body(letter))[0])
    phone.get_by_text(say("Cancel it")).click()
    phone.get_by_role("button", name=say("Cancel the consultation")).click()
    expect(phone.get_by_role("status").first).to_contain_text(
        say("Your consultation is cancelled. We have sent you an e-mail.")
    )

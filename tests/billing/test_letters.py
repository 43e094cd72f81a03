"""Letters about money: the same words twice, in every language; owed once; not written when they are no longer true."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podcastsvc.billing import leaving, portal
from podcastsvc.billing.following.rules import write_stamp
from podcastsvc.billing.letters import owed, reminders
from podcastsvc.billing.letters.reminders import Reminder, find_due
from podcastsvc.billing.letters.week import Week, write_summary
from podcastsvc.kit import clock
from podcastsvc.mail.letters import render_letter
from podcastsvc.storage.tables.billing import Subscription
from podcastsvc.storage.tables.letter import Letter
from tests.billing.till import FAILS_LATER
from tests.mail.letters import SENDER, read_text_words, read_words

DAY = datetime(2027, 3, 14, tzinfo=UTC)
WELCOME = {
    "setup_link": "https://show.example/add/abc",
    "feed_link": "https://show.example/private/abc/feed.xml",
    "plan": "Member",
    "price": "€60 a year",
    "renews_on": DAY,
    "is_trial": False,
    "account_link": "https://show.example/account",
    "receipts_link": "https://show.example/account/receipts",
    "descriptor": "LONG MERIDIAN",
    "seats": 1,
    "group_link": "https://show.example/account/group",
}
ONCE = {name: value for name, value in WELCOME.items() if name not in {"renews_on", "is_trial", "seats", "group_link"}}
ENDED = {"is_trial": False, "is_unpaid": False, "price": "€60 a year", "join_link": "https://show.example/join"}
TRIAL = {
    "ends_on": DAY,
    "price": "€6 a month",
    "last4": "4242",
    "fix_link": "https://show.example/billing/fix/abc",
    "cancel_link": "https://show.example/account/cancel",
}
OVERDUE = {
    "last4": "4242",
    "price": "€60",
    "failed_on": DAY,
    "grace": DAY,
    "retry_on": DAY,
    "fix_link": "https://show.example/billing/fix/abc",
    "confirm_link": "https://show.example/billing/confirm/abc",
}
ORDER = {
    "price": "€60",
    "account_link": "https://show.example/account",
    "sign_in_link": "https://show.example/sign-in",
    "join_link": "https://show.example/join",
}
NOTE = {"title": "A payment is disputed", "words": "The bank asks.", "studio_link": "https://show.example/studio"}
MOVED = {name: WELCOME[name] for name in ("setup_link", "feed_link", "account_link")} | {
    "join_link": "https://show.example/join"
}
FILLED = {"email": "dev@example.org", "group_link": "https://show.example/account/group"}
GIVEN = {"amount": "€5", "studio_link": "https://show.example/studio/donations"}
TALK = {
    "what": "booked",
    "when": "Friday 5 June at 16:00, Europe/Madrid",
    "minutes": 60,
    "room_link": "https://meet.example/ada",
    "by": "",
    "is_returned": False,
    "host": "Ada",
    "own_link": "https://show.example/consultation/mine/abc",
    "change_hours": 24,
    "again_link": "https://show.example/consultation",
}
TALK_FOR_HOST = TALK | {
    "name": "Ben",
    "email": "ben@example.org",
    "question": "How to begin?\n\nAnd how to go on?",
    "studio_link": "https://show.example/studio/consultations/01A",
}
MESSAGE = {"name": "Finn", "email": "finn@example.org", "subject": "A question", "text": "How do maps lie?\n\nAnd why?"}
BACK = {"paid": "€60", "paid_on": DAY}
CASES = {
    "welcome": ("welcome", WELCOME),
    "welcome, ending, no descriptor": ("welcome", WELCOME | {"renews_on": None, "descriptor": ""}),
    "welcome to a trial": ("welcome", WELCOME | {"is_trial": True}),
    "welcome, a group": ("welcome", WELCOME | {"seats": 4}),
    "seat taken": ("seat_taken", WELCOME | {"payer": "Ben"}),
    "seat filled": ("seat_filled", FILLED | {"name": "Dev", "free": 2}),
    "last seat filled by somebody without a name": ("seat_filled", FILLED | {"name": "", "free": 0}),
    "seat ended": ("seat_ended", {"payer": "Ben", "join_link": "https://show.example/join"}),
    "seat ended, payer gone": ("seat_ended", {"payer": "", "join_link": "https://show.example/join"}),
    "consultation": ("consultation", TALK),
    "consultation, host decides": ("consultation", TALK | {"change_hours": None, "what": "reminder"}),
    "consultation, last hour": ("consultation", TALK | {"change_hours": 1, "what": "moved"}),
    "consultation cancelled": ("consultation", TALK | {"what": "cancelled", "by": "buyer", "is_returned": True}),
    "consultation cancelled by the host": ("consultation", TALK | {"what": "cancelled", "by": "host"}),
    "consultation taken": ("consultation_taken", ORDER),
    "host: consultation": ("host_consultation", TALK_FOR_HOST),
    "host: consultation cancelled": ("host_consultation", TALK_FOR_HOST | {"what": "cancelled"}),
    "host: consultation given back": ("host_consultation", TALK_FOR_HOST | {"what": "cancelled", "is_returned": True}),
    "host: message": ("host_contact", MESSAGE),
    "host: message without name and subject": ("host_contact", MESSAGE | {"name": "", "subject": ""}),
    "trial ends": ("trial_ending", TRIAL),
    "trial ends, no card": ("trial_ending", TRIAL | {"last4": ""}),
    "trial ended": (
        "ended",
        ENDED | {"is_trial": True},
    ),
    "price moves": (
        "price_moves",
        {
            "old_price": "€6 a month",
            "new_price": "€8 a month",
            "day": DAY,
            "account_link": "https://show.example/account",
            "cancel_link": "https://show.example/account/cancel",
        },
    ),
    "paid once": ("welcome_once", ONCE | {"ends_on": DAY}),
    "paid once, for good, no descriptor": ("welcome_once", ONCE | {"ends_on": None, "descriptor": ""}),
    "failed": ("payment_failed", OVERDUE),
    "failed, no card, no retry": ("payment_failed", OVERDUE | {"last4": "", "retry_on": None}),
    "reminder": ("payment_reminder", OVERDUE),
    "confirm": ("payment_confirm", OVERDUE),
    "thanks": ("payment_thanks", {"price": "€60", "renews_on": DAY, "account_link": "https://show.example/account"}),
    "cancelled": ("cancelled", {"ends_on": DAY, "keep_link": "https://show.example/account", "months": 14}),
    "cancelled after a month": (
        "cancelled",
        {"ends_on": DAY, "keep_link": "https://show.example/account", "months": 1},
    ),
    "ended unpaid": ("ended", ENDED | {"is_unpaid": True}),
    "ended": ("ended", ENDED),
    "already a member": ("already_member", ORDER),
    "given back": ("given_back", ORDER),
    "undone": ("payment_undone", ORDER),
    "host": ("host_note", NOTE),
    "merged": (
        "merged",
        {"email": "b@example.org", "old_email": "a@example.org", "account_link": "https://show.example/account"},
    ),
    "moved in": ("moved_in", MOVED | {"ends_on": DAY}),
    "moved in, goes on": ("moved_in", MOVED | {"ends_on": None}),
    "donation": ("donation_thanks", {"amount": "€5", "stop_link": None}),
    "donation, monthly": (
        "donation_thanks",
        {"amount": "€5 a month", "stop_link": "https://show.example/billing/give/abc"},
    ),
    "host: donation": ("host_donation", GIVEN | {"name": "Ben", "message": "Keep going.\n\nAlways."}),
    "host: donation of nobody": ("host_donation", GIVEN | {"name": "", "message": ""}),
    "refunded": ("refunded", BACK | {"amount": "€60", "is_whole": True, "has_ended": True}),
    "partly refunded": ("refunded", BACK | {"amount": "€6", "is_whole": False, "has_ended": False}),
    "not refunded": ("refund_declined", BACK | {"answer": "You listened for a year.\n\nAll of it."}),
    "host: a week": (
        "host_week",
        {
            "week": Week(3, 2, 1, 4, ()),
            "reasons": [("It costs too much", 2)],
            "members_link": "https://show.example/studio/members",
        },
    ),
}


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("case", CASES)
def test_both_forms_say_the_same_words(case, language):
    kind, values = CASES[case]

    written = render_letter(SENDER, kind=kind, language=language, values=values)

    assert read_words(written.html) == read_text_words(written.text)
    assert "None" not in written.text
    assert "  " not in written.subject
    assert "!" not in written.subject + written.text


def test_welcome_says_where_to_listen_and_what_it_costs():
    text = render_letter(SENDER, kind="welcome", language="en", values=WELCOME).text

    assert "https://show.example/private/abc/feed.xml" in text
    assert "Plan: Member, €60 a year, renews 14 March 2027." in text
    assert "On your statement it says LONG MERIDIAN." in text


SINCE = datetime(2026, 3, 1, 12, tzinfo=UTC)
UNTIL = SINCE + timedelta(days=21)
STAMP = write_stamp(SINCE)
MARKS = {
    0: None,
    13: None,
    14: Reminder("payment_reminder", f"{STAMP}|7"),
    18: Reminder("payment_reminder", f"{STAMP}|7"),
    19: Reminder("payment_reminder", f"{STAMP}|2"),
    20: Reminder("payment_reminder", f"{STAMP}|2"),
    21: Reminder("ended", STAMP),
    90: Reminder("ended", STAMP),
}


@pytest.mark.parametrize("day", MARKS)
def test_letter_that_is_due_follows_from_the_days_left(day):
    assert find_due(SINCE, UNTIL, SINCE + timedelta(days=day)) == MARKS[day]


@given(st.integers(0, 60), st.lists(st.integers(0, 90), max_size=40))
def test_never_more_than_two_reminders_and_one_end_whenever_one_looks(grace_days, days):
    until = SINCE + timedelta(days=grace_days)

    found = {find_due(SINCE, until, SINCE + timedelta(days=day)) for day in days} - {None}

    assert sum(each.kind == "payment_reminder" for each in found) <= 2
    assert sum(each.kind == "ended" for each in found) <= 1


def test_short_grace_sends_no_reminder_on_the_heels_of_the_first_letter():
    assert find_due(SINCE, SINCE + timedelta(days=2), SINCE + timedelta(hours=1)) is None


def test_letter_about_what_has_passed_is_not_written(till):
    row = till.subscribe(card=FAILS_LATER)
    till.live(28, step=14)
    period = write_stamp(till.rows(Subscription)[0].past_due_since)
    till.end_at_stripe(row.stripe_id)
    till.settle()

    owed.write(till.desk, {"kind": "payment_reminder", "subscription": row.stripe_id, "period": f"{period}|7"})
    owed.write(till.desk, {"kind": "payment_thanks", "subscription": row.stripe_id, "period": period})

    assert till.letters() == ["welcome", "payment_failed", "ended"]


def test_same_letter_is_owed_once_however_often_the_pass_runs(till):
    till.subscribe(card=FAILS_LATER)
    till.live(28, step=14)
    overdue = till.rows(Subscription)[0]
    at = overdue.access_kept_until - timedelta(days=1)

    told = [reminders.remind(till.desk, at) for _ in range(3)]
    till.work()
    told.append(reminders.remind(till.desk, at))

    assert told[0] == 1
    assert told[-1] == 0
    assert till.letters().count("payment_reminder") == 1


def test_more_than_fifty_letters_at_once_wait_for_the_hosts_yes(till):
    row = till.subscribe(card=FAILS_LATER)
    till.live(28, step=14)
    with till.db.transaction() as session:
        kept = session.get(Subscription, row.stripe_id)
        values = {column.name: getattr(kept, column.name) for column in Subscription.__table__.columns}
        session.add_all(Subscription(**{**values, "stripe_id": f"sub_{number}"}) for number in range(50))
    at = till.rows(Subscription)[0].access_kept_until - timedelta(days=1)

    held = reminders.remind(till.desk, at)
    till.work()
    told = till.letters("ada@example.org")
    sent = reminders.remind(till.desk, at, even_many=True)
    till.work()

    assert (held, sent) == (0, 51)
    assert told == ["host_note"]
    assert till.letters().count("payment_reminder") == 51


def test_host_reads_once_a_week_who_came_who_left_and_why(till):
    ben, cleo = till.subscribe("ben@example.org"), till.subscribe("cleo@example.org", card=FAILS_LATER)
    portal.leave(till.desk, ben.member_id, reason="too_expensive")
    till.live(30, step=10)
    till.subscribe("dev@example.org")

    for _ in range(2):
        write_summary(till.desk, clock.now())

    assert cleo.member_id is not None
    assert till.letters("ada@example.org") == ["host_week"]
    text = till.letter_text("host_week")
    assert "New members: 1\nMemberships that ended: 1\nIt costs too much: 1\n" in text
    assert "Waiting for a payment: 1" in text


def test_week_without_anything_has_no_letter(till):
    write_summary(till.desk, clock.now())

    assert till.letters("ada@example.org") == []


def test_removed_member_is_sent_nothing(till):
    row = till.subscribe()
    leaving.remove_member(till.db, till.desk.gateway, row.member_id, clock.now())
    till.settle()

    assert [letter.to for letter in till.rows(Letter) if letter.kind == "ended"] == []

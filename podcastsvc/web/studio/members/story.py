"""One member's whole story in the studio: payments, states, e-mails, links and listening, newest first."""

from dataclasses import dataclass
from datetime import datetime

from podcastsvc.billing.accounting.story import Event, read_story
from podcastsvc.billing.letters.texts import write_price
from podcastsvc.billing.letters.week import write_reason
from podcastsvc.billing.plans import list_titles
from podcastsvc.kit.language import N_
from podcastsvc.web.context import language, now, services
from podcastsvc.web.language import make_path
from podcastsvc.web.lists import count_pages, cut_page, read_page
from podcastsvc.web.pages import gettext, render, write_day_short
from podcastsvc.web.sign_in.gates import host_only
from podcastsvc.web.studio.blueprint import blueprint
from podcastsvc.web.studio.letters import KINDS as LETTERS
from podcastsvc.web.studio.members.pages import get_member
from podcastsvc.web.studio.money.words import name_kind

_PER_PAGE = 50
SENTENCES = {
    "account": N_("Account made"),
    "proved": N_("Address proved"),
    "signed_in": N_("Signed in"),
    "ordered": N_("Went to payment: %(what)s, %(money)s"),
    "subscribed": N_("Began: %(what)s, %(price)s"),
    "leaves": N_("Decided to leave: %(reason)s"),
    "ended": N_("Ended: %(what)s"),
    "unpaid": N_("Payment failed: %(price)s"),
    "paid": N_("Paid %(money)s: %(what)s"),
    "asked_back": N_("Asked for money back"),
    "declined": N_("You declined to give it back"),
    "given": N_("Given: %(plan)s"),
    "given_ends": N_("Given time ends: %(plan)s"),
    "seated": N_("Took a seat in a group"),
    "shares": N_("A seat in their group was taken"),
    "letter": N_("E-mail: %(letter)s"),
    "link_made": N_("Feed link made"),
    "link_opened": N_("Feed link opened in an app"),
    "link_replaced": N_("Feed link replaced"),
    "link_revoked": N_("Feed link taken away"),
    "first_heard": N_("First audio fetched"),
    "heard": N_("Audio last fetched"),
}


@dataclass(frozen=True, slots=True)
class StoryLine:
    """One row: when, what, and more about it. ``payment_id`` leads to the payment's page."""

    at: datetime
    words: str
    more: str
    payment_id: str
    is_ahead: bool


@blueprint.get("/members/<int:member_id>/story")
@host_only
def story(member_id: int) -> str:
    """Everything that is known, cut into pages."""
    page = read_page()
    with services().db.reading() as session:
        member = get_member(session, member_id)
        events = read_story(session, member)
        titles = list_titles(session, language())
    return render(
        "studio/members/story.html",
        member=member,
        lines=[_make_line(event, titles) for event in cut_page(events, page, _PER_PAGE)],
        page=page,
        pages=count_pages(len(events), _PER_PAGE),
        page_href=lambda number: make_path("studio.story", member_id=member_id, page=number),
    )


def _make_line(event: Event, titles: dict[str, str]) -> StoryLine:
    about = event.about
    values = {
        "what": name_kind(about["what"]) if "what" in about else "",
        "money": about["money"].format(language()) if "money" in about else "",
        "price": write_price(about["money"], about.get("interval"), language()) if "money" in about else "",
        "reason": write_reason(about.get("reason", ""), language()),
        "plan": titles.get(about.get("plan", ""), about.get("plan", "")),
        "letter": gettext(LETTERS.get(about["letter"], about["letter"])) if about.get("letter") else "",
    }
    return StoryLine(
        at=event.at,
        words=gettext(SENTENCES[event.kind]) % values,
        more=_write_more(event),
        payment_id=about.get("payment", ""),
        is_ahead=event.at > now(),
    )


def _write_more(event: Event) -> str:
    about = event.about
    if event.kind == "paid" and about["refunded"].amount_minor:
        return gettext("%(money)s back") % {"money": about["refunded"].format(language())}
    if event.kind in {"leaves", "given"} and about.get("until") is not None:
        return gettext("until %(day)s") % {"day": write_day_short(about["until"])}
    if event.kind == "letter" and about["state"] == "dead":
        return gettext("It could not be delivered.")
    if event.kind in {"first_heard", "heard", "link_opened"}:
        return str(about.get("label") or about.get("app") or "")
    return str(about.get("text") or about.get("label") or "")

"""The account page: standing, apps, where the feed is used, plan and payment, the person."""

from typing import Any

from flask import request
from flask_login import current_user

from podcastsvc.billing.kinds import donations
from podcastsvc.billing.letters.texts import write_price
from podcastsvc.kit.language import N_
from podcastsvc.kit.money import Money
from podcastsvc.members.apps import WITHOUT_PRIVATE_FEEDS
from podcastsvc.web.account.blueprint import blueprint
from podcastsvc.web.account.usage import describe_shared
from podcastsvc.web.account.view import read_account
from podcastsvc.web.context import language, services
from podcastsvc.web.pages import gettext, render
from podcastsvc.web.sign_in.gates import member_only

# What a form has just done, by the word in the address.
DONE = {
    "sent": (N_("The links are on their way."), N_("Open the e-mail on the phone you listen with.")),
    "replaced": (N_("Your new link is ready."), N_("The old one has stopped. Follow the new one in your app.")),
    "emails": (N_("Saved."), ""),
    "left": (N_("Done. We will not charge you again."), N_("Changed your mind? Keep your membership below.")),
    "kept": (N_("Your membership goes on."), N_("Nothing else has changed.")),
    "paid": (N_("Paid. Thank you."), ""),
    "plan": (N_("Your plan is changed."), ""),
    "plan_kept": (N_("Your plan stays as it is."), N_("What was planned is taken back.")),
    "seat_left": (
        N_("You have left the group."),
        N_("Your seat is free again. The public episodes stay in your feed."),
    ),
    "card": (N_("Thank you."), N_("If you gave another card, the bank is asked again soon.")),
}
DECLINED = (
    N_("The card was declined, so nothing has changed."),
    N_("Your old plan goes on, and nothing is owed. Try another card."),
)
MOST_LOOKS = 20


@blueprint.get("")
@member_only
def page() -> str:
    """Everything about a membership on one page."""
    view = read_account()
    looks = request.args.get("looks", 0, type=int)
    return render(
        "account/page.html",
        view=view,
        sign=describe_shared(view.sign) if view.sign is not None else "",
        without=WITHOUT_PRIVATE_FEEDS,
        done=find_done(DONE),
        declined=[gettext(text) for text in DECLINED] if request.args.get("done") == "declined" else None,
        giving=_list_giving(),
        next_look=looks + 1 if view.is_confirming and 0 <= looks < MOST_LOOKS else None,
    )


def _list_giving() -> list[str]:
    """What the member gives each month, in words."""
    with services().db.reading() as session:
        rows = donations.list_monthly(session, current_user.id)
    return [write_price(Money(row.amount_minor, row.currency), row.interval, language()) for row in rows]


def find_done(texts: dict[str, tuple[str, str]]) -> dict[str, Any] | None:
    """The note that a form has earned: its fact and what follows, in the page's language."""
    found = texts.get(request.args.get("done", ""))
    if found is None:
        return None
    return {"fact": gettext(found[0]), "text": gettext(found[1]) if found[1] else ""}

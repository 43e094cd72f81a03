"""The studio's letters: those written into the folder of letters, or how the mail server took them."""

import re
from dataclasses import dataclass
from datetime import datetime

from podcastsvc.kit.language import N_
from podcastsvc.mail import folder, outbox
from podcastsvc.mail.addresses import mask_address
from podcastsvc.mail.transports import FOLDER
from podcastsvc.storage.tables.letter import Letter
from podcastsvc.web.context import services, settings
from podcastsvc.web.pages import gettext, render
from podcastsvc.web.sign_in.gates import host_only
from podcastsvc.web.studio.blueprint import blueprint

# What the host reads for each kind of letter.
KINDS = {
    "sign_in": N_("Sign-in code"),
    "password": N_("New password"),
    "email_change": N_("Change of e-mail"),
    "email_changed": N_("E-mail was changed"),
    "password_changed": N_("Password was changed"),
    "feed_links": N_("Feed links"),
    "no_app_yet": N_("Reminder: no app has the feed yet"),
    "welcome": N_("Welcome"),
    "welcome_once": N_("Welcome, paid once"),
    "merged": N_("Two accounts became one"),
    "moved_in": N_("Moved in from elsewhere"),
    "trial_ending": N_("Trial ends soon"),
    "already_member": N_("Is a member already"),
    "cancelled": N_("Cancellation"),
    "ended": N_("Membership ended"),
    "given_back": N_("Payment given back"),
    "seat_taken": N_("Seat in a group: welcome"),
    "seat_filled": N_("Seat in a group: to the payer"),
    "seat_ended": N_("Seat in a group has ended"),
    "gift_bought": N_("Gift: to the giver"),
    "gift_given": N_("Gift: to the recipient"),
    "gift_started": N_("Gift accepted"),
    "payment_confirm": N_("Payment to confirm"),
    "payment_failed": N_("Payment failed"),
    "payment_reminder": N_("Payment reminder"),
    "payment_thanks": N_("Payment received"),
    "payment_undone": N_("Payment did not arrive"),
    "refunded": N_("Money back"),
    "refund_declined": N_("Money back declined"),
    "price_moves": N_("Price changes"),
    "consultation": N_("Consultation: to the buyer"),
    "consultation_taken": N_("Consultation: money back, the time was gone"),
    "host_consultation": N_("Consultation: to the host"),
    "donation_thanks": N_("Thanks for a donation"),
    "host_donation": N_("A donation, to the host"),
    "host_contact": N_("A message, to the host"),
    "host_note": N_("Note to the host"),
    "host_week": N_("The host's week"),
}


@dataclass(frozen=True, slots=True)
class SentLetter:
    """One letter as the list shows it; what it said is not kept, and the address is masked (rule T-M6)."""

    kind: str
    at: datetime
    to: str
    state: str
    error: str


@blueprint.get("/letters")
@host_only
def letters() -> str:
    """Without a mail server the files in the folder, newest first; with one, the outbox."""
    if settings().smtp_url:
        with services().db.reading() as session:
            rows = [_describe(letter) for letter in outbox.list_recent(session)]
        return render("studio/letters/outbox.html", letters=rows)
    return render("studio/letters/folder.html", letters=folder.list_eml(settings().data / FOLDER))


@blueprint.get("/letters/<name>")
@host_only
def letter(name: str) -> str:
    """One letter of the folder, as plain text; links to this site can be followed."""
    found = folder.get_eml(settings().data / FOLDER, name)
    return render("studio/letters/letter.html", letter=found, parts=_split_at_links(found.text))


def _split_at_links(text: str) -> list[tuple[str, bool]]:
    """Pieces of a text, each with whether it is an address on this site."""
    ours = re.compile(rf"({re.escape(settings().base_url)}/[^\s<>\"]*[^\s<>\".,;:!?)])")
    return [(piece, bool(at % 2)) for at, piece in enumerate(ours.split(text)) if piece]


def _describe(letter: Letter) -> SentLetter:
    # A kind that only a newer version writes has no name here.
    kind = gettext(KINDS[letter.kind]) if letter.kind in KINDS else letter.kind.replace("_", " ")
    return SentLetter(kind, letter.created_at, mask_address(letter.to), letter.state, letter.error or "")

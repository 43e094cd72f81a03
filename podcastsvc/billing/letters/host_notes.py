"""What hosts are told about money as soon as it needs a look: a sentence each, and the studio's page about it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from podcastsvc.billing.desk import Desk
from podcastsvc.kit.language import N_, format_day, gettext
from podcastsvc.members.to_hosts import write_to_hosts

# Subject, what has happened, and where in the studio it is looked at. ``name`` is the object's id.
_HEALTH = "/studio/#health"
_PAYMENT = "/studio/payments/%(name)s"
NOTES = {
    "host_given_back": (
        N_("A second membership was paid and given back"),
        N_(
            "Somebody paid for a membership beside a running one, or after deleting the account. "
            "The new one was ended and its payment returned. Order: %(name)s."
        ),
        _HEALTH,
    ),
    "host_unknown": (
        N_("Stripe uses a word that we do not know"),
        N_(
            'Subscription %(name)s has the status "%(word)s". The member keeps what was decided before, for at most '
            "seven days. Look at it in Stripe, and update this service."
        ),
        _HEALTH,
    ),
    "host_letters": (
        N_("Many letters wait for your yes"),
        N_(
            "%(word)s letters about failed payments are owed at once, more than is usual. They wait until you say yes: "
            "run `podcastsvc payments sync --send-letters`."
        ),
        _HEALTH,
    ),
    "host_dead_notice": (
        N_("A notice from Stripe could not be worked on"),
        N_(
            "Notice %(name)s (%(word)s) failed seven times. Nothing is lost: a comparison with Stripe repairs what it "
            "was about. Run `podcastsvc payments sync`."
        ),
        _HEALTH,
    ),
    "host_asked_back": (
        N_("A member asks for money back"),
        N_("They say why on the payment's page. Give it back there, in full or part, or answer them."),
        _PAYMENT,
    ),
    "host_disputed": (
        N_("A payment is disputed"),
        N_(
            "The bank takes payment %(name)s back unless you answer it in Stripe until %(day)s. What it bought has "
            "ended. The payment's page has a file with what we know, to hand in as evidence."
        ),
        _PAYMENT,
    ),
    "host_dispute_asked": (
        N_("A bank asks about a payment"),
        N_(
            "Nothing is taken back yet, and the member keeps listening. Answer in Stripe, or give the money back: "
            "an answer in time often keeps it from becoming a dispute."
        ),
        _PAYMENT,
    ),
    "host_dispute_won": (
        N_("You have won a dispute"),
        N_(
            "The money of payment %(name)s stays with you. If the member should listen again, the payment's page does it."
        ),
        _PAYMENT,
    ),
    "host_dispute_lost": (
        N_("A dispute is lost"),
        N_("The bank has taken payment %(name)s back for good. What it bought has ended; there is nothing to do."),
        _PAYMENT,
    ),
    "host_refund_failed": (
        N_("A refund did not arrive"),
        N_(
            "The bank could not take the money that was given back for payment %(name)s, so Stripe has put it back "
            "into your account. Ask the member how to pay it to them."
        ),
        _PAYMENT,
    ),
    "host_refund_refused": (
        N_("Stripe refused a refund"),
        N_(
            "Payment %(name)s was not given back, and what it bought goes on. Stripe's dashboard says why; often too "
            "little money is left in the account."
        ),
        _PAYMENT,
    ),
    "host_refunded_runs": (
        N_("A refunded membership still runs"),
        N_(
            "Payment %(name)s went back whole, but the membership that it paid for goes on, and will charge again if "
            "it renews. End it if that is not what you want."
        ),
        _PAYMENT,
    ),
}


def write_host_note(desk: Desk, payload: Mapping[str, Any]) -> None:
    """Tells each host what needs a look, once. The handler of ``billing.host_note``.

    ``payload``: ``kind`` (a key of ``NOTES``), ``object`` and ``word``, which for a dispute is when an answer is due.
    """
    kind, name, word = str(payload["kind"]), str(payload["object"]), str(payload.get("word") or "")
    title, words, place = NOTES[kind]

    def write_values(language: str) -> dict[str, str]:
        say = gettext(language).gettext
        values = {"name": name, "word": word, "day": _write_due(desk, kind, word, language)}
        return {
            "title": say(title) % values,
            "words": say(words) % values,
            "studio_link": desk.sender.studio_link(place % values),
        }

    with desk.db.transaction() as session:
        write_to_hosts(
            session, desk.sender, kind="host_note", object_id=f"{kind}:{name}", write_values=write_values, word=word
        )


def _write_due(desk: Desk, kind: str, word: str, language: str) -> str:
    if kind != "host_disputed":
        return ""
    local = desk.local(datetime.fromisoformat(word)) if word else None
    return format_day(local, language) if local is not None else gettext(language).gettext("the day that Stripe names")

"""Binding this installation to one Stripe account and mode, and refusing the keys of any other."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from podcastsvc.billing.desk import Desk
from podcastsvc.billing.gateway import Gateway
from podcastsvc.errors import Misconfigured
from podcastsvc.kit.language import N_
from podcastsvc.members.subscriptions import Account, find_account, save_account
from podcastsvc.storage.db import Database
from podcastsvc.storage.facts import find_fact, save_fact
from podcastsvc.storage.tables.billing import Plan, Price

NAMES_FACT = "stripe_names"
FOREIGN_KEY = N_(
    "The Stripe key belongs to another account or mode than the members of this site. "
    "Set the earlier key again, or run `podcastsvc payments rebind`."
)


def require_account(desk: Desk) -> Account:
    """``check_account`` for a desk."""
    return check_account(desk.db, desk.gateway)


def check_account(db: Database, gateway: Gateway) -> Account:
    """The account that everything is written for. The first contact binds the installation to it.

    Asks Stripe once in the life of a process. Raises Misconfigured for a key of another account or mode: then nothing
    is written.
    """
    facts = gateway.known_account()
    account = Account(facts.id, facts.livemode)
    with db.reading() as session:
        bound = find_account(session)
    if bound is None:
        with db.transaction() as session:
            bound = find_account(session)
            if bound is None:
                bound = account
                save_account(session, account)
                save_fact(session, NAMES_FACT, {"name": facts.name, "descriptor": facts.descriptor})
    if bound != account:
        raise Misconfigured(FOREIGN_KEY)
    return account


def rebind(desk: Desk) -> Account:
    """Binds the installation to the key's account. Rows of the earlier one stay, and count for nothing.

    Prices are made anew at their next sale.
    """
    facts = desk.gateway.fetch_account()
    account = Account(facts.id, facts.livemode)
    with desk.db.transaction() as session:
        if find_account(session) != account:
            save_account(session, account)
            save_fact(session, NAMES_FACT, {"name": facts.name, "descriptor": facts.descriptor})
            session.execute(update(Price).values(stripe_id=None, account=None, livemode=None))
            session.execute(update(Plan).values(stripe_id=None, account=None, livemode=None))
    return account


def find_descriptor(session: Session) -> str:
    """What stands on a card's statement; empty where it is not known."""
    found = find_fact(session, NAMES_FACT)
    return str(found["descriptor"] or found["name"]) if found else ""

"""Members who come from another platform: their time as grants, their running subscriptions by the customer's id.

Who a subscription belongs to is said by the table that the host brings, customer by customer, and never guessed from an
address at Stripe (situations 41 and 42).
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from podcastsvc.billing import apply, customers, owing
from podcastsvc.billing.account import require_account
from podcastsvc.billing.calls import reading
from podcastsvc.billing.desk import Desk
from podcastsvc.billing.facts import PriceFacts
from podcastsvc.billing.gateway import Missing
from podcastsvc.errors import Conflict, Invalid, NotFound
from podcastsvc.kit.language import N_, sentence
from podcastsvc.kit.text import clean_line
from podcastsvc.mail.addresses import Address, read_address
from podcastsvc.members import accounts, grants
from podcastsvc.storage.inserts import insert_if_absent
from podcastsvc.storage.tables.billing import Plan, Price

MOST_ROWS = 10_000
COLUMNS = ("email", "name", "language", "plan", "until", "customer")
LETTER = "moved_in"
_BATCH = 200


@dataclass(frozen=True, slots=True)
class Mover:
    """One row. ``plan`` is given until the end of ``until`` (None for good); ``customer`` is Stripe's id of theirs."""

    line: int
    address: Address
    name: str
    language: str
    plan: str
    until: date | None
    customer: str


@dataclass(slots=True)
class MovedIn:
    """What became of a table. ``problems`` are sentences; nothing that they name was lost."""

    members: int = 0
    given: int = 0
    subscriptions: int = 0
    problems: list[str] = field(default_factory=list)


def read_table(text: str, *, plans: Sequence[str], languages: Sequence[str], today: date) -> list[Mover]:
    """Reads a CSV file whose first line names its columns; ``email`` is needed, and ``plan`` or ``customer``.

    Raises Invalid with a sentence for every line that cannot be used (``fields`` is keyed ``line 7``); then nothing is
    taken from it.
    """
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    names = [clean_line(name).lower() for name in rows.fieldnames or ()]
    if "email" not in names:
        raise Invalid(
            sentence(
                "The first line has to name the columns: %(names)s. Only email is needed by all.",
                names=", ".join(COLUMNS),
            )
        )
    movers: list[Mover] = []
    problems: dict[str, str] = {}
    for row in rows:
        values = {
            name: clean_line(str(row.get(given) or ""))
            for name, given in zip(names, rows.fieldnames or (), strict=True)
        }
        try:
            movers.append(_read_row(values, rows.line_num, plans, languages, today))
        except Invalid as problem:
            problems[f"line {rows.line_num}"] = problem.message
    if len(movers) > MOST_ROWS:
        raise Invalid(sentence("The file has more than %(count)s rows. Split it.", count=MOST_ROWS))
    seen: dict[str, int] = {}
    for mover in movers:
        first = seen.setdefault(mover.address.email_key, mover.line)
        if first != mover.line:
            problems[f"line {mover.line}"] = f"{mover.address.email} stands on line {first} already."
    if problems:
        lines = "\n".join(f"  {where}: {what}" for where, what in problems.items())
        raise Invalid(
            sentence("Nothing was taken in. Mend these lines and try again:\n%(lines)s", lines=lines), problems
        )
    return movers


def _read_row(values: dict[str, str], line: int, plans: Sequence[str], languages: Sequence[str], today: date) -> Mover:
    address = read_address(values.get("email", ""))
    plan, customer = values.get("plan", ""), values.get("customer", "")
    if plan and plan not in plans:
        known = ", ".join(plans) or sentence("none yet")
        raise Invalid(sentence("There is no plan %(key)s. The plans are: %(plans)s.", key=repr(plan), plans=known))
    if customer and not customer.startswith("cus_"):
        raise Invalid(sentence("%(id)s is no customer of Stripe's; those begin with cus_.", id=repr(customer)))
    if not plan and not customer:
        raise Invalid(N_("Name a plan to give, or the customer at Stripe."))
    language = values.get("language") or languages[0]
    if language not in languages:
        raise Invalid(
            sentence(
                "%(code)s is no language of this site. Use one of: %(codes)s.",
                code=repr(language),
                codes=", ".join(languages),
            )
        )
    return Mover(line, address, values.get("name", ""), language, plan, _read_day(values, today), customer)


def _read_day(values: dict[str, str], today: date) -> date | None:
    raw = values.get("until", "")
    if not raw:
        return None
    try:
        day = date.fromisoformat(raw)
    except ValueError as problem:
        raise Invalid(sentence("%(day)s is not a day such as 2027-03-14.", day=repr(raw))) from problem
    if day < today:
        raise Invalid(sentence("%(day)s is over already.", day=raw))
    return day


def move_in(desk: Desk, movers: Sequence[Mover], *, invites: bool, now: datetime) -> MovedIn:
    """Makes the accounts, gives the time, and binds the customers; can be run again with the same table.

    With ``invites`` each gets a letter with their feed link, once.
    """
    done = MovedIn()
    for start in range(0, len(movers), _BATCH):
        with desk.db.transaction() as session:
            for mover in movers[start : start + _BATCH]:
                _take_in(session, desk, mover, done, invites=invites, now=now)
    for mover in movers:
        if mover.customer:
            _bind(desk, mover, done, now)
    return done


def _take_in(session: Session, desk: Desk, mover: Mover, done: MovedIn, *, invites: bool, now: datetime) -> None:
    member = accounts.sign_up(session, desk.keys, mover.address, language=mover.language, name=mover.name, now=now)
    done.members += 1
    if mover.plan:
        grants.save_grant(
            session,
            member.id,
            mover.plan,
            reason="import",
            source_id=f"{member.id}:{mover.plan}",
            starts_at=now,
            ends_at=grants.end_of_day(mover.until, desk.zone) if mover.until is not None else None,
            now=now,
        )
        done.given += 1
    if invites:
        owing.owe_member_letter(session, LETTER, member.id)


def _bind(desk: Desk, mover: Mover, done: MovedIn, now: datetime) -> None:
    """Notes whose customer it is, and mirrors what they pay for."""
    account = require_account(desk)
    where = f"line {mover.line}: customer {mover.customer}"
    try:
        is_gone = desk.gateway.fetch_customer(mover.customer).is_deleted
        found = [] if is_gone else desk.gateway.list_subscriptions(mover.customer)
    except Missing:
        is_gone = True
    if is_gone:
        done.problems.append(f"{where} is unknown to this Stripe account.")
        return
    with desk.db.transaction() as session:
        member = accounts.find_by_email(session, mover.address.email_key)
        if member is None:
            done.problems.append(f"{where}: the account of {mover.address.email} is gone.")
            return
        customers.save_customer(session, account, mover.customer, member.id, now)
        owner = customers.find_member_of(session, mover.customer)
    if owner != member.id:
        done.problems.append(f"{where} belongs to another member already.")
        return
    for facts in found:
        try:
            apply.sync_subscription(desk, facts.id)
            done.subscriptions += 1
        except NotFound:
            sold = ", ".join(sorted({item.price.id for item in facts.items}))
            done.problems.append(
                f"{where}: {facts.id} sells {sold}, which is no plan of yours. "
                f"`podcastsvc payments adopt {sold} --plan KEY` makes it one; then run this again."
            )


def adopt_price(desk: Desk, stripe_id: str, plan_key: str, now: datetime) -> PriceFacts:
    """Makes a price that is at Stripe already one of a plan's, for those who pay it; it is not on sale here.

    Raises NotFound for an unknown price or plan, Conflict for one that is ours already, Invalid for one that we cannot sell.
    """
    account = require_account(desk)
    facts = desk.gateway.fetch(reading.read_price, lambda client: client.v1.prices.retrieve(stripe_id))
    if facts.money is None or facts.interval not in {"month", "year"}:
        raise Invalid(sentence("%(id)s is not a price for a month or a year with a fixed amount.", id=stripe_id))
    with desk.db.transaction() as session:
        plan = session.scalar(select(Plan).where(Plan.key == plan_key))
        if plan is None:
            raise NotFound(sentence("There is no plan %(key)s.", key=repr(plan_key)))
        if session.scalar(select(Price.id).where(Price.stripe_id == stripe_id)) is not None:
            raise Conflict(sentence("%(id)s is one of your plans' prices already.", id=stripe_id))
        row = {
            "plan_id": plan.id,
            "interval": facts.interval,
            "amount_minor": facts.money.amount_minor,
            "currency": facts.money.currency,
            "lookup_key": facts.lookup_key or f"adopted_{stripe_id}",
            "is_open": False,
            "stripe_id": stripe_id,
            "account": account.id,
            "livemode": account.livemode,
            "created_at": now,
        }
        insert_if_absent(session, Price, row)
    return facts

"""Commands about people: hosts and their sign-in links, members and their feed addresses."""

import sys
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from sqlalchemy.orm import Session

from podcastsvc.billing import moving_in
from podcastsvc.billing.plans import list_plans
from podcastsvc.catalogue.shows import find_show, get_card
from podcastsvc.commands.output import json_option, open_services, say, tells_failures, write_table
from podcastsvc.errors import Invalid, Misconfigured, NotFound
from podcastsvc.kit import clock
from podcastsvc.mail.addresses import read_address
from podcastsvc.members import accounts, codes, directory, feed_tokens, grants
from podcastsvc.services import Services
from podcastsvc.storage.tables.member import Member

MOST_BYTES = 5 * 1024 * 1024


@click.group()
def hosts() -> None:
    """The people who make the show."""


@hosts.command("add")
@click.argument("email")
@json_option
@tells_failures
def add_host(email: str, as_json: bool) -> None:
    """Make EMAIL a host, and print a one-use sign-in link."""
    with open_services() as services:
        ensure_host(services, email)
        link = make_studio_link(services, email)
    say(
        {"email": email, "studio": link},
        f"{email} is a host.\n\n  {link}\n  (works once, for an hour)",
        as_json=as_json,
    )


@hosts.command("link")
@click.argument("email")
@json_option
@tells_failures
def link_host(email: str, as_json: bool) -> None:
    """Print a fresh one-use sign-in link for a host."""
    with open_services() as services:
        link = make_studio_link(services, email)
    say({"email": email, "studio": link}, f"{link}\n(works once, for an hour)", as_json=as_json)


@click.group()
def members() -> None:
    """The people who listen: their plans and their feed addresses."""


@members.command("list")
@json_option
@tells_failures
def list_members(as_json: bool) -> None:
    """List all members with what they may hear now."""
    with open_services() as services, services.db.reading() as session:
        rows = [_describe(row) for row in directory.list_members(session, clock.now())]
    text = write_table(rows, ["email", "standing", "plans", "until", "since"]) if rows else "There are no members yet."
    say(rows, text, as_json=as_json)


@members.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--invite", "invites", is_flag=True, help="Write each of them a letter with their new feed link.")
@json_option
@tells_failures
def import_members(file: Path, invites: bool, as_json: bool) -> None:
    """Take in members from another platform: a CSV FILE with the columns email, name, language, plan, until, customer.

    The plan is given through the day of "until"; "customer" is Stripe's id of who pays already in the same account.
    Nothing is taken in while a line is wrong. The same file can be taken in again.
    """
    if file.stat().st_size > MOST_BYTES:
        raise Invalid(f"{file.name} is larger than 5 MiB. Split it.")
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as problem:
        raise Invalid(f"{file.name} is not UTF-8. Save it as CSV UTF-8 and try again.") from problem
    with open_services() as services:
        with services.db.reading() as session:
            keys = [plan.key for plan in list_plans(session, "", with_closed=True)]
        today = clock.now().astimezone(ZoneInfo(services.find_zone())).date()
        movers = moving_in.read_table(text, plans=keys, languages=services.settings.languages, today=today)
        done = moving_in.move_in(services.make_desk(), movers, invites=invites, now=clock.now())
    lines = [
        f"{done.members} members, {done.given} plans given, {done.subscriptions} subscriptions bound.",
        *done.problems,
    ]
    say(asdict(done), "\n".join(lines), as_json=as_json)
    if done.problems:
        sys.exit(1)


@members.command("add")
@click.argument("email")
@click.option("--plan", "plan", required=True, metavar="K", help="Key of the plan to give.")
@click.option("--until", metavar="DAY", help="Last day of the plan, such as 2027-03-14; without it for good.")
@click.option("--language", metavar="CODE", help="Language of their letters and pages.")
@json_option
@tells_failures
def add_member(email: str, plan: str, until: str | None, language: str | None, as_json: bool) -> None:
    """Give EMAIL a plan without payment, and print their member feed's address."""
    day, now = _read_day(until), clock.now()
    with open_services() as services:
        address, chosen = read_address(email), language or services.settings.default_language
        if chosen not in services.settings.languages:
            raise Invalid(f"{chosen!r} is not one of the site's languages: {', '.join(services.settings.languages)}.")
        with services.db.transaction() as session:
            member = accounts.sign_up(session, services.keys, address, language=chosen, now=now)
            grants.give(session, member.id, plan, until=day, zone=_find_zone(session), now=now)
            feed = _write_feed_address(services, session, member, now)
    say(
        {"email": email, "plan": plan, "until": day, "feed": feed},
        f"{email} has the plan {plan}.\n\n  {feed}",
        as_json=as_json,
    )


@members.command("show")
@click.argument("email")
@json_option
@tells_failures
def show_member(email: str, as_json: bool) -> None:
    """Show one member: plans, links, last fetches. The feed's address is not printed; `members link` does that."""
    with open_services() as services, services.db.reading() as session:
        member, now = _get_member(session, email), clock.now()
        found = _describe(directory.get_row(session, member, now))
        found["links"] = [
            {
                "id": link.id,
                "label": link.label,
                "fetched_at": link.fetched_at,
                "fetched_by": link.fetched_by,
                "fetched_answer": link.fetched_answer,
            }
            for link in feed_tokens.list_links(session, member.id)
        ]
    text = "\n".join(f"{name:10} {value}" for name, value in found.items() if name != "links")
    text += "".join(
        f"\nlink {each['id']:<5} last fetched {each['fetched_at'] or 'never'} {each['fetched_by']} {each['fetched_answer']}"
        for each in found["links"]
    )
    say(found, text, as_json=as_json)


@members.command("link")
@click.argument("email")
@json_option
@tells_failures
def link_member(email: str, as_json: bool) -> None:
    """Print the address of a member's feed. It is a password: hand it to that member only."""
    with open_services() as services, services.db.transaction() as session:
        feed = _write_feed_address(services, session, _get_member(session, email), clock.now())
    say({"email": email, "feed": feed}, feed, as_json=as_json)


@members.command("remove")
@click.argument("email")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@tells_failures
def remove_member(email: str, yes: bool, as_json: bool) -> None:
    """Remove a member for good. A running subscription is cancelled at Stripe first."""
    from podcastsvc.billing.leaving import remove_member as leave

    with open_services() as services:
        with services.db.reading() as session:
            member = _get_member(session, email)
        if not yes:
            click.confirm(f"Remove {email} for good? Their feed addresses stop working.", abort=True, err=True)
        leave(services.db, services.find_gateway(), member.id, clock.now())
    say({"email": email, "removed": True}, f"{email} is removed.", as_json=as_json)


def ensure_host(services: Services, email: str | None) -> None:
    """Makes an address a host's. Without one: nothing where there is a host, else the owner's address of the show."""
    now = clock.now()
    with services.db.reading() as session:
        has_host = bool(accounts.list_hosts(session))
    if email is None and has_host:
        return
    address = read_address(email or _find_owner_email(services))
    with services.db.transaction() as session:
        accounts.add_host(session, services.keys, address, language=services.settings.default_language, now=now)
        grants.give_hosts_all_plans(session, now)


def make_studio_link(services: Services, email: str | None = None) -> str:
    """An address that signs a host in once, within an hour; the first host's where no e-mail is given.

    Raises NotFound for an address that is no host's.
    """
    with services.db.transaction() as session:
        found = accounts.list_hosts(session)
        if email is not None:
            key = read_address(email).email_key
            found = [host for host in found if host.email_key == key]
        if not found:
            raise NotFound(f"{email or 'Nobody'} is a host here. `podcastsvc hosts add E-MAIL` makes one.")
        token = codes.make_one_use_link(session, services.keys, found[0], clock.now())
    return f"{services.settings.base_url}/sign-in/link/{token}"


def _find_owner_email(services: Services) -> str:
    """The owner's address in the first show's file, which the first start may not have scanned yet."""
    from podcastsvc.catalogue.showfile.reading import read_show
    from podcastsvc.catalogue.tree import open_tree

    raw = open_tree(services.settings).read_bytes("show.yaml")
    email = read_show(raw)[0].owner_email if raw else ""
    if not email:
        raise Misconfigured("Say who the host is: `podcastsvc init --host-email you@example.org`.")
    return email


def _get_member(session: Session, email: str) -> Member:
    member = accounts.find_by_email(session, read_address(email).email_key)
    if member is None:
        raise NotFound(f"There is no member {email}. `podcastsvc members list` shows all of them.")
    return member


def _write_feed_address(services: Services, session: Session, member: Member, now: datetime) -> str:
    link = feed_tokens.get_first_link(session, services.keys, member.id, now=now)
    shown = feed_tokens.show_link(services.keys, link)
    if shown is None:
        raise NotFound("This link came from elsewhere, or its key is lost, so its address cannot be shown. Replace it.")
    return services.settings.base_url + feed_tokens.write_feed_path(shown.feed_token)


def _find_zone(session: Session) -> str:
    show = find_show(session)
    return get_card(session, show).facts.timezone if show is not None else "UTC"


def _read_day(raw: str | None) -> date | None:
    if raw is None:
        return None
    try:
        return date.fromisoformat(raw)
    except ValueError:
        raise Invalid(f"{raw!r} is not a day. Write one such as 2027-03-14.") from None


def _describe(row: directory.MemberRow) -> dict[str, Any]:
    return {
        "email": row.member.email,
        "name": row.member.name,
        "role": row.member.role,
        "standing": str(row.entitlement.standing),
        "plans": ", ".join(sorted(row.entitlement.audience.plans)),
        "until": row.entitlement.until.date() if row.entitlement.until else "",
        "since": row.member.created_at.date(),
    }

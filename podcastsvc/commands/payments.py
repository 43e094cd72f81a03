"""Commands about payments: examine, repair, and move the stand-in's clock."""

import sys
from dataclasses import asdict

import click

from podcastsvc.billing import account, connecting, moving_in, simulation
from podcastsvc.billing.following import recovery
from podcastsvc.billing.setting_up import checks
from podcastsvc.billing.setting_up.checks import Finding
from podcastsvc.commands.output import json_option, open_services, say, tells_failures
from podcastsvc.errors import Invalid
from podcastsvc.kit import clock
from podcastsvc.services import Services

_MARKS = {"ok": "ok  ", "warn": "look", "fail": "BAD "}


@click.group()
def payments() -> None:
    """The way to Stripe, and what it says."""


@payments.command()
@json_option
@tells_failures
def check(as_json: bool) -> None:
    """Look at everything that payments need, each permission of the key too, and say what is wrong. Changes nothing."""
    with open_services() as services:
        findings = list_findings(services)
    lines = [
        f"{_MARKS[each.level]} {each.what}" + (f"\n     {each.advice}" if each.advice else "") for each in findings
    ]
    say([asdict(each) for each in findings], "\n".join(lines), as_json=as_json)
    if any(each.level == "fail" for each in findings):
        sys.exit(1)


@payments.command()
@json_option
@tells_failures
def connect(as_json: bool) -> None:
    """Register this site's webhook at Stripe, and print its secret once."""
    with open_services() as services:
        if services.settings.mode_of_payments != "stripe":
            raise Invalid("There is no Stripe account to connect. Set PODCASTSVC_STRIPE_SECRET_KEY first.")
        done = connecting.connect(services.db, services.get_gateway(), _write_webhook_url(services))
    lines = [f"Webhook {done.endpoint_id} for {done.url}", *([f"Secret: {done.secret}"] if done.secret else [])]
    say(asdict(done), "\n".join([*lines, done.advice]), as_json=as_json)


@payments.command()
@click.option("--send-letters", is_flag=True, help="Send owed letters even where they are more than 50.")
@json_option
@tells_failures
def sync(send_letters: bool, as_json: bool) -> None:
    """Compare every membership with Stripe and repair what differs."""
    with open_services() as services:
        report = recovery.sync(services.make_desk(), clock.now(), send_letters=send_letters)
    text = (
        f"Compared {report.compared}, repaired {len(report.repaired)}, notices found {report.notices_found}, "
        f"orders settled {report.orders_settled}, letters owed {report.letters_owed}."
    )
    lines = [text, *(f"Stripe does not know {each}" for each in report.unknown_at_stripe), *report.problems]
    say(report.as_dict(), "\n".join(lines), as_json=as_json)
    if report.problems:
        sys.exit(1)


@payments.command()
@click.argument("price")
@click.option("--plan", "plan", required=True, metavar="K", help="Key of the plan that its payers have.")
@json_option
@tells_failures
def adopt(price: str, plan: str, as_json: bool) -> None:
    """Make a PRICE that is at Stripe already (price_…) one of a plan's, for members who were moved here."""
    with open_services() as services:
        facts = moving_in.adopt_price(services.make_desk(), price, plan, clock.now())
    text = f"{price} gives the plan {plan}. Run `podcastsvc members import` or `podcastsvc payments sync` now."
    say({"price": facts.id, "plan": plan}, text, as_json=as_json)


@payments.command()
@click.option("--days", type=float, required=True, help="How many days the stand-in's clock moves on.")
@json_option
@tells_failures
def advance(days: float, as_json: bool) -> None:
    """Move the stand-in's clock: trials end, renewals fall due, cards fail."""
    with open_services() as services:
        if services.standin is None:
            raise Invalid("Payments are not simulated here: there is no clock to move.")
        post = simulation.post_here(services.db, services.webhook_secrets)
        done = simulation.advance(services.standin, post, days)
        worked = _work_on_notices(services)
    text = f"The stand-in is {done.days:g} days on; it sent {done.notices} notices."
    say({**asdict(done), "jobs": worked}, text, as_json=as_json)


@payments.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@tells_failures
def rebind(yes: bool, as_json: bool) -> None:
    """Bind this installation to the key's account. Memberships of the earlier account stay in the tables and end here."""
    with open_services() as services:
        if not yes:
            click.confirm(
                "Memberships paid through the earlier account will give no access here. Go on?", abort=True, err=True
            )
        bound = account.rebind(services.make_desk())
    text = f"Bound to {bound.id}, {'live' if bound.livemode else 'test'}. Run `podcastsvc payments sync` next."
    say({"account": bound.id, "livemode": bound.livemode}, text, as_json=as_json)


def list_findings(services: Services) -> list[Finding]:
    """The findings about payments; one alone while they are off."""
    mode = services.settings.mode_of_payments
    if mode == "off":
        return [checks.OFF]
    return checks.check(
        services.make_desk(),
        mode=mode,
        webhook_url=_write_webhook_url(services),
        now=clock.now(),
        has_secret=bool(services.webhook_secrets),
    )


def _write_webhook_url(services: Services) -> str:
    return f"{services.settings.base_url}/webhooks/stripe"


def _work_on_notices(services: Services) -> int:
    """Does the jobs that the notices made, so that the command ends with everything in place."""
    from podcastsvc.worker import make_worker

    return make_worker(services, with_schedules=False).run_all()

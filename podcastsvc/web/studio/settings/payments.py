"""Setting payments up: from the key to a test payment, each thing proved by doing it; can be run again any day."""

import logging
from dataclasses import dataclass

from flask import make_response, request
from flask_login import current_user
from werkzeug.wrappers import Response

from podcastsvc.billing import connecting, portal
from podcastsvc.billing.connecting import Connected
from podcastsvc.billing.setting_up import checks, proving
from podcastsvc.billing.setting_up.checks import Finding, Level, Step
from podcastsvc.billing.setting_up.permissions import PERMISSIONS, Permission
from podcastsvc.errors import Failure
from podcastsvc.web.context import now, services, settings
from podcastsvc.web.pages import gettext, render
from podcastsvc.web.sign_in.gates import host_only
from podcastsvc.web.studio.blueprint import blueprint, go

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FindingLine:
    """One thing that was looked at, in the host's language."""

    level: Level
    what: str
    advice: str


@dataclass(frozen=True, slots=True)
class PermissionLine:
    """One line of the list that the key needs."""

    name: str
    level: str
    why: str
    is_needed: bool


@blueprint.get("/settings/payments")
@host_only
def settings_payments() -> str:
    """The steps; with ``look`` everything is looked at, which asks Stripe some twenty harmless things."""
    return _show()


@blueprint.post("/settings/payments/connect")
@host_only
def connect_payments() -> Response:
    """Registers the webhook and the portal's settings. A secret is shown on the page that answers, and never again."""
    try:
        desk = services().make_desk().for_page()
        done = connecting.connect(services().db, desk.gateway, _webhook_url())
        portal.prepare_settings(desk)
    except Failure as problem:
        return make_response(_show(problem=gettext(problem.message)), 409)
    log.info("webhook connected", extra={"endpoint": done.endpoint_id, "by": current_user.id})
    response = make_response(_show(connected=done))
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/settings/payments/prove")
@host_only
def prove_payments() -> Response:
    """Has Stripe send a notice, and goes on to wait for it."""
    try:
        proving.begin(services().make_desk().for_page(), now())
    except Failure as problem:
        return make_response(_show(problem=gettext(problem.message)), 409)
    return go("studio.settings_payments", _anchor="webhook")


def _webhook_url() -> str:
    return f"{settings().base_url}/webhooks/stripe"


def _show(*, connected: Connected | None = None, problem: str = "") -> str:
    mode, gateway = settings().mode_of_payments, services().find_gateway()
    looks = request.method == "GET" and bool(request.args.get("look")) and mode != "off"
    findings = _look() if looks else []
    with services().db.reading() as session:
        proof = proving.look(session, now())
    return render(
        "studio/settings/payments.html",
        mode=mode,
        is_live=gateway is not None and gateway.livemode,
        findings={step: _describe(findings, step) for step in ("key", "webhook", "portal", "members")},
        has_looked=looks,
        mistakes=sum(each.level == "fail" for each in findings),
        permissions=[_describe_permission(each) for each in PERMISSIONS],
        webhook_url=_webhook_url(),
        has_secret=bool(services().webhook_secrets),
        connected=connected,
        proof=proof,
        problem=problem,
        taxes=settings().tax_mode,
    )


def _look() -> list[Finding]:
    try:
        desk = services().make_desk().for_page()
    except Failure as problem:
        return [Finding("fail", problem.message)]
    return checks.check(
        desk,
        mode=settings().mode_of_payments,
        webhook_url=_webhook_url(),
        now=now(),
        has_secret=bool(services().webhook_secrets),
    )


def _describe_permission(permission: Permission) -> PermissionLine:
    level = gettext("Write") if permission.level == "write" else gettext("Read")
    return PermissionLine(permission.name, level, gettext(permission.why), permission.is_needed)


def _describe(findings: list[Finding], step: Step) -> list[FindingLine]:
    return [
        FindingLine(each.level, gettext(each.what), gettext(each.advice) if each.advice else "")
        for each in findings
        if each.step == step
    ]

"""The five steps of a new show; the list goes away when they are done, or when the host hides it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from podcastsvc.billing.plans import list_plans
from podcastsvc.catalogue.episodes import list_all
from podcastsvc.catalogue.tree import open_tree
from podcastsvc.storage.facts import find_fact, save_fact
from podcastsvc.web.context import language, services, settings
from podcastsvc.web.language import make_path
from podcastsvc.web.pages import gettext
from podcastsvc.web.sign_in.gates import host_only
from podcastsvc.web.site.shows import main_show
from podcastsvc.web.studio.blueprint import blueprint, go

_FACT = "studio.first_steps"


@dataclass(frozen=True, slots=True)
class Step:
    """One step; ``href`` is empty where the way on is not a page, and ``is_form`` marks the one that is sent."""

    title: str
    text: str
    is_done: bool
    href: str = ""
    is_form: bool = False


def list_steps(session: Session) -> Sequence[Step]:
    """The five steps; none once all are done or the list was hidden."""
    kept = find_fact(session, _FACT) or {}
    if kept.get("hidden"):
        return ()
    steps = _make_steps(session, has_looked=bool(kept.get("looked")))
    return () if all(step.is_done for step in steps) else steps


def _make_steps(session: Session, *, has_looked: bool) -> list[Step]:
    show = main_show()
    plans = list_plans(session, language())
    mode = settings().mode_of_payments
    has_folder = open_tree(settings()).root is not None
    return [
        Step(
            gettext("Name and cover"),
            gettext("What the show is called, what it is about, and its picture.")
            if has_folder
            else gettext("Write show.yaml and put artwork.jpg into %(folder)s.") % {"folder": settings().episodes},
            is_done=show is not None and show.artwork is not None,
            href=make_path("studio.settings_show") if has_folder else "",
        ),
        Step(
            gettext("First episode"),
            gettext("Drop an audio file. The form fills itself."),
            is_done=bool(list_all(session)),
            href=make_path("studio.new_episode"),
        ),
        Step(
            gettext("Plan and payments"),
            gettext("Payments are off: set PODCASTSVC_STRIPE_SECRET_KEY.")
            if mode == "off"
            else gettext("Say what members get and what it costs."),
            is_done=bool(plans) and mode != "off",
            href=make_path("studio.settings_payments" if mode == "off" else "studio.plans"),
        ),
        Step(
            gettext("E-mail sender"),
            gettext("Set PODCASTSVC_SMTP_URL. Until then e-mails are kept here."),
            is_done=bool(settings().smtp_url),
            href=make_path("studio.letters"),
        ),
        Step(
            gettext("Look at your site"),
            gettext("See it as your listeners do."),
            is_done=has_looked,
            href=make_path("studio.look_at_site"),
            is_form=True,
        ),
    ]


@blueprint.post("/look")
@host_only
def look_at_site() -> Response:
    """Notes that the host has looked, and goes there."""
    _keep("looked")
    return go("site.home")


@blueprint.post("/steps/hide")
@host_only
def hide_steps() -> Response:
    """Puts the list away for good."""
    _keep("hidden")
    return go("studio.overview")


def _keep(name: str) -> None:
    with services().db.transaction() as session:
        save_fact(session, _FACT, {**(find_fact(session, _FACT) or {}), name: True})

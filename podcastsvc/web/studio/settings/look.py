"""How the site looks, in the studio: the colour, light or dark, what the home page shows, and the menu."""

import logging

from flask import make_response, request
from flask_login import current_user
from werkzeug.wrappers import Response

from podcastsvc.catalogue.showfile.look import BLOCKS, MOST_PLACES, SCHEMES
from podcastsvc.errors import Failure
from podcastsvc.kit.language import N_, name_language
from podcastsvc.web.context import settings
from podcastsvc.web.errors import find_answer
from podcastsvc.web.pages import gettext, render
from podcastsvc.web.sign_in.gates import host_only
from podcastsvc.web.studio.blueprint import blueprint, go
from podcastsvc.web.studio.forms import FormReader
from podcastsvc.web.studio.settings import look_form, show_form
from podcastsvc.web.studio.settings.place import SettingsPlace, open_place, save
from podcastsvc.web.studio.settings.show_form import Codes

log = logging.getLogger(__name__)

_BLOCK_NAMES = {
    "episodes": N_("Latest episodes"),
    "membership": N_("Membership"),
    "call": N_("Members' next call"),
    "newsletter": N_("Newsletter"),
    "shows": N_("More shows"),
    "articles": N_("Articles"),
    "sponsors": N_("Sponsors"),
}
_SCHEME_NAMES = {
    "auto": N_("As the reader's device asks"),
    "light": N_("Always light"),
    "dark": N_("Always dark"),
}


@blueprint.get("/settings/look")
@host_only
def settings_look() -> str:
    """The form, filled with what the first show's file says now."""
    return _show(open_place(), {}, {})


@blueprint.post("/settings/look")
@host_only
def save_settings_look() -> str | Response:
    """Writes the looks; the page that answers has them already."""
    place, form = open_place(), FormReader(request.form)
    if place.opened is None or not place.opened.facts.title:
        return make_response(_show(place, request.form.to_dict(), {"form": _name_problem(place)}), 409)
    codes = _list_codes(place)
    before = place.opened.facts.look
    look = look_form.read(form, before, codes)
    if form.errors:
        return make_response(_show(place, request.form.to_dict(), form.errors), 422)
    try:
        save(place, {"look": look_form.write(look, place.opened.look, codes)} if look != before else {})
    except Failure as failure:
        page = _show(place, request.form.to_dict(), {"form": gettext(failure.message)})
        return make_response(page, find_answer(failure).status)
    log.info("look saved", extra={"by": current_user.id})
    return go("studio.settings_look", done="saved")


def _name_problem(place: SettingsPlace) -> str:
    return place.problem or gettext("Give the show a name first, under Show.")


def _list_codes(place: SettingsPlace) -> Codes:
    if place.opened is None:
        return Codes(settings().languages[0], settings().languages)
    return show_form.list_codes(place.opened.facts, settings().languages, is_new=not place.opened.facts.title)


def _show(place: SettingsPlace, typed: dict[str, str], errors: dict[str, str]) -> str:
    codes = _list_codes(place)
    has_show = place.opened is not None and bool(place.opened.facts.title)
    filled = look_form.fill(place.opened.facts.look, codes) if place.opened is not None and has_show else {}
    return render(
        "studio/settings/look.html",
        place=place,
        problem="" if has_show else _name_problem(place),
        values=typed or filled or None,
        errors=errors,
        seen=place.opened.mark if place.opened is not None else "",
        names={code: name_language(code) for code in codes.all},
        own=codes.own,
        blocks=[(block, gettext(_BLOCK_NAMES[block])) for block in BLOCKS],
        block_places=[("", gettext("Not shown")), *((str(at), str(at)) for at in range(1, len(BLOCKS) + 1))],
        schemes=[(scheme, gettext(_SCHEME_NAMES[scheme])) for scheme in SCHEMES],
        menu_places=range(MOST_PLACES),
        is_saved=request.method == "GET" and request.args.get("done") == "saved",
    )

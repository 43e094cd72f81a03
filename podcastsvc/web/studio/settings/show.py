"""What the show says of itself, in the studio: its texts in each language, its owner, its cover and logo."""

import logging

from flask import make_response, request
from flask_login import current_user
from werkzeug.wrappers import Response

from podcastsvc.catalogue.showfile.writing import LEAST, Pictures
from podcastsvc.errors import Failure
from podcastsvc.kit.language import name_language
from podcastsvc.web.context import settings
from podcastsvc.web.errors import find_answer
from podcastsvc.web.pages import gettext, render
from podcastsvc.web.requests import allow_audio
from podcastsvc.web.sign_in.gates import host_only
from podcastsvc.web.studio.blueprint import blueprint, go
from podcastsvc.web.studio.forms import FormReader
from podcastsvc.web.studio.settings import show_form
from podcastsvc.web.studio.settings.place import SettingsPlace, open_place, receive_pictures, save
from podcastsvc.web.studio.settings.show_form import Codes

log = logging.getLogger(__name__)

# Pictures come with the form; each has the limit of pictures.
allow_audio("studio.save_settings_show")


@blueprint.get("/settings/show")
@host_only
def settings_show() -> str:
    """The form, filled with what the file says now."""
    place = open_place(request.args.get("show", ""))
    return _show(place, {}, {})


@blueprint.post("/settings/show")
@host_only
def save_settings_show() -> str | Response:
    """Writes what was changed; with a mistake, or a change by somebody else, the form comes back as it was typed."""
    place, form = open_place(request.form.get("show", "")), FormReader(request.form)
    if place.opened is None:
        return make_response(_show(place, request.form.to_dict(), {"form": place.problem}), 409)
    facts = place.opened.facts
    changes = show_form.read_changes(form, facts, _list_codes(place))
    if not facts.title and "language" not in changes:
        changes["language"] = settings().languages[0]
    pictures = Pictures(receive_pictures(form.errors, tuple(LEAST)), frozenset(request.form.getlist("remove")))
    if form.errors:
        return make_response(_show(place, request.form.to_dict(), form.errors), 422)
    try:
        save(place, changes, pictures)
    except Failure as failure:
        page = _show(place, request.form.to_dict(), {"form": gettext(failure.message)})
        return make_response(page, find_answer(failure).status)
    log.info("show settings saved", extra={"show": place.key or "first", "by": current_user.id})
    return go("studio.settings_show", show=place.key or None, done="saved")


def _list_codes(place: SettingsPlace) -> Codes:
    if place.opened is None:
        return Codes(settings().languages[0], settings().languages)
    return show_form.list_codes(place.opened.facts, settings().languages, is_new=not place.opened.facts.title)


def _show(place: SettingsPlace, typed: dict[str, str], errors: dict[str, str]) -> str:
    codes = _list_codes(place)
    filled = show_form.fill(place.opened.facts, codes) if place.opened is not None else {}
    return render(
        "studio/settings/show.html",
        place=place,
        # What was typed stays on the page also where the file cannot be read any more.
        values=typed or filled or None,
        errors=errors,
        seen=place.opened.mark if place.opened is not None else "",
        names={code: name_language(code) for code in codes.all},
        own=codes.own,
        categories=[("", "–"), *((name, name) for name in show_form.list_categories())],
        pictures=place.list_pictures(),
        is_saved=request.method == "GET" and request.args.get("done") == "saved",
    )

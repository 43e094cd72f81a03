"""The group of all studio pages; every view stands behind ``auth.host_only``."""

from typing import Any

from flask import Blueprint, redirect
from werkzeug.wrappers import Response

from podcastsvc.web.language import make_path

blueprint = Blueprint("studio", __name__, url_prefix="/studio")


def go(endpoint: str, **values: Any) -> Response:
    """After a form was taken: the page that shows the result, so that loading it again sends nothing twice."""
    return redirect(make_path(endpoint, **values), 303)

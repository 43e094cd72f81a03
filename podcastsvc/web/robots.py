"""What search engines may read: everything that is open, as the pages themselves say."""

from flask import Blueprint, Response

blueprint = Blueprint("robots", __name__)

# Names nothing: a crawler that may not fetch an address cannot see the header that keeps it unlisted (rule F8), and a
# list of what is closed would lead there.
_TEXT = "User-agent: *\nAllow: /\n"


@blueprint.get("/robots.txt")
def robots() -> Response:
    response = Response(_TEXT, mimetype="text/plain")
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response

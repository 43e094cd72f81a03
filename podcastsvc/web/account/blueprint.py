"""The group of all account pages; every view stands behind ``auth.member_only``."""

from typing import Any

from flask import Blueprint, Response
from flask_login import current_user
from sqlalchemy.orm import Session

from podcastsvc.members import accounts
from podcastsvc.storage.tables.member import Member
from podcastsvc.web.language import make_path
from podcastsvc.web.sign_in.entering import go_to

blueprint = Blueprint("account", __name__, url_prefix="/account")


def go(endpoint: str, **values: Any) -> Response:
    """After a form was taken: the page that shows the result."""
    return go_to(make_path(f"account.{endpoint}", **values))


def get_self(session: Session) -> Member:
    """The signed-in member's row in a session of the caller's, so that it can be changed."""
    return accounts.get(session, current_user.id)

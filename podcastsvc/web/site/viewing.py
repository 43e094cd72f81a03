"""Who looks at a page: the public or one member, what they may hear, and the secrets of their own link."""

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from flask import g, request
from flask_login import current_user

from podcastsvc.catalogue.access import PUBLIC, Audience
from podcastsvc.members.apps import Device, guess_device
from podcastsvc.members.entitlements import Standing, get_entitlement
from podcastsvc.members.feed_tokens import find_listen_token, list_links, show_link
from podcastsvc.web.context import now, services


@dataclass(frozen=True, slots=True)
class Viewing:
    """One person's view of the site.

    The two secrets are those of a member's own link; None for all who hear only what everyone hears, and where a secret
    cannot be shown any more. Audio lies below the listen token.
    """

    audience: Audience = PUBLIC
    standing: Standing = Standing.NONE
    until: datetime | None = None
    needs_card: bool = False
    is_host: bool = False
    feed_token: str | None = None
    listen_token: str | None = None

    @property
    def has_access(self) -> bool:
        return not self.audience.is_public


VISITOR = Viewing()


def get_viewing() -> Viewing:
    """The view of the person behind this request; read once a request."""
    if "viewing" not in g:
        g.viewing = _read_viewing(current_user.member.id) if current_user.is_authenticated else VISITOR
    return cast("Viewing", g.viewing)


def get_device() -> Device:
    """The kind of device that this request comes from, as far as apps differ."""
    return guess_device(request.headers.get("User-Agent", ""))


def _read_viewing(member_id: int) -> Viewing:
    with services().db.reading() as session:
        entitlement = get_entitlement(session, member_id, now())
        links = list_links(session, member_id) if entitlement.has_access else []
    shown = show_link(services().keys, links[0]) if links else None
    return Viewing(
        audience=entitlement.audience,
        standing=entitlement.standing,
        until=entitlement.until,
        needs_card=entitlement.needs_card,
        is_host=current_user.is_host,
        feed_token=shown.feed_token if shown is not None else None,
        listen_token=find_listen_token(services().keys, links[0]) if links else None,
    )

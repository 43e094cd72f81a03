"""A show on a site, its listeners and its files, for tests of feeds and media."""

import itertools
from dataclasses import dataclass
from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import event, select

from podcastsvc.members import feed_tokens, grants, subscriptions
from podcastsvc.members.subscriptions import Account, Mirror
from podcastsvc.storage.tables.stats import Download
from tests.feeds.rows import NOW, days, make_audio, make_episode, make_show
from tests.web.conftest import make_member

BASE = "http://127.0.0.1:8000"
CONTENT = bytes(number % 251 for number in range(1000))
OLD_TOKEN = "a" * 32
AGENT = {"User-Agent": "AntennaPod/3.4.0"}
FIVE_DAYS_AGO = NOW - days(5)
_numbers = itertools.count(1)


class App(FlaskClient):
    """A podcast app: asks under the site's own name, keeps no cookies."""

    def open(self, *args, **kwargs):
        kwargs.setdefault("base_url", BASE)
        return super().open(*args, **kwargs)


def make_client(app):
    return App(app, app.response_class, use_cookies=False)


@dataclass
class Listening:
    """A member with a link: the paths of their feed, and of audio through it."""

    services: object
    member: object
    link: object
    feed_token: str
    listen_token: str

    @property
    def feed_path(self):
        return f"/private/{self.feed_token}/feed.xml"

    def path_to(self, audio):
        return f"/private/{self.listen_token}/media/{audio.name}.{audio.extension}"


class Stage:
    """What a test puts on the site, row by row; each call is a transaction of its own."""

    def __init__(self, services):
        self.services = services
        with services.db.transaction() as session:
            self.show = make_show(session)

    def add(self, title="Episode", *, show=None, audio=("public",), content=None, **values):
        """An episode whose audio files lie in the media store."""
        bodies = {variant: _make_body(title, variant, content) for variant in audio}
        with self.services.db.transaction() as session:
            own = session.merge(show or self.show)
            own.version += 1
            episode = make_episode(session, own, title, audio=(), **values)
            files = [make_audio(session, episode, variant, content=body) for variant, body in bodies.items()]
            if show is None:
                self.show = own
        for file in files:
            self.services.media.save_bytes(file.media_key, bodies[file.variant], mime=file.mime)
        return episode, *files

    def add_file(self, episode, variant="public", content=None):
        body = _make_body(episode.title, variant, content)
        with self.services.db.transaction() as session:
            file = make_audio(session, episode, variant, content=body)
        self.services.media.save_bytes(file.media_key, body, mime=file.mime)
        return file

    def change(self, row, **values):
        with self.services.db.transaction() as session:
            own = session.merge(row)
            for name, value in values.items():
                setattr(own, name, value)
        return own

    def add_show(self, key, **facts):
        with self.services.db.transaction() as session:
            return make_show(session, key=key, position=1, **facts)

    def add_member(self, name):
        member = make_member(self.services, f"{name}@example.org")
        with self.services.db.reading() as session:
            (link,) = feed_tokens.list_links(session, member.id)
        secrets = feed_tokens.show_link(self.services.keys, link)
        return Listening(self.services, member, link, secrets.feed_token, secrets.listen_token)

    def give(self, listening, plan="gold", *, since=FIVE_DAYS_AGO, until=None):
        with self.services.db.transaction() as session:
            grants.save_grant(
                session,
                listening.member.id,
                plan,
                reason="gift",
                source_id=f"test:{next(_numbers)}",
                starts_at=since,
                ends_at=until,
                now=NOW,
            )

    def subscribe(self, listening, **changes):
        """A subscription as Stripe would have described it."""
        plain = {
            "stripe_id": f"sub_{next(_numbers)}",
            "member_id": listening.member.id,
            "customer_id": "cus_1",
            "order_id": None,
            "account": "acct_1",
            "livemode": False,
            "kind": "membership",
            "plans": ["gold"],
            "price_id": None,
            "status": "active",
            "interval": "month",
            "quantity": 1,
            "amount_minor": 500,
            "currency": "EUR",
            "planned_price_id": None,
            "planned_at": None,
            "started_at": NOW - days(40),
            "period_start": NOW - days(10),
            "period_end": NOW + days(20),
            "trial_end": None,
            "cancel_at": None,
            "canceled_at": None,
            "ended_at": None,
            "cancel_reason": None,
            "past_due_since": None,
            "next_try_at": None,
            "paused_since": None,
            "is_collection_paused": False,
            "latest_invoice": None,
            "card_brand": None,
            "card_last4": None,
            "card_expires": None,
            "access_kept_until": None,
        }
        with self.services.db.transaction() as session:
            subscriptions.save_account(session, Account("acct_1", False))
            subscriptions.save_mirror(session, Mirror(**plain | changes), version=0, now=NOW)

    def replace_link(self, listening, at=NOW):
        with self.services.db.transaction() as session:
            feed_tokens.replace_link(session, self.services.keys, session.merge(listening.link), now=at)

    def revoke_link(self, listening, at=NOW):
        with self.services.db.transaction() as session:
            feed_tokens.revoke_link(session, session.merge(listening.link), now=at)


def _make_body(title, variant, content):
    return content if content is not None else f"{title} {variant} ".encode() * 50


def later(**span):
    return NOW + timedelta(**span)


def path_to(audio):
    return f"/media/{audio.name}.{audio.extension}"


def list_downloads(services):
    services.hits.flush()
    with services.db.reading() as session:
        return list(session.scalars(select(Download)))


def listen_to_database(services):
    """Every statement from now on as SQLite gets it, values filled in; also those that no event of the engine tells of."""
    said = []
    event.listen(services.db.engine, "checkout", lambda dbapi, *_args: dbapi.set_trace_callback(said.append))
    return said

"""What one process works with: settings, database, media store, keys, mail, payments; made once and handed down."""

import logging
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from podcastsvc.catalogue import episodes, notices
from podcastsvc.catalogue.notices import FoundNotice
from podcastsvc.catalogue.old_addresses import keeping as old_addresses
from podcastsvc.catalogue.show import facts_from_json
from podcastsvc.catalogue.shows import find_show
from podcastsvc.errors import Misconfigured
from podcastsvc.feeds.renderer import Renderer
from podcastsvc.feeds.versions import ShowState, list_states
from podcastsvc.kit import clock
from podcastsvc.kit.batch import Batcher
from podcastsvc.kit.keys import Keys, read_keys
from podcastsvc.kit.recent import Recent, RecentByKey
from podcastsvc.kit.together import Together
from podcastsvc.members import feed_tokens, link_use
from podcastsvc.members.feed_tokens import LastFetch
from podcastsvc.settings import Settings
from podcastsvc.stats.agents import OWN, Namer, read_lists
from podcastsvc.stats.hits import Fetch, Hit, pick_last, save_fetches, save_hits
from podcastsvc.storage.db import Database
from podcastsvc.storage.facts import find_facts, get_site_id
from podcastsvc.storage.media import MediaStore, make_media_store
from podcastsvc.storage.tables.episode import AudioFile

if TYPE_CHECKING:
    from podcastsvc.billing.desk import Desk
    from podcastsvc.billing.facts import NoticeFacts
    from podcastsvc.billing.gateway import Gateway
    from podcastsvc.billing.standin.app import Standin
    from podcastsvc.billing.tax import Behavior, Mode, TaxRules
    from podcastsvc.billing.webhooks import Received
    from podcastsvc.catalogue.show import ShowFacts
    from podcastsvc.content.site_map import WrittenPlaces
    from podcastsvc.mail.sender import Sender
    from podcastsvc.mail.transports import Transport

log = logging.getLogger(__name__)

# Where the stand-in's pages hang below the site.
STANDIN_PREFIX = "/stripe-stand-in"

# Beside requests: the worker, the lease of its job, and what writes hits and fetches.
_OWN_THREADS = 4
# PostgreSQL takes 100 connections in all unless told otherwise, and two processes ask for them. Since no thread holds two
# (see ``Database``), fewer connections than threads mean a short wait, and nobody waits for ever.
_MOST_CONNECTIONS = 40

_USES_EVERY_SECONDS = 30.0


class Services:
    """Everything that reaches outside the process, made at first use and so after a server has forked."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @cached_property
    def db(self) -> Database:
        return Database(
            self.settings.database, pool_size=min(self.settings.running_in_all + _OWN_THREADS, _MOST_CONNECTIONS)
        )

    @cached_property
    def media(self) -> MediaStore:
        return make_media_store(self.settings)

    @cached_property
    def keys(self) -> Keys:
        return read_keys(self.key_path)

    @property
    def key_path(self) -> Path:
        return self.settings.data / "key"

    @cached_property
    def transport(self) -> "Transport":
        """Where letters go: the mail server of the settings, else the folder ``mail`` in the data folder."""
        from podcastsvc.mail.transports import make_transport

        return make_transport(self.settings)

    @cached_property
    def standin(self) -> "Standin | None":
        """The stand-in for Stripe, where payments are simulated; its notices go to our own route."""
        if self.settings.mode_of_payments != "sim":
            return None
        from podcastsvc.billing.standin.app import make_standin

        self.settings.data.mkdir(parents=True, exist_ok=True)
        return make_standin(
            self.settings.data / "standin.db",
            base_url=self.settings.base_url + STANDIN_PREFIX,
            webhook_url=f"{self.settings.base_url}/webhooks/stripe",
        )

    @cached_property
    def webhook_secrets(self) -> tuple[str, ...]:
        """The secrets that a notice's signature may be made with; each is tried."""
        return self.settings.stripe_webhook_secrets if self.standin is None else (self.standin.read_secret(),)

    def find_gateway(self) -> "Gateway | None":
        """The way to Stripe, or to the stand-in; None while payments are off. Made at the first call."""
        return self._gateway if self.settings.mode_of_payments != "off" else None

    def get_gateway(self) -> "Gateway":
        """The same; raises Misconfigured while payments are off."""
        found = self.find_gateway()
        if found is None:
            raise Misconfigured("Payments are off. Set PODCASTSVC_STRIPE_SECRET_KEY to open them.")
        return found

    @cached_property
    def _gateway(self) -> "Gateway":
        from podcastsvc.billing.gateway import Gateway
        from podcastsvc.billing.simulation import make_gateway

        with self.db.transaction() as session:
            site = get_site_id(session)
        return (
            Gateway(self.settings.stripe_secret_key, site) if self.standin is None else make_gateway(self.standin, site)
        )

    def make_sender(self) -> "Sender":
        """Who letters come from: the show's name and owner as they stand now, the setting ``mail_from`` as address."""
        from podcastsvc.mail.sender import Sender

        facts = self._read_show_facts()
        language = self.settings.default_language
        owner = facts.owner_email if facts is not None else ""
        fallback = f"podcast@{urlsplit(self.settings.base_url).hostname}"
        return Sender(
            name=facts.text("title", language) if facts is not None else "podcastsvc",
            host=facts.author or facts.owner_name if facts is not None else "",
            address=self.settings.mail_from or owner or fallback,
            reply_to=owner,
            base_url=self.settings.base_url,
            default_language=language,
        )

    def make_desk(self) -> "Desk":
        """What each step of billing works with. Raises Misconfigured while payments are off."""
        from podcastsvc.billing.desk import Desk

        facts = self._read_show_facts()
        return Desk(
            db=self.db,
            gateway=self.get_gateway(),
            keys=self.keys,
            sender=self.make_sender(),
            zone=facts.timezone if facts is not None else "UTC",
            grace_days=self.settings.past_due_grace_days,
            tax=self.tax_rules,
        )

    @property
    def tax_rules(self) -> "TaxRules":
        """What the host has chosen about taxes."""
        from podcastsvc.billing.tax import TaxRules

        chosen = self.settings
        return TaxRules(cast("Mode", chosen.tax_mode), cast("Behavior", chosen.tax_behavior), chosen.tax_code)

    def find_zone(self) -> str:
        """The IANA time zone in which letters name days."""
        facts = self._read_show_facts()
        return facts.timezone if facts is not None else "UTC"

    @cached_property
    def renderer(self) -> Renderer:
        """Feeds, rendered once for all processes."""
        return Renderer(self.db, self.settings)

    @cached_property
    def open_offers(self) -> "Recent[tuple[str, ...]]":
        """The kinds of order besides memberships and gifts to whose forms pages lead; as fresh as ``show_states``."""
        return Recent(self._read_open_offers, stamp=lambda: self.db.writes)

    def _read_open_offers(self) -> tuple[str, ...]:
        from podcastsvc.billing.consulting import offers as consultations
        from podcastsvc.billing.kinds import donation_offers as donations

        if self.settings.mode_of_payments == "off":
            return ()
        kept = {"donation": donations.FACT, "consultation": consultations.FACT}
        with self.db.reading() as session:
            found = find_facts(session, list(kept.values()))
        return tuple(kind for kind, name in kept.items() if found.get(name, {}).get("is_open"))

    @cached_property
    def written_places(self) -> "Recent[WrittenPlaces]":
        """What of the host's texts menu and footer lead to; as fresh as ``show_states``."""
        return Recent(self._read_written_places, stamp=lambda: self.db.writes)

    def _read_written_places(self) -> "WrittenPlaces":
        from podcastsvc.content.site_map import read_places

        with self.db.reading() as session:
            return read_places(session, clock.now())

    @cached_property
    def page_slugs(self) -> "Recent[frozenset[str]]":
        """What the host's own pages are named by in their addresses, in every state; as fresh as ``show_states``."""
        return Recent(self._read_page_slugs, stamp=lambda: self.db.writes)

    def _read_page_slugs(self) -> frozenset[str]:
        from podcastsvc.content.kinds import page
        from podcastsvc.content.writings import list_slugs

        with self.db.reading() as session:
            return list_slugs(session, page.KIND.name) - page.FIXED

    @cached_property
    def show_states(self) -> Recent[tuple[ShowState, ...]]:
        """The state of every show's feeds: at most half a second old, and never older than our own last write."""
        return Recent(self._read_show_states, stamp=lambda: self.db.writes)

    def _read_show_states(self) -> tuple[ShowState, ...]:
        with self.db.reading() as session:
            return list_states(session)

    @cached_property
    def audio(self) -> RecentByKey[str, AudioFile]:
        """Audio files with their episodes, by name, as fresh as ``show_states``: players ask for one in many parts."""
        return RecentByKey(self._read_audio, stamp=lambda: self.db.writes)

    def _read_audio(self, name: str) -> AudioFile | None:
        with self.db.reading() as session:
            return episodes.find_audio(session, name)

    @cached_property
    def notices(self) -> RecentByKey[str, FoundNotice]:
        """The hosts' own audio for notices, by name, just as fresh."""
        return RecentByKey(self._read_notice, stamp=lambda: self.db.writes)

    def _read_notice(self, name: str) -> FoundNotice | None:
        with self.db.reading() as session:
            return notices.find_audio(session, name)

    @cached_property
    def namer(self) -> Namer:
        """Names user agents by the operator's lists, or by our own where there are none or a bad one (rule U5)."""
        if self.settings.user_agents:
            try:
                return Namer(read_lists(Path(self.settings.user_agents)))
            except Misconfigured as problem:
                log.error("our own lists of apps are used", extra={"why": problem.message})
        return Namer(OWN)

    @cached_property
    def hits(self) -> Batcher[Hit]:
        """Takes note of audio that was fetched; written in batches, so that no answer waits for it (rule D10)."""
        return Batcher(self._write_hits, name="hits")

    @cached_property
    def fetches(self) -> Batcher[Fetch]:
        """Takes note of feeds that were fetched."""
        return Batcher(self._write_fetches, name="fetches")

    @cached_property
    def old_address_uses(self) -> Batcher[old_addresses.Use]:
        """Takes note of requests for old addresses; nobody looks at their counts at once."""
        return Batcher(self._write_uses, name="old-addresses", every_seconds=_USES_EVERY_SECONDS)

    @cached_property
    def stripe_notices(self) -> "Together[NoticeFacts, Received]":
        """Stores notices from Stripe; those that come at the same moment by one commit."""
        from podcastsvc.billing import webhooks

        return Together(lambda notices: webhooks.store_all(self.db, notices, clock.now()))

    def _write_uses(self, uses: list[old_addresses.Use]) -> None:
        with self.db.transaction() as session:
            old_addresses.record_uses(session, uses)

    def _write_hits(self, hits: list[Hit]) -> None:
        heard = sorted({hit.link_id for hit in hits if hit.link_id is not None})
        with self.db.transaction() as session:
            save_hits(session, hits, self.namer, excluded=self.settings.uncounted_networks)
            if heard:
                feed_tokens.record_listen(session, heard, max(hit.at for hit in hits))

    def _write_fetches(self, fetches: list[Fetch]) -> None:
        last = pick_last(fetches)
        with self.db.transaction() as session:
            save_fetches(session, fetches, self.namer)
            feed_tokens.record_fetches(
                session,
                [
                    LastFetch(link_id, self.namer.name_reader(fetch.agent), fetch.answer, fetch.at)
                    for link_id, fetch in last.items()
                ],
            )
            link_use.record_readings(session, self._list_readings(fetches))

    def _list_readings(self, fetches: list[Fetch]) -> list[link_use.Reading]:
        """Who got which member's feed."""
        return [
            link_use.Reading(
                fetch.link_id, self.namer.name_reader(fetch.agent), self.namer.is_app(fetch.agent), fetch.at
            )
            for fetch in fetches
            if fetch.link_id is not None and not fetch.answer.is_refusal
        ]

    def _read_show_facts(self) -> "ShowFacts | None":
        with self.db.reading() as session:
            show = find_show(session)
            return None if show is None else facts_from_json(show.facts)

    def close(self) -> None:
        """Writes what waits and closes what was opened; for tests and commands."""
        for name in ("hits", "fetches", "old_address_uses"):
            if name in self.__dict__:
                self.__dict__[name].close()
        if "db" in self.__dict__:
            self.db.dispose()
        if self.__dict__.get("standin") is not None:
            self.__dict__["standin"].close()

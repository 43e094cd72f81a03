"""The head of a feed: what the show says of itself, and what a member feed leaves out (sections 3.1 and 6.1)."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from podcastsvc.catalogue.show import ShowFacts
from podcastsvc.catalogue.shows import ShowCard
from podcastsvc.feeds.addresses import Addresses
from podcastsvc.feeds.document import (
    Category,
    Channel,
    Funding,
    License,
    Owner,
    PageLinks,
    Person,
    ShowType,
    Txt,
    UpdateFrequency,
    Url,
)
from podcastsvc.feeds.notes import DESCRIPTION_BYTES
from podcastsvc.feeds.views import FeedView
from podcastsvc.kit.language import N_, gettext
from podcastsvc.kit.text import cut_bytes
from podcastsvc.settings import Settings

MEMBERSHIP_PAGE = N_("Become a member")
DONATION_PAGE = N_("Support the show")
PERSONAL = N_("This address is yours alone; please do not share it.")


def make_channel(card: ShowCard, view: FeedView, addresses: Addresses, settings: Settings, now: datetime) -> Channel:
    facts = card.facts
    shared = Channel(
        title=facts.text("title", facts.language),
        link=facts.link or addresses.show_page,
        description=facts.text("description", facts.language),
        language=facts.language,
        changed_at=_find_change(card.row.changed_at, card.row.instants, now),
        self_url=addresses.public_feed,
        author=name_author(facts),
        image_url="" if card.artwork is None else addresses.artwork(card.artwork),
        categories=tuple(Category(name, sub) for name, sub in facts.categories),
        copyright=facts.copyright or facts.owner_name or name_author(facts),
        is_explicit=facts.explicit,
        show_type=_read_show_type(facts.type),
        is_complete=facts.complete,
        people=list_hosts(facts),
        license=License(facts.license, facts.license_url or None) if facts.license else None,
        update_frequency=(
            UpdateFrequency(facts.update_text, facts.update_rrule or None) if facts.update_text else None
        ),
    )
    return (
        _make_personal(shared, facts, settings) if view.is_personal else _make_public(shared, card, addresses, settings)
    )


def _make_public(channel: Channel, card: ShowCard, addresses: Addresses, settings: Settings) -> Channel:
    facts = card.facts
    return replace(
        channel,
        owner=Owner(facts.owner_name or name_author(facts), facts.owner_email) if facts.owner_email else None,
        new_feed_url=addresses.public_feed if facts.new_feed_url else None,
        is_blocked=facts.block,
        guid=card.row.guid,
        is_locked=facts.locked,
        locked_owner=facts.owner_email if facts.shows_owner else None,
        hub_url=settings.websub_hub or None,
        uses_podping=bool(settings.podping_token),
        fundings=_list_fundings(facts, settings),
        txts=tuple(Txt(each.value, each.purpose or None) for each in facts.txt),
    )


def _make_personal(channel: Channel, facts: ShowFacts, settings: Settings) -> Channel:
    """Without all that directories look for, and with both block elements (rule 6.1)."""
    sentence = gettext(facts.language).gettext(PERSONAL)
    # The sentence is not what is cut off where the host has written much.
    room = DESCRIPTION_BYTES - len(f" {sentence}".encode())
    said = cut_bytes(" ".join(channel.description.split()), room)
    return replace(
        channel,
        title=channel.title + settings.member_title_suffix,
        description=f"{said} {sentence}".strip(),
        is_personal=True,
        fundings=_list_donations(facts),
    )


def _list_fundings(facts: ShowFacts, settings: Settings) -> tuple[Funding, ...]:
    """The membership page first, since apps show the first one or two only (rule 3.3)."""
    if settings.mode_of_payments == "off":
        return _list_donations(facts)
    words = facts.text("membership_text", facts.language) or gettext(facts.language).gettext(MEMBERSHIP_PAGE)
    return (Funding(write_site_page("join", facts.language, settings), words), *_list_donations(facts))


def _list_donations(facts: ShowFacts) -> tuple[Funding, ...]:
    """The donation page, which members may like to see too."""
    if not facts.donation_url:
        return ()
    words = facts.text("donation_text", facts.language) or gettext(facts.language).gettext(DONATION_PAGE)
    return (Funding(facts.donation_url, words),)


def list_hosts(facts: ShowFacts) -> tuple[Person, ...]:
    return tuple(
        Person(each.name, each.role, each.group, each.image or None, each.url or None) for each in facts.people
    )


def name_author(facts: ShowFacts) -> str:
    return facts.author or facts.owner_name or facts.text("title", facts.language)


def _read_show_type(written: str) -> ShowType:
    return "serial" if written == "serial" else "episodic"


def _find_change(changed_at: datetime, instants: Iterable[str], now: datetime) -> datetime:
    """The last change to anything in the feed: a write, or an instant that has passed since (rule X9)."""
    passed = (datetime.fromisoformat(instant).astimezone(UTC) for instant in instants)
    return max([changed_at, *(instant for instant in passed if instant <= now)])


# ---- pages


def write_page(page: int, view: FeedView, addresses: Addresses) -> Url:
    return addresses.private_page(page) if view.is_personal else addresses.public_page(page)


def link_pages(page: int, count: int, view: FeedView, addresses: Addresses) -> PageLinks:
    return PageLinks(
        first=write_page(1, view, addresses),
        last=write_page(count, view, addresses),
        prev=write_page(page - 1, view, addresses) if page > 1 else None,
        next=write_page(page + 1, view, addresses) if page < count else None,
    )


def write_site_page(name: str, language: str, settings: Settings) -> str:
    short = language.split("-", maxsplit=1)[0]
    prefix = f"/{short}" if short in settings.languages and short != settings.default_language else ""
    return f"{settings.base_url}{prefix}/{name}"

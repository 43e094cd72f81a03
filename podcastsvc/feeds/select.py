"""From the catalogue to a feed document: which items an audience gets, in which form, on which page."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from podcastsvc.catalogue import episodes, notices
from podcastsvc.catalogue.access import Audience, came_out_at, read_access
from podcastsvc.catalogue.identity import make_preview_guid
from podcastsvc.catalogue.show import ShowFacts
from podcastsvc.catalogue.shows import ShowCard
from podcastsvc.catalogue.texts.transcripts import FIRST_CUE_CHARS, starts_by
from podcastsvc.feeds import paging, values
from podcastsvc.feeds.addresses import Addresses
from podcastsvc.feeds.channel import link_pages, list_hosts, make_channel, name_author, write_page, write_site_page
from podcastsvc.feeds.document import (
    ChapterMark,
    Chapters,
    Document,
    Enclosure,
    EpisodeType,
    Item,
    Person,
    TranscriptLink,
)
from podcastsvc.feeds.notices import NoticeKind, make_notice_item
from podcastsvc.feeds.views import FeedView
from podcastsvc.kit.language import N_, gettext
from podcastsvc.kit.text import cut_text
from podcastsvc.settings import Settings
from podcastsvc.storage.sizes import count_bytes
from podcastsvc.storage.tables.episode import AudioFile, Episode, Transcript

PREVIEW_TITLE = N_("Preview: {title}")


@dataclass(frozen=True, slots=True)
class _Offer:
    """An episode as one audience gets it: the audio, whether it is only a preview, and its date in this feed."""

    episode: Episode
    audio: AudioFile
    is_preview: bool
    came_out_at: datetime


def make_document(
    session: Session, card: ShowCard, view: FeedView, *, page: int, now: datetime, is_first: bool, settings: Settings
) -> Document:
    """One page of a show's feed as plain values; for a page beyond the last, the last one.

    The number of queries does not depend on the number of episodes.
    """
    addresses = Addresses(
        settings.base_url,
        card.row,
        is_first=is_first,
        is_private=view.has_private_audio,
        is_counted=settings.op3 and not view.is_personal,
    )
    offers = [] if view.notice is NoticeKind.REPLACED else _list_offers(session, card.row.id, view.audience, now)
    pages = paging.plan_pages(_list_sizes(session, offers, card.facts, settings), settings)
    page = min(page, len(pages))
    chosen = pages[page - 1]
    shown = offers[chosen.start : chosen.stop]
    items = _make_items(session, shown, card.facts, addresses)
    if view.notice is not None and page == 1:
        items.insert(0, _make_notice(session, view.notice, card, settings))
    channel = replace(make_channel(card, view, addresses, settings, now), has_notice=view.notice is not None)
    if offers:
        channel = replace(channel, changed_at=max(channel.changed_at, offers[0].came_out_at))
    if len(pages) > 1:
        channel = replace(channel, pages=link_pages(page, len(pages), view, addresses))
    full_notes_items = max(settings.feed_full_notes_items - chosen.start, 0)
    return Document(
        replace(channel, self_url=write_page(page, view, addresses)), tuple(items), full_notes_items, len(pages)
    )


# ---- which items


def _list_offers(session: Session, show_id: int, audience: Audience, now: datetime) -> list[_Offer]:
    """What an audience gets, newest first, equal dates by guid (rules P1 to P4, 5.1)."""
    found = (_make_offer(episode, audience, now) for episode in episodes.list_out(session, show_id, now))
    offers = sorted((offer for offer in found if offer is not None), key=lambda offer: offer.episode.guid)
    return sorted(offers, key=lambda offer: offer.came_out_at, reverse=True)


def _make_offer(episode: Episode, audience: Audience, now: datetime) -> _Offer | None:
    audio = episodes.pick_audio(episode, audience, now)
    if audio is None or episode.published_at is None:
        return None
    full_at = came_out_at(read_access(episode), audience, now)
    return _Offer(episode, audio, full_at is None, full_at or episode.published_at)


def _list_sizes(session: Session, offers: Sequence[_Offer], facts: ShowFacts, settings: Settings) -> list[int]:
    """About how many bytes each item takes; the notes are counted in the database, not fetched."""
    if not offers:
        return []
    show_id = offers[0].episode.show_id
    counted = select(Episode.id, count_bytes(Episode.feed_html)).where(Episode.show_id == show_id)
    notes = dict(session.execute(counted).all())
    hosts = [asdict(person) for person in facts.people]
    return [
        paging.estimate_bytes(
            offer.episode.title,
            notes_bytes=notes[offer.episode.id],
            parts=_list_parts(offer.episode, hosts),
            has_full_notes=position < settings.feed_full_notes_items,
        )
        for position, offer in enumerate(offers)
    ]


def _list_parts(episode: Episode, hosts: Sequence[paging.Part]) -> list[paging.Part]:
    """What stands in an item in elements of its own, with their texts."""
    people = [*hosts, *episode.people] if episode.people else []
    # Each transcript stands there in two forms, below a listen token.
    transcripts = [{"url": f"{each.name}{each.language}{'_' * 60}"} for each in episode.transcripts for _ in range(2)]
    return [*episode.chapters, *people, *transcripts]


# ---- items


def _make_items(session: Session, offers: Sequence[_Offer], facts: ShowFacts, addresses: Addresses) -> list[Item]:
    wanted = [offer.episode.id for offer in offers]
    notes = dict(session.execute(select(Episode.id, Episode.feed_html).where(Episode.id.in_(wanted))).all())
    unheard = _list_unheard(session, offers)
    items = [_make_item(offer, notes[offer.episode.id], facts, addresses, unheard) for offer in offers]
    return _tell_apart(items)


def _list_unheard(session: Session, offers: Sequence[_Offer]) -> frozenset[int]:
    """The ids of transcripts that begin behind the end of what is offered here of their episodes (rule T-A11)."""
    seconds = {
        offer.episode.id: offer.audio.seconds for offer in offers if episodes.is_shortened(offer.episode, offer.audio)
    }
    if not seconds:
        return frozenset()
    beginning = func.substr(Transcript.vtt, 1, FIRST_CUE_CHARS)
    found = select(Transcript.id, Transcript.episode_id, beginning).where(Transcript.episode_id.in_(seconds))
    rows = session.execute(found).all()
    return frozenset(id_ for id_, episode_id, vtt in rows if not starts_by(vtt, seconds[episode_id]))


def _make_item(offer: _Offer, notes_html: str, facts: ShowFacts, addresses: Addresses, unheard: frozenset[int]) -> Item:
    episode, audio = offer.episode, offer.audio
    item = Item(
        title=episode.title,
        link=addresses.episode(episode),
        guid=episode.guid,
        published_at=offer.came_out_at,
        notes_html=notes_html,
        enclosure=Enclosure(addresses.audio(audio), audio.length_bytes, audio.mime),
        duration_seconds=audio.seconds,
        itunes_title=episode.title,
        episode=episode.number,
        season=episode.season,
        episode_type=_read_type(episode.type),
        is_explicit=episode.explicit,
        image_url=None if episode.artwork is None else addresses.artwork(episode.artwork),
        author=episode.author if episode.author and episode.author != name_author(facts) else None,
        season_name=episode.season_name,
        episode_display=episode.number_display,
        people=_list_people(episode, facts),
    )
    if offer.is_preview:
        return replace(
            item,
            title=gettext(facts.language).gettext(PREVIEW_TITLE).format(title=episode.title),
            guid=make_preview_guid(episode.guid),
            episode_type="trailer",
        )
    spoken = [transcript for transcript in episode.transcripts if transcript.id not in unheard]
    return replace(
        item,
        transcripts=_list_transcripts(spoken, episode.language, addresses),
        chapters=_make_chapters(offer, addresses),
    )


def _read_type(written: str) -> EpisodeType:
    return "trailer" if written == "trailer" else "bonus" if written == "bonus" else "full"


def _list_transcripts(spoken: Sequence[Transcript], language: str, addresses: Addresses) -> tuple[TranscriptLink, ...]:
    """VTT first, then SRT, the episode's own language before others."""
    own_first = sorted(spoken, key=lambda each: (each.language != language, each.language))
    kinds = (("vtt", "text/vtt"), ("srt", "application/x-subrip"))
    return tuple(
        TranscriptLink(addresses.transcript(each, extension), mime_type, each.language, "captions")
        for extension, mime_type in kinds
        for each in own_first
    )


def _make_chapters(offer: _Offer, addresses: Addresses) -> Chapters | None:
    found = episodes.list_chapters(offer.episode, offer.audio)
    marks = tuple(ChapterMark(each.start_ms, each.title, each.url, each.image) for each in found)
    return Chapters(addresses.chapters(offer.audio), marks) if marks else None


def _list_people(episode: Episode, facts: ShowFacts) -> tuple[Person, ...]:
    """Everybody heard, hosts too, where the episode names anyone: its list replaces the channel's."""
    if not episode.people:
        return ()
    own = [
        Person(
            name=each["name"],
            role=each.get("role") or "guest",
            image_url=each.get("image") or None,
            url=each.get("url") or None,
        )
        for each in episode.people
    ]
    named = {person.name for person in own}
    return (*(person for person in list_hosts(facts) if person.name not in named), *own)


def _tell_apart(items: Sequence[Item]) -> list[Item]:
    """Items of one title, day and type get a number: apps take them for one and drop the others (rule G5)."""
    told: dict[tuple[str, date, str], Item] = {}
    numbers: Counter[tuple[str, date, str]] = Counter()
    for item in items:
        look, numbered = _look_of(item), item
        while _look_of(numbered) in told:
            numbers[look] += 1
            numbered = _number(item, numbers[look] + 1)
        told[_look_of(numbered)] = numbered
    return list(told.values())


def _look_of(item: Item) -> tuple[str, date, str]:
    """What an app tells items by that may have lost their guids."""
    day = item.published_at.astimezone(UTC).date()
    return values.title(item.title).casefold(), day, item.enclosure.mime_type


def _number(item: Item, number: int) -> Item:
    """The item with a number behind both of its titles, within what a title may hold."""
    ending = f" ({number})"

    def end(title: str) -> str:
        return cut_text(values.title(title), values.PLAIN_CHARS - len(ending)) + ending

    own = None if item.itunes_title is None else end(item.itunes_title)
    return replace(item, title=end(item.title), itunes_title=own)


def _make_notice(session: Session, kind: NoticeKind, card: ShowCard, settings: Settings) -> Item:
    language = card.facts.language
    pages = {name: write_site_page(name, language, settings) for name in ("join", "account")}
    own = notices.find_present(session, card.row.id, language)
    return make_notice_item(kind, base_url=settings.base_url, pages=pages, language=language, own=own)

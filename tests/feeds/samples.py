"""The two sample feeds as plain documents, and small documents for other tests."""

from dataclasses import replace
from datetime import UTC, datetime

from podcastsvc.feeds.document import (
    Category,
    Channel,
    ChapterMark,
    Chapters,
    Document,
    Enclosure,
    Funding,
    Gap,
    Item,
    Owner,
    Person,
    PrivateUrl,
    TranscriptLink,
    UpdateFrequency,
    Url,
)

SITE = "https://show.example"
TOKEN = "abcdefghijklmnopqrstuvwxyz234567"
GUID = "0a8d5f2e-5c0b-4d7e-9d0e-2b6a0a6e000"
ANA = Person("Ana Sample", role="host", url=f"{SITE}/show")
BEN = Person("Ben Guest", role="guest", url="https://example.org/ben")


def six_o_clock(day: int) -> datetime:
    return datetime(2026, 10, day, 6, tzinfo=UTC)


def public_url(rest: str) -> Url:
    return f"{SITE}/{rest}"


def listen_url(rest: str) -> Url:
    return PrivateUrl(SITE, Gap.LISTEN_TOKEN, rest)


def make_channel(**changes) -> Channel:
    channel = Channel(
        title="The Sample Show",
        link=f"{SITE}/show",
        description="Conversations about maps & money. New episode every Tuesday.",
        language="en",
        copyright="Sample Media",
        ttl_minutes=None,
        changed_at=six_o_clock(20),
        self_url=f"{SITE}/feed.xml",
        author="Ana Sample",
        owner=Owner("Sample Media", "feeds@example.com"),
        image_url=f"{SITE}/art/cover.png",
        categories=(Category("News", "Politics"), Category("Society & Culture")),
        guid="18b54d9d-b7b5-5ad1-b568-c3d3782406f4",
        fundings=(Funding(f"{SITE}/join", "Become a member"),),
        people=(replace(ANA, group="cast"),),
        update_frequency=UpdateFrequency("Every Tuesday", rrule="FREQ=WEEKLY;BYDAY=TU"),
    )
    return replace(channel, **changes)


def make_member_channel(**changes) -> Channel:
    channel = make_channel(
        title="The Sample Show (members)",
        description="Conversations about maps & money: the full episodes and extras for members. "
        "This address is yours alone; please do not share it.",
        changed_at=six_o_clock(22),
        self_url=PrivateUrl(SITE, Gap.FEED_TOKEN, "feed.xml"),
        owner=None,
        categories=(Category("News", "Politics"),),
        is_personal=True,
        guid=None,
        fundings=(),
        people=(),
        update_frequency=None,
    )
    return replace(channel, **changes)


def make_item(number: int = 1, **changes) -> Item:
    item = Item(
        title=f"Episode {number}",
        link=f"{SITE}/episodes/{number}",
        guid=f"guid-{number}",
        published_at=six_o_clock(13),
        notes_html=f"<p>Notes of {number}.</p>",
        enclosure=Enclosure(f"{SITE}/media/ep{number}.mp3", 1_000_000 + number, "audio/mpeg"),
        duration_seconds=600,
    )
    return replace(item, **changes)


def make_maps(to: object, transcripts: tuple[TranscriptLink, ...], **changes) -> Item:
    """The sample's episode 1; ``to`` makes its addresses."""
    item = Item(
        title="Why maps lie",
        link=f"{SITE}/episodes/maps",
        guid=f"{GUID}1",
        published_at=six_o_clock(13),
        notes_html="<p>A talk with Ben Guest about projections.</p>"
        '<p>Links: <a href="https://example.org/maps">maps</a></p>',
        enclosure=Enclosure(to("media/ep1.mp3"), 1_436_708, "audio/mpeg"),
        duration_seconds=90,
        episode=1,
        season=1,
        transcripts=transcripts,
        chapters=Chapters(
            to("chapters/ep1.json"),
            (ChapterMark(0, "Part 1"), ChapterMark(45_000, "Part 2", url="https://example.org/maps")),
        ),
    )
    return replace(item, **changes)


def make_borders(to: object, **changes) -> Item:
    """The sample's episode 2 in full."""
    item = Item(
        title="Borders, ports & “straits”",
        link=f"{SITE}/episodes/borders",
        guid=f"{GUID}2",
        published_at=six_o_clock(20),
        notes_html="<p>The whole conversation.</p>",
        enclosure=Enclosure(to("media/ep2.mp3"), 1_197_259, "audio/mpeg"),
        duration_seconds=75,
        episode=2,
        season=1,
    )
    return replace(item, **changes)


def make_public_sample() -> Document:
    preview = make_borders(
        public_url,
        title="Preview: Borders, ports & “straits”",
        itunes_title="Borders, ports & “straits”",
        guid=f"{GUID}2-preview",
        notes_html='<p>First half hour for everyone; members hear it all. <a href="https://show.example/join">Join</a>.'
        "</p><ul><li>Straits</li><li>Ports</li></ul>",
        enclosure=Enclosure(f"{SITE}/media/ep2-preview.mp3", 478_859, "audio/mpeg"),
        duration_seconds=30,
        episode_type="trailer",
        image_url=f"{SITE}/art/cover.png",
        season_name="First season",
    )
    transcripts = (
        TranscriptLink(f"{SITE}/transcripts/ep1.vtt", "text/vtt"),
        TranscriptLink(f"{SITE}/transcripts/ep1.srt", "application/x-subrip", rel="captions"),
    )
    maps = make_maps(public_url, transcripts, season_name="First season", people=(ANA, BEN))
    return Document(make_channel(), (preview, maps))


def make_member_sample() -> Document:
    mailbag = Item(
        title="Bonus: mailbag",
        link=f"{SITE}/episodes/mailbag",
        guid=f"{GUID}3",
        published_at=six_o_clock(22),
        notes_html="<p>Your questions, answered.</p>",
        enclosure=Enclosure(listen_url("media/bonus1.mp3"), 1_037_723, "audio/mpeg"),
        duration_seconds=65,
        season=1,
        episode_type="bonus",
    )
    transcripts = (TranscriptLink(listen_url("transcripts/ep1.vtt"), "text/vtt"),)
    return Document(make_member_channel(), (mailbag, make_borders(listen_url), make_maps(listen_url, transcripts)))

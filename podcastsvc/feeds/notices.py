"""The notice item: what a member feed says when a membership has ended or a link was replaced (rules S1, S2, G4)."""

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from html import escape
from pathlib import Path

from podcastsvc.feeds import values
from podcastsvc.feeds.document import NOTICE_DAY_WORD, Enclosure, Gap, Item
from podcastsvc.kit.language import N_, gettext
from podcastsvc.storage.tables.show import NoticeAudio

_FOLDER = Path(__file__).parent / "notices"
_NAMESPACE = uuid.UUID("6b1c9a52-6a4e-5f0e-9a55-6d5f3b6b8f0e")
# Seconds as the files have them; a test measures them again.
_SECONDS = {"en": 32, "es": 36}
_FALLBACK = "en"
MIME = "audio/mpeg"
# Three letters each, since the day stands in a gap of a fixed length that all members' feeds share.
_MONTHS = {
    "en": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(),
    "es": "ene feb mar abr may jun jul ago sep oct nov dic".split(),
}


class NoticeKind(StrEnum):
    """Why a member feed has something to say."""

    ENDED = "ended"
    PAUSED = "paused"
    NOT_BEGUN = "not_begun"
    PAYMENT_FAILED = "payment_failed"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class Notice:
    """One occasion: ``since`` is the instant it began, ``who`` anything that tells members apart.

    ``day`` is the one that the words name, where that is not the day it began.
    """

    kind: NoticeKind
    since: datetime
    who: str
    day: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Words:
    title: str
    first: str
    then: str
    page: str
    link: str


_WORDS = {
    NoticeKind.ENDED: _Words(
        N_("Your membership has ended"),
        N_("Your membership ended on {day}. The public episodes stay in this feed."),
        N_("Join again and all episodes come back to this address by themselves; there is nothing to set up."),
        "join",
        N_("Join again"),
    ),
    NoticeKind.PAUSED: _Words(
        N_("Your membership is paused"),
        N_("Your membership is paused. The public episodes stay in this feed."),
        N_("When it goes on, all episodes come back to this address by themselves."),
        "account",
        N_("Open your account"),
    ),
    NoticeKind.NOT_BEGUN: _Words(
        N_("Your membership has not begun yet"),
        N_("You made this feed on {day}, and no membership belongs to it yet. The public episodes are here already."),
        N_("When you join, the members' episodes come to this address by themselves; there is nothing to set up."),
        "join",
        N_("Become a member"),
    ),
    NoticeKind.PAYMENT_FAILED: _Words(
        N_("Your last payment did not go through"),
        N_("Your bank declined the last payment. You still hear everything until {day}."),
        N_("Please look at your card. It takes a minute, and nothing is lost."),
        "account",
        N_("Update your card"),
    ),
    NoticeKind.REPLACED: _Words(
        N_("This feed has a new address"),
        N_("This link was replaced on {day}, so it no longer plays episodes."),
        N_("Your account has the new link. Add it to your app, and remove this feed."),
        "account",
        N_("Open your account"),
    ),
}


def make_notice_item(
    kind: NoticeKind, *, base_url: str, pages: Mapping[str, str], language: str, own: NoticeAudio | None = None
) -> Item:
    """The item, with gaps for guid, date and day, so that all members with such a notice share one rendering.

    ``pages`` are the addresses of the pages "join" and "account"; ``own`` is the host's audio, in place of ours.
    """
    words, say = _WORDS[kind], gettext(_choose_language(language)).gettext
    page = pages[words.page]
    first = escape(say(words.first)).format(day=NOTICE_DAY_WORD)
    notes = (
        f'<p>{first}</p><p>{escape(say(words.then))}</p><p><a href="{escape(page)}">{escape(say(words.link))}</a></p>'
    )
    ours = _choose_language(language)
    length_bytes = own.length_bytes if own is not None else find_length_bytes(ours)
    return Item(
        title=say(words.title),
        link=page,
        guid="notice",
        published_at=datetime(2000, 1, 1, tzinfo=UTC),
        notes_html=notes,
        enclosure=Enclosure(base_url + write_audio_path(own, language), length_bytes, MIME),
        duration_seconds=own.seconds if own is not None else _SECONDS[ours],
        is_notice=True,
    )


def fill_notice(notice: Notice | None, language: str, changed_at: datetime | None = None) -> dict[Gap, str]:
    """What stands in the gaps of one member's notice. A membership that ends again gets another guid (rule G4).

    ``changed_at`` is the last change to what stands in the feed beside it, if anything does.
    """
    if notice is None:
        return {}
    name = f"{notice.kind}:{notice.who}:{notice.since.isoformat()}"
    day = (notice.day or notice.since).astimezone(UTC)
    months = _MONTHS[_choose_language(language)]
    return {
        Gap.NOTICE_GUID: f"notice-{uuid.uuid5(_NAMESPACE, name)}",
        Gap.NOTICE_DATE: values.date(notice.since),
        Gap.NOTICE_DAY: f"{day.day:02d} {months[day.month - 1]} {day.year:04d}",
        Gap.NOTICE_CHANGE: values.date(max(notice.since, changed_at or notice.since)),
    }


def write_audio_path(own: NoticeAudio | None, language: str) -> str:
    """Where a notice's audio is found: the host's, else ours in a language."""
    return f"/media/{own.name}.mp3" if own is not None else f"/media/notice-{_choose_language(language)}.mp3"


def find_audio(name: str, extension: str) -> Path | None:
    """Our own audio behind ``/media/notice-LANGUAGE.mp3``; None for any other name."""
    language = name.removeprefix("notice-")
    is_ours = extension == "mp3" and name != language and language in _SECONDS
    return _FOLDER / f"{language}.mp3" if is_ours else None


@cache
def find_length_bytes(language: str) -> int:
    """Bytes of a language's audio file."""
    return (_FOLDER / f"{language}.mp3").stat().st_size


@cache
def find_sha256(path: Path) -> str:
    """The hash of a notice's audio, of which its ETag is made (rule M4)."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _choose_language(language: str) -> str:
    short = language.lower().split("-")[0]
    return short if short in _SECONDS else _FALLBACK

"""Members' calls: a meeting with a beginning, a length, and a room whose link only those get whom it is for."""

from datetime import tzinfo

from podcastsvc.catalogue.shownotes import read_instant
from podcastsvc.catalogue.texts.values import Reader
from podcastsvc.content.kinds.kind import Kind, OwnFacts
from podcastsvc.kit.language import N_

_USUAL_MINUTES = 60


def read_own(reader: Reader, zone: tzinfo) -> OwnFacts:
    """``starts`` is day and time, ``minutes`` the length, ``room`` the address of the meeting, ``recording`` the slug of
    the episode in which it can be heard afterwards."""
    starts_at = read_instant(reader, "starts", zone)
    if starts_at is None and reader.values.get("starts") is None:
        reader.complain("starts", N_("a call needs its day and time. Write a line such as  starts: 2026-06-09 19:00"))
    facts = {
        "minutes": reader.whole("minutes", least=5, most=24 * 60) or _USUAL_MINUTES,
        "room": reader.address("room"),
        "recording": reader.text("recording", limit_chars=120),
    }
    return OwnFacts(facts, starts_at)


KIND = Kind(
    "call",
    "calls",
    "/calls/{slug}",
    is_dated=False,
    keys=frozenset(("starts", "minutes", "room", "recording")),
    read_own=read_own,
)

"""What counts as a download: the rules D1 to D8, after the IAB Tech Lab's guidelines 2.3. Pure.

We say "counted by the rules of IAB 2.3, not certified".
"""

import hmac
import math
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from ipaddress import ip_address, ip_network

from podcastsvc.stats.agents import Agent, AgentKind

# A second of a minute is what a listener must have received, beside the tags before the audio (rule D4).
HEARD_SECONDS = 60
# More than this by one listener in a day is no listening (rule D8).
MOST_BY_ONE = 100
# A stranger who asks for every other byte must not fill the database; what came before is kept.
MOST_RANGES = 400

_ROBOT_WORDS = re.compile(r"bot|crawler|spider", re.IGNORECASE)
_WATCH = re.compile(r"^atc/.*watchOS|\(null\)/\(null\) watchOS")
_PROBE = re.compile(r"\s*bytes\s*=\s*0-1\s*", re.IGNORECASE)

Range = tuple[int, int]


def name_day(at: datetime) -> date:
    """The window of an instant: its UTC calendar day (rule D1)."""
    return at.astimezone(UTC).date()


def may_count(*, method: str, status: int, range_header: str | None, agent: str) -> bool:
    """The part of rule D3 that needs no lists, asked while the request is answered."""
    if method != "GET" or status not in {200, 206, 302} or not agent.strip():
        return False
    if range_header is not None and _PROBE.fullmatch(range_header):
        return False
    return _WATCH.search(agent) is None


def is_listener(agent: Agent, text: str) -> bool:
    """The part of rule D3 that names agents: no bots, no libraries that run by themselves, no unknown robots."""
    if agent.kind is AgentKind.BOT or agent.is_robot:
        return False
    return not (agent.kind is AgentKind.UNKNOWN and _ROBOT_WORDS.search(text))


def is_excluded(network: str, excluded: Iterable[str]) -> bool:
    """Whether an address lies in one of the operator's networks (rule D3, last part)."""
    try:
        address = ip_address(network)
    except ValueError:
        return False
    return any(address in ip_network(each, strict=False) for each in excluded)


def make_key(day_key: bytes, *parts: str) -> str:
    """What stands for a listener on one day, and for nobody once the day's key is forgotten (rule D2)."""
    return hmac.digest(day_key, "\0".join(parts).encode(errors="replace"), "sha256").hex()[:32]


def threshold_bytes(length_bytes: int, tag_bytes: int, seconds: float) -> int:
    """Bytes that must have been sent for a download to count: the tags and a minute of sound (rule D4)."""
    if seconds < HEARD_SECONDS:
        return length_bytes
    sound = max(length_bytes - tag_bytes, 0)
    return min(length_bytes, tag_bytes + math.ceil(sound * HEARD_SECONDS / seconds))


def merge(ranges: Iterable[Range]) -> list[Range]:
    """The same bytes as ``ranges`` (first, after last), ascending, without overlaps; touching ones become one."""
    merged: list[Range] = []
    for start, stop in sorted(each for each in ranges if each[0] < each[1]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], stop))
        else:
            merged.append((start, stop))
    return merged[:MOST_RANGES]


def count_bytes(merged: Sequence[Range]) -> int:
    """Distinct bytes of merged ranges (rule D5)."""
    return sum(stop - start for start, stop in merged)

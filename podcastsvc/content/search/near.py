"""Tags that are spelled nearly as what somebody typed: offered where a search finds nothing. Pure."""

from collections.abc import Sequence
from difflib import SequenceMatcher

from podcastsvc.content.naming import SiteTag
from podcastsvc.kit.words import fold, list_words
from podcastsvc.storage.search import Query

MOST_TAGS = 3
_MOST_COMPARED = 300
_MOST_WORDS = 4


def list_nearest(tags: Sequence[SiteTag], query: Query) -> list[SiteTag]:
    """Three of the tags, the nearest first: those that begin alike before those that look alike; else the commonest."""
    words = query.words[:_MOST_WORDS]
    compared = tags[:_MOST_COMPARED]
    return sorted(compared, key=lambda tag: -max((_compare(tag, word) for word in words), default=0.0))[:MOST_TAGS]


def _compare(tag: SiteTag, word: str) -> float:
    """How near a word is to a tag or one of its words: 1 for as good as the same."""
    named = [fold(tag.name), *list_words(tag.name)]
    return max(_compare_word(each, word) for each in named)


def _compare_word(one: str, other: str) -> float:
    shorter = min(len(one), len(other))
    if shorter >= 3 and (one.startswith(other) or other.startswith(one)):
        return 1.0
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return matcher.ratio() if matcher.real_quick_ratio() > 0.5 else 0.0

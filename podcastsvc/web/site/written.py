"""The host's texts as the home page shows them: the latest articles, and who supports the show."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from podcastsvc.content import writings
from podcastsvc.content.kinds import article, page
from podcastsvc.kit.text import is_web_address
from podcastsvc.storage.tables.writing import Writing
from podcastsvc.web.context import language, now
from podcastsvc.web.pages import ngettext

LATEST = 3
SPONSORS = "sponsors"
"""The slug of the page whose sponsors the home page names."""

_WORDS_A_MINUTE = 230


@dataclass(frozen=True, slots=True)
class Sponsor:
    """Who supports the show; ``href`` is "" where no address is known."""

    name: str
    href: str


def list_latest_articles(session: Session) -> list[Writing]:
    """The newest articles, each in the page's language where there is one."""
    return writings.list_out(session, article.KIND.name, now(), limit=LATEST, language=language())


def list_sponsors(session: Session) -> list[Sponsor]:
    """Those of the page about sponsors, in its order."""
    found = writings.list_out(session, page.KIND.name, now(), language=language())
    return _read_sponsors(each for each in found if each.slug == SPONSORS)


def _read_sponsors(pages: Iterable[Writing]) -> list[Sponsor]:
    entries = [entry for each in pages for entry in each.facts.get("sponsors", ())]
    return [
        Sponsor(entry["name"], entry["url"] if is_web_address(entry.get("url") or "") else "")
        for entry in entries
        if entry.get("name")
    ]


def write_reading_time(words: int) -> str:
    """``6 min read``."""
    minutes = max(1, round(words / _WORDS_A_MINUTE))
    return ngettext("%(num)s min read", "%(num)s min read", minutes) % {"num": minutes}

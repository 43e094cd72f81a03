"""Lists in the forms of texts, an entry a line: authors, links, sponsors, reviews.

A line that nobody changed means what it meant before, whatever of it the line cannot show.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

from podcastsvc.kit.text import clean_line, is_web_address
from podcastsvc.web.pages import gettext
from podcastsvc.web.studio.forms import FormReader

Fact = dict[str, Any]

_MOST_LINES = 100
_WITH_ADDRESS = re.compile(r"(?P<name>.*?)(?:,?\s*(?P<url>https?://\S+))?")


def write_lines(facts: Sequence[Fact], write: Callable[[Fact], str]) -> str:
    """The field's value for what a file says."""
    return "\n".join(map(write, facts))


def read_lines(
    reader: FormReader,
    name: str,
    before: Sequence[Fact],
    write: Callable[[Fact], str],
    read: Callable[[str], Fact | None],
    example: str,
) -> list[Fact]:
    """The entries that a field's lines mean; one that means none is noted with its number and an example."""
    known = {write(fact): fact for fact in before}
    found: list[Fact] = []
    for number, line in enumerate(reader.lines(name, limit_chars=50_000), 1):
        fact = known.get(line) or read(line)
        if fact is None or number > _MOST_LINES:
            words = gettext("Line %(line)s cannot be used. Write it like this: %(example)s")
            reader.errors[name] = words % {"line": number, "example": example}
            break
        found.append(fact)
    return found


def write_author(author: Fact) -> str:
    """``Ada Lind https://ada.example/``."""
    return _join(author["name"], author.get("url", ""))


def read_author(line: str) -> Fact | None:
    name, url = _split(line)
    if not name or len(name) > 128:
        return None
    return {"name": name, "role": "author", "group": "cast", "url": url, "image": ""}


def write_link(link: Fact) -> str:
    """``Website https://ada.example/``."""
    return _join(link["name"], link["url"])


def read_link(line: str) -> Fact | None:
    name, url = _split(line)
    return {"name": name[:60], "url": url} if name and url else None


def write_sponsor(sponsor: Fact) -> str:
    """``Harbour Books | https://books.example/ | Books by sea | logo.png``; what is empty at the end is left out."""
    return _write_cells(sponsor, ("name", "url", "text", "logo"))


def read_sponsor(line: str) -> Fact | None:
    found = _read_cells(line, ("name", "url", "text", "logo"))
    return found if found is not None and found["name"] and _is_address(found["url"]) else None


def write_review(review: Fact) -> str:
    """``Calm and clear. | Ben | The Paper | https://paper.example/ | 5``."""
    return _write_cells(review, ("text", "by", "source", "url", "stars"))


def read_review(line: str) -> Fact | None:
    found = _read_cells(line, ("text", "by", "source", "url", "stars"))
    if found is None or not found["text"] or not _is_address(found["url"]):
        return None
    stars = found["stars"]
    if stars and stars not in {"1", "2", "3", "4", "5"}:
        return None
    return {**found, "stars": int(stars) if stars else None}


def _join(name: str, url: str) -> str:
    return clean_line(f"{name} {url}", limit_chars=3000)


def _split(line: str) -> tuple[str, str]:
    found = _WITH_ADDRESS.fullmatch(line)
    name, url = (found["name"], found["url"] or "") if found is not None else (line, "")
    return name.strip(" ,"), url if is_web_address(url) else ""


def _write_cells(fact: Fact, names: tuple[str, ...]) -> str:
    cells = [clean_line(str(fact.get(name) or ""), limit_chars=3000).replace("|", "/") for name in names]
    while cells and not cells[-1]:
        cells.pop()
    return clean_line(" | ".join(cells), limit_chars=20_000)


def _read_cells(line: str, names: tuple[str, ...]) -> Fact | None:
    cells = [cell.strip() for cell in line.split("|")]
    if len(cells) > len(names):
        return None
    return dict(zip(names, [*cells, *[""] * (len(names) - len(cells))], strict=True))


def _is_address(url: str) -> bool:
    return not url or is_web_address(url)

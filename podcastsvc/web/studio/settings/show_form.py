"""The form of what a show says of itself: filled from its facts, and read into the keys of ``show.yaml`` that change."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from email_validator import EmailNotValidError, validate_email

from podcastsvc.catalogue.categories import CATEGORIES, find_category
from podcastsvc.catalogue.limits import MOST_DESCRIPTION_BYTES
from podcastsvc.catalogue.show import Link, ShowFacts
from podcastsvc.catalogue.showfile.writing import write_texts
from podcastsvc.catalogue.texts.frontmatter import Value
from podcastsvc.catalogue.texts.values import Texts
from podcastsvc.kit.text import clean_line, clean_text, is_web_address
from podcastsvc.web.pages import gettext
from podcastsvc.web.studio.forms import FormReader

MOST_CATEGORIES = 3
_MOST_BENEFITS = 12
_MOST_PLATFORMS = 40
_LINES = {"title": 255, "tagline": 255, "promise": 500, "quote": 500}


@dataclass(frozen=True, slots=True)
class Codes:
    """The languages of the form: the show's own first, then those of the site."""

    own: str
    all: tuple[str, ...]


def list_codes(facts: ShowFacts, site: Sequence[str], *, is_new: bool) -> Codes:
    own = site[0] if is_new else facts.language
    return Codes(own, tuple(dict.fromkeys((own, *site))))


def list_categories() -> list[str]:
    """Every category and subcategory, as ``show.yaml`` writes them."""
    return [
        name
        for category, below in CATEGORIES.items()
        for name in (category, *(f"{category} > {each}" for each in below))
    ]


def fill(facts: ShowFacts, codes: Codes) -> dict[str, str]:
    """The fields' values for what the file says."""
    values = {
        "author": facts.author,
        "owner_name": facts.owner_name,
        "owner_email": facts.owner_email,
        "copyright": facts.copyright,
        "timezone": facts.timezone,
        "explicit": "1" if facts.explicit else "",
        "platforms": "\n".join(f"{link.name} {link.url}" for link in facts.platforms),
        "quote_by": facts.quote_by,
    }
    for number in range(MOST_CATEGORIES):
        chosen = facts.categories[number] if number < len(facts.categories) else None
        values[f"category_{number}"] = _write_category(chosen) if chosen else ""
    for code in codes.all:
        for name in (*_LINES, "description"):
            values[f"{name}_{code}"] = getattr(facts, name).get(code, "")
        values[f"benefits_{code}"] = "\n".join(texts.get(code, "") for texts in facts.benefits).rstrip()
    return values


def read_changes(form: FormReader, facts: ShowFacts, codes: Codes) -> dict[str, Value]:
    """The keys that must change so that the file says what the form says; None takes a key out.

    Texts in languages that the form does not have stay. Mistakes are noted in the form.
    """
    changes: dict[str, Value] = {}
    for name, limit in _LINES.items():
        if name != "quote":
            _compare_texts(changes, name, _read_texts(form, name, getattr(facts, name), codes, limit), facts, codes)
    if not form.values.get(f"title_{codes.own}", "").strip():
        form.errors[f"title_{codes.own}"] = gettext("Write the name of the show.")
    _compare_texts(changes, "description", _read_description(form, facts, codes), facts, codes)
    for name in ("author", "copyright"):
        _compare(changes, name, form.line(name), getattr(facts, name))
    _compare(changes, "timezone", _read_zone(form), facts.timezone)
    _read_owner(form, facts, changes)
    if form.flag("explicit") != facts.explicit:
        changes["explicit"] = form.flag("explicit")
    categories = _read_categories(form)
    if categories != facts.categories:
        changes["categories"] = [_write_category(each) for each in categories] or None
    platforms = _read_platforms(form)
    if platforms != facts.platforms:
        changes["platforms"] = [{"name": link.name, "url": link.url} for link in platforms] or None
    _read_benefits(form, facts, codes, changes)
    _read_quote(form, facts, codes, changes)
    return changes


def _compare(changes: dict[str, Value], name: str, new: str, old: str) -> None:
    if new != old:
        changes[name] = new or None


def _compare_texts(changes: dict[str, Value], name: str, new: Texts, facts: ShowFacts, codes: Codes) -> None:
    if new != getattr(facts, name):
        changes[name] = write_texts(new, codes.own)


def _read_texts(form: FormReader, name: str, old: Texts, codes: Codes, limit_chars: int) -> Texts:
    typed = {code: form.line(f"{name}_{code}", limit_chars=limit_chars) for code in codes.all}
    return _merge(old, typed)


def _merge(old: Texts, typed: Texts) -> Texts:
    """What was typed in place of what was there, in the order of the file."""
    return {code: text for code, text in ({**old, **typed}).items() if text}


def _read_description(form: FormReader, facts: ShowFacts, codes: Codes) -> Texts:
    typed = {}
    for code in codes.all:
        name = f"description_{code}"
        text = "\n".join(
            clean_line(line, limit_chars=10_000) for line in form.text(name, limit_chars=10_000).split("\n")
        )
        if len(text.encode()) > MOST_DESCRIPTION_BYTES:
            form.errors[name] = gettext("This takes %(count)s bytes; apps get %(most)s.") % {
                "count": len(text.encode()),
                "most": MOST_DESCRIPTION_BYTES,
            }
        typed[code] = text
    return _merge(facts.description, typed)


def _read_zone(form: FormReader) -> str:
    zone = form.line("timezone", limit_chars=60) or "UTC"
    if zone not in available_timezones():
        form.errors["timezone"] = gettext("Write a time zone such as Europe/Madrid.")
    return zone


def _read_owner(form: FormReader, facts: ShowFacts, changes: dict[str, Value]) -> None:
    name, email = form.line("owner_name"), form.line("owner_email")
    if email:
        try:
            email = validate_email(email, check_deliverability=False).normalized
        except EmailNotValidError:
            form.errors["owner_email"] = gettext("Write an e-mail address such as you@example.org.")
    if (name, email) != (facts.owner_name, facts.owner_email):
        changes["owner"] = {key: value for key, value in (("name", name), ("email", email)) if value} or None


def _read_categories(form: FormReader) -> tuple[tuple[str, str | None], ...]:
    found = []
    for number in range(MOST_CATEGORIES):
        written = form.line(f"category_{number}")
        category = find_category(written) if written else None
        if written and category is None:
            form.errors[f"category_{number}"] = gettext("Choose one of these.")
        elif category is not None and category not in found:
            found.append(category)
    return tuple(found)


def _write_category(category: tuple[str, str | None]) -> str:
    return f"{category[0]} > {category[1]}" if category[1] else category[0]


def _read_platforms(form: FormReader) -> tuple[Link, ...]:
    """A line for each: the name, and the address as its last word."""
    lines = form.lines("platforms", limit_chars=20_000)
    if len(lines) > _MOST_PLATFORMS:
        form.errors["platforms"] = gettext("At most %(most)s lines fit.") % {"most": _MOST_PLATFORMS}
    found = []
    for number, line in enumerate(lines, 1):
        name, _, address = line.rpartition(" ")
        if not is_web_address(address):
            words = gettext("Line %(line)s: write a name and an address, such as YouTube https://www.youtube.com/@you.")
            form.errors["platforms"] = words % {"line": number}
            break
        found.append(Link(clean_line(name or urlsplit(address).hostname or "", limit_chars=60), address))
    return tuple(found)


def _read_benefits(form: FormReader, facts: ShowFacts, codes: Codes, changes: dict[str, Value]) -> None:
    """The first line of each language belongs together, and so on; an empty line keeps the others in their places."""
    lines = {code: _split(form, f"benefits_{code}") for code in codes.all}
    count = max(map(len, lines.values()))
    # With as many lines as before, what they say in languages that the form does not have belongs to them still.
    before = facts.benefits if count == len(facts.benefits) else ({},) * count
    typed = ({code: each[at] if at < len(each) else "" for code, each in lines.items()} for at in range(count))
    benefits = tuple(texts for old, new in zip(before, typed, strict=True) if (texts := _merge(old, new)))
    if benefits != facts.benefits:
        changes["benefits"] = [write_texts(texts, codes.own) for texts in benefits] or None


def _split(form: FormReader, name: str) -> list[str]:
    raw = clean_text(form.values.get(name, "")).rstrip()
    lines = [clean_line(line, limit_chars=1000) for line in raw.split("\n")] if raw else []
    if len(lines) > _MOST_BENEFITS:
        form.errors[name] = gettext("At most %(most)s lines fit.") % {"most": _MOST_BENEFITS}
    if any(len(line) > 255 for line in lines):
        form.errors[name] = gettext("A line has more than 255 characters.")
    return lines


def _read_quote(form: FormReader, facts: ShowFacts, codes: Codes, changes: dict[str, Value]) -> None:
    quote, by = _read_texts(form, "quote", facts.quote, codes, _LINES["quote"]), form.line("quote_by")
    if (quote, by) != (facts.quote, facts.quote_by):
        written = {"text": write_texts(quote, codes.own), "by": by or None}
        changes["quote"] = {key: value for key, value in written.items() if value} or None

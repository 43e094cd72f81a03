"""``show.yaml`` read into a show's facts: a message for every mistake, and what has one is left at its default."""

from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from email_validator import EmailNotValidError, validate_email

from podcastsvc.catalogue.categories import CATEGORIES, find_category
from podcastsvc.catalogue.limits import MOST_DESCRIPTION_BYTES
from podcastsvc.catalogue.remarks import Remark, Unreadable, advise, advise_of_key
from podcastsvc.catalogue.show import FILE, MOST_PODCAST_CHARS, Link, Person, ShowFacts, Txt
from podcastsvc.catalogue.showfile.look import read_look
from podcastsvc.catalogue.texts.values import Reader, is_language
from podcastsvc.catalogue.texts.yamlfile import name_keys, read_mapping
from podcastsvc.kit.language import N_, sentence


def read_show(raw: bytes, *, file: str = FILE) -> tuple[ShowFacts, list[Remark]]:
    """A show's facts, and what in its file the host should mend; a value with a mistake is left at its default.

    Raises Unreadable where the file is no YAML or has no title.
    """
    values, lines = read_mapping(raw, file)
    reader = Reader(file, values, lines)
    language = _read_language(reader)
    reader.language = language
    if not reader.texts("title"):
        raise Unreadable(file, N_('the show needs a title. Write a line such as  title: "The Long Way Home"'))
    found: dict[str, Any] = {"title": reader.texts("title"), "language": language}
    for name, read in _READERS.items():
        if name in values:
            read(reader, found)
    unknown = name_keys(values, _KNOWN)
    for key in unknown:
        reader.remarks.append(advise_of_key(file, key, lines.get(key)))
    return ShowFacts(**found), reader.remarks


def _read_language(reader: Reader) -> str:
    """The show's language as feeds write it; English where none is named, or what is named is none (rule X10)."""
    language = reader.text("language").lower().replace("_", "-")
    if not language or is_language(language):
        return language or "en"
    reader.complain(
        "language",
        sentence(
            "%(code)s is not a language's code. Write en, es or es-mx; en is used meanwhile.", code=repr(language)
        ),
    )
    return "en"


def _plain(name: str, *, limit_chars: int = 255) -> Callable[[Reader, dict[str, Any]], None]:
    def read(reader: Reader, found: dict[str, Any]) -> None:
        found[name] = reader.text(name, limit_chars=limit_chars)

    return read


def _texts(name: str, *, limit_chars: int = 255) -> Callable[[Reader, dict[str, Any]], None]:
    def read(reader: Reader, found: dict[str, Any]) -> None:
        found[name] = reader.texts(name, limit_chars=limit_chars)

    return read


def _description(reader: Reader, found: dict[str, Any]) -> None:
    found["description"] = reader.texts("description", limit_chars=MOST_DESCRIPTION_BYTES)
    longest = max((len(text.encode()) for text in found["description"].values()), default=0)
    if longest > MOST_DESCRIPTION_BYTES:
        message = sentence(
            "'description' takes %(count)s bytes; apps get the first %(most)s.",
            count=longest,
            most=MOST_DESCRIPTION_BYTES,
        )
        reader.remarks.append(advise(reader.file, message, reader.lines.get("description")))


def _flag(name: str) -> Callable[[Reader, dict[str, Any]], None]:
    def read(reader: Reader, found: dict[str, Any]) -> None:
        found[name] = reader.flag(name, default=bool(ShowFacts.__dataclass_fields__[name].default))

    return read


def _timezone(reader: Reader, found: dict[str, Any]) -> None:
    name = reader.text("timezone")
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        reader.complain(
            "timezone",
            sentence(
                "%(name)s is not a time zone. Write one such as Europe/Madrid; UTC is used meanwhile.", name=repr(name)
            ),
        )
    else:
        found["timezone"] = name


def _owner(reader: Reader, found: dict[str, Any]) -> None:
    owner = reader.mapping("owner")
    found["owner_name"] = owner.text("name")
    email = owner.text("email")
    try:
        found["owner_email"] = validate_email(email, check_deliverability=False).normalized if email else ""
    except EmailNotValidError:
        reader.complain(
            "owner",
            sentence("%(email)s is not an e-mail address. Directories send their codes there.", email=repr(email)),
        )


def _categories(reader: Reader, found: dict[str, Any]) -> None:
    chosen = []
    for written in reader.entries("categories"):
        category = find_category(str(written))
        if category is None:
            examples = ", ".join(sorted(CATEGORIES)[:4])
            reader.complain(
                "categories",
                sentence(
                    '%(name)s is not one of Apple\'s categories (%(examples)s …). Write "Education > How To".',
                    name=repr(written),
                    examples=examples,
                ),
            )
        else:
            chosen.append(category)
    if len(chosen) > 3:
        reader.complain("categories", N_("apps read three categories at most; the first three are used."))
    found["categories"] = tuple(chosen[:3])


def _type(reader: Reader, found: dict[str, Any]) -> None:
    found["type"] = reader.choice("type", ("episodic", "serial"))


def _locked(reader: Reader, found: dict[str, Any]) -> None:
    found["locked"] = reader.flag("locked", default=True)


def _license(reader: Reader, found: dict[str, Any]) -> None:
    if isinstance(reader.values["license"], Mapping):
        inner = reader.mapping("license")
        found["license"], found["license_url"] = inner.text("name", limit_chars=128).lower(), inner.address("url")
    else:
        found["license"] = reader.text("license", limit_chars=128).lower()


def _people(reader: Reader, found: dict[str, Any]) -> None:
    found["people"] = tuple(
        Person(
            name=each.text("name", limit_chars=128),
            role=each.text("role", limit_chars=128).lower() or "host",
            group=each.text("group", limit_chars=128).lower() or "cast",
            url=each.address("url"),
            image=each.address("image"),
        )
        for each in reader.mappings("people")
        if each.text("name")
    )


def _platforms(reader: Reader, found: dict[str, Any]) -> None:
    links = [Link(each.text("name", limit_chars=60), each.address("url")) for each in reader.mappings("platforms")]
    found["platforms"] = tuple(link for link in links if link.name and link.url)


def _txt(reader: Reader, found: dict[str, Any]) -> None:
    found["txt"] = tuple(
        Txt(each.text("value", limit_chars=4000), each.text("purpose", limit_chars=128))
        for each in reader.mappings("txt")
        if each.text("value", limit_chars=4000)
    )


def _update_frequency(reader: Reader, found: dict[str, Any]) -> None:
    inner = reader.mapping("update_frequency")
    found["update_text"], found["update_rrule"] = inner.text("text", limit_chars=128), inner.text("rrule")


def _funding(reader: Reader, found: dict[str, Any]) -> None:
    inner = reader.mapping("funding")
    found["membership_text"] = inner.texts("membership", limit_chars=MOST_PODCAST_CHARS)
    found["donation_text"] = inner.texts("donation_text", limit_chars=MOST_PODCAST_CHARS)
    address = inner.address("donation")
    if len(address) > MOST_PODCAST_CHARS:
        message = sentence(
            "the address of the donation page has %(count)s characters; apps take %(most)s. Use a shorter one.",
            count=len(address),
            most=MOST_PODCAST_CHARS,
        )
        reader.complain("funding", message)
        address = ""
    found["donation_url"] = address


def _benefits(reader: Reader, found: dict[str, Any]) -> None:
    found["benefits"] = tuple(texts for texts in reader.texts_list("benefits") if texts)


def _quote(reader: Reader, found: dict[str, Any]) -> None:
    inner = reader.mapping("quote")
    found["quote"], found["quote_by"] = inner.texts("text", limit_chars=500), inner.text("by")


def _members_first_days(reader: Reader, found: dict[str, Any]) -> None:
    found["members_first_days"] = reader.whole("members_first_days", least=1, most=365) or 3


def _position(reader: Reader, found: dict[str, Any]) -> None:
    found["position"] = reader.whole("position", least=0, most=999) or 0


def _link(reader: Reader, found: dict[str, Any]) -> None:
    found["link"] = reader.address("link")


def _look(reader: Reader, found: dict[str, Any]) -> None:
    found["look"] = read_look(reader.mapping("look"))


_READERS: dict[str, Callable[[Reader, dict[str, Any]], None]] = {
    "timezone": _timezone,
    "description": _description,
    "tagline": _texts("tagline"),
    "promise": _texts("promise", limit_chars=500),
    "author": _plain("author"),
    "owner": _owner,
    "copyright": _plain("copyright"),
    "link": _link,
    "categories": _categories,
    "explicit": _flag("explicit"),
    "type": _type,
    "complete": _flag("complete"),
    "block": _flag("block"),
    "guid": _plain("guid"),
    "locked": _locked,
    "shows_owner": _flag("shows_owner"),
    "license": _license,
    "new_feed_url": _flag("new_feed_url"),
    "people": _people,
    "platforms": _platforms,
    "txt": _txt,
    "update_frequency": _update_frequency,
    "funding": _funding,
    "benefits": _benefits,
    "quote": _quote,
    "members_first_days": _members_first_days,
    "position": _position,
    "look": _look,
}
_KNOWN = frozenset({"title", "language", *_READERS})

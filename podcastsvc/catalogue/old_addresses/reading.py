"""Old addresses as people type them and as browsers ask for them, brought into the one form in which they are compared.

That form has no host, is in lower case, percent-decoded, in NFC, and without a slash at its end. What would change its
meaning stays encoded (``%``, ``?``, ``#``, white space), so that the form read again is the same form.
Of a query one ``name=value`` counts: WordPress calls its pages ``/?p=123``, and whatever a newsletter or a network hangs
on behind must not hide them.
"""

import re
import unicodedata
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from podcastsvc.errors import Invalid
from podcastsvc.kit.language import N_, sentence
from podcastsvc.kit.text import clean_text, is_web_address

LONGEST_PATH_CHARS = 500
LONGEST_TARGET_CHARS = 1500

NO_PATH = N_("Write the old address from its first slash on, such as /2019/05/why-maps-lie/.")
NO_TARGET = N_(
    "Write where it leads: a page of this site, such as /join, or a whole address that begins with https://."
)
NOT_HTTPS = N_("An address elsewhere must begin with https://.")
FRONT = N_("The front page answers by itself, so it cannot lead elsewhere.")
_MOST_PAIRS = 10
_ORIGIN = re.compile(r"https?://[^/?#\\\s]+", re.IGNORECASE)
_SLASHES = re.compile(r"/{2,}")
_KEPT_IN_PATH = re.compile(r"[%?#\\\s]")
_KEPT_IN_PAIR = re.compile(r"[%?#&=+\\\s]")
_SPACE = re.compile(r"\s")
_HOST = re.compile(r"[\w-]+(?:\.[\w-]+)+")


def read_old(raw: str) -> str:
    """An old address as a person writes it, also whole, with its host. Raises Invalid with a sentence about it."""
    text = clean_text(raw).strip()
    origin = _ORIGIN.match(text)
    text = text[origin.end() :] if origin else text
    text = f"/{text}" if origin or text.startswith("?") else text
    if not text.startswith("/"):
        raise Invalid(NO_PATH)
    path, _, query = text.partition("#")[0].partition("?")
    pairs = parse_qsl(query, keep_blank_values=True)
    if len(pairs) > 1:
        raise Invalid(
            sentence(
                "Keep the one part of the query that tells this page from others: %(example)s.",
                example=write_form(unquote(path), pairs[0]),
            )
        )
    form = write_form(unquote(path), pairs[0] if pairs else None)
    if form == "/":
        raise Invalid(FRONT)
    return _fit(form, LONGEST_PATH_CHARS)


def write_form(path: str, pair: tuple[str, str] | None = None) -> str:
    """The form of a decoded path, with one decoded pair of its query."""
    settled = _SLASHES.sub("/", f"/{_fold(path)}")
    form = _encode(settled.rstrip("/") or "/", _KEPT_IN_PATH)
    if pair is None:
        return form
    name, value = (_encode(_fold(part), _KEPT_IN_PAIR) for part in pair)
    return f"{form}?{name}={value}"


def list_forms(path: str, query: str) -> list[str]:
    """The forms under which a request may be known, the most particular first; ``path`` is decoded, ``query`` is not."""
    pairs = parse_qsl(query, keep_blank_values=True)[:_MOST_PAIRS]
    forms = [write_form(path, pair) for pair in pairs] + [write_form(path)]
    return [form for form in dict.fromkeys(forms) if form != "/" and len(form) <= LONGEST_PATH_CHARS]


def drop_pair(query: str, form: str) -> str:
    """The rest of a request's query, still encoded, when a form has taken its pair of it."""
    _, _, taken = form.partition("?")
    parts = [part for part in query.split("&") if part]
    return "&".join(part for part in parts if not taken or _write_pairs(part) != f"/?{taken}")


def read_target(raw: str, base_url: str) -> str:
    """Where an old address is to lead: a path of this site, or an https address elsewhere, which stays as it is typed.

    A whole address of this site becomes its path. Raises Invalid with a sentence about it.
    """
    text = clean_text(raw).strip()
    own = _cut_own_host(text, base_url)
    if not own.startswith("/") or own.startswith("//") or "\\" in own:
        return _fit(_check_elsewhere(text), LONGEST_TARGET_CHARS)
    path, query, fragment = split_target(own)
    rest = "".join(_encode(part, _SPACE) for part in (query, fragment) if len(part) > 1)
    return _fit(write_path(path) + rest, LONGEST_TARGET_CHARS)


def write_path(path: str) -> str:
    """A decoded path of this site as a target holds it: its letters as they are, what would end a path encoded."""
    text = unicodedata.normalize("NFC", clean_text(path))
    return _encode(_SLASHES.sub("/", f"/{text}"), _KEPT_IN_PATH)


def split_target(target: str) -> tuple[str, str, str]:
    """A target on this site: its path, decoded; its query with "?"; its fragment with "#". Both may be empty."""
    head, hash_sign, fragment = target.partition("#")
    path, question, query = head.partition("?")
    return unquote(path), question + query, hash_sign + fragment


def is_own(target: str) -> bool:
    """Whether a target lies on this site."""
    return target.startswith("/")


def _cut_own_host(text: str, base_url: str) -> str:
    """The path and the rest of a whole address of this site, with or without "www."; any other text as it is."""
    origin = _ORIGIN.match(text)
    if origin is None or _name_host(origin[0]) != _name_host(base_url):
        return text
    # Two slashes at the front would make it another host's address.
    return "/" + text[origin.end() :].lstrip("/")


def _name_host(address: str) -> str:
    """The host of an address, without "www."; nothing where it has none that can be read, such as ``[x``."""
    try:
        return urlsplit(address).netloc.lower().removeprefix("www.")
    except ValueError:
        return ""


def _check_elsewhere(text: str) -> str:
    if text[:7].lower() == "http://":
        raise Invalid(NOT_HTTPS)
    if not is_web_address(text) or "\\" in text:
        raise Invalid(NO_TARGET)
    if not _HOST.fullmatch(urlsplit(text).hostname or ""):
        raise Invalid(NO_TARGET)
    return text


def _fit(text: str, limit_chars: int) -> str:
    if len(text) > limit_chars:
        raise Invalid(
            sentence("This address has %(count)s characters; at most %(most)s fit.", count=len(text), most=limit_chars)
        )
    return text


def _write_pairs(part: str) -> str:
    return next((write_form("/", pair) for pair in parse_qsl(part, keep_blank_values=True)), "")


def _fold(text: str) -> str:
    return unicodedata.normalize("NFC", clean_text(text).lower())


def _encode(text: str, kept: re.Pattern[str]) -> str:
    return kept.sub(lambda found: quote(found[0], safe="").lower(), text)

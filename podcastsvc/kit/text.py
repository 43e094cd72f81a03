"""The one function that every text from a file or form passes, cutting at a limit, and telling addresses."""

import re
import unicodedata
from urllib.parse import urlsplit

ELLIPSIS = "…"

# Everything XML 1.0 has no place for (C0 controls but tab, LF, CR; surrogates; U+FFFE, U+FFFF), the C1 controls,
# DEL, and the noncharacters of all planes. Bidirectional marks stay: right-to-left titles need them.
# Two patterns, since a set within the first plane is eleven times faster than one that reaches beyond it.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_BEYOND = re.compile("[\U00010000-\U0010ffff]")
_SPACE = re.compile(r"\s+")


def clean_text(raw: str, *, limit_chars: int | None = None) -> str:
    """Valid Unicode in NFC, lines ended by LF, without control characters, surrogates and noncharacters.

    Tab and LF stay. With a limit, longer text is cut at a word and ends in "…"; the result never has
    more than ``limit_chars`` characters. Source: rule T-F6; XML 1.0 section 2.2.
    """
    text = _FORBIDDEN.sub("", raw.replace("\r\n", "\n").replace("\r", "\n"))
    text = _BEYOND.sub(_drop_noncharacter, text)
    text = unicodedata.normalize("NFC", text)
    return text if limit_chars is None else cut_text(text, limit_chars)


def _drop_noncharacter(found: re.Match[str]) -> str:
    return "" if ord(found.group()) & 0xFFFE == 0xFFFE else found.group()


def clean_line(raw: str, *, limit_chars: int = 255) -> str:
    """``clean_text`` folded to one line: runs of white space become one space, ends are trimmed."""
    return cut_text(_SPACE.sub(" ", clean_text(raw)).strip(), limit_chars)


def is_web_address(text: str) -> bool:
    """Whether a text is an http or https address with a host: without white space, and without a user's name, which
    shows another place than the one it leads to."""
    if any(character.isspace() for character in text):
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc


def cut_text(text: str, limit_chars: int) -> str:
    """At most ``limit_chars`` characters; a cut falls between words where one is near, and shows as "…"."""
    if len(text) <= limit_chars:
        return text
    head = text[: max(limit_chars - 1, 0)]
    space = head.rfind(" ")
    if space > limit_chars // 2:
        head = head[:space]
    return head.rstrip(" ,;:.-") + ELLIPSIS


def cut_bytes(text: str, limit_bytes: int) -> str:
    """At most ``limit_bytes`` bytes of UTF-8, cut as ``cut_text`` cuts."""
    raw = text.encode()
    if len(raw) <= limit_bytes:
        return text
    head = raw[: max(limit_bytes - len(ELLIPSIS.encode()), 0)].decode(errors="ignore")
    return cut_text(text, len(head) + 1)

"""What to answer to a request for all or a part of some bytes: Range, If-Range and If-None-Match, as pure functions.

Source: RFC 9110 sections 13 and 14. Where the RFC leaves a choice, what media players take best is chosen: anything
that cannot be read, and several ranges at once, get the whole; HEAD is always about the whole.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Literal

# Longer numbers are beyond any file; Python would refuse to read 4,301 digits.
_MOST_DIGITS = 18

_TAG = re.compile(r'(?:W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
_RANGE_SET = re.compile(r"\s*bytes\s*=([0-9,\s-]*)", re.IGNORECASE | re.ASCII)
_ONE_RANGE = re.compile(r"([0-9]*)-([0-9]*)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Decision:
    """``status`` and the part to send: ``length`` bytes from ``start``. 304 and 416 send none.

    ``content_range`` is the header of that name, where one is due.
    """

    status: Literal[200, 206, 304, 416]
    start: int
    length: int
    content_range: str | None = None


def decide(
    *,
    is_head: bool,
    length_bytes: int,
    etag: str,
    changed_at: datetime | None = None,
    range_header: str | None = None,
    if_range: str | None = None,
    if_none_match: str | None = None,
) -> Decision:
    """The answer for ``length_bytes`` bytes whose strong ETag is ``etag``, quotes included.

    ``changed_at`` is our Last-Modified, None where we send none. A matching If-None-Match comes before any range.
    """
    whole = Decision(200, 0, length_bytes)
    if matches(if_none_match, (etag,)):
        return Decision(304, 0, 0)
    if is_head or range_header is None or not _is_same_file(if_range, etag, changed_at):
        return whole
    wanted = _read_single_range(range_header)
    if wanted is None:
        return whole
    first, last = wanted
    if first is None:
        start = max(length_bytes - (last or 0), 0)
        end = length_bytes - 1
    else:
        start, end = first, length_bytes - 1 if last is None else min(last, length_bytes - 1)
    if start >= length_bytes:
        return Decision(416, 0, 0, f"bytes */{length_bytes}")
    return Decision(206, start, end - start + 1, f"bytes {start}-{end}/{length_bytes}")


def matches(if_none_match: str | None, etags: Iterable[str]) -> bool:
    """Whether If-None-Match names one of ``etags``: ``*``, or one of a list, weak or strong alike (RFC 9110, 8.8.3.2)."""
    if if_none_match is None:
        return False
    if if_none_match.strip() == "*":
        return True
    named = set(_TAG.findall(if_none_match))
    return any(etag.removeprefix("W/").strip('"') in named for etag in etags)


def _is_same_file(if_range: str | None, etag: str, changed_at: datetime | None) -> bool:
    """Whether If-Range lets the range count: it is missing, our strong ETag, or our Last-Modified to the second."""
    if if_range is None:
        return True
    written = if_range.strip()
    if written.startswith(('"', "W/")):
        return written == etag
    if changed_at is None:
        return False
    try:
        named = parsedate_to_datetime(written)
    except ValueError:
        return False
    return named.tzinfo is not None and named == changed_at.replace(microsecond=0)


def _read_single_range(header: str) -> tuple[int | None, int | None] | None:
    """First and last byte of the only range of a header; a missing first means the last so many bytes.

    None where there are none, several, or what cannot be read.
    """
    found = _RANGE_SET.fullmatch(header)
    if found is None:
        return None
    specs = [spec for spec in (part.strip() for part in found[1].split(",")) if spec]
    single = _ONE_RANGE.fullmatch(specs[0]) if len(specs) == 1 else None
    if single is None:
        return None
    first, last = (_read_number(digits) for digits in single.groups())
    if first is None and last is None:
        return None
    return None if first is not None and last is not None and first > last else (first, last)


def _read_number(digits: str) -> int | None:
    if not digits:
        return None
    return int(digits) if len(digits.lstrip("0")) <= _MOST_DIGITS else int("9" * _MOST_DIGITS)

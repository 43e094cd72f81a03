"""Audio that a server in front sends for us: which answers it would give as we do, and how it is told (rule M10).

We decide about each request, and nginx, told by X-Accel-Redirect, sends the bytes. It parts a file by its own reading
of Range, so it gets only what both read alike. Its two places differ in that: one obeys Range, one does not.
"""

import re
from urllib.parse import quote

from podcastsvc.kit.ranges import Decision

HEADER = "X-Accel-Redirect"
# As the configuration of the operators' page names them.
_PART, _WHOLE = "/podcastsvc-audio/part/", "/podcastsvc-audio/whole/"
# nginx knows no white space here, and answers 416 to longer numbers.
_PLAIN_RANGE = re.compile(r"bytes=(?:[0-9]{1,18}-[0-9]{0,18}|-[0-9]{1,18})", re.IGNORECASE | re.ASCII)


def find_place(
    decision: Decision, media_key: str, *, range_header: str | None, if_range: str | None, has_conditions: bool
) -> str | None:
    """Where nginx finds the file of a 200 or 206 that it would answer as we do; None where we must answer ourselves.

    ``has_conditions`` says that If-Match or If-Unmodified-Since came, which we do not weigh and nginx does.
    """
    if has_conditions:
        return None
    if decision.status == 200:
        return _WHOLE + quote(media_key)
    # If-Range asks for our ETag, which nginx gets to know too late.
    is_plain = if_range is None and range_header is not None and _PLAIN_RANGE.fullmatch(range_header) is not None
    return _PART + quote(media_key) if is_plain else None

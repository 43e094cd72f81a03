"""Previews that we cut: the first minutes of a recording as a file of its own, with nothing encoded anew.

The way into the file is planned in a limited child process (rule T-F3); copying the bytes is ours.
"""

import base64
from pathlib import Path
from typing import Any

from podcastsvc.catalogue import uploads
from podcastsvc.catalogue.formats.cut import Cut
from podcastsvc.catalogue.formats.cut_mp4 import NOT_CUT, cut_mp4
from podcastsvc.catalogue.formats.cut_mpeg import cut_mpeg
from podcastsvc.catalogue.uploads import Arrival, Kind
from podcastsvc.errors import Invalid
from podcastsvc.kit import child, files
from podcastsvc.kit.language import N_
from podcastsvc.kit.secrets import make_ulid

USUAL_MINUTES = 3
MOST_MINUTES = 60
TOO_SHORT = N_("The audio is no longer than the preview would be.")
CHILD_IMPORTS = ("podcastsvc.catalogue.formats.cut_mp4", "podcastsvc.catalogue.formats.cut_mpeg")
_BLOCK_BYTES = 1 << 20


class TooShort(Invalid):
    """A recording that has nothing more than its preview would have."""


def cut_preview(recording: Path, spool: Path, *, seconds: int, limit_bytes: int) -> Arrival:
    """The first ``seconds`` of a recording as a file in the spool folder, before its row is saved.

    Raises TooShort where the recording is no longer than that, Invalid where it is of a kind that cannot be cut,
    Unavailable without room.
    """
    plan = _plan(recording, seconds)
    coming = len(plan.head) + sum(end - start for start, end in plan.ranges)
    files.check_room(spool, coming_bytes=coming)
    spare = spool / f"cutting-{make_ulid().lower()}.part"
    try:
        with uploads.keeping():
            _write(recording, spare, plan)
        return uploads.take(spare, spool, Kind.PREVIEW, f"preview{recording.suffix}", limit_bytes=limit_bytes)
    finally:
        spare.unlink(missing_ok=True)


def _plan(recording: Path, seconds: int) -> Cut:
    try:
        answer = child.run(plan_cut, str(recording), seconds)
    except Invalid as refusal:
        raise Invalid(NOT_CUT if refusal.message == child.UNREADABLE else refusal.message) from None
    if not answer:
        raise TooShort(TOO_SHORT)
    ranges = tuple((int(start), int(end)) for start, end in answer["ranges"])
    return Cut(base64.b64decode(answer["head"]), ranges, float(answer["seconds"]))


def _write(recording: Path, target: Path, plan: Cut) -> None:
    with recording.open("rb") as source, target.open("xb") as written:
        written.write(plan.head)
        for start, end in plan.ranges:
            source.seek(start)
            left = end - start
            while left and (block := source.read(min(left, _BLOCK_BYTES))):
                written.write(block)
                left -= len(block)


# ---- in the child


def plan_cut(path: str, seconds: int) -> dict[str, Any]:
    """The plan as plain data; empty where the recording is too short."""
    with Path(path).open("rb") as file:
        size_bytes = file.seek(0, 2)
        file.seek(0)
        cut = cut_mp4 if file.read(12)[4:8] == b"ftyp" else cut_mpeg
        # A preview that is nearly all of it would give the rest away with it.
        if cut(file, size_bytes, seconds + 1) is None:
            return {}
        plan = cut(file, size_bytes, seconds)
    if plan is None:
        return {}
    return {"head": base64.b64encode(plan.head).decode(), "ranges": list(plan.join()), "seconds": plan.seconds}

"""Front matter as it is written: what the files of episodes and of texts beside them share."""

import hashlib
from collections.abc import Iterable
from datetime import datetime, tzinfo

from podcastsvc.catalogue import shownotes
from podcastsvc.catalogue.remarks import Remark
from podcastsvc.catalogue.show import Person
from podcastsvc.catalogue.texts.frontmatter import Value
from podcastsvc.errors import Invalid
from podcastsvc.kit.language import sentence


def write_instant(at: datetime, zone: tzinfo) -> str:
    """``2025-05-30 06:00`` in the show's zone; with its offset in the hour that a clock change repeats."""
    local = at.astimezone(zone)
    written = f"{local:%Y-%m-%d %H:%M}"
    read = shownotes.parse_instant(written, zone)
    return written if read is not None and read == floor(at) else f"{written}{local:%z}"


def write_some_instant(at: datetime | None, zone: tzinfo) -> str | None:
    """The same, or None, which takes the key out."""
    return None if at is None else write_instant(at, zone)


def floor(at: datetime | None) -> datetime | None:
    """Whole minutes: forms know no seconds, and must not seem to change them."""
    return None if at is None else at.replace(second=0, microsecond=0)


def write_access(kind: str, plans: tuple[str, ...]) -> Value:
    """What stands under ``access``; None for what everybody may have."""
    return {"public": None, "plans": list(plans)}.get(kind, kind)


def write_person(person: Person) -> dict[str, Value]:
    """Somebody as an entry of ``people`` in front matter and ``show.yaml``; what readers assume by themselves is left out."""
    found: dict[str, Value] = {"name": person.name, "role": person.role}
    if person.group != "cast":
        found["group"] = person.group
    return found | {name: value for name, value in (("url", person.url), ("image", person.image)) if value}


def write_body(text: str) -> str:
    """What stands below the front matter."""
    return f"\n{text.strip()}\n" if text.strip() else ""


def make_mark(raw: bytes) -> str:
    """What changes when anybody changes a file; forms carry it."""
    return hashlib.sha256(raw).hexdigest()[:16]


def refuse_mistakes(remarks: Iterable[Remark]) -> None:
    """Raises Invalid where a file has a mistake: what a form would show then is not what the file says."""
    mistake = next((remark for remark in remarks if remark.is_mistake), None)
    if mistake is not None:
        raise Invalid(sentence("%(problem)s Mend the file by hand first.", problem=mistake.said))

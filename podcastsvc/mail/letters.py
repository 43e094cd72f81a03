"""Writing letters: templates become a row of the outbox, once for each thing that calls for a letter.

A letter of kind K has two templates, ``K.txt`` and ``K.html`` in one of the folders of ``mail/``, that say the same
words. The text template holds the ``subject`` block. Both know ``sender``, ``language``, ``_``, the filters ``day`` and
``money``, and the values.
"""

from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any, NamedTuple

import css_inline
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape
from sqlalchemy import select
from sqlalchemy.orm import Session

from podcastsvc.kit import clock
from podcastsvc.kit.bundled import get_folder
from podcastsvc.kit.language import format_day, gettext, name_direction
from podcastsvc.kit.money import Money
from podcastsvc.kit.secrets import make_ulid
from podcastsvc.kit.text import clean_line, clean_text
from podcastsvc.mail.sender import Sender
from podcastsvc.storage import jobs
from podcastsvc.storage.inserts import insert_if_absent
from podcastsvc.storage.tables.letter import Letter

SEND_JOB = "letter.send"
# With the queue's waits (5 s growing to 6 h) the last of these attempts falls after the three days of rule T-D10.
_MOST_ATTEMPTS = 24
_LONGEST_SUBJECT_CHARS = 150


class Written(NamedTuple):
    """What a letter says, twice: as plain text and as HTML."""

    subject: str
    text: str
    html: str


def write_letter(
    session: Session,
    sender: Sender,
    *,
    kind: str,
    to: str,
    language: str,
    values: Mapping[str, Any],
    object_id: str,
    period: str = "",
    member_id: int | None = None,
    headers: Mapping[str, str] | None = None,
    calendar: str | None = None,
) -> bool:
    """Puts a letter into the outbox in the caller's transaction, and the job that sends it.

    ``kind``, ``object_id`` and ``period`` name what the letter is owed for: a second one with the same three is not
    written, and False is returned. ``to`` is an address that ``read_address`` has read; ``headers`` are added to the
    sender's. ``calendar`` is a file that ``kit.calendars`` has written.
    """
    same = (Letter.kind == kind, Letter.object_id == object_id, Letter.period == period)
    if session.scalar(select(Letter.id).where(*same)) is not None:
        return False
    written = render_letter(sender, kind=kind, language=language, values=values)
    letter_id = make_ulid().lower()
    row = {
        "id": letter_id,
        "kind": kind,
        "object_id": object_id,
        "period": period,
        "member_id": member_id,
        "to": to,
        "language": language,
        "calendar": calendar,
        "headers": sender.headers() | dict(headers or {}),
        "state": "queued",
        "attempts": 0,
        "created_at": clock.now(),
        **written._asdict(),
    }
    if not insert_if_absent(session, Letter, row):
        return False
    jobs.enqueue(session, SEND_JOB, {"letter": letter_id}, priority=1, max_attempts=_MOST_ATTEMPTS)
    return True


def render_letter(sender: Sender, *, kind: str, language: str, values: Mapping[str, Any]) -> Written:
    """What a letter says. Raises jinja2's UndefinedError where a template asks for a value that is not given."""
    environment = _get_environment(language)
    context = {"sender": sender, "language": language, "direction": name_direction(language), **values}
    place = list_kinds()[kind]
    text = environment.get_template(f"{place}/{kind}.txt")
    subject = clean_line(_render_block(text, "subject", context), limit_chars=_LONGEST_SUBJECT_CHARS)
    html = environment.get_template(f"{place}/{kind}.html").render(context, subject=subject)
    return Written(subject, clean_text(text.render(context)).strip() + "\n", _get_inliner().inline(html))


@cache
def list_kinds() -> dict[str, str]:
    """Every kind of letter, with the folder of its templates: ``{"sign_in": "mail/account", …}``."""
    return {
        path.stem: f"mail/{path.parent.name}" for path in sorted((get_folder("templates") / "mail").glob("*/*.txt"))
    }


def _render_block(template: Template, block: str, context: Mapping[str, Any]) -> str:
    return "".join(template.blocks[block](template.new_context(dict(context))))


@lru_cache(maxsize=16)
def _get_environment(language: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(get_folder("templates")),
        undefined=StrictUndefined,
        autoescape=select_autoescape(enabled_extensions=("html",), default=False),
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_translations(gettext(language), newstyle=True)  # type: ignore[attr-defined]
    environment.filters["day"] = lambda day: format_day(day, language)
    environment.filters["money"] = lambda money: _format_money(money, language)
    return environment


def _format_money(money: Money, language: str) -> str:
    return money.format(language)


@cache
def _get_inliner() -> css_inline.CSSInliner:
    return css_inline.CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)

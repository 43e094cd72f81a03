"""Letters to everybody who makes the show, each in their own language."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from podcastsvc.mail.letters import write_letter
from podcastsvc.mail.sender import Sender
from podcastsvc.members import accounts


def write_to_hosts(
    session: Session,
    sender: Sender,
    *,
    kind: str,
    object_id: str,
    write_values: Callable[[str], Mapping[str, Any]],
    word: str = "",
    calendar: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> int:
    """One letter to each host, once for each kind, object and word; returns how many hosts there are to write to.

    ``write_values`` makes a letter's values in a language; ``headers`` are added to the sender's.
    """
    reached = 0
    for host in accounts.list_hosts(session):
        if host.email is None:
            continue
        reached += 1
        write_letter(
            session,
            sender,
            kind=kind,
            to=host.email,
            language=host.language,
            values=write_values(host.language),
            object_id=object_id,
            period=f"{host.id}:{word}" if word else str(host.id),
            member_id=host.id,
            calendar=calendar,
            headers=headers,
        )
    return reached

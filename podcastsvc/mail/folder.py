"""Letters as files: each becomes one ``.eml`` in a folder, which the studio lists."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from podcastsvc.errors import NotFound, Unavailable
from podcastsvc.kit.files import explain, write_whole
from podcastsvc.kit.language import N_, sentence

_NAME = re.compile(r"[0-9]{8}T[0-9]{6}-[a-z0-9]{1,40}\.eml")
_NOT_ID = re.compile(r"[^a-z0-9]")


@dataclass(frozen=True, slots=True)
class EmlFile:
    """One letter in the folder; ``text`` and ``html`` are what it says."""

    name: str
    at: datetime
    to: str
    subject: str
    text: str
    html: str


class FolderTransport:
    """Writes each letter to a file in a folder that only its owner may enter: sign-in codes stand in them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, message: EmailMessage) -> None:
        """Writes the letter whole or not at all; the same letter again takes the same name. Raises Unavailable."""
        sent_at = message["Date"].datetime.astimezone(UTC)
        letter_id = _NOT_ID.sub("", str(message["Message-ID"]).partition("@")[0].lower())[:40]
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.folder.chmod(0o700)
            write_whole(self.folder / f"{sent_at:%Y%m%dT%H%M%S}-{letter_id}.eml", message.as_bytes(policy=policy.SMTP))
        except OSError as problem:
            raise Unavailable(sentence("The letter could not be written. %(why)s", why=explain(problem))) from problem

    def check(self) -> None:
        """Makes the folder. Raises Unavailable where that is not allowed."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise Unavailable(
                sentence("Letters cannot be written to %(folder)s. %(why)s", folder=self.folder, why=explain(problem))
            ) from problem

    def close(self) -> None:
        """Nothing is kept open."""


def list_eml(folder: Path, *, limit: int = 100) -> list[EmlFile]:
    """The newest letters in the folder, newest first; other files are passed over."""
    if not folder.is_dir():
        return []
    names = sorted((path.name for path in folder.iterdir() if _NAME.fullmatch(path.name)), reverse=True)
    return [_read_eml(folder / name) for name in names[:limit]]


def get_eml(folder: Path, name: str) -> EmlFile:
    """One letter by its file name. Raises NotFound for every other name."""
    if not _NAME.fullmatch(name) or not (folder / name).is_file():
        raise NotFound(N_("There is no such letter."))
    return _read_eml(folder / name)


def _read_eml(path: Path) -> EmlFile:
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    return EmlFile(
        name=path.name,
        at=datetime.strptime(path.name[:15], "%Y%m%dT%H%M%S").replace(tzinfo=UTC),
        to=str(message["To"]),
        subject=str(message["Subject"]),
        text=_read_part(message, "plain"),
        html=_read_part(message, "html"),
    )


def _read_part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return "" if part is None else str(part.get_content())

"""The ways letters leave: one Protocol, and the table that picks a kind by the settings."""

from email.message import EmailMessage
from typing import Protocol

from podcastsvc.mail.folder import FolderTransport
from podcastsvc.mail.smtp import SmtpTransport, read_smtp_url
from podcastsvc.settings import Settings

FOLDER = "mail"


class Transport(Protocol):
    """One way out. Any thread may use it; make it after the server has forked."""

    def send(self, message: EmailMessage) -> None:
        """Hands one letter over for good.

        Raises Invalid where this letter is refused for good, Unavailable where trying later helps, Misconfigured where
        the operator has to act first.
        """

    def check(self) -> None:
        """Whether letters could leave now, without sending one. Raises Unavailable or Misconfigured."""

    def close(self) -> None:
        """Ends kept connections; sending again opens new ones."""


def make_transport(settings: Settings) -> Transport:
    """The mail server of the settings; without one, the folder ``mail`` in the data folder.

    Raises Misconfigured for an address of a mail server that cannot be read.
    """
    if settings.smtp_url:
        return SmtpTransport(read_smtp_url(settings.smtp_url))
    return FolderTransport(settings.data / FOLDER)

"""Messages to the host by the form on the site: read, and written as a letter to everybody who makes the show."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address as HeaderAddress

from sqlalchemy.orm import Session

from podcastsvc.errors import Invalid, Unavailable
from podcastsvc.kit.language import N_, Sentence, sentence
from podcastsvc.kit.text import clean_line, clean_text
from podcastsvc.mail.addresses import Address, read_address
from podcastsvc.mail.sender import Sender
from podcastsvc.members import attempts
from podcastsvc.members.to_hosts import write_to_hosts

KIND = "host_contact"
LONGEST_NAME_CHARS = 100
LONGEST_SUBJECT_CHARS = 120
LONGEST_MESSAGE_CHARS = 10_000
NOBODY = N_("The host cannot be reached by this form right now. Your message is still here.")
_REFUSED = N_("There is a problem")
_ENDLESS_CHARS = 1_000_000


@dataclass(frozen=True, slots=True)
class Message:
    """What somebody writes to the host; ``name`` and ``subject`` may be empty."""

    name: str
    address: Address
    subject: str
    text: str


def read_message(values: Mapping[str, str]) -> Message:
    """What a form says. Raises Invalid with a sentence for each field that cannot be used."""
    problems: dict[str, str] = {}
    address = None
    try:
        address = read_address(values.get("email", ""))
    except Invalid as refusal:
        problems["email"] = refusal.message
    found = {
        "name": clean_line(values.get("name", ""), limit_chars=_ENDLESS_CHARS),
        "subject": clean_line(values.get("subject", ""), limit_chars=_ENDLESS_CHARS),
        "message": clean_text(values.get("message", "")).strip(),
    }
    limits = {"name": LONGEST_NAME_CHARS, "subject": LONGEST_SUBJECT_CHARS, "message": LONGEST_MESSAGE_CHARS}
    problems |= {name: _too_long(found[name], most) for name, most in limits.items() if len(found[name]) > most}
    if not found["message"]:
        problems["message"] = N_("Write your message.")
    if problems or address is None:
        raise Invalid(_REFUSED, problems)
    return Message(found["name"], address, found["subject"], found["message"])


def send(session: Session, sender: Sender, message: Message, *, once: str, network: str, now: datetime) -> None:
    """Puts a letter to each host into the outbox, once for each ``once``; whoever answers it writes to the sender.

    Raises TooMany past the limits, and Unavailable where no host has an address.
    """
    attempts.spend_message(session, message.address.mailbox_key, network, now)
    values = {
        "name": message.name,
        "email": message.address.email,
        "subject": message.subject,
        "text": message.text,
    }
    headers = {"Reply-To": reply_to} if (reply_to := write_reply_to(message)) else {}
    reached = write_to_hosts(
        session, sender, kind=KIND, object_id=once, write_values=lambda _language: values, headers=headers
    )
    if not reached:
        raise Unavailable(NOBODY)


def write_reply_to(message: Message) -> str:
    """The header by which an answer reaches the sender; "" where old mail servers could not carry the address, which
    stands in the letter too."""
    email = message.address.email
    return str(HeaderAddress(display_name=message.name, addr_spec=email)) if email.isascii() else ""


def _too_long(text: str, most: int) -> Sentence:
    return sentence("This has %(count)s characters; at most %(most)s fit.", count=len(text), most=most)

"""E-mail addresses: the one function that reads them, and the form in which they are compared."""

import unicodedata
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

from podcastsvc.errors import Invalid
from podcastsvc.kit.language import N_

LONGEST_CHARS = 254
NOT_AN_ADDRESS = N_("Enter an e-mail address in the form name@example.org.")


@dataclass(frozen=True, slots=True)
class Address:
    """A readable address. ``email`` is where letters go; ``email_key`` decides which addresses are one person's.

    ``mailbox_key`` also folds ``+tag`` away: it names the mailbox, for limits only.
    """

    email: str
    email_key: str
    mailbox_key: str


def read_address(raw: str) -> Address:
    """One bare address, as typed. Raises Invalid with a message for the field ``email``.

    The canonical form is NFC, lower case, with the domain as DNS has it. Nothing that merely looks alike is made equal:
    no compatibility forms, no case folding of other scripts' letters into ours (rule T-A13).
    """
    try:
        found = validate_email(raw.strip()[: LONGEST_CHARS + 1], check_deliverability=False)
    except (EmailNotValidError, UnicodeError) as problem:
        raise Invalid(NOT_AN_ADDRESS, {"email": NOT_AN_ADDRESS}) from problem
    local = unicodedata.normalize("NFC", found.local_part.lower())
    return Address(
        email=f"{found.local_part}@{found.ascii_domain}",
        email_key=f"{local}@{found.ascii_domain}",
        mailbox_key=f"{local.partition('+')[0]}@{found.ascii_domain}",
    )


def mask_address(email: str) -> str:
    """``m•••@example.org``: enough for its owner to know it, too little for anybody else."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}•••@{domain}"

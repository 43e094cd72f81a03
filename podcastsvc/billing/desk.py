"""What every step of billing works with, handed down as one value."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from podcastsvc.billing.gateway import Gateway
from podcastsvc.billing.tax import NO_TAX, TaxRules
from podcastsvc.kit.keys import Keys
from podcastsvc.mail.sender import Sender
from podcastsvc.storage.db import Database


@dataclass(frozen=True, slots=True)
class Desk:
    """``zone`` (IANA) is the show's: letters name its days. ``grace_days`` is how long a failed payment keeps access."""

    db: Database
    gateway: Gateway
    keys: Keys
    sender: Sender
    zone: str = "UTC"
    grace_days: int = 21
    tax: TaxRules = NO_TAX

    def for_page(self) -> "Desk":
        """The same desk for one page: its calls to Stripe give up in time for an answer (rule T-P6)."""
        return replace(self, gateway=self.gateway.for_page())

    @property
    def grace(self) -> timedelta:
        return timedelta(days=self.grace_days)

    def local(self, at: datetime | None) -> datetime | None:
        """An instant in the show's zone, so that a letter names the right day."""
        return None if at is None else at.astimezone(ZoneInfo(self.zone))

"""Every table class, imported once so that the metadata is complete (for migrations and tests)."""

from podcastsvc.storage.tables import (  # noqa: F401 -- importing them is what fills the metadata
    billing,
    consultation,
    episode,
    job,
    letter,
    member,
    offer,
    old_address,
    refund,
    search,
    show,
    stats,
    upload,
    writing,
)
from podcastsvc.storage.tables.base import Base

METADATA = Base.metadata

"""Every table class, imported once so that the metadata is complete (for migrations and tests)."""

from podcastsvc.storage.tables import (  # noqa: F401 -- importing them is what fills the metadata
    billing,
    episode,
    gift,
    job,
    letter,
    member,
    old_address,
    show,
    stats,
    upload,
)
from podcastsvc.storage.tables.base import Base

METADATA = Base.metadata

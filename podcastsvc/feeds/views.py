"""For whom a feed is made: the public, or all members whose feeds differ in nothing but their gaps."""

from dataclasses import dataclass

from podcastsvc.catalogue.access import PUBLIC, Audience
from podcastsvc.feeds.notices import NoticeKind


@dataclass(frozen=True, slots=True)
class FeedView:
    """Whom a feed is made for: the public, or all members with one audience and one kind of notice, or none."""

    audience: Audience = PUBLIC
    is_personal: bool = False
    notice: NoticeKind | None = None

    @property
    def has_private_audio(self) -> bool:
        """Whether audio, chapters and transcripts stand there below the listen token; an ended feed has public ones (S1)."""
        return self.is_personal and not self.audience.is_public


PUBLIC_VIEW = FeedView()

"""The addresses that stand in feeds: of feeds, pages, audio, chapters, transcripts and artwork (section 1)."""

from dataclasses import dataclass

from podcastsvc.catalogue import addresses as paths
from podcastsvc.feeds.document import Gap, PrivateUrl, Url
from podcastsvc.storage.tables.episode import Artwork, AudioFile, Episode, Transcript
from podcastsvc.storage.tables.show import Show


@dataclass(frozen=True, slots=True)
class Addresses:
    """Makes the addresses of one show's feed.

    ``base_url`` has no slash at its end. ``is_first`` is true for the show that is the site's face: its addresses do not
    mention it. ``is_private`` gives audio, chapters and transcripts their addresses below the listen token.
    ``is_counted`` leads public audio by OP3 (section 9).
    """

    base_url: str
    show: Show
    is_first: bool
    is_private: bool = False
    is_counted: bool = False

    @property
    def show_page(self) -> str:
        return self.base_url + paths.write_show_path(self._key)

    @property
    def public_feed(self) -> str:
        """The canonical address of the public feed's first page."""
        return self.base_url + paths.write_feed_path(self._key)

    def public_page(self, page: int) -> str:
        return self.public_feed + _write_query(page)

    def private_page(self, page: int) -> PrivateUrl:
        name = "feed.xml" if self.is_first else f"{self.show.key}.xml"
        return PrivateUrl(self.base_url, Gap.FEED_TOKEN, name + _write_query(page))

    def episode(self, episode: Episode) -> str:
        """The episode's page; public, never with a token."""
        return self.base_url + paths.write_episode_path(episode.slug, self._key)

    def artwork(self, artwork: Artwork) -> str:
        """Always public, never with a token."""
        return self.base_url + paths.write_artwork_path(artwork)

    def audio(self, audio: AudioFile) -> Url:
        path = paths.write_audio_path(audio)
        if self.is_counted and not self.is_private:
            show = f",pg={self.show.guid}" if self.show.guid else ""
            return f"https://op3.dev/e{show}/{self.base_url.removeprefix('https://')}{path}"
        return self._media(path)

    def chapters(self, audio: AudioFile) -> Url:
        return self._media(paths.write_chapters_path(audio))

    def transcript(self, transcript: Transcript, extension: str) -> Url:
        return self._media(paths.write_transcript_path(transcript, extension))

    @property
    def _key(self) -> str | None:
        return None if self.is_first else self.show.key

    def _media(self, path: str) -> Url:
        if self.is_private:
            return PrivateUrl(self.base_url, Gap.LISTEN_TOKEN, path.removeprefix("/"))
        return self.base_url + path


def _write_query(page: int) -> str:
    return "" if page == 1 else f"?page={page}"

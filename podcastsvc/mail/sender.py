"""Who letters come from, and how they name pages of the site."""

from dataclasses import dataclass
from email.headerregistry import Address as HeaderAddress

from podcastsvc.kit.text import clean_line

_LONGEST_NAME_CHARS = 100


@dataclass(frozen=True, slots=True)
class Sender:
    """The show as a sender: ``name`` is the show's, ``host`` signs the letters, ``reply_to`` reaches the host.

    ``base_url`` is the canonical address without a slash at its end (rule T-H1). ``default_language`` is the one whose
    pages have no prefix.
    """

    name: str
    host: str
    address: str
    reply_to: str
    base_url: str
    default_language: str = "en"

    def link(self, path: str, language: str) -> str:
        """The whole address of a page in a language: ``https://show.example/es/account``."""
        prefix = "" if language == self.default_language else f"/{language}"
        return f"{self.base_url}{prefix}{path}"

    def studio_link(self, path: str = "/studio/") -> str:
        """The whole address of a page of the studio, which has one for all languages: it speaks the host's own."""
        return self.base_url + path

    def headers(self) -> dict[str, str]:
        """The From and Reply-To headers."""
        name = clean_line(self.name, limit_chars=_LONGEST_NAME_CHARS)
        found = {"From": str(HeaderAddress(display_name=name, addr_spec=self.address))}
        if self.reply_to and self.reply_to != self.address:
            found["Reply-To"] = self.reply_to
        return found

"""What the tests of letters share: a sender, and an HTML letter read as its words."""

from html.parser import HTMLParser

from podcastsvc.mail.sender import Sender

SENDER = Sender(
    name="The Long Meridian",
    host="Ada",
    address="show@example.org",
    reply_to="ada@example.org",
    base_url="https://show.example",
)
VALUES = {
    "sign_in": {"code": "402118", "link": "https://show.example/sign-in/link/abc"},
    "password": {"code": "402118", "link": "https://show.example/sign-in/link/abc"},
    "email_change": {"code": "402118", "link": "https://show.example/sign-in/link/abc"},
    "email_changed": {"new_address": "b•••@example.org"},
    "password_changed": {},
    "feed_links": {
        "setup_link": "https://show.example/add/abc",
        "feed_link": "https://show.example/private/abc/feed.xml",
    },
    "no_app_yet": {
        "is_last": True,
        "setup_link": "https://show.example/add/abc",
        "feed_link": "https://show.example/private/abc/feed.xml",
        "by_hand": [("Overcast", "The plus sign, then “Add URL”.")],
        "episodes_link": "https://show.example/episodes/",
        "stop_link": "https://show.example/reminders/abc",
    },
}


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._hidden = 0
        self._href = ""
        self._said: list[str] = []

    def handle_starttag(self, tag, attrs):
        self._hidden += tag in {"title", "style"}
        if tag == "a":
            self._href, self._said = dict(attrs)["href"], []

    def handle_endtag(self, tag):
        self._hidden -= tag in {"title", "style"}
        if tag == "a" and " ".join(self._said) != self._href:
            self.words.append(self._href)

    def handle_data(self, data):
        if not self._hidden:
            self._said += data.split()
            self.words += data.split()


def read_words(html: str) -> list[str]:
    """The words that a reader of the HTML meets; a link counts as its words and, where they differ, its address."""
    reader = _Words()
    reader.feed(html)
    return _tidy(" ".join(reader.words))


def read_text_words(text: str) -> list[str]:
    return _tidy(text)


def _tidy(text: str) -> list[str]:
    return text.replace(" .", ".").replace(" ,", ",").replace("·", " ").split()

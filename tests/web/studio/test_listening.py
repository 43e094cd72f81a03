"""Why can this member not listen? The sentence on the member's page, and what is known of each link."""

import re

import pytest
from lxml import html

from podcastsvc.kit import clock
from podcastsvc.members import feed_tokens, grants
from podcastsvc.members.listening import Hindrance
from podcastsvc.storage.tables.member import FeedAnswer
from podcastsvc.web.studio.members.listening import ANSWERS, SENTENCES
from tests.web.conftest import make_client, make_member, sign_in
from tests.web.people import read_letters
from tests.web.studio.conftest import RECORDING

APP = {"User-Agent": "AntennaPod/3.4.0"}
pytestmark = pytest.mark.usefixtures("show")


class Person:
    """A member with their page in the studio, and their app."""

    def __init__(self, services, app, ada, press, member):
        self.services, self.press, self.member = services, press, member
        self.path = f"/studio/members/{member.id}"
        self._app, self._ada, self._phone = app, ada, make_client(app)

    @property
    def link(self):
        with self.services.db.reading() as session:
            return feed_tokens.list_links(session, self.member.id)[0]

    def find_feed(self, link=None):
        return feed_tokens.write_feed_path(feed_tokens.show_link(self.services.keys, link or self.link).feed_token)

    def give(self):
        with self.services.db.transaction() as session:
            grants.give(session, self.member.id, "members", until=None, zone="UTC", now=self.member.created_at)

    def ask(self, link=None, **headers):
        """The app asks for the feed."""
        answer = self._phone.get(self.find_feed(link), headers=APP | headers)
        self.services.fetches.flush()
        return answer

    def read(self):
        """The words of the part about listening."""
        return " ".join(" ".join(self.find_part().itertext()).split())

    def find_part(self):
        # The host may have gone to sleep meanwhile.
        studio = sign_in(make_client(self._app), self.services, self._ada)
        page = html.fromstring(studio.get(self.path).data)
        (part,) = page.xpath("//section[@aria-labelledby='listening']")
        return part


@pytest.fixture
def ben(services, app, ada, press, publish):
    """Was given a plan; an episode is out for members."""
    publish(audio=RECORDING, who="members")
    person = Person(services, app, ada, press, make_member(services, "ben@example.org"))
    person.give()
    return person


@pytest.fixture
def finn(services, app, ada, press, publish):
    """Never joined."""
    publish(audio=RECORDING, who="members")
    return Person(services, app, ada, press, make_member(services, "finn@example.org"))


def test_where_no_app_has_asked_the_link_can_be_sent_again(ben):
    words = ben.read()
    (form,) = ben.find_part().xpath(".//form/@action")
    ben.press(ben.path, form)

    assert words.startswith("Why can this member not listen? No app has asked for their feed since the link was made")
    assert form == f"{ben.path}/links/{ben.link.id}/send"
    assert len(read_letters(ben.services, "ben@example.org")) == 1


def test_all_is_well_once_the_app_has_asked(ben):
    ben.ask()

    words = ben.read()

    assert words.startswith("Can this member listen? All is well. AntennaPod asked for the feed")
    assert "Newest in their feed: Why maps lie 2 June" in words
    assert "Works" in words
    assert "AntennaPod the whole feed" in words
    assert ben.find_part().xpath(".//form") == []


def test_it_says_when_audio_was_last_fetched(ben, at_ten):
    ben.ask()
    link = ben.link
    with ben.services.db.transaction() as session:
        feed_tokens.record_listen(session, [link.id], clock.now())
    at_ten.shift(7200)

    assert "Audio was last fetched 2 hours ago." in ben.read()


def test_an_app_that_stays_away_is_named_with_the_day(ben, at_ten):
    ben.ask()

    at_ten.shift(8 * 86400)

    assert "AntennaPod has not asked for the feed since 2 June: the member probably removed it." in ben.read()


def test_nothing_new_is_told_apart(ben, at_ten):
    etag = ben.ask().headers["ETag"]
    at_ten.shift(660)
    ben.ask(**{"If-None-Match": etag})

    assert "nothing new" in ben.read()


def test_without_a_plan_that_comes_first(finn):
    finn.ask()

    words = finn.read()

    assert "Why can this member not listen? They have no plan." in words
    assert "the notice that no membership runs, and the public episodes" in words


def test_an_app_that_was_told_the_end_is_named_until_it_asks_again(finn, at_ten):
    etag = finn.ask().headers["ETag"]
    at_ten.shift(660)
    # The app has the notice already, and hears that nothing has changed.
    finn.ask(**{"If-None-Match": etag})
    finn.give()

    told = finn.read()
    finn.ask()

    assert "while no membership ran, and does not know yet that one does" in told
    assert "All is well." in finn.read()


def test_an_old_link_in_an_app_is_seen_after_replacing(ben, at_ten):
    old = ben.link
    ben.ask()
    ben.press(ben.path, f"{ben.path}/links/{old.id}/replace")
    at_ten.shift(3600)
    ben.ask(old)

    words = ben.read()
    (form,) = ben.find_part().xpath(".//form/@action")

    assert "AntennaPod still asks with a link that stopped on 2 June." in words
    assert "Replaced stopped on 2 June" in words
    assert "the notice that the link was replaced" in words
    assert form == f"{ben.path}/links/{ben.link.id}/send"


def test_a_link_that_was_taken_away_is_listed_with_who_still_asks(ben, at_ten):
    link = ben.link
    ben.ask()
    ben.press(ben.path, f"{ben.path}/links/{link.id}/revoke")
    at_ten.shift(3600)
    ben.ask(link)

    words = ben.read()

    assert "You took their link away on 2 June." in words
    assert "Taken away stopped on 2 June" in words
    assert "refused: the link is gone" in words


@pytest.mark.parametrize("text", ANSWERS.values())
def test_answers_are_told_in_words_without_their_codes(text):
    assert not re.search(r"\d", text)


def test_no_address_of_a_link_is_in_the_part(ben, studio):
    ben.ask()

    assert ben.find_feed().split("/")[2] not in studio.get(ben.path).text


def test_every_hindrance_and_answer_has_its_words():
    assert set(SENTENCES) == set(Hindrance)
    assert set(ANSWERS) == set(FeedAnswer)

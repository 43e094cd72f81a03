"""The notice item: real audio that every app takes, words in two languages, and a guid for each occasion."""

from dataclasses import replace
from datetime import timedelta

import mutagen
import pytest

from podcastsvc.feeds import notices
from podcastsvc.feeds.build import build_feed
from podcastsvc.feeds.document import Document, Gap
from podcastsvc.feeds.notices import Notice, NoticeKind, fill_notice, make_notice_item
from podcastsvc.feeds.rendering import make_rendering
from tests.feeds.samples import SITE, TOKEN, make_member_channel, six_o_clock

PAGES = {"join": f"{SITE}/join", "account": f"{SITE}/account"}


@pytest.mark.parametrize("language", ["en", "es"])
def test_s2_the_audio_is_long_enough_for_every_app_and_its_length_is_right(language):
    item = make_notice_item(NoticeKind.ENDED, base_url=SITE, pages=PAGES, language=language)

    path = notices.find_audio(f"notice-{language}", "mp3")
    facts = mutagen.File(path)

    assert item.enclosure.url == f"{SITE}/media/notice-{language}.mp3"
    assert item.enclosure.length_bytes == path.stat().st_size >= 160_000
    assert item.duration_seconds == round(facts.info.length) >= 10
    assert item.enclosure.mime_type in {"audio/mpeg"} & set(facts.mime)


@pytest.mark.parametrize("name", ["notice-xx", "en", "notice-", "notice-../en", "why-maps-lie"])
def test_only_notice_audio_is_found_under_a_notices_name(name):
    assert notices.find_audio(name, "mp3") is None


@pytest.mark.parametrize("kind", list(NoticeKind))
@pytest.mark.parametrize("language", ["en", "es-mx", "fr"])
def test_s1_each_notice_says_when_and_links_the_page_that_helps(kind, language):
    item = make_notice_item(kind, base_url=SITE, pages=PAGES, language=language)
    notice = Notice(kind, six_o_clock(4), "7")

    rendering = make_rendering(build_feed(Document(make_member_channel(), (item,))))
    text = rendering.fill({Gap.FEED_TOKEN: TOKEN} | fill_notice(notice, language)).decode()

    day = "04 oct 2026" if language == "es-mx" else "04 Oct 2026"
    # When a pause began is not told to us.
    assert (day in text.partition("<description><![CDATA[<p>")[2]) is (kind is not NoticeKind.PAUSED)
    assert "<pubDate>Sun, 04 Oct 2026 06:00:00 +0000</pubDate>" in text
    assert f'href="{SITE}/' in text
    assert item.link in PAGES.values()


def test_g4_a_membership_that_ends_again_gets_another_guid():
    first = Notice(NoticeKind.ENDED, six_o_clock(4), "7")
    others = [
        replace(first, since=six_o_clock(4) + timedelta(seconds=1)),
        replace(first, who="8"),
        replace(first, kind=NoticeKind.PAUSED),
    ]

    guids = [fill_notice(notice, "en")[Gap.NOTICE_GUID] for notice in [first, *others]]

    assert len(set(guids)) == 4
    assert fill_notice(first, "en")[Gap.NOTICE_GUID] == guids[0]
    assert all(guid.startswith("notice-") and len(guid) == 43 for guid in guids)


def test_b6_every_notice_fills_its_gaps_with_the_same_number_of_bytes():
    lengths = {
        tuple(len(value) for value in fill_notice(Notice(kind, six_o_clock(day), "x" * day), language).values())
        for kind in NoticeKind
        for day in (1, 31)
        for language in ("en", "es")
    }

    assert len(lengths) == 1

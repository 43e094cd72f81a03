"""A finished feed is held against each rule: what keeps them has no findings, and each broken one is named."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from podcastsvc.catalogue.access import Audience
from podcastsvc.catalogue.scanning.folders import find_artwork
from podcastsvc.catalogue.tree import Folder, Stamp
from podcastsvc.feeds.build import build_feed
from podcastsvc.feeds.checking import Frame, check_feed
from podcastsvc.feeds.document import Gap, PageLinks
from podcastsvc.feeds.notices import Notice, NoticeKind, fill_notice, make_notice_item
from podcastsvc.feeds.rendering import make_rendering
from podcastsvc.feeds.rules import RULES, Broken
from podcastsvc.feeds.views import PUBLIC_VIEW, FeedView
from podcastsvc.kit.language import Sentence
from tests.feeds.samples import SITE, make_member_sample, make_public_sample, six_o_clock

NOW = six_o_clock(23)
FEED, LISTEN, STRANGE = "a" * 32, "b" * 32, "c" * 32
GOLD = FeedView(Audience(frozenset({"gold"})), is_personal=True)
MAPS, BORDERS, MAILBAG = "Why maps lie", "Borders, ports & “straits”", "Bonus: mailbag"
PREVIEW = f"Preview: {BORDERS}"


def write(document, notice=None):
    values = {Gap.FEED_TOKEN: FEED, Gap.LISTEN_TOKEN: LISTEN} | fill_notice(notice, "en")
    return make_rendering(build_feed(document)).fill(values)


PUBLIC = write(make_public_sample())
MEMBER = write(make_member_sample())


def check(body, view=PUBLIC_VIEW, **frame):
    given = {"base_url": SITE, "secrets": (FEED, LISTEN)} | frame
    return check_feed([body], Frame(view, **given), NOW)


def change(body, old, new):
    """The bytes with one text changed; what is not there would make a test of nothing."""
    changed, count = re.subn(old.encode(), new.encode(), body, count=1, flags=re.DOTALL)
    assert count == 1, old
    return changed


def find(checked):
    """What is broken, with the episodes concerned."""
    names = {rule.problem: broken for broken, rule in RULES.items()}
    return {names[each.problem]: each.items for each in checked.findings}


@pytest.mark.parametrize(("body", "view"), [(PUBLIC, PUBLIC_VIEW), (MEMBER, GOLD)])
def test_a_feed_that_keeps_all_rules_has_no_findings(body, view):
    checked = check(body, view)

    assert checked.findings == ()
    assert checked.items == len(re.findall(rb"<item>", body))
    assert checked.changed_at in {six_o_clock(20), six_o_clock(22)}


@pytest.mark.parametrize("kind", list(NoticeKind))
def test_a_feed_with_a_notice_has_no_findings_either(kind):
    pages = {"join": f"{SITE}/join", "account": f"{SITE}/account"}
    notice = make_notice_item(kind, base_url=SITE, pages=pages, language="en")
    public, member = make_public_sample(), make_member_sample()
    shown = {NoticeKind.PAYMENT_FAILED: member.items, NoticeKind.REPLACED: ()}.get(kind, public.items)
    body = write(replace(member, items=(notice, *shown)), Notice(kind, six_o_clock(4), "7"))

    assert check(body, replace(GOLD, notice=kind)).findings == ()


WHOLE = [
    ("^<\\?xml", "\ufeff<?xml", Broken.FRAME),
    ("</rss>\n$", "</rss><!-- late -->", Broken.FRAME),
    ("\\?>\n<rss", "?>\n<!DOCTYPE rss>\n<rss", Broken.FRAME),
    ('simple-chapters"', 'simple-chapter"', Broken.NAMESPACES),
    ("<copyright>", f"<copyright>{SITE}/private/{STRANGE}/feed.xml ", Broken.TOKEN),
    ("<language>en</language>", "", Broken.CHANNEL),
    ("<itunes:explicit>false", "<itunes:explicit>no", Broken.CHANNEL),
    ("<itunes:type>episodic", "<itunes:type>weekly", Broken.CHANNEL),
    ('<atom:link [^>]*rel="self"[^>]*>', "", Broken.CHANNEL),
    ("<podcast:guid>[^<]+</podcast:guid>", "", Broken.CHANNEL),
    ("(<lastBuildDate>.*?)\\+0000", "\\1GMT", Broken.DATE),
    ("Conversations about[^<]+", "The Sample Show", Broken.NO_DESCRIPTION),
    ("<itunes:image [^>]+>", "", Broken.NO_ARTWORK),
    ("<itunes:owner>.*</itunes:owner>", "", Broken.NO_OWNER),
    ("<itunes:category .*</itunes:category>\\s*<itunes:category[^>]+>", "", Broken.NO_CATEGORY),
    ('text="Politics"', 'text="politics"', Broken.CATEGORY),
    ('text="News"', 'text="Knitting"', Broken.CATEGORY),
    ("<itunes:type>", "<itunes:block>Yes</itunes:block><itunes:type>", Broken.HIDDEN),
    ("<itunes:type>", "<itunes:complete>Yes</itunes:complete><itunes:type>", Broken.COMPLETE),
    ("<title>", f"<title>{'x' * 256}", Broken.TOO_LONG),
    ("Conversations about", "é" * 2001, Broken.TOO_LONG),
]


@pytest.mark.parametrize(("old", "new", "broken"), WHOLE)
def test_a_broken_rule_about_the_whole_is_named(old, new, broken):
    found = find(check(change(PUBLIC, old, new)))

    assert found == {broken: ()}


ITEMS = [
    ("<link>[^<]+/maps</link>", "", Broken.ITEM, MAPS),
    ('isPermaLink="false">(?=[^<]+1</guid>)', ">", Broken.ITEM, MAPS),
    ("<itunes:duration>90", "<itunes:duration>0", Broken.ITEM, MAPS),
    ("<itunes:duration>90", "<itunes:duration>1:30", Broken.ITEM, MAPS),
    ("<itunes:episodeType>trailer", "<itunes:episodeType>preview", Broken.ITEM, PREVIEW),
    ("2-preview</guid>", "1</guid>", Broken.GUID, MAPS),
    ("Tue, 13 Oct 2026 06:00:00 \\+0000", "Tue, 13 Oct 2026 06:00:00 GMT", Broken.DATE, MAPS),
    ("Tue, 13 Oct 2026 06:00:00 \\+0000", "Wed, 14 Oct 2026 08:00:00", Broken.DATE, MAPS),
    ("Tue, 13 Oct 2026 06:00:00", "Wed, 21 Oct 2026 06:00:00", Broken.ORDER, MAPS),
    ("A talk with", "A" * 4000, Broken.NOTES_SIZE, MAPS),
    ("<p>A talk with.*?</p><p>.*?</p>", MAPS, Broken.NO_NOTES, MAPS),
    ("<enclosure [^>]+ep1.mp3[^>]+>", "", Broken.ENCLOSURE, MAPS),
    ('length="1436708"', 'length="0"', Broken.ENCLOSURE, MAPS),
    ('ep1.mp3" length="1436708" type="audio/mpeg"', 'ep1.mp3" length="1" type="audio/mp3"', Broken.MIME_TYPE, MAPS),
    ("media/ep1.mp3", "media/ep1.ogg", Broken.MIME_TYPE, MAPS),
    ("media/ep1.mp3", "media/ep2-preview.mp3", Broken.SAME_AUDIO, MAPS),
    ('url="https://show.example/media/ep1', 'url="http://show.example/media/ep1', Broken.PLAIN_HTTP, MAPS),
    ('psc:chapter start="00:00:00.000"', 'psc:chapter start="00:00:01.000"', Broken.CHAPTERS, MAPS),
    ('psc:chapter start="00:00:45.000"', 'psc:chapter start="-0:00:45.000"', Broken.CHAPTERS, MAPS),
]


@pytest.mark.parametrize(("old", "new", "broken", "title"), ITEMS)
def test_a_broken_rule_about_an_episode_names_the_episode(old, new, broken, title):
    found = find(check(change(PUBLIC, old, new)))

    assert found == {broken: (title,)}


def test_two_with_one_title_and_day_are_told_of_g5():
    body = change(PUBLIC, "<title>Why maps lie", f"<title>{PREVIEW.replace('&', '&amp;')}")

    assert find(check(change(body, "Tue, 13 Oct", "Tue, 20 Oct"))) == {Broken.TWINS: (PREVIEW,)}


def test_an_episode_of_tomorrow_is_told_of():
    early = check_feed([PUBLIC], Frame(PUBLIC_VIEW, SITE), NOW - timedelta(days=4))

    assert find(early) == {Broken.FUTURE: (PREVIEW,)}


def test_a_serial_show_needs_numbers():
    body = change(PUBLIC, "<itunes:type>episodic", "<itunes:type>serial")

    assert find(check(body)) == {}
    assert find(check(change(body, "<itunes:episode>1</itunes:episode>", ""))) == {Broken.NO_NUMBER: (MAPS,)}


def test_a_feed_of_more_than_five_megabytes_is_told_of_5_5():
    found = find(check(change(PUBLIC, "A talk with", "A" * 5_000_000)))

    assert Broken.TOO_LARGE in found


def test_further_pages_need_links_5_4():
    document = make_public_sample()
    links = PageLinks(first=f"{SITE}/feed.xml", last=f"{SITE}/feed.xml?page=2", next=f"{SITE}/feed.xml?page=2")
    paged = replace(document, channel=replace(document.channel, pages=links))

    assert find(check(PUBLIC, pages=2)) == {Broken.PAGE_LINKS: ()}
    assert find(check(write(paged), pages=2)) == {}


def write_pages(*pages_items):
    """The bytes of each page of the public sample with these items on its pages."""
    document, count = make_public_sample(), len(pages_items)
    addresses = [f"{SITE}/feed.xml?page={number}" for number in range(count + 2)]
    for number, items in enumerate(pages_items, 1):
        links = PageLinks(
            first=addresses[1],
            last=addresses[count],
            prev=addresses[number - 1] if number > 1 else None,
            next=addresses[number + 1] if number < count else None,
        )
        yield write(replace(document, channel=replace(document.channel, pages=links), items=tuple(items)))


def check_pages(*bodies):
    return check_feed(bodies, Frame(PUBLIC_VIEW, SITE, len(bodies)), NOW)


def test_pages_that_lead_to_each_other_have_no_findings_5_4():
    newest, *older = make_public_sample().items

    checked = check_pages(*write_pages([newest], older))

    assert (checked.items, checked.first_items, checked.findings) == (len(older) + 1, 1, ())


def test_a_page_from_which_no_way_leads_back_is_told_of_5_4():
    newest, *older = make_public_sample().items
    first, second = write_pages([newest], older)

    (finding,) = check_pages(first, change(second, '<atom:link [^>]*rel="prev"[^>]*>', "")).findings

    assert (finding.rule, finding.page_numbers) == ("5.4", "2")


def test_one_guid_on_two_pages_is_told_of_g4():
    newest, *older = make_public_sample().items
    again = replace(older[0], guid=newest.guid)

    (finding,) = check_pages(*write_pages([newest], [again, *older[1:]])).findings

    assert (finding.rule, finding.items, finding.page_numbers) == ("G4", (again.title,), "2")


def test_a_page_that_no_app_can_read_is_named_and_the_others_are_checked():
    newest, *older = make_public_sample().items
    first, _second = write_pages([newest], older)

    checked = check_pages(change(first, "Conversations about[^<]+", "The Sample Show"), b"no feed")

    assert [(each.rule, each.page_numbers) for each in checked.findings] == [("X1", "2"), ("3.1", "1")]
    assert checked.items == 1


MEMBERS = [
    ("<podcast:block>yes</podcast:block>", "", Broken.PRIVATE_MARKS, ()),
    ("<itunes:block>Yes</itunes:block>", "", Broken.PRIVATE_MARKS, ()),
    ("<podcast:block>", "<podcast:guid>x</podcast:guid><podcast:block>", Broken.PRIVATE_MARKS, ()),
    ("<language>", f'<atom:link href="{SITE}/hub" rel="hub"/><language>', Broken.PRIVATE_MARKS, ()),
    (f"private/{LISTEN}/media/bonus1", "media/bonus1", Broken.WRONG_SECRET, (MAILBAG,)),
    ("Your questions", f"{SITE}/private/{FEED}/feed.xml", Broken.TOKEN, (MAILBAG,)),
    ("<link>https://show.example/episodes/mailbag", f"<link>{SITE}/private/{LISTEN}/mailbag", Broken.TOKEN, (MAILBAG,)),
]


@pytest.mark.parametrize(("old", "new", "broken", "titles"), MEMBERS)
def test_a_broken_rule_of_members_feeds_is_named_6_1(old, new, broken, titles):
    assert find(check(change(MEMBER, old, new), GOLD)) == {broken: titles}


def test_another_members_address_in_a_members_feed_is_a_leak():
    body = change(MEMBER, f"private/{LISTEN}/media/bonus1", f"private/{STRANGE}/media/bonus1")

    assert find(check(body, GOLD)) == {Broken.TOKEN: ()}


def test_after_the_end_no_audio_has_a_members_address_s1():
    found = find(check(MEMBER, replace(GOLD, notice=NoticeKind.ENDED)))

    assert found == {Broken.WRONG_SECRET: (MAILBAG, BORDERS, MAPS)}


def test_a_notice_that_is_too_short_is_told_of_s2():
    pages = {"join": f"{SITE}/join", "account": f"{SITE}/account"}
    notice = make_notice_item(NoticeKind.ENDED, base_url=SITE, pages=pages, language="en")
    short = replace(notice, enclosure=replace(notice.enclosure, length_bytes=159_999))
    body = write(replace(make_member_sample(), items=(short,)), Notice(NoticeKind.ENDED, six_o_clock(4), "7"))

    assert set(find(check(body, replace(GOLD, notice=NoticeKind.ENDED)))) == {Broken.NOTICE}


@pytest.mark.parametrize("body", [b"", b"no feed", PUBLIC[:-20], PUBLIC.replace(b"</title>", b"", 1)])
def test_what_no_app_can_read_is_said_with_the_parser_s_reason(body):
    checked = check(body)

    (finding,) = checked.findings
    assert (checked.items, checked.changed_at, finding.is_mistake) == (0, None, True)
    assert isinstance(finding.problem, Sentence)
    assert finding.problem.template == "Apps cannot read the feed: %(problem)s"


def test_a_document_without_a_channel_is_a_finding_and_no_failure():
    found = find(check(b'<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"></rss>'))

    assert found == {Broken.NAMESPACES: (), Broken.CHANNEL: ()}


def test_every_rule_that_can_be_broken_says_what_is_wrong():
    assert set(RULES) == set(Broken)
    assert len({rule.problem for rule in RULES.values()}) == len(RULES)


@pytest.mark.parametrize("rule", RULES.values())
def test_no_rule_speaks_of_the_server_s_settings(rule):
    # Hosts read these texts, and many of them have no way to the server.
    assert "PODCASTSVC" not in rule.problem + rule.advice


def test_the_advice_about_artwork_names_the_file_that_is_looked_for():
    (name,) = re.findall(r"\S+\.jpg", RULES[Broken.NO_ARTWORK].advice)

    assert find_artwork(Folder("", {name: Stamp(1, 1)})) == name

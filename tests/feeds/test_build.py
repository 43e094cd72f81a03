"""The XML that the builder writes: its elements, their order, and that nothing breaks it."""

import ast
import json
import locale
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import feedgen.entry
import feedgen.feed
import feedgen.util
import feedparser
import podcastparser
import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from podcastsvc.feeds import build, extension, notes, values
from podcastsvc.feeds.build import build_feed, list_faults
from podcastsvc.feeds.document import (
    Category,
    ChapterMark,
    Chapters,
    Document,
    Enclosure,
    Funding,
    Gap,
    License,
    Owner,
    PageLinks,
    Person,
    PrivateUrl,
    TranscriptLink,
    Txt,
)
from podcastsvc.feeds.extension import ItemExtension
from podcastsvc.feeds.notes import FeedNotes
from podcastsvc.feeds.rendering import make_rendering
from podcastsvc.feeds.vocabulary import NAMESPACES, qualify
from tests.feeds.samples import (
    SITE,
    TOKEN,
    make_channel,
    make_item,
    make_member_channel,
    make_member_sample,
    make_public_sample,
    six_o_clock,
)

SECRETS = {Gap.FEED_TOKEN: TOKEN, Gap.LISTEN_TOKEN: TOKEN}


def render(document):
    return make_rendering(build_feed(document)).fill(SECRETS)


def parse(xml):
    return etree.fromstring(xml)


def texts(root, path):
    return [element.text for element in root.findall(path, NAMESPACES)]


def list_elements(element):
    """The element's tag, attributes and text, and the same of all below it, in order."""
    own = (element.tag, dict(element.attrib), (element.text or "").strip())
    return [own, *(each for child in element for each in list_elements(child))]


@pytest.mark.parametrize(("name", "make"), [("public", make_public_sample), ("member", make_member_sample)])
def test_t1_the_sample_feed_is_rebuilt_element_by_element(shared_data, name, make):
    wanted = (shared_data / "sample_feeds" / f"{name}.xml").read_bytes()

    built = render(make())

    assert list_elements(parse(built)) == list_elements(parse(wanted))


@pytest.mark.parametrize(("name", "make"), [("public", make_public_sample), ("member", make_member_sample)])
def test_t1_the_sample_feed_is_rebuilt_to_the_byte_but_for_the_order_of_attributes(shared_data, name, make):
    wanted = (shared_data / "sample_feeds" / f"{name}.xml").read_text()

    built = render(make()).decode()

    assert split_lines(built) == split_lines(wanted)


def split_lines(xml):
    """Each line below the root element, its attributes in a fixed order."""
    return [sorted(line.replace("/>", " />").replace(">", " >").split()) for line in xml.splitlines()[2:]]


def test_x1_x2_the_document_begins_with_the_declaration_and_names_all_five_namespaces():
    xml = render(Document(make_channel(), ()))

    assert xml.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<rss ')
    assert xml.rstrip().endswith(b"</rss>")
    assert parse(xml).nsmap == NAMESPACES
    assert b"ns0" not in xml


def test_x12_elements_stand_in_the_order_of_the_tables():
    channel = make_channel(
        ttl_minutes=60,
        hub_url="https://hub.example/",
        pages=PageLinks(f"{SITE}/feed.xml", f"{SITE}/feed.xml?page=3", next=f"{SITE}/feed.xml?page=2"),
        is_complete=True,
        new_feed_url=f"{SITE}/feed.xml",
        is_blocked=True,
        license=License("cc-by-4.0"),
        txts=(Txt("abc", purpose="verify"),),
        uses_podping=True,
    )
    item = make_full_item()

    root = parse(render(Document(channel, (item,))))

    assert [child.tag for child in root[0]] == [
        qualify(name)
        for name in (
            "title link description language copyright generator lastBuildDate ttl atom:link atom:link atom:link "
            "atom:link atom:link image itunes:author itunes:owner itunes:image itunes:category itunes:category "
            "itunes:explicit itunes:type itunes:complete itunes:new-feed-url itunes:block podcast:guid podcast:locked "
            "podcast:medium podcast:funding podcast:person podcast:license podcast:txt podcast:updateFrequency "
            "podcast:podping item"
        ).split()
    ]
    assert [child.tag for child in root[0][-1]] == [
        qualify(name)
        for name in (
            "title link guid pubDate description content:encoded enclosure itunes:title itunes:duration itunes:episode "
            "itunes:season itunes:episodeType itunes:explicit itunes:image itunes:author podcast:season podcast:episode "
            "podcast:transcript podcast:chapters podcast:person podcast:license podcast:txt podcast:funding psc:chapters"
        ).split()
    ]
    assert [link.get("rel") for link in root.findall(".//atom:link", NAMESPACES)] == [
        "self",
        "hub",
        "first",
        "next",
        "last",
    ]


RETIRED = ("itunes:summary", "itunes:subtitle", "itunes:keywords", "managingEditor", "webMaster", "docs", "cloud")


@pytest.mark.parametrize("make", [make_public_sample, make_member_sample])
def test_3_1_what_apps_no_longer_read_is_not_written(make):
    xml = render(make())

    root = parse(xml)
    assert not [name for name in RETIRED if root.find(f".//{name}", NAMESPACES) is not None]
    assert b"googleplay" not in xml
    assert b"podcast:images" not in xml
    assert root.findtext("channel/generator") == "podcastsvc"


def make_full_item(**changes):
    return make_item(
        notes_html="<p>word</p>" * 600,
        episode=2,
        season=1,
        image_url=f"{SITE}/art/e.jpg",
        author="Somebody else",
        season_name="First",
        episode_display="2b",
        transcripts=(TranscriptLink(f"{SITE}/t.vtt", "text/vtt", language="es_MX", rel="captions"),),
        chapters=Chapters(f"{SITE}/chapters/1.json", (ChapterMark(0, "One"), ChapterMark(3_600_500, "Two"))),
        people=(Person("Ana"),),
        license=License("all rights reserved", url=f"{SITE}/rights"),
        txts=(Txt("no", purpose="ai-content"),),
        fundings=(Funding(f"{SITE}/join", "Join"),),
        **changes,
    )


def test_items_keep_the_order_of_the_document():
    xml = render(Document(make_channel(), tuple(make_item(number) for number in range(5))))

    assert texts(parse(xml), ".//item/guid") == [f"guid-{number}" for number in range(5)]


def test_t9_a_member_feed_has_both_block_tags_and_is_locked_without_an_owner():
    root, public = parse(render(make_member_sample())), parse(render(make_public_sample()))

    for name in ("itunes:block", "podcast:block"):
        assert public.find(f".//{name}", NAMESPACES) is None
    assert texts(root, ".//itunes:block") == ["Yes"]
    assert texts(root, ".//podcast:block") == ["yes"]
    assert root.find(".//podcast:block", NAMESPACES).attrib == {}
    assert texts(root, ".//podcast:locked") == ["yes"]
    assert root.find(".//podcast:locked", NAMESPACES).attrib == {}
    assert [link.get("rel") for link in root.findall(".//atom:link", NAMESPACES)] == ["self"]


def test_a4_the_feed_token_stands_in_the_feeds_own_address_and_the_listen_token_in_the_others():
    document = make_member_sample()

    xml = make_rendering(build_feed(document)).fill({Gap.FEED_TOKEN: "f" * 32, Gap.LISTEN_TOKEN: "l" * 32})

    root = parse(xml)
    own = [link.get("href") for link in root.findall(".//atom:link", NAMESPACES)]
    others = [
        element.get("url")
        for name in ("enclosure", "podcast:transcript", "podcast:chapters")
        for element in root.findall(f".//{name}", NAMESPACES)
    ]
    assert own == [f"{SITE}/private/{'f' * 32}/feed.xml"]
    assert len(others) == 5
    assert all(url.startswith(f"{SITE}/private/{'l' * 32}/") for url in others)
    assert xml.count(b"f" * 32) == 1
    assert xml.count(b"l" * 32) == 5


def test_t5_two_renderings_a_second_apart_are_equal():
    with time_machine.travel(datetime(2026, 10, 20, tzinfo=UTC), tick=False) as clock:
        first = build_feed(make_public_sample())
        clock.shift(1)

        second = build_feed(make_public_sample())

    assert first == second


def test_t5_rendering_in_eight_threads_never_changes_the_default_encoding():
    before = locale.getpreferredencoding(False), locale.setlocale(locale.LC_ALL)
    document = make_public_sample()

    def render_and_look(_number):
        built = {build_feed(document) for _ in range(20)}
        return len(built), locale.getpreferredencoding(False), locale.setlocale(locale.LC_ALL)

    with ThreadPoolExecutor(8) as pool:
        seen = set(pool.map(render_and_look, range(16)))

    assert seen == {(1, *before)}


def test_x8_dates_are_english_and_utc_whatever_the_zone():
    madrid = timezone(timedelta(hours=2))
    item = make_item(published_at=datetime(2026, 10, 20, 8, tzinfo=madrid))

    root = parse(render(Document(make_channel(changed_at=datetime(2026, 1, 1, tzinfo=madrid)), (item,))))

    assert texts(root, ".//pubDate") == ["Tue, 20 Oct 2026 06:00:00 +0000"]
    assert texts(root, ".//lastBuildDate") == ["Wed, 31 Dec 2025 22:00:00 +0000"]


def test_b3_feedgen_writes_no_date_by_the_locale_of_the_process():
    at = datetime(2026, 10, 20, 6, tzinfo=UTC)

    for module in (feedgen.util, feedgen.feed, feedgen.entry):
        assert module.formatRFC2822(at) == "Tue, 20 Oct 2026 06:00:00 +0000"
        assert module.formatRFC2822 is values.date


@pytest.mark.parametrize("module", [build, extension, notes, values])
def test_b1_the_builder_knows_no_request_database_clock_or_setting(module):
    tree = ast.parse(Path(module.__file__).read_text())
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}

    outside = ("flask", "werkzeug", "sqlalchemy", "time", "podcastsvc.web", "podcastsvc.storage", "podcastsvc.settings")
    assert names
    assert not [name for name in names if name.startswith((*outside, "podcastsvc.kit.clock", "podcastsvc.services"))]


NASTY = [
    "<b>bold</b> & more",
    "a]]>b",
    "nul\x00 bell\x07 vt\x0b esc\x1b del\x7f c1\x9f",
    "\ud800lone \ufffe\uffff\ufdd0\ufdd1 \U0001fffe end",
    "🎙️ emoji 👩‍👩‍👧",
    "\u202eright-to-left\u202c שלום",
    "&lt;already&gt; &amp; &#x41; &#0; &nbsp;",
    "<!-- comment --> <?xml version='1.0'?> <!DOCTYPE x>",
    "x" * 10_000,
    "word " * 2_000,
    "\r\n\t  spaces \u2028 lines\n\n",
    "<script>alert(1)</script><p onclick=x>p</p>",
    "'\"><item/>",
]


@pytest.mark.parametrize("nasty", NASTY)
def test_t10_hostile_texts_leave_the_feed_well_formed_and_within_its_limits(nasty):
    item = make_full_item(title="T " + nasty, itunes_title="T " + nasty)
    channel = make_channel(title="C " + nasty, description="D " + nasty, author=nasty, owner=Owner(nasty, nasty))

    xml = render(Document(channel, (make_item(2, title=f"N {nasty}", notes_html=nasty), item)))

    root = parse(xml)
    assert all(1 <= len(text) <= 255 for text in texts(root, ".//item/title"))
    assert not any("<" in text or ">" in text for text in texts(root, ".//title"))
    assert all(1 <= len(text.encode()) <= 4_000 for text in texts(root, ".//description"))
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\ufdd0-\ufdef\ufffe\uffff]", xml.decode())
    assert feedparser.parse(xml).bozo in (False, 0)


def test_t10_titles_keep_their_angle_brackets_as_guillemets():
    root = parse(render(Document(make_channel(), (make_item(title="<b>x</b> & 🎙️"),))))

    assert texts(root, ".//item/title") == ["‹b›x‹/b› & 🎙️"]
    assert texts(root, ".//item/itunes:title") == ["‹b›x‹/b› & 🎙️"]


def test_x5_html_stands_in_cdata():
    notes = '<p>a &amp; b</p><p><a href="https://x.example/?q=]]>">]]></a></p>'

    xml = render(Document(make_channel(), (make_item(notes_html=notes),)))

    assert b"<description><![CDATA[<p>a &amp; b</p>" in xml
    assert "]]" in texts(parse(xml), ".//item/description")[0]


def test_x5_the_end_of_cdata_in_the_text_is_split():
    # Cleaned notes have no bare ">", so raw text gets this far only where the cleaning fails.
    extension = ItemExtension()
    extension.item, extension.notes, extension.with_full_notes = make_item(), FeedNotes("a ]]> b", "c ]]> d"), True
    entry = etree.Element("item", nsmap=NAMESPACES)
    etree.SubElement(entry, "description")

    xml = etree.tostring(extension.extend_rss(entry))

    assert b"<description><![CDATA[a ]]]]><![CDATA[> b]]></description>" in xml
    assert b"<content:encoded><![CDATA[c ]]]]><![CDATA[> d]]></content:encoded>" in xml
    assert [texts(parse(xml), name) for name in ("description", "content:encoded")] == [["a ]]> b"], ["c ]]> d"]]


anything = st.text(st.characters(exclude_categories=()), max_size=300)


@settings(max_examples=150, deadline=None)
@given(title=anything, notes=anything, name=anything, url=anything, guid=anything, number=st.integers())
def test_b5_any_unicode_anywhere_gives_xml_that_parses(title, notes, name, url, guid, number):
    channel = make_channel(
        title="Show " + title,
        description=notes,
        author=name,
        copyright=name,
        language=name,
        image_url=url,
        owner=Owner(name, name),
        categories=(Category(name, name),),
        guid=guid,
        locked_owner=name,
        fundings=(Funding(url, name),),
        people=(Person(name, name, name, url, url),),
        license=License(name, url),
        txts=(Txt(notes, name),),
        new_feed_url=url,
    )
    item = make_item(
        title=title,
        notes_html=notes,
        guid=guid,
        episode=number,
        season=number,
        season_name=name,
        episode_display=name,
        author=name,
        image_url=url,
        chapters=Chapters(url, (ChapterMark(number, title, url, url), ChapterMark(1, name))),
        transcripts=(TranscriptLink(url, "text/vtt", name),),
        enclosure=Enclosure(PrivateUrl(SITE, Gap.LISTEN_TOKEN, "media/" + name), 10, "audio/mpeg"),
        people=(Person(name),),
    )
    document = Document(channel, (item, make_item(7)))

    root = parse(render(document))

    assert len(root.findall(".//item")) + len(list_faults(document)) == 2


def test_x7_podcast_texts_are_cut_at_128_and_numbers_outside_their_range_are_left_out():
    item = make_item(
        season=0, episode=1_000_000, season_name="s" * 300, episode_display="d" * 300, people=(Person("p " * 200),)
    )

    root = parse(render(Document(make_channel(), (item,))))

    assert root.find(".//item/itunes:season", NAMESPACES) is None
    assert root.find(".//item/itunes:episode", NAMESPACES) is None
    assert len(texts(root, ".//item/podcast:person")[0]) <= 128


def test_x7_full_notes_stand_beside_a_cut_description():
    notes = "".join(f"<p>paragraph {number} of the notes</p>" for number in range(300))

    root = parse(render(Document(make_channel(), (make_item(notes_html=notes),))))

    description, content = texts(root, ".//item/description")[0], texts(root, ".//item/content:encoded")[0]
    assert len(description.encode()) <= 4_000
    assert description.endswith("</p><p>…</p>")
    assert content == notes


def test_g1_an_imported_guid_keeps_every_byte():
    guid = "  https://old.example/?p=1&x=2 \n\u1e9b\u0323 "

    root = parse(render(Document(make_channel(), (make_item(guid=guid),))))

    assert texts(root, ".//guid") == [guid]
    assert root.find(".//guid").get("isPermaLink") == "false"


def test_x10_x11_languages_durations_and_truth_are_written_as_apps_expect():
    item = make_item(duration_seconds=0, is_explicit=True)

    root = parse(render(Document(make_channel(language="ES_mx"), (item,))))

    assert texts(root, ".//language") == ["es-mx"]
    assert texts(root, ".//itunes:duration") == ["1"]
    assert texts(root, ".//item/itunes:explicit") == ["true"]
    assert texts(root, "channel/itunes:explicit") == ["false"]


@pytest.mark.parametrize("given", ["© 2026 Sample Media", "Copyright 2024-2026 Sample Media", "(c) Sample Media"])
def test_copyright_is_the_owners_name_alone(given):
    root = parse(render(Document(make_channel(copyright=given), ())))

    assert texts(root, ".//copyright") == ["Sample Media"]


def test_t11_every_category_renders_and_its_subcategory_nests(shared_data):
    listed = json.loads((shared_data / "apple_categories.json").read_text())

    for name, subs in iterate_categories(listed):
        for sub in [None, *subs]:
            root = parse(render(Document(make_channel(categories=(Category(name, sub),)), ())))
            found = root.findall("channel/itunes:category", NAMESPACES)
            assert [(each.get("text"), [child.get("text") for child in each]) for each in found] == [
                (name, [sub] if sub else [])
            ]


def iterate_categories(listed):
    entries = listed["categories"] if isinstance(listed, dict) and "categories" in listed else listed
    pairs = list(entries.items()) if isinstance(entries, dict) else [(e["name"], e["subcategories"]) for e in entries]
    assert (len(pairs), sum(len(subs) for _name, subs in pairs)) == (19, 91)
    return pairs


def test_two_subcategories_of_one_category_share_it():
    categories = (Category("News", "Politics"), Category("News", "Tech News"), Category("Arts"))

    root = parse(render(Document(make_channel(categories=categories), ())))

    found = root.findall("channel/itunes:category", NAMESPACES)
    assert [(each.get("text"), len(each)) for each in found] == [("News", 2), ("Arts", 0)]


def test_c1_a_single_chapter_is_not_offered():
    item = make_item(chapters=Chapters(f"{SITE}/chapters/1.json", (ChapterMark(0, "All"),)))

    root = parse(render(Document(make_channel(), (item,))))

    assert root.find(".//podcast:chapters", NAMESPACES) is None
    assert root.find(".//psc:chapters", NAMESPACES) is None


def test_chapter_times_have_hours_and_milliseconds():
    root = parse(render(Document(make_channel(), (make_full_item(),))))

    assert [mark.get("start") for mark in root.findall(".//psc:chapter", NAMESPACES)] == [
        "00:00:00.000",
        "01:00:00.500",
    ]


def test_tx4_an_item_that_cannot_stand_is_left_out_and_named():
    good = make_item(1)
    document = Document(
        make_channel(),
        (
            good,
            make_item(1, title="the same guid"),
            make_item(3, enclosure=Enclosure("", 0, "audio/mpeg")),
            make_item(4, title=" \x00 "),
            make_item(5, published_at=datetime(2026, 1, 1)),
            make_item(6, link="javascript:x"),
            make_item(7, guid=" "),
        ),
    )

    root = parse(render(document))

    assert texts(root, ".//item/title") == ["Episode 1"]
    assert [fault.reason for fault in list_faults(document)] == [
        "another item has the same guid",
        "it has no audio",
        "it has no title",
        "its date is none",
        "the address of its page is none",
        "it has no guid",
    ]


def test_a_notice_leaves_gaps_for_its_guid_date_and_day():
    notice = make_item(notes_html="<p>Ended on NOTICEDAY.</p>", is_notice=True, published_at=six_o_clock(1))

    rendering = make_rendering(build_feed(Document(make_member_channel(), (notice,))))
    marks = {
        Gap.NOTICE_GUID: "notice-1",
        Gap.NOTICE_DATE: "Sun, 01 Nov 2026 06:00:00 +0000",
        Gap.NOTICE_DAY: "01 Nov 2026",
    }
    root = parse(rendering.fill(SECRETS | marks))

    assert texts(root, ".//guid") == ["notice-1"]
    assert texts(root, ".//pubDate") == ["Sun, 01 Nov 2026 06:00:00 +0000"]
    assert texts(root, ".//item/description") == ["<p>Ended on 01 Nov 2026.</p>"]


@pytest.mark.parametrize("make", [make_public_sample, make_member_sample])
def test_t17_feedparser_reads_it_without_complaint(make):
    read = feedparser.parse(render(make()))

    assert not read.bozo
    assert read.version == "rss20"
    assert [len(entry.enclosures) for entry in read.entries] == [1] * len(make().items)


@pytest.mark.parametrize("make", [make_public_sample, make_member_sample])
def test_t17_podcastparser_reads_every_episode(make):
    import io

    document = make()

    read = podcastparser.parse(f"{SITE}/feed.xml", io.BytesIO(render(document)), 10)

    assert [episode["guid"] for episode in read["episodes"]] == [item.guid for item in document.items]
    assert [episode["total_time"] for episode in read["episodes"]] == [i.duration_seconds for i in document.items]
    assert [episode["published"] for episode in read["episodes"]] == [
        int(item.published_at.astimezone(UTC).timestamp()) for item in document.items
    ]

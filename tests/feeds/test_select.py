"""Which episodes stand in whose feed, in which form, and on which page."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from lxml import etree
from sqlalchemy import event

from podcastsvc.catalogue.access import PUBLIC, Audience
from podcastsvc.catalogue.show import Txt
from podcastsvc.catalogue.shows import get_card
from podcastsvc.feeds.build import build_feed
from podcastsvc.feeds.document import Gap
from podcastsvc.feeds.notices import NoticeKind
from podcastsvc.feeds.rendering import make_rendering
from podcastsvc.feeds.select import make_document
from podcastsvc.feeds.views import PUBLIC_VIEW, FeedView
from podcastsvc.feeds.vocabulary import NAMESPACES
from podcastsvc.settings import Settings
from podcastsvc.storage.tables.show import Show
from tests.feeds.rows import CHAPTERS, NOW, days, make_audio, make_episode, make_episodes, make_show, make_transcript

SITE = "https://show.example"
SETTINGS = Settings(base_url=SITE, payments_mode="off")
GOLD = FeedView(Audience(frozenset({"gold"})), is_personal=True)
SILVER = FeedView(Audience(frozenset({"silver"})), is_personal=True)
MARKS = {gap: gap.value for gap in Gap}


@pytest.fixture
def session(sqlite_db):
    with sqlite_db.transaction() as session:
        yield session


@pytest.fixture
def show(session):
    return make_show(session)


def select(session, show, view=PUBLIC_VIEW, *, page=1, now=NOW, is_first=True, settings=SETTINGS):
    session.flush()
    session.expire_all()
    return make_document(
        session, get_card(session, show), view, page=page, now=now, is_first=is_first, settings=settings
    )


def titles(document):
    return [item.title for item in document.items]


def parse(document):
    return etree.fromstring(make_rendering(build_feed(document)).fill(MARKS))


def test_p1_p2_only_what_has_come_out_and_has_audio_stands_in_a_feed(session, show):
    make_episode(session, show, "out")
    make_episode(session, show, "scheduled", published_at=NOW + days(1))
    make_episode(session, show, "draft", published_at=None)
    make_episode(session, show, "withdrawn", expires_at=NOW - days(1))
    make_episode(session, show, "unlisted", listed=False)
    make_episode(session, show, "silent", audio=())
    make_episode(session, make_show(session, key="other"), "of another show")

    assert titles(select(session, show)) == ["out"]
    assert titles(select(session, show, GOLD)) == ["out"]


def test_p3_members_episodes_are_a_preview_or_nothing_for_the_public(session, show):
    make_episode(session, show, "A", access_kind="members", audio=("members",), published_at=NOW - days(1))
    make_episode(session, show, "B", access_kind="members", audio=("members", "preview"), published_at=NOW - days(2))

    public, gold = select(session, show), select(session, show, GOLD)

    assert titles(public) == ["Preview: B"]
    assert titles(gold) == ["A", "B"]


def test_g2_g3_the_preview_has_its_own_guid_and_the_full_episode_one_everywhere(session, show):
    episode = make_episode(session, show, "B", access_kind="members", audio=("members", "preview"), guid="g")
    public = make_episode(session, show, "C", guid="c", published_at=NOW - days(20))

    preview, gold = select(session, show).items, select(session, show, GOLD).items

    assert (preview[0].guid, preview[0].episode_type, preview[0].itunes_title) == ("g-preview", "trailer", "B")
    assert preview[0].enclosure.url == f"{SITE}/media/{episode.slug}-preview-{_number(preview[0])}.mp3"
    assert preview[0].transcripts == ()
    assert [item.guid for item in gold] == ["g", "c"]
    assert preview[1].guid == public.guid


def _number(item):
    return item.enclosure.url.rpartition("-")[2].removesuffix(".mp3")


def test_a_preview_begins_with_the_word_of_the_feeds_language(session):
    show = make_show(session, key="es", language="es", title={"es": "Muestra"})
    make_episode(session, show, "B", access_kind="members", audio=("preview",))

    assert titles(select(session, show))[0].endswith(": B")


def test_p3_p4_members_first_turns_from_preview_to_full_with_the_public_date(session, show):
    public_from = NOW + days(3)
    make_episode(session, show, "E", public_from=public_from, audio=("public", "preview"), published_at=NOW - days(1))

    before, after = select(session, show), select(session, show, now=public_from)
    gold = select(session, show, GOLD)

    assert [(item.title, item.published_at) for item in before.items] == [("Preview: E", NOW - days(1))]
    assert [(item.title, item.published_at) for item in after.items] == [("E", public_from)]
    assert [(item.title, item.published_at) for item in gold.items] == [("E", NOW - days(1))]


def test_plans_get_what_names_them_and_g5_never_the_preview_beside_it(session, show):
    make_episode(session, show, "E", access_kind="plans", plans=["gold"], audio=("members", "preview"))

    assert titles(select(session, show, GOLD)) == ["E"]
    assert titles(select(session, show, SILVER)) == ["Preview: E"]


def test_members_hear_their_own_cut_of_a_public_episode(session, show):
    make_episode(session, show, "E", audio=("public", "members"))

    public, gold = select(session, show).items[0], select(session, show, GOLD).items[0]

    assert "-public-" in public.enclosure.url
    assert "-members-" in gold.enclosure.url.rest


def test_6_1_every_item_of_a_member_feed_has_private_audio_and_public_pages(session, show):
    episode = make_episode(session, show, "E", chapters=CHAPTERS)
    make_transcript(session, episode)

    root = parse(select(session, show, GOLD))

    private = [
        element.get("url")
        for name in ("enclosure", "podcast:transcript", "podcast:chapters")
        for element in root.findall(f".//{name}", NAMESPACES)
    ]
    assert len(private) == 4
    assert all(url.startswith(f"{SITE}/private/listen_token/") for url in private)
    assert root.findtext(".//item/link") == f"{SITE}/episodes/{episode.slug}/"
    assert root.find(".//itunes:image", NAMESPACES).get("href").startswith(f"{SITE}/art/")


# All that a show may say to directories, and an operator to hubs.
FOR_DIRECTORIES = {
    "new_feed_url": True,
    "shows_owner": True,
    "block": False,
    "locked": False,
    "txt": (Txt("proof-of-ownership", "verify"),),
}
TOLD_OF = {"payments_mode": "sim", "websub_hub": "https://hub.example/", "podping_token": "secret"}


def test_t9_a_member_feed_leaves_out_what_directories_look_for(session):
    show, settings = make_show(session, key="full", **FOR_DIRECTORIES), replace(SETTINGS, **TOLD_OF)

    public = select(session, show, settings=settings).channel
    member = select(session, show, GOLD, settings=settings).channel

    assert [txt.value for txt in public.txts] == ["proof-of-ownership"]
    assert not public.is_locked
    assert (public.hub_url, public.uses_podping) == ("https://hub.example/", True)
    assert public.owner.email == public.locked_owner == "feeds@example.com"
    assert public.new_feed_url == f"{SITE}/feed.xml"
    assert [funding.text for funding in public.fundings] == ["Become a member"]
    assert public.guid
    assert not public.is_blocked
    assert member.title == "The Sample Show (members)"
    assert member.description.endswith("maps & money. This address is yours alone; please do not share it.")
    assert member.is_personal
    assert (member.owner, member.new_feed_url, member.guid, member.locked_owner) == (None, None, None, None)
    assert member.fundings == member.txts == ()
    assert member.is_locked
    assert (member.hub_url, member.uses_podping) == (None, False)


LEFT_OUT = ("itunes:owner", "podcast:guid", "itunes:new-feed-url", "podcast:txt", "podcast:podping", "podcast:funding")


def test_t9_what_a_member_feed_leaves_out_stands_in_the_public_one_beside_it(session):
    show, settings = make_show(session, key="full", **FOR_DIRECTORIES), replace(SETTINGS, **TOLD_OF)

    public, member = (parse(select(session, show, view, settings=settings)) for view in (PUBLIC_VIEW, GOLD))

    def list_found(root):
        return [name for name in LEFT_OUT if root.find(f".//{name}", NAMESPACES) is not None]

    def list_rels(root):
        return {link.get("rel") for link in root.findall(".//atom:link", NAMESPACES)}

    def read_lock(root):
        lock = root.find("channel/podcast:locked", NAMESPACES)
        return lock.text, lock.get("owner")

    assert (list_found(public), list_found(member)) == ([*LEFT_OUT], [])
    assert ("hub" in list_rels(public), "hub" in list_rels(member)) == (True, False)
    # Whatever the host says of the public feed: nobody may move a member's to another place.
    assert (read_lock(public), read_lock(member)) == (("no", "feeds@example.com"), ("yes", None))


def test_5_1_newest_first_and_equal_dates_by_guid(session, show):
    make_episode(session, show, "b", guid="b")
    make_episode(session, show, "c", guid="c", published_at=NOW - days(1))
    make_episode(session, show, "a", guid="a")

    assert titles(select(session, show)) == ["c", "a", "b"]


def test_g5_items_of_one_title_and_day_are_told_apart(session, show):
    make_episode(session, show, "News", guid="a", published_at=NOW - timedelta(hours=1))
    make_episode(session, show, "News", guid="b", published_at=NOW - timedelta(hours=2))
    make_episode(session, show, "News", guid="c", published_at=NOW - days(5))

    assert titles(select(session, show)) == ["News", "News (2)", "News"]


def test_g5_both_titles_are_told_apart_whatever_stands_beside_them(session, show):
    for number, title in enumerate(("News", "news", "News (2)", "News (3)", "N" * 260, "N" * 300)):
        make_episode(session, show, title, guid=f"{number}", published_at=NOW - timedelta(minutes=number))
    make_episode(session, show, "Preview: News", guid="6", published_at=NOW - timedelta(minutes=6))
    preview = {"access_kind": "members", "audio": ("preview",)}
    make_episode(session, show, "News", guid="7", published_at=NOW - timedelta(minutes=7), **preview)

    root = parse(select(session, show))

    shown = [each.text for each in root.findall(".//item/title")]
    own = [each.text for each in root.findall(".//item/itunes:title", NAMESPACES)]
    assert shown[:4] == ["News", "news (2)", "News (2) (2)", "News (3)"]
    assert shown[6:] == ["Preview: News", "Preview: News (2)"]
    assert own[:7] == shown[:7]
    assert own[7] == "News (2)"
    assert len({title.casefold() for title in shown}) == 8
    assert max(map(len, shown)) <= 255


def test_3_3_the_membership_page_comes_first_in_the_hosts_words_and_then_the_donation_page(session):
    facts = {
        "membership_text": {"en": "Join the map room"},
        "donation_url": "https://give.example/maps",
        "donation_text": {"en": "Buy us an atlas"},
    }
    show, settings = make_show(session, key="asking", **facts), replace(SETTINGS, payments_mode="sim")

    public, member = select(session, show, settings=settings), select(session, show, GOLD, settings=settings)
    closed = select(session, show)

    asked = [(funding.url, funding.text) for funding in public.channel.fundings]
    donation = ("https://give.example/maps", "Buy us an atlas")
    assert asked == [(f"{SITE}/join", "Join the map room"), donation]
    # Members have joined already, and may give all the same (rule 6.1).
    assert [(each.url, each.text) for each in member.channel.fundings] == [donation]
    assert [(each.url, each.text) for each in closed.channel.fundings] == [donation]


def test_3_3_the_words_have_defaults(session):
    show = make_show(session, key="asking", donation_url="https://give.example/")

    public = select(session, show, settings=replace(SETTINGS, payments_mode="sim")).channel

    assert [funding.text for funding in public.fundings] == ["Become a member", "Support the show"]


@pytest.mark.parametrize("description", ["x" * 4_000, "word " * 900, "ñ" * 2_100, "🎙" * 1_100, ""])
def test_6_1_the_last_sentence_stands_there_however_long_the_description_is(session, description):
    show = make_show(session, key="long", description={"en": description})

    root = parse(select(session, show, GOLD))

    said = root.findtext("channel/description")
    assert said.endswith("This address is yours alone; please do not share it.")
    assert len(said.encode()) <= 4_000


def test_an_episodes_people_are_listed_with_the_hosts(session, show):
    make_episode(session, show, "E", people=[{"name": "Ben Guest", "role": "guest", "url": "", "image": ""}])
    make_episode(session, show, "alone", published_at=NOW - days(20))

    guest, alone = select(session, show).items

    assert [(person.name, person.role) for person in guest.people] == [("Ana Sample", "host"), ("Ben Guest", "guest")]
    assert alone.people == ()


def test_x9_the_build_date_is_the_last_change_or_the_last_instant_that_passed(session, show):
    make_episode(session, show, "E", published_at=NOW - days(2), public_from=NOW + days(1))

    assert select(session, show).channel.changed_at == NOW - days(2)
    assert select(session, show, now=NOW + days(1)).channel.changed_at == NOW + days(1)


def test_x9_a_notice_changes_the_feed_at_the_members_own_instant(session, show):
    make_episode(session, show, "for all")

    document = select(session, show, FeedView(PUBLIC, is_personal=True, notice=NoticeKind.ENDED))
    root = parse(document)

    assert root.findtext("channel/lastBuildDate") == "notice_change"
    assert parse(select(session, show, GOLD)).findtext("channel/lastBuildDate").endswith("+0000")


def test_s1_an_ended_feed_has_the_notice_first_and_then_what_the_public_hears(session, show):
    make_episode(session, show, "for members", access_kind="members", audio=("members",))
    make_episode(session, show, "for all")
    ended = FeedView(PUBLIC, is_personal=True, notice=NoticeKind.ENDED)

    document = select(session, show, ended)
    root = parse(document)

    assert titles(document) == ["Your membership has ended", "for all"]
    assert [each.get("url").startswith(f"{SITE}/media/") for each in root.findall(".//enclosure")] == [True, True]
    assert root.findtext(".//itunes:block", namespaces=NAMESPACES) == "Yes"
    assert root.find(".//atom:link", NAMESPACES).get("href") == f"{SITE}/private/feed_token/feed.xml"


def test_a_replaced_link_holds_the_notice_only(session, show):
    make_episode(session, show, "for all")

    document = select(session, show, FeedView(PUBLIC, is_personal=True, notice=NoticeKind.REPLACED))

    assert titles(document) == ["This feed has a new address"]


def test_a_failed_payment_is_said_on_top_of_the_full_feed(session, show):
    make_episode(session, show, "for members", access_kind="members", audio=("members",))

    document = select(session, show, replace(GOLD, notice=NoticeKind.PAYMENT_FAILED))

    assert titles(document) == ["Your last payment did not go through", "for members"]


def test_further_shows_have_their_key_in_their_addresses(session, show):
    other = make_show(session, key="maps", position=1)
    episode = make_episode(session, other, "E")

    public = select(session, other, is_first=False)
    member = parse(select(session, other, GOLD, is_first=False))

    assert public.channel.self_url == f"{SITE}/feeds/maps.xml"
    assert public.channel.link == f"{SITE}/shows/maps/"
    assert public.items[0].link == f"{SITE}/shows/maps/episodes/{episode.slug}/"
    assert member.find(".//atom:link", NAMESPACES).get("href") == f"{SITE}/private/feed_token/maps.xml"


def add_episodes(session, show, count, **values):
    make_episodes(
        session,
        show,
        [
            {"title": f"E{number}", "published_at": NOW - timedelta(minutes=number + 1), **values}
            for number in range(count)
        ],
    )


@pytest.mark.parametrize(
    ("count", "sizes", "full_notes"),
    [
        (0, [0], [0]),
        (1, [1], [1]),
        (100, [100], [100]),
        (101, [101], [100]),
        (1000, [1000], [100]),
        (1001, [1000, 1], [100, 0]),
    ],
)
def test_t14_pages_links_and_full_notes(session, show, count, sizes, full_notes):
    long, short = "<p>" + "word " * 810 + "</p>", "<p>short</p>"
    # 1,000 long notes would be more than 4 MB; here only the number of items counts.
    shapes = [{"feed_html": long if number < 150 else short} for number in range(count)]
    made = [
        shape | {"title": f"E{n}", "published_at": NOW - timedelta(minutes=n + 1)} for n, shape in enumerate(shapes)
    ]
    make_episodes(session, show, made)

    roots = [parse(select(session, show, page=number + 1)) for number in range(len(sizes))]

    assert [len(root.findall(".//item")) for root in roots] == sizes
    assert [len(root.findall(".//content:encoded", NAMESPACES)) for root in roots] == full_notes
    assert select(session, show).pages == len(sizes)
    for number, root in enumerate(roots, 1):
        links = {link.get("rel"): link.get("href") for link in root.findall(".//atom:link", NAMESPACES)}
        assert links == expect_links(number, len(sizes))


def expect_links(page, count):
    def address(number):
        return f"{SITE}/feed.xml" + (f"?page={number}" if number > 1 else "")

    if count == 1:
        return {"self": address(1)}
    links = {"self": address(page), "first": address(1), "last": address(count)}
    if page > 1:
        links["prev"] = address(page - 1)
    if page < count:
        links["next"] = address(page + 1)
    return links


def test_5_4_5_5_a_page_ends_before_four_megabytes(session, show):
    add_episodes(session, show, 150, feed_html="<p>" + "words and more " * 6_500 + "</p>")

    pages = select(session, show).pages
    documents = [select(session, show, page=page + 1) for page in range(pages)]
    sizes = [len(build_feed(document)) for document in documents]

    assert sum(len(document.items) for document in documents) == 150
    assert len(sizes) == 3
    assert max(sizes) < 4_300_000


HEAVY = {
    "chapters": {
        "chapters": [
            {"start_ms": n, "title": "&" * 128, "url": f"https://e.example/{'ñ' * 600}", "image": None, "toc": True}
            for n in range(60)
        ]
    },
    "people": {
        "people": [
            {"name": f"{n} " + "🎙" * 100, "role": "guest", "group": "cast", "url": f"https://e.example/{'&' * 900}"}
            for n in range(50)
        ]
    },
    "titles": {"title": "&" * 255, "feed_html": ""},
}


@pytest.mark.parametrize("what", HEAVY)
def test_5_5_no_page_is_too_large_whatever_its_items_are_made_of(session, show, what):
    count = 900 if what == "titles" else 120
    values = [HEAVY[what] | {"title": f"{HEAVY[what].get('title', '')}{n}"} for n in range(count)]
    make_episodes(session, show, [each | {"published_at": NOW - timedelta(days=n)} for n, each in enumerate(values)])

    pages = select(session, show, GOLD).pages
    bodies = [build_feed(select(session, show, GOLD, page=page + 1)) for page in range(pages)]

    assert sum(body.count(b"<item>") for body in bodies) == count
    assert max(map(len, bodies)) < 5_000_000


def test_5_4_links_to_pages_of_a_member_feed_carry_the_token(session, show):
    add_episodes(session, show, 5)

    root = parse(select(session, show, GOLD, page=2, settings=replace(SETTINGS, feed_max_items=2, feed_page_items=2)))

    links = {link.get("rel"): link.get("href") for link in root.findall(".//atom:link", NAMESPACES)}
    private = f"{SITE}/private/feed_token/feed.xml"
    assert links == {
        "self": f"{private}?page=2",
        "first": private,
        "prev": private,
        "next": f"{private}?page=3",
        "last": f"{private}?page=3",
    }


@pytest.mark.parametrize("view", [PUBLIC_VIEW, GOLD])
def test_the_feed_of_300_episodes_takes_as_many_queries_as_the_feed_of_3(db, view):
    statements = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))

    def count_queries(number):
        with db.transaction() as session:
            show = make_show(session, key=f"of-{number}")
            add_episodes(session, show, number, chapters=CHAPTERS)
        with db.reading() as session:
            card = get_card(session, session.get(Show, show.id))
            statements.clear()
            document = make_document(session, card, view, page=1, now=NOW, is_first=True, settings=SETTINGS)
            return len(document.items), len(statements)

    few, many = count_queries(3), count_queries(300)

    assert (few[0], many[0]) == (3, 300)
    assert few[1] == many[1] <= 6


def test_instants_of_another_zone_are_compared_as_instants(session, show):
    show.instants = ["2026-10-22T13:59:00+02:00"]

    assert select(session, show).channel.changed_at == datetime(2026, 10, 22, 11, 59, tzinfo=UTC)


def test_t_a11_c1_what_the_public_cut_does_not_have_is_not_in_the_public_feed(session, show):
    episode = make_episode(session, show, "E", chapters=CHAPTERS, audio=())
    make_audio(session, episode, "public", seconds=50)
    make_audio(session, episode, "members", seconds=600)
    late = make_transcript(session, episode)
    late.vtt = "WEBVTT\n\n00:00:52.000 --> 00:00:54.000\nHello.\n"
    make_transcript(session, episode, "es")

    public, gold = select(session, show).items[0], select(session, show, GOLD).items[0]

    assert public.chapters is None
    assert [(each.language, each.mime_type) for each in public.transcripts] == [
        ("es", "text/vtt"),
        ("es", "application/x-subrip"),
    ]
    assert [mark.title for mark in gold.chapters.marks] == ["One", "Two"]
    assert len(gold.transcripts) == 4

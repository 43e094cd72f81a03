"""The list of episodes, an episode's page in each of its states, and its transcript alone."""

import re

import pytest
import time_machine
from lxml import html

from tests.catalogue.folders import write
from tests.web import shelf
from tests.web.conftest import make_client, make_member, sign_in
from tests.web.shelf import NOW, give, main_of, put, read, scan, show_secrets, words


@pytest.fixture(autouse=True)
def at_noon():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def ben(services):
    """A member by the plan that everybody can join."""
    ben = make_member(services, "ben@example.org", name="Ben")
    give(services, ben)
    return ben


@pytest.fixture
def bens(show, app, services, ben):
    """Ben's browser, signed in."""
    return sign_in(make_client(app), services, ben)


@pytest.fixture
def adas(show, studio):
    """The host's browser."""
    return studio


def player_of(reply):
    return read(reply).find(".//podcast-player")


def source_of(reply):
    return read(reply).find(".//audio").get("src")


def hrefs(element):
    return [link.get("href") for link in element.iter("a")]


# ---- the list


@pytest.fixture
def many(client, services, settings):
    """45 episodes without audio, 30 of them in season 2."""
    root = settings.data.parent / "episodes"
    write(root / "show.yaml", shelf.SHOW)
    for number in range(1, 46):
        day = f"2026-{1 + number // 28:02d}-{1 + number % 28:02d}"
        season = 1 if number <= 15 else 2
        put(root, f"{day}-no-{number}", title=f"No. {number}", date=f"{day} 06:00", episode=number, season=season)
    scan(settings, services.db)
    return client


def titles(reply):
    return [words(row.find(".//h2")) for row in read(reply).find_class("row")]


def test_the_list_has_twenty_episodes_a_page_newest_first(many):
    first, second, third = (titles(many.get(f"/episodes/?page={page}")) for page in (1, 2, 3))

    assert first == [f"No. {number}" for number in range(45, 25, -1)]
    assert second == [f"No. {number}" for number in range(25, 5, -1)]
    assert third == [f"No. {number}" for number in range(5, 0, -1)]


def test_the_pages_of_the_list_lead_to_each_other(many):
    second = read(many.get("/es/episodes/?page=2"))

    assert second.find(".//a[@rel='prev']").get("href") == "/es/episodes/"
    assert second.find(".//a[@rel='next']").get("href") == "/es/episodes/?page=3"


def test_a_season_is_a_list_of_its_own(many):
    page = read(many.get("/episodes/?season=2&page=2"))

    seasons = {words(link): link.get("href") for link in page.find_class("filter")[0].iter("a")}

    assert words(page.find(".//h1")) == "Season 2"
    assert [words(row.find(".//h2")) for row in page.find_class("row")][-1] == "No. 16"
    assert page.find(".//a[@rel='prev']").get("href") == "/episodes/?season=2"
    assert seasons == {
        "All seasons": "/episodes/",
        "Season 2": "/episodes/?season=2",
        "Season 1": "/episodes/?season=1",
    }
    assert words(page.find(".//*[@class='filter']//a[@aria-current]")) == "Season 2"


@pytest.mark.parametrize(
    "query", ["page=4", "page=0", "page=-1", "page=x", "page=9999999", "season=3", "season=2&page=3"]
)
def test_a_page_or_season_that_there_is_not_is_not_found(many, query):
    assert many.get(f"/episodes/?{query}").status_code == 404


def test_the_list_holds_what_is_out_and_listed_only(show, client):
    found = titles(client.get("/episodes/"))

    assert found == [
        "A short history of sanctions",
        "The canal that moved the world",
        "Recording of the call",
        "Who owns the seabed?",
        "For patrons",
        "Grano y pan",
        "Words only",
    ]


def test_the_list_of_a_further_show_is_its_own(show, client):
    page = read(client.get("/shows/waves/episodes/"))

    assert [words(row.find(".//h2")) for row in page.find_class("row")] == ["Tides"]
    assert "/shows/waves/" in hrefs(page.find(".//main"))


# ---- a public episode


def test_a_public_episode_has_everything_on_its_page(show, client):
    page = read(client.get("/episodes/canal/"))
    main = words(page.find(".//main"))

    assert page.find(".//title").text == "The canal that moved the world · The Long Meridian"
    assert main.startswith("Episodes / 214 The canal that moved the world 28 May 2026 1 min with Pelin Arslan")
    assert "Download · 0.3 MB" in main
    assert "Members hear 2 minutes more." in main
    assert [words(item) for item in page.find_class("chapters")[0]] == ["0:00 Why start in canal", "0:12 Who paid"]
    assert [words(item) for item in page.find_class("cues")[0]] == [
        "0:00 Inés So you open the canal ledger.",
        "0:12 Pelin By the ton, by the day, by the mood of the clerk.",
    ]
    assert [words(item) for item in page.find_class("tags")[0]] == ["Trade", "Empire"]
    assert "Guest Pelin Arslan pelin.example" in main
    assert "Related Recording of the call" in main


def test_times_in_the_notes_and_chapters_start_the_player_without_javascript(show, client):
    page = read(client.get("/episodes/canal/"))

    assert hrefs(page.find_class("prose")[0]) == ["?t=12", "https://ledgers.example/"]
    assert hrefs(page.find_class("chapters")[0]) == ["?t=0#play", "?t=12#play"]


def test_an_episode_leads_to_the_ones_before_and_after(show, client):
    page = read(client.get("/episodes/canal/"))

    links = {link.get("rel"): (words(link), link.get("href")) for link in page.find_class("pages")[0].iter("a")}

    assert links == {
        "prev": ("Recording of the call", "/episodes/call/"),
        "next": ("215 · A short history of sanctions", "/episodes/sanctions/"),
    }


def test_a_member_hears_the_longer_cut_through_the_own_link(bens, services, ben):
    page = bens.get("/episodes/canal/")
    source = source_of(page)

    assert source.startswith(f"/private/{show_secrets(services, ben).listen_token}/media/")
    assert player_of(page).get("data-seconds") == "190"
    assert "Members hear" not in main_of(page)
    with bens.get(source, headers={"Range": "bytes=0-9"}) as audio:
        assert audio.status_code == 206


def test_t_starts_the_player_there(show, client):
    page = client.get("/episodes/canal/?t=12")

    assert source_of(page).endswith(".mp3#t=12")
    assert player_of(page).get("data-start") == "12"


@pytest.mark.parametrize("start", ["65", "-1", "0", "x", "1e9", "٣", "99999999", ""])
def test_a_start_that_the_audio_does_not_have_is_passed_over(show, client, start):
    page = client.get("/episodes/canal/", query_string={"t": start})

    assert source_of(page).endswith(".mp3")


def test_only_a_click_on_play_plays_by_itself(show, client):
    plain, clicked = (read(client.get(f"/episodes/canal/{query}")).find(".//audio") for query in ("", "?play=1"))

    assert plain.get("autoplay") is None
    assert clicked.get("autoplay") is not None


def test_an_episode_in_another_language_says_so(show, client):
    english, spanish = read(client.get("/episodes/bread/")), read(client.get("/es/episodes/bread/"))

    assert english.find(".//h1").get("lang") == "es"
    assert spanish.find(".//h1").get("lang") is None


def test_the_head_tells_others_what_the_page_is(show, client):
    head = read(client.get("/episodes/canal/?t=12&utm_source=x")).find(".//head")

    told = {meta.get("property") or meta.get("name"): meta.get("content") for meta in head.iter("meta")}

    assert told["description"] == "Pelin Arslan has read the ledgers."
    assert told["og:type"] == "article"
    assert told["og:title"] == "The canal that moved the world"
    assert told["og:image"].startswith("http://127.0.0.1:8000/art/")
    assert head.find("link[@rel='canonical']").get("href") == "http://127.0.0.1:8000/episodes/canal/"


def test_a_further_show_s_episode_stands_below_its_show(show, client):
    page = client.get("/shows/waves/episodes/tides/")

    assert page.status_code == 200
    assert client.get("/episodes/tides/").status_code == 404
    assert client.get("/shows/waves/episodes/canal/").status_code == 404


# ---- members only, members first


def test_a_members_episode_lets_a_visitor_hear_the_preview_and_names_the_price(show, client):
    page = client.get("/episodes/call/")
    main = main_of(page)

    assert player_of(page).get("data-seconds") == "62"
    assert source_of(page).startswith("/media/call-")
    assert "24 May 2026 3 min" in main
    assert "Members hear all 3 min Above is a preview of 1 min." in main
    assert "Join from €6 a month" in main
    assert "Download ·" not in main
    with client.get(source_of(page)) as audio:
        assert audio.status_code == 200


def test_a_members_episode_without_a_preview_has_notes_and_price_but_no_player(show, client):
    page = client.get("/episodes/seabed/")
    main = main_of(page)

    assert player_of(page) is None
    assert "Members hear all 2 min" in main
    assert "preview" not in main
    assert "About maps." in main


def test_a_members_first_episode_tells_a_visitor_the_public_day(show, client):
    main = main_of(client.get("/episodes/sanctions/"))

    assert "Members first · public 5 June" in main
    assert "Everyone hears it from Friday 5 June at 06:00, Europe/Madrid on." in main


def test_a_public_day_in_another_year_is_told_with_its_year(show, client, services, settings):
    root = settings.data.parent / "episodes"
    put(root, "2026-06-01-far", title="Far", date="2026-06-01 05:00", access="members", public_from="2035-11-17 06:00")
    scan(settings, services.db)

    assert "Members first · public 17 November 2035" in main_of(client.get("/episodes/far/"))
    assert "Members first · public 17 November 2035" in main_of(client.get("/episodes/"))


def test_a_members_first_episode_opens_for_everyone_at_its_instant(show, client, at_noon):
    at_noon.shift(3 * 24 * 3600)

    page = client.get("/episodes/sanctions/")

    assert player_of(page).get("data-seconds") == "190"
    assert "sanctioned ledger" in page.text
    assert "Members first" not in page.text


@pytest.mark.parametrize("slug", ["call", "seabed", "sanctions"])
def test_a_member_hears_and_reads_what_is_for_members(bens, slug):
    page = bens.get(f"/episodes/{slug}/")
    main = main_of(page)

    assert source_of(page).startswith("/private/")
    assert "Chapters" in main
    assert "Inés So you open the" in main
    assert "Join from" not in main


@pytest.mark.parametrize("slug", ["call", "seabed", "sanctions"])
@pytest.mark.parametrize("prefix", ["", "/es"])
def test_a_visitor_s_page_holds_nothing_that_only_members_hear_t_a11(show, app, services, bens, slug, prefix):
    member = read(bens.get(f"/episodes/{slug}/"))
    audio = member.find(".//audio").get("src").rpartition("/")[2]
    (transcript,) = {href.rpartition("/")[2] for href in hrefs(member) if ".vtt" in href}
    visitor = make_client(app)

    pages = [
        visitor.get(f"{prefix}{path}").text for path in (f"/episodes/{slug}/", "/", "/episodes/", "/episodes/canal/")
    ]

    for page in pages:
        assert audio not in page
        assert transcript not in page
        assert f"{transcript.removesuffix('.vtt')}." not in page
    assert "ledger." not in pages[0]
    assert "Why start in" not in pages[0]
    assert "Who paid" not in pages[0]


def test_someone_who_never_joined_sees_what_a_visitor_sees(show, client, services, finn):
    sign_in(client, services, finn)

    page = client.get("/episodes/seabed/")

    assert player_of(page) is None
    assert "Join from €6 a month" in main_of(page)
    assert "sign in" not in main_of(page)


def test_a_member_whose_plan_lacks_an_episode_is_led_to_the_plan(bens):
    page = bens.get("/episodes/patrons/")
    main = read(page).find(".//main")

    assert player_of(page) is None
    assert "Your plan does not include this episode" in words(main)
    assert "/account" in hrefs(main)
    assert "/join" not in hrefs(main)


def test_a_member_of_the_named_plan_hears_it(show, client, services):
    dev = make_member(services, "dev@example.org")
    give(services, dev, "patrons")
    sign_in(client, services, dev)

    assert source_of(client.get("/episodes/patrons/")).startswith("/private/")


def test_a_member_whose_link_cannot_be_shown_is_told_why_nothing_plays_here(bens, services, ben):
    from podcastsvc.members import feed_tokens

    with services.db.transaction() as session:
        link = feed_tokens.list_links(session, ben.id)[0]
        link.salt = link.key_id = None

    page = bens.get("/episodes/seabed/")

    assert player_of(page) is None
    assert "Your private link works in your app and cannot be shown here." in main_of(page)


# ---- without parts


def test_an_episode_without_audio_says_so(show, client):
    page = client.get("/episodes/words-only/")
    main = main_of(page)

    assert player_of(page) is None
    assert "There is nothing to play yet." in main
    assert "About maps." in main


def test_sections_that_would_be_empty_are_left_out(show, client):
    page = read(client.get("/episodes/bread/"))

    assert [words(heading) for heading in page.findall(".//main//h2")] == ["Listen in your app"]
    assert page.find(".//a[@href='#transcript']") is None


# ---- not out, taken back, unlisted


@pytest.mark.parametrize("slug", ["later", "draft", "none"])
@pytest.mark.parametrize("part", ["", "transcript"])
def test_what_is_not_out_is_not_found(show, client, bens, slug, part):
    for browser in (client, bens):
        reply = browser.get(f"/episodes/{slug}/{part}")

        assert reply.status_code == 404
        assert "Later" not in reply.text
        assert "Not yet" not in reply.text


def test_a_scheduled_episode_comes_out_by_itself(show, client, at_noon):
    at_noon.shift(7 * 24 * 3600)

    assert client.get("/episodes/later/").status_code == 200


@pytest.mark.parametrize(
    ("slug", "told"),
    [
        ("later", "Only you see this page until Tuesday 9 June at 06:00, Europe/Madrid."),
        ("draft", "Only you see this page. The episode is a draft."),
        ("gone", "The episode was taken back. Others are told that it is gone."),
    ],
)
def test_the_host_sees_what_is_not_out_under_a_bar(adas, slug, told):
    page = read(adas.get(f"/episodes/{slug}/"))

    assert words(page.find_class("above")[0]).replace(" .", ".").startswith(f"Preview. {told}")
    assert "/studio/" in hrefs(page.find_class("above")[0])
    assert page.find(".//podcast-player") is None


def test_the_host_sees_no_bar_over_what_is_out(adas):
    assert not read(adas.get("/episodes/canal/")).find_class("above")


@pytest.mark.parametrize("part", ["", "transcript"])
def test_a_withdrawn_episode_is_gone_and_leads_to_the_latest_three(show, client, part):
    reply = client.get(f"/episodes/gone/{part}")
    latest = html.fromstring(reply.text).xpath("//section[h2[@id='latest']]")[0]

    assert reply.status_code == 410
    assert "This was taken back" in reply.text
    assert hrefs(latest) == ["/episodes/sanctions/", "/episodes/canal/", "/episodes/call/"]


def test_an_unknown_address_leads_to_the_latest_three_in_the_reader_s_language(show, client):
    reply = client.get("/es/episodes/none/")
    latest = html.fromstring(reply.text).xpath("//section[h2[@id='latest']]")[0]

    assert reply.status_code == 404
    assert hrefs(latest)[0] == "/es/episodes/sanctions/"


def test_an_unlisted_episode_answers_by_its_address_only(show, client):
    page = client.get("/episodes/quiet/")

    assert page.status_code == 200
    assert '<meta name="robots" content="noindex">' in page.text
    assert all("Quiet" not in client.get(path).text for path in ("/", "/episodes/", "/feed.xml", "/episodes/bread/"))


# ---- old addresses


@pytest.mark.parametrize("path", ["/grain-and-bread/", "/grain-and-bread", "/episodes/bread-and-grain/"])
def test_an_old_address_leads_to_the_episode(show, client, path):
    reply = client.get(path)

    assert (reply.status_code, reply.location) == (301, "/episodes/bread/")


def test_an_old_address_of_a_draft_is_not_found(show, client):
    assert client.get("/not-yet/").status_code == 404


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/feed", "/feed.xml"),
        ("/feed/", "/feed.xml"),
        ("/feed/podcast", "/feed.xml"),
        ("/rss", "/feed.xml"),
        ("/podcast.xml", "/feed.xml"),
        ("/lost-password", "/sign-in"),
        ("/wp-login.php", "/sign-in"),
    ],
)
def test_what_other_programs_call_their_pages_leads_to_ours(client, path, target):
    reply = client.get(path)

    assert (reply.status_code, reply.location) == (301, target)


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/episodes", "/episodes/"),
        ("/episodes/canal?t=9", "/episodes/canal/?t=9"),
        ("/es/episodes/canal", "/es/episodes/canal/"),
        ("/follow/", "/follow"),
        ("/es/join/?plan=year", "/es/join?plan=year"),
        ("/shows/waves", "/shows/waves/"),
        ("/episodes/canal/transcript/", "/episodes/canal/transcript"),
    ],
)
def test_a_slash_too_many_or_too_few_is_put_right_for_good(show, client, path, target):
    reply = client.get(path)

    assert reply.status_code == 308
    assert reply.location.removeprefix("http://127.0.0.1:8000") == target


# ---- the transcript alone


def test_the_transcript_alone_is_whole_and_leads_back_to_each_second(show, client):
    page = read(client.get("/episodes/canal/transcript"))

    assert page.find(".//title").text == "Transcript: The canal that moved the world · The Long Meridian"
    assert hrefs(page.find_class("cues")[0]) == ["/episodes/canal/?t=0#play", "/episodes/canal/?t=12#play"]
    assert "Pelin By the ton, by the day" in words(page)


def test_a_visitor_may_not_read_a_members_transcript(show, client):
    reply = client.get("/episodes/call/transcript")

    assert reply.status_code == 403
    assert "Members read the transcript of this episode." in reply.text
    assert "secret" not in reply.text


def test_a_member_reads_it(bens):
    assert "So you open the secret ledger." in main_of(bens.get("/episodes/call/transcript"))


def test_without_a_transcript_there_is_no_such_page(show, client):
    assert client.get("/episodes/bread/transcript").status_code == 404


# ---- a public cut beside a longer one for members


@pytest.fixture
def two_cuts(services, settings, client):
    """An episode of 16 s for all and 65 s for members, in which both hear something at 62 s."""
    root = settings.data.parent / "episodes"
    write(root / "show.yaml", shelf.SHOW)
    folder = put(root, "2026-05-28-cuts", title="Cuts", date="2026-05-28 06:00", parts=[("audio", 16), ("members", 65)])
    marks = ((0, "Hello"), (8, "The ledger"), (62, "The secret"))
    entries = ", ".join(f'{{"startTime": {start}, "title": "{title}"}}' for start, title in marks)
    write(folder / "chapters.json", f'{{"version": "1.2.0", "chapters": [{entries}]}}')
    cues = "".join(f"00:{start:02d}.000 --> 00:{start + 2:02d}.000\n{title} is told.\n\n" for start, title in marks[:2])
    write(folder / "transcript.vtt", f"WEBVTT\n\n{cues}01:02.000 --> 01:04.000\nThe secret is told.\n")
    scan(settings, services.db)
    return client


@pytest.mark.parametrize("path", ["/episodes/cuts/", "/es/episodes/cuts/", "/episodes/cuts/transcript", "/feed.xml"])
def test_t_a11_what_only_the_members_cut_has_is_told_to_members_only(two_cuts, app, services, ben, path):
    bens = sign_in(make_client(app), services, ben)
    own = f"/private/{show_secrets(services, ben).feed_token}/feed.xml" if path == "/feed.xml" else path

    public, member = two_cuts.get(path).text, bens.get(own).text

    assert "secret" not in public
    assert "ledger" in public
    assert "ledger" in member
    assert "secret" in member or path == "/feed.xml"
    assert "The secret" in member or "transcript" in path


def test_t_a11_apps_get_chapters_and_transcripts_as_long_as_their_cut(two_cuts, services, ben):
    feeds = {name: two_cuts.get(path).text for name, path in _feeds_of(services, ben).items()}

    texts = {name: [two_cuts.get(address).text for address in _list_beside(feed)] for name, feed in feeds.items()}

    assert [len(each) for each in texts.values()] == [3, 3]
    assert all("ledger" in text for each in texts.values() for text in each)
    assert not any("secret" in text for text in texts["public"])
    assert all("secret" in text for text in texts["member"])


def _feeds_of(services, member):
    return {"public": "/feed.xml", "member": f"/private/{show_secrets(services, member).feed_token}/feed.xml"}


def _list_beside(feed):
    return sorted(set(re.findall(r'url="([^"]+/(?:chapters|transcripts)/[^"]+)"', feed)))


def test_a_list_counts_the_chapters_of_what_is_heard(two_cuts, app, services, ben):
    public = main_of(two_cuts.get("/episodes/"))
    member = main_of(sign_in(make_client(app), services, ben).get("/episodes/"))

    assert "2 chapters" in public
    assert "3 chapters" in member

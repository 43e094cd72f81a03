"""Old addresses: the form in which they are compared, what may lead where, and lines of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podcastsvc.catalogue.old_addresses.lines import MOST_LINES, read_lines, write_csv
from podcastsvc.catalogue.old_addresses.reading import drop_pair, list_forms, read_old, read_target, write_form
from podcastsvc.catalogue.old_addresses.settling import Entry, Page, Site, check_path, check_target, settle
from podcastsvc.errors import Invalid
from podcastsvc.storage.tables.old_address import OldAddress

OURS = "https://show.example"
FIXED = {"/", "/join", "/follow", "/episodes/", "/account", "/es/", "/es/join", "/feed.xml"}
TEXTS = st.text(st.characters(codec="utf-8"), max_size=40)


def find_page(path):
    """A small site: some fixed pages, pages of episodes in two languages, and audio."""
    for each in (path, f"{path}/", path.rstrip("/")):
        if each in FIXED:
            return Page(each, is_fixed=True)
    bare = path.removeprefix("/es")
    parts = bare.strip("/").split("/")
    if len(parts) == 2 and parts[0] == "episodes":
        return Page(path.rstrip("/") + "/", is_fixed=False)
    return Page(path, is_fixed=False) if path.startswith("/media/") else None


SITE = Site(
    OURS,
    find_page,
    prefixes=("/es",),
    episodes=frozenset({"/episodes/maps/", "/episodes/bread/"}),
    aliases={"/why-maps-lie": "/episodes/maps/", "/episodes/cards": "/episodes/maps/"},
)


def settle_lines(*lines, saved=(), replaces=False):
    wanted = [Entry(read_old(old), read_target(new, OURS)) for old, new in (line.split() for line in lines)]
    return settle(wanted, dict(saved), SITE, replaces=replaces)


# ---- one form for all ways to write an address


@pytest.mark.parametrize(
    ("typed", "form"),
    [
        ("/2019/05/Why-Maps-Lie/", "/2019/05/why-maps-lie"),
        ("/2019/05/why-maps-lie", "/2019/05/why-maps-lie"),
        ("  /a//b///  ", "/a/b"),
        ("https://old.example/2019/", "/2019"),
        ("HTTP://OLD.EXAMPLE:8080/A?b=1#c", "/a?b=1"),
        ("https://old.example?p=1", "/?p=1"),
        ("/?p=123", "/?p=123"),
        ("?p=123", "/?p=123"),
        ("/?P=Ab", "/?p=ab"),
        ("/?p", "/?p="),
        ("/caf%C3%A9", "/café"),
        ("/cafe\u0301", "/café"),
        ("/CAFÉ", "/café"),
        ("/%D0%BA%D0%B0%D1%80%D1%82%D1%8B/", "/карты"),
        ("/a b", "/a%20b"),
        ("/a%20b", "/a%20b"),
        ("/what%3F", "/what%3f"),
        ("/100%25", "/100%25"),
        ("/a%2Fb", "/a/b"),
        ("/a#top", "/a"),
        ("/es/hola/", "/es/hola"),
        ("/a?b=c%26d", "/a?b=c%26d"),
        ("/\x00a\x07", "/a"),
    ],
)
def test_an_old_address_has_one_form_however_it_is_written(typed, form):
    assert read_old(typed) == form


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "from its first slash on"),
        ("why-maps-lie", "from its first slash on"),
        ("old.example/why", "from its first slash on"),
        ("ftp://old.example/why", "from its first slash on"),
        ("/", "front page answers by itself"),
        ("https://old.example/", "front page answers by itself"),
        ("/?post_type=podcast&p=123", "Keep the one part of the query"),
        ("/" + "a" * 500, "501 characters; at most 500"),
    ],
)
def test_what_is_no_old_address_is_refused_with_what_to_do(typed, sentence):
    with pytest.raises(Invalid, match=sentence):
        read_old(typed)


@given(TEXTS, st.none() | st.tuples(TEXTS, TEXTS))
def test_a_form_read_again_is_the_same_form(path, pair):
    form = write_form(path, pair)

    if form != "/" and len(form) <= 500:
        assert read_old(form) == form


@given(TEXTS)
def test_whatever_is_typed_is_read_or_refused(text):
    try:
        form = read_old(text)
    except Invalid:
        return

    assert form.startswith("/")
    assert len(form.split()) == 1


@pytest.mark.parametrize(
    ("path", "query", "forms"),
    [
        ("/Old/", "", ["/old"]),
        ("/old", "utm_source=x&p=1", ["/old?utm_source=x", "/old?p=1", "/old"]),
        ("/", "p=1", ["/?p=1"]),
        ("/", "", []),
        ("/" + "a" * 600, "p=1", []),
    ],
)
def test_a_request_may_be_known_by_its_path_and_by_each_part_of_its_query(path, query, forms):
    assert list_forms(path, query) == forms


def test_a_request_with_a_thousand_parts_is_looked_up_by_a_few_of_them():
    assert len(list_forms("/old", "&".join(f"a{number}=1" for number in range(1000)))) <= 11


@pytest.mark.parametrize(
    ("query", "form", "rest"),
    [("p=1&t=754", "/?p=1", "t=754"), ("t=754", "/old", "t=754"), ("P=A%41", "/?p=aa", ""), ("", "/?p=1", "")],
)
def test_what_an_old_address_takes_of_a_query_is_not_passed_on(query, form, rest):
    assert drop_pair(query, form) == rest


# ---- targets


@pytest.mark.parametrize(
    ("typed", "target"),
    [
        ("/join", "/join"),
        ("/join?plan=year#top", "/join?plan=year#top"),
        ("/join?", "/join"),
        ("/a b", "/a%20b"),
        ("/Caf%C3%A9", "/Café"),
        ("https://show.example/join", "/join"),
        ("http://WWW.show.example/join", "/join"),
        ("https://show.example", "/"),
        ("https://show.example//evil.example/", "/evil.example/"),
        ("/%2Fevil.example", "/evil.example"),
        ("/%5Cevil.example", "/%5cevil.example"),
        ("https://elsewhere.example/a?b=c#d", "https://elsewhere.example/a?b=c#d"),
    ],
)
def test_a_target_is_a_page_of_this_site_or_an_https_address_as_typed(typed, target):
    assert read_target(typed, OURS) == target


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "join",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "http://elsewhere.example/",
        "https://ada:secret@elsewhere.example/",
        "https://elsewhere.example\\@evil.example/",
        "https://elsewhere",
        "https:///join",
        "https:elsewhere.example",
        "https://else where.example/",
        "https://[x",
        "https://[x]/join",
        "https://a\u2100b.example/",
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://elsewhere.example/",
        "https://elsewhere.example/" + "a" * 1500,
    ],
)
def test_no_other_target_is_taken(typed):
    with pytest.raises(Invalid):
        read_target(typed, OURS)


@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_a_target_never_leaves_the_site_but_by_https(text):
    for typed in (text, f"/{text}", f"{OURS}/{text}"):
        try:
            target = read_target(typed, OURS)
        except Invalid:
            continue

        is_own = target[0] == "/" and target[1:2] not in {"/", "\\"}
        assert is_own or target.lower().startswith("https://")
        assert len(target.split()) == 1


# ---- what may lead where


@pytest.mark.parametrize(
    "path",
    [
        "/join",
        "/Join/",
        "/es/join",
        "/join?plan=year",
        "/es",
        "/episodes",
        "/episodes/maps",
        "/es/episodes/maps/",
        "/why-maps-lie",
        "/private/abc/feed.xml",
        "/PRIVATE/abc",
        "/media/maps.mp3",
        "/studio/anything",
        "/es/studio",
        "/webhooks/stripe/x",
        "/healthz/x",
        "/feed.xml/",
        "/feeds/second.xml",
        "/add/code",
        "/stripe-stand-in/x",
    ],
)
def test_what_answers_by_itself_never_leads_elsewhere(path):
    assert check_path(read_old(path), SITE) is not None


@pytest.mark.parametrize(
    "path", ["/2019/x", "/?p=1", "/es?p=1", "/hazte-miembro", "/es/hola", "/episodes/gone", "/joint"]
)
def test_any_other_address_may(path):
    assert check_path(read_old(path), SITE) is None


@pytest.mark.parametrize(
    "target",
    [
        "/join",
        "/join/",
        "/episodes/maps",
        "/es/episodes/maps/#t",
        "/media/x.mp3",
        "/why-maps-lie",
        "https://a.example/",
    ],
)
def test_a_target_is_there(target):
    assert check_target(read_target(target, OURS), SITE) is None


@pytest.mark.parametrize(
    "target",
    [
        "/joinn",
        "/episodes/none/",
        "/private/abc/feed.xml",
        "/es/private/abc",
        "/add/abc",
        "/sign-in/link/abc",
        "/healthz",
    ],
)
def test_nothing_leads_to_what_is_not_there_or_is_secret(target):
    assert check_target(read_target(target, OURS), SITE) is not None


@pytest.mark.parametrize(
    ("old", "new", "is_taken"),
    [
        ("/category/podcast/feed/", "/join", False),
        ("/old.xml", "/episodes/maps/", False),
        ("/uploads/Maps.MP3", "/episodes/maps/", False),
        ("/?feed=podcast", "/", False),
        ("/category/podcast/feed/", "/feed.xml", True),
        ("/uploads/maps.mp3", "/media/maps.mp3", True),
        ("/?feed=podcast", "https://feeds.example/show", True),
        ("/podcast", "/join", True),
        ("/feedback", "/join", True),
    ],
)
def test_what_apps_ask_for_never_leads_to_a_page_s3(old, new, is_taken):
    settled = settle_lines(f"{old} {new}")

    assert (settled.refused == {}) is is_taken
    assert is_taken or "Apps ask for" in settled.refused[0].sentence


def test_a_target_gets_the_slash_and_the_name_that_its_page_has_now():
    settled = settle_lines("/a /episodes?page=2", "/b /why-maps-lie?t=754", "/c /es/episodes/cards/")

    assert dict(settled.targets) == {0: "/episodes/?page=2", 1: "/episodes/maps/?t=754", 2: "/es/episodes/maps/"}
    assert settled.straightened == {1, 2}


def test_a_way_over_other_old_addresses_is_cut_short():
    settled = settle_lines("/a /b", "/b /c", "/d /?p=1", saved={"/c": "/join", "/?p=1": "https://a.example/"}.items())

    assert dict(settled.targets) == {0: "/join", 1: "/join", 2: "https://a.example/"}
    assert settled.straightened == {0, 1, 2}
    assert settled.refused == {}


def test_what_led_to_an_address_that_now_leads_on_is_sent_on_too():
    settled = settle_lines("/b /join", saved={"/a": "/b", "/z": "/follow", "/y": "https://a.example/b"}.items())

    assert dict(settled.moved) == {"/a": "/join"}


@pytest.mark.parametrize(
    "lines",
    [
        ["/a /a"],
        ["/a /A/"],
        ["/a /a?x=1"],
        ["/a /b", "/b /a"],
        ["/a /b", "/b /c", "/c /a"],
        ["/a https://show.example/a"],
    ],
)
def test_no_way_leads_in_a_circle(lines):
    settled = settle_lines(*lines)

    assert settled.targets == {}
    assert {problem.sentence for problem in settled.refused.values()} == {"This way leads back to itself."}


def test_a_circle_over_the_list_is_seen_and_spoils_nothing_else():
    settled = settle_lines("/b /a", "/c /join", saved={"/a": "/b"}.items())

    assert list(settled.refused) == [0]
    assert dict(settled.targets) == {1: "/join"}


@pytest.mark.parametrize("count", [100, 1000])
@pytest.mark.parametrize("last", ["/join", "/0"])
def test_a_long_chain_or_circle_is_followed_once_and_not_from_each_of_its_lines(count, last):
    asked = []
    site = Site(OURS, lambda path: asked.append(path) or find_page(path))
    wanted = [Entry(f"/{number}", f"/{number + 1}") for number in range(count - 1)] + [Entry(f"/{count - 1}", last)]

    settled = settle(wanted, {}, site, replaces=False)

    assert set(settled.targets.values()) == ({"/join"} if last == "/join" else set())
    assert len(settled.refused) == (0 if last == "/join" else count)
    assert len(asked) < 10 * count


def test_what_leads_into_a_circle_or_a_known_way_shares_its_end():
    settled = settle_lines("/x /a", "/a /b", "/b /a", "/y /x", "/c /d", "/d /join", "/e /d", "/f /join")

    assert sorted(settled.refused) == [0, 1, 2, 3]
    assert dict(settled.targets) == dict.fromkeys([4, 5, 6, 7], "/join")


def test_two_ways_from_one_address_are_refused_unless_they_are_the_same():
    settled = settle_lines("/a /join", "/A/ /follow", "/a /join")

    assert list(settled.refused) == [1]
    assert settled.refused[1].side == "old"
    assert "twice" in settled.refused[1].sentence


def test_what_is_in_the_list_is_changed_only_where_that_is_wanted():
    saved = {"/a": "/join"}.items()

    kept, changed = settle_lines("/a /follow", saved=saved), settle_lines("/a /follow", saved=saved, replaces=True)

    assert "in the list already and leads to /join" in kept.refused[0].sentence
    assert dict(changed.targets) == {0: "/follow"}


PATHS = st.sampled_from(["/a", "/b", "/c", "/d", "/e"])
WAYS = st.lists(st.tuples(PATHS, PATHS | st.sampled_from(["/join", "/nothing", "https://x.example/"])), max_size=8)


@given(WAYS, WAYS)
def test_every_saved_way_is_one_step_long_whatever_comes(first, then):
    saved: dict[str, str] = {}
    for ways in (first, then):
        wanted = [Entry(old, new) for old, new in ways]
        settled = settle(wanted, saved, SITE, replaces=True)
        saved |= {wanted[at].path: target for at, target in settled.targets.items()} | dict(settled.moved)

        assert set(settled.targets) | set(settled.refused) == set(range(len(wanted)))

    assert all(target not in saved and target in {"/join", "https://x.example/"} for target in saved.values())


# ---- lines


@pytest.mark.parametrize(
    "line",
    [
        "/old /join",
        "  /OLD/ \t /join",
        "/old -> /join",
        "/old → /join permanent",
        "/old\t/join",
        "/old,/join",
        '"/old","/join"',
        '"/old","/join","permanent","import","12","2026-06-01"',
        "https://was.example/old https://show.example/join 301",
    ],
)
def test_a_line_may_be_written_in_many_ways(line):
    lines = read_lines(line, OURS)

    assert lines.bad == []
    assert [each.entry for each in lines.good] == [Entry("/old", "/join")]


@pytest.mark.parametrize("word", ["temporary", "Temporary", "302", "307"])
def test_a_line_may_say_that_it_is_not_for_good(word):
    assert not read_lines(f"/old /join {word}", OURS).good[0].entry.is_permanent


def test_empty_lines_and_remarks_are_passed_over_and_lines_keep_their_numbers():
    lines = read_lines("\ufeffold,new,kind\r\n\r\n# mine\r\n/old /join\r\n/older\r\n", OURS)

    assert [(line.number, line.entry.path) for line in lines.good] == [(4, "/old")]
    assert [(line.number, line.text) for line in lines.bad] == [(5, "/older")]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("/old", "Write the old address, a space, and the new one."),
        ('"/old', "Write the old address, a space, and the new one."),
        ("/old /join soon", "soon is neither permanent nor temporary."),
        ("/old /a /join temporary", "more than two addresses"),
        ("old /join", "from its first slash on"),
        ("/old join", "Write where it leads"),
        ("/old https://[x", "Write where it leads"),
        ("/old http://[x", "must begin with https://"),
    ],
)
def test_a_line_that_cannot_be_used_says_why(line, sentence):
    (bad,) = read_lines(line, OURS).bad

    assert sentence in bad.problem


def test_more_lines_than_are_read_at_a_time_are_refused_as_a_whole():
    with pytest.raises(Invalid, match="10,001 lines; at most 10,000"):
        read_lines("/a /b\n" * (MOST_LINES + 1), OURS)


def test_the_export_can_be_read_again_and_holds_no_formula_t_x5():
    rows = [
        OldAddress(path='/a"b,c', target="/join", is_permanent=True, origin="host", uses=2, used_on=None),
        OldAddress(path="/=1+1", target="https://a.example/?q=a,b", is_permanent=False, origin="import", uses=0),
    ]

    written = write_csv(rows)
    lines = read_lines(written, OURS)

    assert lines.bad == []
    assert [line.entry for line in lines.good] == [
        Entry('/a"b,c', "/join"),
        Entry("/=1+1", "https://a.example/?q=a,b", is_permanent=False),
    ]
    assert all(field.startswith('"') for line in written.splitlines() for field in line.split('","')[:1])


@given(st.text(max_size=200))
def test_any_text_is_read_line_by_line(text):
    lines = read_lines(text, OURS)

    numbers = [line.number for line in lines.good] + [line.number for line in lines.bad]
    assert len(numbers) == len(set(numbers))

"""``show.yaml``, Apple's categories, and what identifies a show."""

import json

import pytest

from podcastsvc.catalogue.categories import CATEGORIES, find_category
from podcastsvc.catalogue.identity import make_show_guid
from podcastsvc.catalogue.show import facts_from_json
from podcastsvc.catalogue.showfile.reading import read_show
from podcastsvc.errors import Invalid

WHOLE = b"""\
title: {en: The Long Way, es: El camino largo}
language: en
timezone: Europe/Madrid
description: How people get from here to there.
author: Ada
owner: {name: Ada, email: ada@example.org}
categories: [Education > How To, technology]
type: serial
license: {name: CC-BY-4.0, url: https://example.org/licence}
people:
  - {name: Ada, role: Host}
  - Ben
platforms:
  - {name: YouTube, url: https://video.example/ada}
txt:
  - {value: "S6lpp-7ZCn8", purpose: applepodcastsverify}
update_frequency: {text: Every week, rrule: FREQ=WEEKLY}
funding: {membership: {en: Join us, es: Ven}, donation: https://give.example/, donation_text: Give}
benefits: [Everything early, {en: No adverts, es: Sin anuncios}]
members_first_days: 7
"""


def read(text):
    return read_show(text.encode() if isinstance(text, str) else text)


def test_a_whole_file_is_read_without_a_remark():
    facts, remarks = read(WHOLE)

    assert remarks == []
    assert facts.text("title", "es") == "El camino largo"
    assert facts.text("description", "es") == "How people get from here to there."
    assert facts.categories == (("Education", "How To"), ("Technology", None))
    assert [(person.name, person.role) for person in facts.people] == [("Ada", "host"), ("Ben", "host")]
    assert (facts.membership_text, facts.donation_text) == ({"en": "Join us", "es": "Ven"}, {"en": "Give"})
    assert facts.donation_url == "https://give.example/"
    assert facts.benefits == ({"en": "Everything early"}, {"en": "No adverts", "es": "Sin anuncios"})


def test_facts_survive_being_kept_as_json():
    facts, _remarks = read(WHOLE)

    again = facts_from_json(json.loads(json.dumps(facts.as_json())))

    assert again == facts


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("timezone: Mars/Olympus", "show.yaml:2: 'Mars/Olympus' is not a time zone"),
        ("categories: [Knitting]", "show.yaml:2: 'Knitting' is not one of Apple's categories"),
        ("explicit: maybe", "show.yaml:2: 'explicit' must be true or false"),
        ("type: weekly", "show.yaml:2: 'type' must be one of these: episodic, serial. It is 'weekly'"),
        ("owner: {email: nobody}", "show.yaml:2: 'nobody' is not an e-mail address"),
        ("owner: Ada", "show.yaml:2: 'owner' must hold 'key: value' pairs"),
        ("link: javascript:alert(1)", "show.yaml:2: 'link' must be an address that begins with https://"),
        ("link: 'http://[half'", "show.yaml:2: 'link' must be an address that begins with https://"),
        ("members_first_days: soon", "show.yaml:2: 'members_first_days' must be a whole number from 1 to 365"),
        ("author: [a, b]", "show.yaml:2: 'author' must be a text, not a list"),
        ("colour: red", "show.yaml:2: 'colour' is not a key that the service knows"),
        (f"author: {'x' * 300}", "show.yaml:2: 'author' has 300 characters and is cut at 255"),
        ("language: spanish", "show.yaml:2: 'spanish' is not a language's code"),
        (f"description: {'ñ' * 2_100}", "show.yaml:2: 'description' takes 4,200 bytes; apps get the first 4,000."),
        ("funding: {donation: nowhere}", "show.yaml:2: 'donation' must be an address that begins with https://"),
        (
            f"funding: {{donation: 'https://a.example/{'x' * 120}'}}",
            "show.yaml:2: the address of the donation page has",
        ),
        (f"funding: {{membership: {'x' * 129}}}", "show.yaml:2: 'membership' has 129 characters and is cut at 128"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_leaves_the_rest_alone(line, message):
    facts, remarks = read(f"title: Maps\n{line}\ncopyright: Ada\n")

    assert len(remarks) == 1
    assert str(remarks[0]).startswith(message)
    assert facts.copyright == "Ada"


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "needs a title"),
        (b"title: [\n", r"show.yaml:2: this is not valid YAML"),
        (b"title: a: b\n", r"show.yaml:1: this is not valid YAML"),
        (b"- a\n- b\n", r"show.yaml:1: write one 'key: value'"),
        (b"title: Maps\ntitle: Lies\n", r"show.yaml:2: 'title' stands here twice"),
        (b"title: Maps\nauthor: \xff\xfe\n", r"show.yaml:2: this is not UTF-8"),
        (b"a: &a [x]\nb: *a\ntitle: T\n", r"show.yaml:2: .*aliases"),
        (b"title: !!python/object/apply:os.system [ls]\n", r"show.yaml:1: this is not valid YAML"),
        (b"title: " + b"[" * 2000, r"show.yaml:\d+: "),
        (b"x" * 70_000, "larger than 64 KiB"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_its_line(raw, message):
    with pytest.raises(Invalid, match=message):
        read(raw)


def test_control_characters_are_taken_out_of_texts():
    facts, _remarks = read('title: "Ma\\u0000ps\\u0007"')

    assert facts.title == {"en": "Maps"}


def test_categories_are_apples(shared_data):
    published = json.loads((shared_data / "apple_categories.json").read_text(encoding="utf-8"))["categories"]

    assert {each["name"]: tuple(each["subcategories"]) for each in published} == CATEGORIES


def test_a_category_is_found_whatever_its_case_and_alone():
    assert find_category("education > how to") == ("Education", "How To")
    assert find_category("How To") == ("Education", "How To")
    assert find_category("Technology > How To") is None


@pytest.mark.parametrize(
    ("address", "guid"),
    [
        ("https://mp3s.nashownotes.com/pc20rss.xml", "917393e3-1b1e-5cef-ace4-edaa54e1f810"),
        ("https://podnews.net/rss/", "9b024349-ccf0-5f69-a609-6b82873eab3c"),
        ("https://show.example/feed.xml", "18b54d9d-b7b5-5ad1-b568-c3d3782406f4"),
    ],
)
def test_a_shows_guid_follows_the_published_vectors_g6(address, guid):
    assert make_show_guid(address) == guid


def test_words_without_quotes_mean_what_is_written():
    facts, remarks = read("title: 12:30\nlanguage: no\nauthor: 007\ncopyright: yes\nexplicit: off\nlocked: no\n")

    assert remarks == []
    assert (facts.title, facts.language) == ({"no": "12:30"}, "no")
    assert (facts.author, facts.copyright, facts.explicit, facts.locked) == ("007", "yes", False, False)


# ---- how the site looks

LOOK = """\
title: Maps
look:
  colour: "#0F5B57"
  scheme: dark
  home: [episodes, articles, membership]
  plays_videos: yes
  menu:
    - {title: {en: About, es: Acerca de}, address: /about/}
    - title: More
      below:
        - {title: Shop, address: "https://shop.example/"}
        - {title: Questions, address: /faq/}
"""


def test_the_look_of_a_site_is_read_and_survives_being_kept_as_json():
    facts, remarks = read(LOOK)

    look = facts.look

    assert remarks == []
    assert (look.colour, look.scheme, look.plays_videos) == ("#0f5b57", "dark", True)
    assert look.home == ("episodes", "articles", "membership")
    assert [place.title for place in look.menu] == [{"en": "About", "es": "Acerca de"}, {"en": "More"}]
    assert [place.address for place in look.menu[1].below] == ["https://shop.example/", "/faq/"]
    assert facts_from_json(json.loads(json.dumps(facts.as_json()))) == facts


def test_a_show_that_was_kept_before_sites_had_a_look_has_the_usual_one():
    facts, _ = read("title: Maps\n")
    kept = facts.as_json()
    del kept["look"]

    assert facts_from_json(kept) == facts


@pytest.mark.parametrize(
    ("look", "message"),
    [
        ('{colour: "#zzz"}', """'#zzz' is not a colour. Write one such as "#0f5b57"."""),
        ("{colour: red}", "'red' is not a colour"),
        ('{colour: "#12345678901234567890"}', "'#12345678901234567890' is not a colour"),
        ("{colour: }", 'a colour stands in quotes: "#0f5b57".'),
        ("{plays_videos: sometimes}", "'plays_videos' must be true or false, not 'sometimes'"),
        ("{scheme: night}", "'scheme' must be one of these: auto, light, dark. It is 'night'"),
        ("{home: [episodes, weather]}", "'weather' is no part of the home page. There are: episodes, membership"),
        ("{menu: [{address: /about/}]}", "a link of the menu needs a title"),
        ("{menu: [About]}", "a link of the menu leads to a path such as /about/"),
        ('{menu: [{title: A, address: "javascript:alert(1)"}]}', "a link of the menu leads to a path"),
        ("{menu: [{title: A, address: //evil.example}]}", "a link of the menu leads to a path"),
        ("{menu: [{title: A, below: [{title: B, address: /b/, below: [{title: C, address: /c/}]}]}]}", "one level"),
        (f"{{menu: [{', '.join(6 * ['{title: T, address: /t/}'])}]}}", "the header has room for 5"),
        ("{sound: loud}", "'sound' is not a key of 'look'; it is kept."),
        ("purple", "'look' must hold 'key: value' pairs"),
    ],
)
def test_a_mistake_in_the_look_is_named_with_its_line(look, message):
    facts, remarks = read(f"title: Maps\nlook: {look}\ncopyright: Ada\n")

    assert [remark.line for remark in remarks] == [2]
    assert message in str(remarks[0])
    assert facts.copyright == "Ada"

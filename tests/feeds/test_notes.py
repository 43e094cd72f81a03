"""Show notes in feeds: what is allowed, what becomes of the rest, and where a text is cut."""

import time
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podcastsvc.feeds.notes import fit_notes, make_absolute

PAGE = "https://show.example/episodes/one"
DESCRIPTION_TAGS = set("p br ul ol li a b strong i em".split())
CONTENT_TAGS = DESCRIPTION_TAGS | set("h2 h3 h4 blockquote code pre hr".split())


class Look(HTMLParser):
    """Which tags occur, which stay open, and every attribute."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.open, self.text = set(), [], [], ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += [(tag, *pair) for pair in attrs]
        if tag not in {"br", "hr"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def describe(html):
    return fit_notes(html, PAGE).description


def test_x6_scripts_go_with_their_content_and_other_tags_leave_their_text():
    html = "<p>a<script>alert(1)</script><style>x</style><iframe>f</iframe><svg><text>s</text></svg></p><u>under</u>"

    assert describe(html) == "<p>a</p>under"


def test_x6_only_href_with_a_harmless_scheme_is_kept():
    html = '<a href="javascript:x" onclick=y>a</a><a class=c href="https://x.example/" title=t>b</a><p style=s>c</p>'

    assert describe(html) == 'a<a href="https://x.example/">b</a><p>c</p>'


@pytest.mark.parametrize(
    ("href", "absolute"),
    [
        ("/about", "https://show.example/about"),
        ("two", "https://show.example/episodes/two"),
        ("#t=90", "https://show.example/episodes/one#t=90"),
        ("//other.example/x", "https://other.example/x"),
        ("mailto:ana@example.com", "mailto:ana@example.com"),
        ("https://x.example/a b<c>", "https://x.example/a%20b%3Cc%3E"),
        ("", None),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("http://[", None),
        ("http://", None),
        ("mailto:nobody", None),
    ],
)
def test_x6_links_are_made_absolute_or_dropped(href, absolute):
    assert make_absolute(href, PAGE) == absolute


def test_x6_an_image_becomes_a_link_with_its_text():
    assert describe('<img src="/map.png" alt="A map">') == '<a href="https://show.example/map.png">A map</a>'
    assert describe('<img src="/map.png">') == '<a href="https://show.example/map.png">map.png</a>'
    assert describe('<a href="/x"><img src="/map.png" alt="A map"></a>') == '<a href="https://show.example/x">A map</a>'


def test_headings_stay_lines_of_their_own_in_the_description():
    assert describe("<h2>Links</h2><p>x</p>") == "<p><strong>Links</strong></p><p>x</p>"


def test_words_of_dropped_blocks_do_not_run_together():
    assert describe("<table><tr><td>one</td><td>two</td></tr></table>").split() == ["one", "two"]


def test_x7_short_notes_need_no_full_form():
    assert fit_notes("<p>short</p>", PAGE).content is None


def test_x7_long_notes_are_cut_after_a_whole_element():
    html = "<ul>" + "".join(f"<li>point {number} of many</li>" for number in range(400)) + "</ul>"

    notes = fit_notes(html, PAGE)

    assert notes.description.endswith(" of many</li></ul><p>…</p>")
    assert 3_900 < len(notes.description.encode()) <= 4_000
    assert notes.content == html


def test_x7_one_long_paragraph_is_cut_at_a_word():
    notes = fit_notes("<p>" + "wörd &amp; " * 1_000 + "</p>", PAGE)

    assert notes.description.endswith(("wörd…</p>", "&amp;…</p>"))
    assert 3_900 < len(notes.description.encode()) <= 4_000


def test_x7_content_is_cut_at_100_000_bytes():
    notes = fit_notes("<p>" + "é" * 80 + "</p>", PAGE)
    long_notes = fit_notes(("<p>" + "é" * 80 + "</p>") * 700, PAGE)

    assert notes.content is None
    assert 99_000 < len(long_notes.content.encode()) <= 100_000


fragments = st.lists(
    st.one_of(
        st.sampled_from(
            "<p> </p> <ul> <li> </li> </ul> <a href='/x'> </a> <b> </b> <h2> </h2> <br> <hr> <img src=x> <div> </div> "
            "<blockquote> </blockquote> <pre> </pre> &amp; &lt; &#xFDD0; &#0; ]]> <table> <td> <form> < > & \" ' "
            "<a> <svg> </svg> <!-- -->".split(" ")
        ),
        st.text(st.characters(exclude_categories=()), max_size=40),
        st.text("word ", min_size=100, max_size=2_000),
    ),
    max_size=60,
).map("".join)


@settings(max_examples=200, deadline=None)
@given(fragments)
def test_x6_x7_any_notes_end_balanced_allowed_and_within_their_limits(html):
    notes = fit_notes(html, PAGE)

    description, content = Look(notes.description), Look(notes.content or "")
    assert description.tags <= DESCRIPTION_TAGS
    assert content.tags <= CONTENT_TAGS
    assert description.open == content.open == []
    assert {name for _tag, name, _value in description.attributes + content.attributes} <= {"href"}
    assert all(value.startswith(("https://", "http://", "mailto:")) for _tag, _n, value in description.attributes)
    assert len(notes.description.encode()) <= 4_000
    assert not any(0xFDD0 <= ord(character) <= 0xFDEF for character in notes.description)


@pytest.mark.parametrize(
    "html",
    [
        "<b>" * 100_000,
        "<ul><li>" * 4_000,
        "<ul><li>" * 9_000,
        "<" * 400_000,
        "&amp;" * 80_000,
        "<a href='&quot;'>" * 7_900,
    ],
)
def test_tx7_hostile_notes_take_no_more_than_two_seconds(html):
    before = time.process_time()

    notes = fit_notes(html + "x", PAGE)

    assert time.process_time() - before < 2
    assert len(notes.description.encode()) <= 4_000

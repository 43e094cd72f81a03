"""Texts become HTML that is safe, whatever their writer meant, and in time, whatever they hold."""

import time

import lxml.html
import pytest
from hypothesis import given
from hypothesis import strategies as st

from podcastsvc.catalogue.shownotes import MOST_NOTES_CHARS
from podcastsvc.content.markup.rendering import Frame, render, write_feed
from podcastsvc.content.markup.shown import Shown

FRAME = Frame("articles/maps.md", "en", "show.example")
HARBOUR = Shown("harbour-12345678", 1600, 1067, (480, 960, 1600))
MOST_SECONDS = 2.0
"""What rule T-X7 allows; the machine of the tests may be at work on others, so the quickest of three runs counts."""


def find(file, _alt):
    return HARBOUR if file == "harbour.jpg" else None


def write(body, frame=FRAME):
    return render(body, frame, find).html


def parse(html):
    return lxml.html.fragment_fromstring(html, create_parent="div")


def list_attributes(html):
    return {(each.tag, name) for each in parse(html).iterdescendants() for name in each.attrib}


@pytest.mark.parametrize(
    ("body", "html"),
    [
        ("Hello *you* & **me** ~~gone~~", "<p>Hello <em>you</em> &amp; <strong>me</strong> <s>gone</s></p>"),
        ("# One\n##### Five", "<h2>One</h2>\n<h3>Five</h3>"),
        ("<h1>Old page</h1>", "<h2>Old page</h2>"),
        ("[here](/join)", '<p><a href="/join">here</a></p>'),
        ("[own](https://show.example/x)", '<p><a href="https://show.example/x">own</a></p>'),
        ("https://a.example/", '<p><a href="https://a.example/" rel="noopener nofollow">https://a.example/</a></p>'),
        ("At 12:34 we met", "<p>At 12:34 we met</p>"),
        ("<div>Box</div>", "<p>Box</p>"),
        ("<div><p>Box</p></div>", "<p>Box</p>"),
        ("`a < b`", "<p><code>a &lt; b</code></p>"),
        ("Alone on its line:\n\nhttps://x.com/ada/status/1", "<p>Alone on its line:</p>\n<p><a "),
    ],
)
def test_plain_markdown(body, html):
    assert write(body).startswith(html)


def test_a_picture_of_its_own_paragraph_is_a_figure_with_caption_and_credit():
    html = write('![The old harbour](harbour.jpg "Boats at noon. Photo: Ada Lind")')

    assert html == (
        '<figure><img src="/pictures/harbour-12345678-960.webp" srcset="/pictures/harbour-12345678-480.webp 480w,'
        ' /pictures/harbour-12345678-960.webp 960w, /pictures/harbour-12345678-1600.webp 1600w"'
        ' sizes="(min-width: 45rem) 42rem, 100vw" width="1600" height="1067" alt="The old harbour" loading="lazy"'
        ' decoding="async"><figcaption>Boats at noon. <span class="credit">Photo: Ada Lind</span></figcaption></figure>'
    )


def test_a_picture_among_words_stays_among_them():
    html = write("See ![H](harbour.jpg) here")

    assert html.startswith('<p>See <img src="/pictures/harbour-12345678-960.webp"')
    assert html.endswith("> here</p>")


@pytest.mark.parametrize(
    ("body", "html"),
    [
        ("![Gone](gone.jpg)", "<p><em>Gone</em></p>"),
        ("![](gone.jpg)", "<p></p>"),
        ("![Far](https://a.example/b.png)", '<p><a href="https://a.example/b.png" rel="noopener nofollow">Far</a></p>'),
        ("![x](data:image/png;base64,AAAA)", "<p>x</p>"),
        (
            "[![Far](https://a.example/b.png)](https://a.example/)",
            '<p><a href="https://a.example/" rel="noopener nofollow"><span>Far</span></a></p>',
        ),
    ],
)
def test_other_pictures_are_words_or_links(body, html):
    assert write(body) == html


def test_a_table_scrolls_in_a_box_that_is_named_by_its_caption():
    html = write("| Year | Ships | |\n|---|--:|:-:|\n| 1901 | 12 | x |\n\nTable: Ships *by* year")

    box = parse(html)[0]
    assert (box.get("class"), box.get("role"), box.get("tabindex"), box.get("aria-label")) == (
        "scroll",
        "region",
        "0",
        "Ships by year",
    )
    assert box.find("table/caption").text_content() == "Ships by year"
    assert [(cell.tag, cell.get("scope"), cell.get("class")) for cell in box.find(".//tr")] == [
        ("th", "col", None),
        ("th", "col", "number"),
        ("td", None, "middle"),
    ]
    assert "by year" not in box.tail if box.tail else True


def test_tables_without_captions_are_numbered_in_the_language_of_the_text():
    table = "| A |\n|---|\n| 1 |\n"

    names = [
        box.get("aria-label") for box in parse(write(f"{table}\n\nText\n\n{table}")).iter("div") if box.get("role")
    ]
    spanish = parse(write(table, Frame("a.md", "es", "")))[0]

    assert names == ["Table 1", "Table 2"]
    assert spanish.get("aria-label") == "Tabla 1"


def test_footnotes_lead_there_and_back():
    root = parse(write("One[^1] and again[^1].\n\n[^1]: The *note*."))

    marks = [mark for mark in root.iter("a") if mark.get("role") == "doc-noteref"]
    backs = [back for back in root.iter("a") if back.get("role") == "doc-backlink"]
    (note,) = root.iter("li")
    assert [mark.get("href") for mark in marks] == [f"#{note.get('id')}"] * 2
    assert [back.get("href") for back in backs] == [f"#{mark.get('id')}" for mark in marks]
    assert all(back.get("aria-label") == "Back to the text" for back in backs)


def test_footnotes_of_two_texts_never_clash():
    body = "One[^1].\n\n[^1]: Note."

    first, second = (parse(write(body, Frame(place, "en", ""))) for place in ("articles/a.md", "people/a.md"))

    ids = [each.get("id") for root in (first, second) for each in root.iter() if each.get("id")]
    assert len(ids) == len(set(ids)) == 4


def test_an_id_that_clashes_with_ours_goes():
    html = write(
        f'<p id="main">x</p><li id="note-{FRAME.prefix}-1">mine</li><a id="ref-{FRAME.prefix}-1-1" href="#x">y</a>'
        "\n\nOne[^1].\n\n[^1]: Note."
    )

    ids = [each.get("id") for each in parse(html).iter() if each.get("id")]
    assert "main" not in ids
    assert len(ids) == len(set(ids))


TWEET = (
    '<blockquote class="twitter-tweet"><p lang="en" dir="ltr">just setting up</p>&mdash; Ada Lind (@ada)'
    ' <a href="https://twitter.com/ada/status/20?ref_src=twsrc%5Etfw">May 3, 2026</a></blockquote>'
    ' <script async src="https://platform.twitter.com/widgets.js" charset="utf-8"></script>'
)
BLUESKY = (
    '<blockquote class="bluesky-embed" data-bluesky-uri="at://x"><p lang="en">Hello</p>&mdash; Ada'
    ' (<a href="https://bsky.app/profile/did:plc:x?ref_src=embed">@ada.example</a>)'
    ' <a href="https://bsky.app/profile/did:plc:x/post/3?ref_src=embed">May 3, 2026 at 10:00 AM</a></blockquote>'
    '<script async src="https://embed.bsky.app/static/embed.js" charset="utf-8"></script>'
)
MASTODON = (
    '<blockquote class="mastodon-embed" data-embed-url="https://social.example/@ada/109/embed" style="width:1px">'
    ' <a href="https://social.example/@ada/109" target="_blank"> <svg></svg> <div>Post by @ada@social.example</div>'
    " <div>View on Mastodon</div> </a> </blockquote>"
    ' <script data-allowed-prefixes="https://social.example/" async src="https://social.example/embed.js"></script>'
)
INSTAGRAM = (
    '<blockquote class="instagram-media" data-instgrm-permalink="https://www.instagram.com/p/ABC/?utm_source=ig">'
    '<div><a href="https://www.instagram.com/p/ABC/?utm_source=ig"><div>View this post on Instagram</div></a>'
    '<p><a href="https://www.instagram.com/p/ABC/?utm_source=ig">A post shared by Ada Lind (@ada)</a></p></div>'
    '</blockquote> <script async src="//www.instagram.com/embed.js"></script>'
)
FACEBOOK = (
    '<div class="fb-post" data-href="https://www.facebook.com/ada/posts/1" data-width="500"><blockquote'
    ' cite="https://www.facebook.com/ada/posts/1" class="fb-xfbml-parse-ignore"><p>Words</p>Posted by'
    ' <a href="https://www.facebook.com/ada/">Ada Lind</a> on&nbsp;<a href="https://www.facebook.com/ada/posts/1">'
    "Sunday, May 3, 2026</a></blockquote></div>"
)


@pytest.mark.parametrize(
    ("pasted", "words", "author", "address", "said"),
    [
        (TWEET, "just setting up", "Ada Lind (@ada)", "https://twitter.com/ada/status/20", "on X, 3 May 2026"),
        (
            BLUESKY,
            "Hello",
            "Ada (@ada.example)",
            "https://bsky.app/profile/did:plc:x/post/3",
            "on Bluesky, 3 May 2026",
        ),
        (MASTODON, "", "@ada@social.example", "https://social.example/@ada/109", "on Mastodon"),
        (INSTAGRAM, "", "Ada Lind (@ada)", "https://www.instagram.com/p/ABC/", "on Instagram"),
        (FACEBOOK, "Words", "Ada Lind", "https://www.facebook.com/ada/posts/1", "on Facebook, 3 May 2026"),
    ],
    ids=["x", "bluesky", "mastodon", "instagram", "facebook"],
)
def test_a_post_of_another_network_is_quoted_with_author_and_link_and_without_its_script(
    pasted, words, author, address, said
):
    html = write(f"Before.\n\n{pasted}\n\nAfter.")

    quote = parse(html).find("blockquote")
    assert "".join(each.text_content() for each in quote.iter("p")) == words
    assert quote.find("footer/cite").text == author
    assert (quote.find("footer/a").get("href"), quote.find("footer/a").text) == (address, said)
    assert "script" not in html
    assert "After." in html


def test_the_day_of_a_post_is_written_in_the_language_of_the_text():
    assert "en X, 3 de mayo de 2026" in write(TWEET, Frame("a.es.md", "es", ""))


@pytest.mark.parametrize(
    ("pasted", "address", "said"),
    [
        (
            '<iframe width="560" src="https://www.youtube.com/embed/abc?si=x" allowfullscreen></iframe>',
            "https://www.youtube.com/watch?v=abc",
            "Watch the video on YouTube",
        ),
        ('<iframe src="//player.vimeo.com/video/123"></iframe>', "https://vimeo.com/123", "Watch the video on Vimeo"),
        ("https://youtu.be/abc", "https://youtu.be/abc", "Watch the video on YouTube"),
        (
            '<iframe src="https://social.example/@ada/109/embed"></iframe>',
            "https://social.example/@ada/109",
            "A post on social.example",
        ),
        ("https://x.com/ada/status/1", "https://x.com/ada/status/1", "https://x.com/ada/status/1"),
    ],
)
def test_frames_and_videos_are_links(pasted, address, said):
    root = parse(write(pasted))

    assert [(link.get("href"), link.text) for link in root.iter("a")] == [(address, said)]


def test_a_video_with_a_picture_of_the_host_is_a_figure_with_a_link():
    root = parse(write("[![The harbour](harbour.jpg)](https://youtu.be/abc)"))

    assert root.find("figure/a").get("href") == "https://youtu.be/abc"
    assert root.find("figure/a/img") is not None


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg onload=alert(1)><b>x</svg>",
        "<a href='javascript:alert(1)'>x</a>",
        "[x](javascript:alert(1))",
        "<a href='&#106;avascript:alert(1)'>x</a>",
        "<iframe src='javascript:alert(1)'></iframe>",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
        "<p style='position:fixed' onclick='x()' class='button primary' id='main'>x</p>",
        "<form action='/sign-out'><button>x</button></form>",
        "<meta http-equiv=refresh content='0;url=https://evil.example'>",
        "<base href='https://evil.example/'>",
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
        "<blockquote class='twitter-tweet'><a href='javascript:alert(1)//status/1'>May 3, 2026</a></blockquote>",
        "<blockquote class='mastodon-embed' data-embed-url='javascript:alert(1)'></blockquote>",
        "<img src='/pictures/x-1.webp' srcset='https://evil.example/a 1w'>",
        "| a |\n|---|\n| <img src=x onerror=alert(1)> |",
        "x[^1]\n\n[^1]: <script>alert(1)</script>",
    ],
)
def test_hostile_html_loses_its_teeth(hostile):
    html = write(hostile)

    root = parse(html)
    tags = {each.tag for each in root.iterdescendants()}
    assert not tags & {"script", "style", "svg", "math", "iframe", "form", "button", "meta", "base", "object"}
    assert not {name for _tag, name in list_attributes(html) if name.startswith("on") or name in {"style", "title"}}
    assert "button primary" not in html
    for link in root.iter("a"):
        assert not (link.get("href") or "").lower().startswith(("javascript", "data"))
    for image in root.iter("img"):
        assert image.get("src", "/pictures/").startswith("/pictures/")
        assert "evil" not in image.get("srcset", "")


@given(st.text(alphabet="<>[]()!|#*_`~\"'=/:^ \nabimgscriptonp&;-", max_size=300))
def test_no_text_makes_an_attribute_that_acts(body):
    for _tag, name in list_attributes(write(body)):
        assert not name.startswith("on")
        assert name != "style"


GIANTS = {
    "lists in each other": "- " * 10_000 + "x",
    "steps": "\n".join(" " * (2 * depth) + "- x" for depth in range(400)),
    "a wide table": "|a" * 3000 + "\n" + "|-" * 3000 + "\n" + ("|x" * 3000 + "\n") * 10,
    "a long table": "|a|b|\n|-|-|\n" + "|x|y|\n" * 16_000,
    "boxes": "<div>" * 20_000,
    "quotes": "> " * 5000 + "x",
    "marks of footnotes": "[^a" * 33_000,
    "long labels": "[^a]: x\n\n" + "[^" * 7000 + "a" * 80_000,
    "footnotes": "".join(f"[^{number}] " for number in range(2000))
    + "\n\n"
    + "\n\n".join(f"[^{number}]: n" for number in range(2000)),
    "notes in notes": "[^a]:" * 15_000,
    "captions": "Table: x\n\n" * 9000,
    "pasted posts": '<blockquote class="twitter-tweet">' * 90 + "x" * 90_000,
    "pictures": "![a](harbour.jpg)\n\n" * 5000,
    "stars": "*a **a " * 14_000,
}


@pytest.mark.parametrize("name", GIANTS)
def test_giant_texts_are_rendered_in_time(name):
    body = GIANTS[name][:MOST_NOTES_CHARS]
    took = []

    for _attempt in range(3):
        started = time.process_time()
        write(body)
        took.append(time.process_time() - started)
        if took[-1] < MOST_SECONDS:
            break

    assert min(took) < MOST_SECONDS


def test_the_opening_is_whole_paragraphs_and_never_more_than_a_third():
    body = "First words of it.\n\n" + "Second paragraph. " * 10 + "\n\n" + "The secret part. " * 60

    opening = " ".join(render(body, FRAME).opening)

    assert opening.startswith("First words of it. Second paragraph.")
    assert "secret" not in opening
    assert render("Only these words, and a secret at the end of them.", FRAME).opening == ()


def test_feeds_carry_whole_addresses_and_no_boxes():
    html = write("![H](harbour.jpg)\n\n[me](/join)[^1]\n\n| A |\n|---|\n| 1 |\n\n[^1]: Note.")

    feed = write_feed(html, "https://show.example/articles/maps/")

    assert '<img src="https://show.example/pictures/harbour-12345678-960.webp" alt="H">' in feed
    assert 'href="https://show.example/join"' in feed
    assert 'href="https://show.example/articles/maps/#note-' in feed
    assert "tabindex" not in feed
    assert "srcset" not in feed

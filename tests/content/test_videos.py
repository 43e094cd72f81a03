"""Which addresses lead to a video, what plays it, and which links of a text may become players."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podcastsvc.content.markup.rendering import Frame, render
from podcastsvc.content.markup.videos import PLAYERS, find_video, list_videos

WATCH, EMBED = "https://www.youtube.com/watch?v=", "https://www.youtube-nocookie.com/embed/"


def write(body):
    return render(body, Frame("articles/maps.md", "en", "show.example")).html


@pytest.mark.parametrize(
    ("address", "page", "player"),
    [
        ("https://www.youtube.com/watch?v=dQ-w_4", f"{WATCH}dQ-w_4", f"{EMBED}dQ-w_4?autoplay=1"),
        ("https://m.youtube.com/watch?list=x&v=abc", f"{WATCH}abc", f"{EMBED}abc?autoplay=1"),
        ("http://youtu.be/abc?si=x", f"{WATCH}abc", f"{EMBED}abc?autoplay=1"),
        ("https://youtu.be/abc?t=90", f"{WATCH}abc&t=90s", f"{EMBED}abc?autoplay=1&start=90"),
        ("https://youtu.be/abc?t=1h2m3s", f"{WATCH}abc&t=3723s", f"{EMBED}abc?autoplay=1&start=3723"),
        ("https://youtu.be/abc?t=soon", f"{WATCH}abc", f"{EMBED}abc?autoplay=1"),
        ("https://www.youtube.com/embed/abc?start=5", f"{WATCH}abc&t=5s", f"{EMBED}abc?autoplay=1&start=5"),
        ("https://www.youtube-nocookie.com/embed/abc", f"{WATCH}abc", f"{EMBED}abc?autoplay=1"),
        ("https://www.youtube.com/shorts/abc/", f"{WATCH}abc", f"{EMBED}abc?autoplay=1"),
        ("https://www.youtube.com/live/abc", f"{WATCH}abc", f"{EMBED}abc?autoplay=1"),
        ("https://vimeo.com/123", "https://vimeo.com/123", "https://player.vimeo.com/video/123?autoplay=1&dnt=1"),
        (
            "https://vimeo.com/123/a1b2",
            "https://vimeo.com/123/a1b2",
            "https://player.vimeo.com/video/123?autoplay=1&dnt=1&h=a1b2",
        ),
        (
            "https://player.vimeo.com/video/123?h=a1b2",
            "https://vimeo.com/123/a1b2",
            "https://player.vimeo.com/video/123?autoplay=1&dnt=1&h=a1b2",
        ),
    ],
)
def test_a_video_has_its_page_and_its_player(address, page, player):
    video = find_video(address)

    assert (video.page, video.player) == (page, player)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "javascript:alert(1)",
        "https://evil.example/watch?v=abc",
        "https://youtube.com.evil.example/watch?v=abc",
        "https://ada@youtube.com/watch?v=abc",
        "https://www.youtube.com/",
        "https://www.youtube.com/watch",
        "https://www.youtube.com/@ada",
        "https://www.youtube.com/live",
        "https://youtu.be/../../x",
        "https://youtu.be/a%22b",
        "https://vimeo.com/ada",
        "https://vimeo.com/123/../x",
        "https://[youtu.be/abc",
    ],
)
def test_anything_else_is_none(address):
    assert find_video(address) is None


@given(st.text(max_size=60), st.sampled_from(["https://youtu.be/", WATCH, "https://vimeo.com/1/", f"{WATCH}a&t="]))
def test_whatever_is_written_into_an_address_a_player_is_one_of_ours(text, start):
    video = find_video(start + text)

    assert video is None or video.player.startswith(tuple(f"{origin}/" for origin in PLAYERS))
    assert video is None or not set(video.player) & set(" \"'<>;,")


@pytest.mark.parametrize(
    ("body", "marked"),
    [
        ("https://youtu.be/abc", ["https://youtu.be/abc"]),
        ("[See the harbour](https://vimeo.com/123)", ["https://vimeo.com/123"]),
        ('<iframe src="https://www.youtube.com/embed/abc"></iframe>', [f"{WATCH}abc"]),
        ("We saw [a film](https://youtu.be/abc) there.", []),
        ("[One](https://youtu.be/a) [Two](https://youtu.be/b)", []),
        ("- [One](https://youtu.be/a)", []),
        ("[The atlas](https://atlas.example/)", []),
        ('<p><a class="video" href="https://evil.example/">x</a></p>', []),
        ("`https://youtu.be/abc`", []),
    ],
)
def test_a_video_that_stands_alone_may_be_played(body, marked):
    assert list(list_videos(write(body))) == marked

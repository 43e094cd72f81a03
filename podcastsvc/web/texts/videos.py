"""Videos in a text: links, until a reader starts one where the host lets it play on the page."""

import json

from podcastsvc.content.markup.videos import PLAYERS, list_videos
from podcastsvc.web.guards.headers import allow_frames
from podcastsvc.web.pages import gettext
from podcastsvc.web.site.shows import main_show


def let_play(html: str) -> str | None:
    """What js/videos.js needs to play the videos in the HTML of a text, as JSON: ``{"link": {"src": "player", "says":
    "…"}}``; the page may then hold the players' frames. None where no video may play, or there is none."""
    show = main_show()
    if show is None or not show.facts.look.plays_videos:
        return None
    videos = list_videos(html)
    if not videos:
        return None
    allow_frames(PLAYERS)
    says = gettext("Plays on this page. It then comes from %(network)s, which learns that somebody here watches it.")
    return json.dumps(
        {address: {"src": video.player, "says": says % {"network": video.network}} for address, video in videos.items()}
    )

"""A long member feed without a database."""

from dataclasses import replace

from podcastsvc.feeds.build import build_feed
from podcastsvc.feeds.rendering import Rendering, make_rendering
from tests.bench.stage import write_notes
from tests.feeds.samples import make_member_sample


def make_long_feed(items: int) -> Rendering:
    """The member sample with its first item many times, each with 3 KB of notes."""
    sample = make_member_sample()
    first = sample.items[0]
    many = tuple(
        replace(first, guid=f"{first.guid}-{number}", title=f"{first.title} {number}", notes_html=write_notes(number))
        for number in range(items)
    )
    return make_rendering(build_feed(replace(sample, items=many)))

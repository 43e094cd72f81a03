"""Brings the pages of episodes together: importing a file adds its views to the group."""

from podcastsvc.web.episodes import embed, listing, pages
from podcastsvc.web.episodes.pages import blueprint

PARTS = (pages, listing, embed)

__all__ = ["PARTS", "blueprint"]

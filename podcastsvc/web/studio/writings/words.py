"""What the studio calls each kind of text."""

from dataclasses import dataclass

from podcastsvc.kit.language import N_


@dataclass(frozen=True, slots=True)
class KindWords:
    """Texts for one kind, to be translated where they are shown. ``who`` is the legend of the choice of an audience."""

    many: str
    new: str
    find: str
    none: str
    body: str
    title: str = N_("Title")
    who: str = N_("Who reads it")


WORDS = {
    "articles": KindWords(
        many=N_("Articles"),
        new=N_("New article"),
        find=N_("Search articles"),
        none=N_("An article is dated writing with authors and tags. Write the first one."),
        body=N_("Text"),
    ),
    "pages": KindWords(
        many=N_("Pages"),
        new=N_("New page"),
        find=N_("Search pages"),
        none=N_("A page is standing text such as “About”, with a place in the menu. Write the first one."),
        body=N_("Text"),
    ),
    "people": KindWords(
        many=N_("People"),
        new=N_("New person"),
        find=N_("Search people"),
        none=N_("Who makes the show, is heard in it or writes for it can have a page with a few words and a picture."),
        body=N_("About this person"),
        title=N_("Name"),
    ),
    "calls": KindWords(
        many=N_("Calls"),
        new=N_("New call"),
        find=N_("Search calls"),
        none=N_("A call is a live meeting for members, with a calendar file and a room. Plan the first one."),
        body=N_("What it is about"),
        who=N_("Who gets the room"),
    ),
}
"""By the folder of each kind."""

"""The rules that a finished feed is held against: what is wrong where one is broken, and what to do, in plain words."""

from dataclasses import dataclass
from enum import StrEnum, auto

from podcastsvc.kit.language import N_

REPORT = N_("This is a mistake of the program, not yours. Please report it.")
MEND_NOTES = N_("Mend its notes.md, then scan.")


class Broken(StrEnum):
    """Each way in which a feed can break a rule."""

    FRAME = auto()
    NAMESPACES = auto()
    TOO_LARGE = auto()
    TOKEN = auto()
    CHANNEL = auto()
    NO_DESCRIPTION = auto()
    NO_ARTWORK = auto()
    NO_OWNER = auto()
    NO_CATEGORY = auto()
    CATEGORY = auto()
    HIDDEN = auto()
    COMPLETE = auto()
    PRIVATE_MARKS = auto()
    PAGE_LINKS = auto()
    TOO_LONG = auto()
    ITEM = auto()
    GUID = auto()
    TWINS = auto()
    ORDER = auto()
    DATE = auto()
    FUTURE = auto()
    NO_NOTES = auto()
    NOTES_SIZE = auto()
    ENCLOSURE = auto()
    MIME_TYPE = auto()
    SAME_AUDIO = auto()
    WRONG_SECRET = auto()
    PLAIN_HTTP = auto()
    NOTICE = auto()
    NO_NUMBER = auto()
    CHAPTERS = auto()


@dataclass(frozen=True, slots=True)
class Rule:
    """``number`` names the rule. What is no mistake works, and could be better."""

    number: str
    problem: str
    advice: str = REPORT
    is_mistake: bool = True


RULES: dict[Broken, Rule] = {
    Broken.FRAME: Rule("X1", N_("Something stands before or behind the feed that does not belong there.")),
    Broken.NAMESPACES: Rule(
        "X2", N_("The beginning of the feed is not what apps expect, so they may pass over parts of it.")
    ),
    Broken.TOO_LARGE: Rule(
        "5.5",
        N_("The feed is larger than 5 MB, which directories refuse."),
        N_("Ask whoever runs the server to let fewer episodes stand on a page of the feed."),
    ),
    Broken.TOKEN: Rule(
        "T8",
        N_("A member's private address stands where others can read it."),
        N_("Take it out of the text, and replace that member's link: whoever has it can listen."),
    ),
    Broken.CHANNEL: Rule("3.1", N_("The head of the feed lacks something that every app needs.")),
    Broken.NO_DESCRIPTION: Rule(
        "3.1",
        N_("The show has no description."),
        N_("Write a line that begins with description: in show.yaml. Apps show it under the title."),
    ),
    Broken.NO_ARTWORK: Rule(
        "3.4",
        N_("The show has no artwork; directories refuse it without."),
        N_("Put a square artwork.jpg of 1400 to 3000 pixels beside show.yaml."),
    ),
    Broken.NO_OWNER: Rule(
        "3.1",
        N_("The show names no owner, so you cannot prove to directories that it is yours."),
        N_("Write owner: {name: …, email: …} in show.yaml. Directories send their codes to that address."),
    ),
    Broken.NO_CATEGORY: Rule(
        "3.1",
        N_("The show is in no category; directories refuse it without."),
        N_("Write categories: [News] in show.yaml, with up to three of Apple's categories."),
    ),
    Broken.CATEGORY: Rule("3.1", N_("The show is in a category that directories do not know.")),
    Broken.HIDDEN: Rule(
        "3.1",
        N_("The show asks directories not to list it."),
        N_("If you want to be found, take block: true out of show.yaml."),
        is_mistake=False,
    ),
    Broken.COMPLETE: Rule(
        "3.1",
        N_("The show says that no episode will follow, so apps look for new ones seldom or never."),
        N_("If it goes on, take complete: true out of show.yaml."),
        is_mistake=False,
    ),
    Broken.PRIVATE_MARKS: Rule("6.1", N_("A members' feed does not ask directories to leave it alone.")),
    Broken.PAGE_LINKS: Rule("5.4", N_("The feed has further pages that apps cannot find.")),
    Broken.TOO_LONG: Rule("X7", N_("A text is longer than apps take.")),
    Broken.ITEM: Rule("3.2", N_("An episode lacks something that every app needs.")),
    Broken.GUID: Rule("G4", N_("Two episodes have the same guid: apps show only one of them.")),
    Broken.TWINS: Rule("G5", N_("Two episodes have the same title and day: some apps show only one of them.")),
    Broken.ORDER: Rule("5.1", N_("The newest episode does not come first.")),
    Broken.DATE: Rule("X8", N_("A date is written in a way that some apps cannot read.")),
    Broken.FUTURE: Rule("3.2", N_("An episode is out before its time.")),
    Broken.NO_NOTES: Rule(
        "3.2",
        N_("Episodes without show notes: apps show their title a second time instead."),
        N_("Write a sentence or two into notes.md."),
        is_mistake=False,
    ),
    Broken.NOTES_SIZE: Rule("X7", N_("Show notes are longer than apps take.")),
    Broken.ENCLOSURE: Rule("P1", N_("An episode has no audio that an app could fetch.")),
    Broken.MIME_TYPE: Rule("M2", N_("An audio file is announced as something else than it is.")),
    Broken.SAME_AUDIO: Rule("A5", N_("Two episodes lead to the same audio file.")),
    Broken.WRONG_SECRET: Rule("6.1", N_("Audio has an address that this feed's listeners may not use.")),
    Broken.PLAIN_HTTP: Rule("A8", N_("Audio has an address without https, although the site has it.")),
    Broken.NOTICE: Rule("S2", N_("The notice to former members is too short for some apps.")),
    Broken.NO_NUMBER: Rule(
        "3.2",
        N_("Episodes of a serial show without a number: apps cannot put them in order."),
        N_("Write a line such as episode: 12 into notes.md, or make the show episodic."),
    ),
    Broken.CHAPTERS: Rule("C1", N_("Chapters do not begin at the start, or are out of order.")),
}

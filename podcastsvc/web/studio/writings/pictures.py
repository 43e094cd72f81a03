"""Pictures that come with the form of a text: kept beside it at once, and the line of Markdown that shows each."""

import re
from dataclasses import dataclass, field

from flask import request

from podcastsvc.content.beside import keep_picture
from podcastsvc.errors import Failure
from podcastsvc.web.pages import gettext
from podcastsvc.web.studio.episodes.uploads import receive_picture
from podcastsvc.web.studio.writings.places import WritingPlace

MOST_AT_ONCE = 6
_SHOWN = re.compile(r"!\[[^\]\n]{0,1000}\]\(\s*<?([^\s()<>/\\]{1,200}\.(?:jpe?g|png|webp))", re.IGNORECASE)
_NAME = re.compile(r"[^/\\\x00-\x1f]{1,200}\.(?:jpe?g|png|webp)", re.IGNORECASE)


@dataclass(slots=True)
class Received:
    """``picture`` is the name of the text's own picture, "" where none came; ``inside`` are those for its body."""

    picture: str = ""
    inside: list[str] = field(default_factory=list)


def receive_pictures(place: WritingPlace, errors: dict[str, str]) -> Received:
    """Keeps what a request brings, and remembers what earlier ones brought; what cannot be used is noted under its field."""
    found = Received(inside=[name for name in request.form.getlist("inside") if _NAME.fullmatch(name)][:100])
    for name, most in (("picture_file", 1), ("inside_files", MOST_AT_ONCE)):
        for part in request.files.getlist(name)[:most]:
            if not part.filename:
                continue
            try:
                kept = keep_picture(place.root, place.kind.folder, receive_picture(part), part.filename)
            except Failure as refusal:
                errors[name] = gettext(refusal.message)
                continue
            if name == "picture_file":
                found.picture = kept
            elif kept not in found.inside:
                found.inside.append(kept)
    return found


def list_inside(text: str, received: list[str]) -> list[str]:
    """The pictures that a form offers lines for: those that the text shows, and those that came while it was open."""
    return list(dict.fromkeys((*_SHOWN.findall(text), *received)))


def write_line(name: str) -> str:
    """The Markdown that shows a picture; what it shows is to be written in between."""
    return f"![{gettext('What the picture shows')}]({name})"

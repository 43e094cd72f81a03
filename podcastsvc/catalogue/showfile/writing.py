"""``show.yaml`` changed by the studio: some keys of it, all other bytes as they were; and the show's pictures beside it."""

import contextlib
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from podcastsvc.catalogue.artwork.drawing import LEAST_LOGO_PIXELS, LEAST_PIXELS, make_picture
from podcastsvc.catalogue.show import FILE, ShowFacts
from podcastsvc.catalogue.showfile.reading import read_show
from podcastsvc.catalogue.texts import frontmatter
from podcastsvc.catalogue.texts.frontmatter import Value
from podcastsvc.catalogue.texts.values import Texts
from podcastsvc.catalogue.texts.yamlfile import read_mapping
from podcastsvc.errors import Conflict, Invalid, NotFound, Unavailable
from podcastsvc.kit import files
from podcastsvc.kit.language import N_, sentence

CHANGED = N_("show.yaml was changed by somebody else while this form was open. Look at both, then save again.")
GONE = N_("The show's folder is not there any more.")
_NAMES = (FILE, "show.yml")
_EXTENSIONS = (".jpg", ".jpeg", ".png")
LEAST = {"artwork": LEAST_PIXELS, "logo": LEAST_LOGO_PIXELS}
"""The pictures of a show by the names of their files, with how many pixels a side each needs."""


@dataclass(frozen=True, slots=True)
class OpenedShow:
    """The file as it stands; ``mark`` changes when anybody changes it. ``look`` is what is written under that key."""

    facts: ShowFacts
    text: str
    mark: str
    look: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NewPicture:
    """A picture for a show's folder, looked at and found to be one."""

    content: bytes
    extension: str


@dataclass(frozen=True, slots=True)
class Pictures:
    """Pictures to put into a show's folder by the names of ``LEAST``, and those to take out."""

    put: Mapping[str, NewPicture] = field(default_factory=dict)
    remove: frozenset[str] = frozenset()


def open_show(folder: Path) -> OpenedShow:
    """The file of a show's folder, for a form; a folder without one has empty facts.

    Raises NotFound where the folder is gone, Unavailable where the file cannot be read, and Invalid where it has a mistake:
    what a form would show then is not what the file says.
    """
    try:
        raw = _read_raw(folder)
    except (FileNotFoundError, NotADirectoryError):
        raise NotFound(GONE) from None
    except OSError as problem:
        raise Unavailable(
            sentence("%(file)s cannot be read. %(why)s", file=FILE, why=files.explain(problem))
        ) from problem
    if not raw:
        return OpenedShow(ShowFacts({}), "", _mark(raw))
    values, _ = read_mapping(raw, FILE)
    look = values.get("look")
    return OpenedShow(
        _read(raw), raw.decode("utf-8-sig", "replace"), _mark(raw), look if isinstance(look, Mapping) else {}
    )


def read_picture(path: Path, name: str, *, cut: bool) -> NewPicture:
    """A file that the host sent as a show's artwork or logo. With ``cut`` its middle square is taken.

    Raises Invalid, with a sentence for the host, for what is none.
    """
    raw = path.read_bytes()
    made = make_picture(raw, cut=cut, least=LEAST[name])
    is_kept = not cut and raw.startswith((b"\x89PNG", b"\xff\xd8"))
    return (
        NewPicture(raw, ".png" if raw.startswith(b"\x89PNG") else ".jpg")
        if is_kept
        else NewPicture(made.content, made.extension)
    )


def change(folder: Path, changes: Mapping[str, Value], pictures: Pictures, *, seen: str) -> None:
    """Writes some keys of the file (None takes one out) and the pictures; the file last, each whole.

    Raises Conflict where the file is not the one that ``seen`` marks, Invalid where it cannot be changed safely or would
    not say afterwards what was meant, Unavailable where the disk refuses. Then nothing was changed.
    """
    with _writing(folder):
        raw = _read_raw(folder)
        if _mark(raw) != seen:
            raise Conflict(CHANGED)
        edited = frontmatter.edit_mapping(raw, changes, file=FILE) if changes else raw
        _read(edited)
        files.check_room(folder, coming_bytes=sum(len(each.content) for each in pictures.put.values()))
        for name, picture in pictures.put.items():
            files.write_whole(folder / f"{name}{picture.extension}", picture.content)
            _remove(folder, name, but=picture.extension)
        for name in pictures.remove - pictures.put.keys():
            _remove(folder, name)
        if edited != raw:
            files.write_whole(_find(folder), edited)


def write_texts(texts: Texts, language: str) -> Value:
    """A text in several languages as the file has it: plain where it is in the show's own ``language`` alone."""
    there = {code: text for code, text in texts.items() if text}
    if not there:
        return None
    return there[language] if list(there) == [language] else dict(there)


@contextlib.contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        with files.alone_in(folder):
            yield
    except (FileNotFoundError, NotADirectoryError) as problem:
        raise NotFound(GONE) from problem
    except OSError as problem:
        raise Unavailable(
            sentence("%(file)s could not be written. %(why)s", file=FILE, why=files.explain(problem))
        ) from problem


def _read_raw(folder: Path) -> bytes:
    path = _find(folder)
    with contextlib.suppress(FileNotFoundError):
        return path.read_bytes()
    return b""


def _read(raw: bytes) -> ShowFacts:
    facts, remarks = read_show(raw)
    mistakes = [remark for remark in remarks if remark.is_mistake]
    if mistakes:
        raise Invalid(sentence("%(problem)s Mend the file by hand first.", problem=mistakes[0].said))
    return facts


def _find(folder: Path) -> Path:
    """``show.yaml``, or the name in another case that a person gave it."""
    names = {path.name.lower(): path for path in sorted(folder.iterdir(), reverse=True)}
    return next((names[name] for name in _NAMES if name in names), folder / FILE)


def _remove(folder: Path, name: str, *, but: str = "") -> None:
    """Takes a picture out, in whatever case its name is written, except for the one with the extension ``but``."""
    for path in list(folder.iterdir()):
        lower = path.name.lower()
        if lower in {f"{name}{extension}" for extension in _EXTENSIONS} and path.name != f"{name}{but}":
            path.unlink(missing_ok=True)
    files.sync_folder(folder)


def _mark(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()[:16]

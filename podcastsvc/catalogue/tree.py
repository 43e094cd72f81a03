"""The tree of shows and episodes as files: a local folder, or the same tree below a prefix of an object store."""

import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from os import DirEntry, scandir
from pathlib import Path
from typing import NamedTuple, Protocol

from podcastsvc.catalogue.audio import EXTENSIONS
from podcastsvc.errors import Invalid, Misconfigured, Unavailable
from podcastsvc.kit import files
from podcastsvc.kit.language import Sentence, sentence
from podcastsvc.settings import Settings
from podcastsvc.storage.media import ObjectMedia

SHOW_FILE = "show.yaml"
TEXT_FOLDERS = ("articles", "calls", "pages", "people")
"""Folders of the root that hold texts instead of episodes, each one Markdown file, with their pictures beside them."""

_MOST_DEPTH = 2
_TEXT = re.compile(rf"(?:{'|'.join(TEXT_FOLDERS)})/[^/]+\.md", re.IGNORECASE)
_OF_TEXTS = re.compile(r".+\.(md|jpe?g|png|webp)", re.IGNORECASE)
# Files that mean something to us, in whatever case they are written; sound under other names is named in the report.
_OURS = re.compile(
    r"(show\.ya?ml|notes\.md|chapters\.json|(artwork|cover|logo)\.(jpe?g|png)|transcript(\.[a-z]{2,3}([-_][a-z0-9]{2,8})?)?\.(vtt|srt)"
    rf"|.+(?:{'|'.join(map(re.escape, EXTENSIONS))}))",
    re.IGNORECASE,
)


class Stamp(NamedTuple):
    """What changes when a file does: its size, the time of its last change, and the mark that an object store gives."""

    size_bytes: int
    changed_ns: int
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Folder:
    """One folder, named from the tree's root ("" is the root itself), with the files in it that mean something to us.

    ``problem`` says why it could not be looked into; then nothing is known of its files and of the folders below it.
    """

    name: str
    files: Mapping[str, Stamp] = field(default_factory=dict)
    problem: Sentence | None = None

    @property
    def show(self) -> str:
        """The name of the folder around an episode's, which is its show's."""
        return self.name.rpartition("/")[0]

    def path(self, file: str) -> str:
        return f"{self.name}/{file}" if self.name else file


def is_text_file(path: str) -> bool:
    """Whether a path from the root is that of a text beside the episodes, such as ``articles/why-maps-lie.md``."""
    return _TEXT.fullmatch(path) is not None


class Tree(Protocol):
    """One kind of place for the tree. Paths are relative, with slashes."""

    @property
    def root(self) -> Path | None:
        """The local folder; None where there is none."""

    def list_folders(self) -> list[Folder]:
        """All folders to a depth of two, by name; hidden ones are passed over. Raises Misconfigured, Unavailable."""

    def list_texts(self) -> list[Folder]:
        """The folders of texts that there are, with their Markdown files and pictures. Raises Unavailable."""

    def look(self, folder: str) -> Folder | None:
        """One folder as it stands now; None where it is gone."""

    def read_bytes(self, path: str) -> bytes | None:
        """A file's bytes; None where there is none."""

    def open_file(self, path: str) -> AbstractContextManager[Path]:
        """A local file with the content, for as long as the block runs. Raises FileNotFoundError."""

    def swap_bytes(self, path: str, old: bytes, new: bytes) -> bool:
        """Puts new bytes in the place of old ones, whole; False, and nothing is done, where others lie there by now."""


def open_tree(settings: Settings) -> Tree:
    """The tree that the settings name; call it after the server has forked."""
    if settings.episodes.startswith("s3://"):
        return ObjectTree(settings)
    return LocalTree(Path(settings.episodes))


class LocalTree:
    """The tree in a folder of this machine."""

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()

    @property
    def root(self) -> Path:
        return self._root

    def list_folders(self) -> list[Folder]:
        if not self._root.is_dir():
            raise Misconfigured(f"{self._root}: there is no such folder. Make it, or set PODCASTSVC_EPISODES.")
        try:
            return sorted(self._walk(self._root, "", _MOST_DEPTH), key=lambda folder: folder.name)
        except OSError as problem:
            raise Unavailable(
                sentence(
                    "%(folder)s cannot be looked into. %(why)s Nothing was changed.",
                    folder=problem.filename,
                    why=files.explain(problem),
                )
            ) from problem

    def _walk(self, place: Path | str, name: str, depth: int) -> Iterator[Folder]:
        try:
            found, below = _look_into(place, is_last=not depth)
        except (FileNotFoundError, NotADirectoryError):
            raise
        except OSError as problem:
            if not name:
                raise
            yield Folder(name, problem=files.explain(problem))
            return
        yield Folder(name, found)
        for entry in below:
            # A folder may be taken away between the two looks at it.
            with suppress(FileNotFoundError, NotADirectoryError):
                yield from self._walk(entry.path, f"{name}/{entry.name}" if name else entry.name, depth - 1)

    def list_texts(self) -> list[Folder]:
        found = []
        for name in TEXT_FOLDERS:
            with suppress(FileNotFoundError, NotADirectoryError):
                try:
                    files_in, _ = _look_into(self._root / name, is_last=True, wanted=_OF_TEXTS)
                except PermissionError as problem:
                    found.append(Folder(name, problem=files.explain(problem)))
                else:
                    found.append(Folder(name, files_in))
        return found

    def look(self, folder: str) -> Folder | None:
        try:
            return next(self._walk(self._place(folder), folder, 0))
        except (FileNotFoundError, NotADirectoryError):
            return None

    def read_bytes(self, path: str) -> bytes | None:
        try:
            return self._place(path).read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None

    @contextmanager
    def open_file(self, path: str) -> Iterator[Path]:
        place = self._place(path)
        if not place.is_file():
            raise FileNotFoundError(path)
        yield place

    def swap_bytes(self, path: str, old: bytes, new: bytes) -> bool:
        place = self._place(path)
        if not place.parent.is_dir():
            return False
        with files.alone_in(place.parent):
            if self.read_bytes(path) != old:
                return False
            files.write_whole(place, new)
        return True

    def _place(self, path: str) -> Path:
        if path.startswith("/") or ".." in path.split("/"):
            raise Invalid(sentence("%(path)s leaves the episodes folder.", path=repr(path)))
        return self._root / path


def _look_into(
    place: Path | str, *, is_last: bool, wanted: re.Pattern[str] = _OURS
) -> tuple[dict[str, Stamp], list[DirEntry[str]]]:
    """The files of a folder that mean something to us, and the folders in it unless it is the last one to look at."""
    found: dict[str, Stamp] = {}
    below: list[DirEntry[str]] = []
    with scandir(place) as entries:
        for entry in entries:
            if entry.name.startswith(".") or not _is_text(entry.name):
                continue
            if wanted.fullmatch(entry.name) and entry.is_file():
                status = entry.stat()
                found[entry.name] = Stamp(status.st_size, status.st_mtime_ns)
            elif not is_last and _may_be_folder(entry):
                below.append(entry)
    return found, below


def _may_be_folder(entry: DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return True  # Looking into it will say what is wrong with it.


class ObjectTree:
    """The tree below a prefix of an S3 object store; made lazily, since its client must not be shared by a fork."""

    def __init__(self, settings: Settings) -> None:
        self._store = ObjectMedia(settings, settings.episodes)

    @property
    def root(self) -> None:
        return None

    def list_folders(self) -> list[Folder]:
        return self._list("")

    def list_texts(self) -> list[Folder]:
        found: dict[str, dict[str, Stamp]] = {}
        for folder in TEXT_FOLDERS:
            for entry in self._store.list_entries(f"{folder}/"):
                name = entry.key.removeprefix(f"{folder}/")
                if "/" not in name and not name.startswith(".") and _OF_TEXTS.fullmatch(name):
                    found.setdefault(folder, {})[name] = Stamp(entry.size_bytes, entry.changed_ns, entry.mark)
        return [Folder(name, found[name]) for name in sorted(found)]

    def look(self, folder: str) -> Folder | None:
        found = [each for each in self._list(f"{folder}/" if folder else "") if each.name == folder]
        return found[0] if found and (found[0].files or not folder) else None

    def _list(self, prefix: str) -> list[Folder]:
        found: dict[str, dict[str, Stamp]] = {"": {}} if not prefix else {}
        for entry in self._store.list_entries(prefix):
            folder, _, name = entry.key.rpartition("/")
            parts = entry.key.split("/")
            if len(parts) > _MOST_DEPTH + 1 or any(part.startswith(".") for part in parts):
                continue
            if _OURS.fullmatch(name):
                found.setdefault(folder, {})[name] = Stamp(entry.size_bytes, entry.changed_ns, entry.mark)
        return [Folder(name, found[name]) for name in sorted(found)]

    def read_bytes(self, path: str) -> bytes | None:
        return self._store.read_bytes(path)

    @contextmanager
    def open_file(self, path: str) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(prefix="podcastsvc-") as folder:
            target = Path(folder, "file")
            if not self._store.fetch(path, target):
                raise FileNotFoundError(path)
            yield target

    def swap_bytes(self, path: str, old: bytes, new: bytes) -> bool:
        if self.read_bytes(path) != old:
            return False
        self._store.replace_bytes(path, new)
        return True


def _is_text(name: str) -> bool:
    """Whether a name is valid Unicode; another could be kept in no database."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True

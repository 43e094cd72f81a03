"""Reading one episode's folder: notes, sound, cover, chapters and transcripts become plain values, nothing is saved.

Audio and pictures go into the media store here, before any row names them (rule T-D2). Runs in threads, without a
transaction.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any
from zoneinfo import ZoneInfo

from podcastsvc.catalogue import chapters, identity, shownotes
from podcastsvc.catalogue.artwork.keeping import KeptPicture, PictureDesk
from podcastsvc.catalogue.audio import AudioFacts
from podcastsvc.catalogue.chapters import Chapter
from podcastsvc.catalogue.limits import MOST_NOTES_BYTES, MOST_PICTURE_BYTES, MOST_TEXT_BYTES, too_large
from podcastsvc.catalogue.remarks import Remark, Unreadable, advise, make_remark
from podcastsvc.catalogue.scanning.audiofiles import AudioReader, ReadAudio, StillArriving
from podcastsvc.catalogue.scanning.folders import EpisodeFiles, find_files, make_title, strip_date
from podcastsvc.catalogue.shownotes import ShowNotes
from podcastsvc.catalogue.texts import frontmatter, markdown, transcripts
from podcastsvc.catalogue.tree import Folder, Tree
from podcastsvc.errors import Invalid
from podcastsvc.kit.language import N_, as_sentence, gettext, pack, sentence, unpack
from podcastsvc.storage.media import MediaStore

OPENING = N_("Introduction")

_SUMMARY_CHARS = 300


@dataclass(frozen=True, slots=True)
class Context:
    """What the reading of a folder depends on besides its files."""

    show_id: int
    language: str
    timezone: str
    explicit: bool
    own_host: str

    @property
    def mark(self) -> str:
        """Equal for equal contexts; part of a folder's fingerprint."""
        return repr((self.language, self.timezone, self.explicit, self.own_host, markdown.VERSION))


@dataclass(frozen=True, slots=True)
class Known:
    """What earlier scans know: the files of this folder as JSON, and the guid of its episode."""

    files: Mapping[str, Any] = field(default_factory=dict)
    guid: str = ""


@dataclass(frozen=True, slots=True)
class ReadTranscript:
    """The transcript in one language, in both forms."""

    language: str
    vtt: str
    srt: str


@dataclass(frozen=True, slots=True)
class ReadFolder:
    """A folder, read. With a mistake in notes or sound ``is_usable`` is False, and nothing of it is taken over.

    ``values`` are columns of the episode's row. Chapters, picture and transcripts that are None could not be read, and
    what was known of them stays. ``folder`` has the stamps after a guid was written; ``files`` is for the next scan.
    ``new_keys`` are the media that this reading put into the store.
    """

    folder: Folder
    is_usable: bool
    remarks: tuple[Remark, ...]
    notes: ShowNotes = field(default_factory=ShowNotes)
    values: Mapping[str, Any] = field(default_factory=dict)
    wanted_slugs: tuple[str, ...] = ()
    audio: tuple[ReadAudio, ...] = ()
    has_picture: bool = False
    picture: KeptPicture | None = None
    chapters: tuple[Chapter, ...] | None = None
    transcripts: tuple[ReadTranscript, ...] | None = None
    files: Mapping[str, Any] = field(default_factory=dict)
    new_keys: tuple[str, ...] = ()
    is_arriving: bool = False


@dataclass(frozen=True, slots=True)
class Places:
    """Where files come from and where media go."""

    tree: Tree
    media: MediaStore
    pictures: PictureDesk


def read_folder(places: Places, folder: Folder, context: Context, known: Known, *, now_ns: int) -> ReadFolder:
    """Reads one folder. What cannot be used is remarked upon; OSError and Unavailable pass through."""
    reader = _Reader(places.tree, places.media, places.pictures, folder, context, known, now_ns)
    try:
        return reader.read()
    except Invalid as refusal:
        reader.remarks.append(make_remark(refusal))
    except StillArriving:
        return ReadFolder(folder, is_usable=False, remarks=(), is_arriving=True, new_keys=tuple(reader.sound.new_keys))
    return reader.refuse()


@dataclass(slots=True)
class _Reader:
    tree: Tree
    media: MediaStore
    pictures: PictureDesk
    folder: Folder
    context: Context
    known: Known
    now_ns: int
    remarks: list[Remark] = field(default_factory=list)
    sound: AudioReader = field(init=False)

    def __post_init__(self) -> None:
        self.sound = AudioReader(self.tree, self.media, self.folder, self.known.files, self.now_ns, self.remarks)

    def read(self) -> ReadFolder:
        files = find_files(self.folder, self.remarks)
        raw = self._read_bytes(files.notes, MOST_TEXT_BYTES) if files.notes else b""
        notes = shownotes.read_shownotes(
            raw, ZoneInfo(self.context.timezone), self.remarks, file=files.notes or shownotes.FILE
        )
        audio = [found for variant, file in files.audio.items() if (found := self.sound.read(variant, file))]
        if any(remark.is_mistake for remark in self.remarks):
            return self.refuse()
        main = audio[0].facts if audio else None
        slugs = self._list_slugs(notes)
        picture, has_picture = self._read_picture(files, main, slugs[0])
        if notes.published_at is not None and not audio:
            self.remarks.append(
                advise(files.notes or "", N_("has a date but no sound yet. Put audio.mp3 into the folder."))
            )
        notes, folder = self._write_guid(notes, raw, files)
        language = notes.language or self.context.language
        values = self._make_values(notes, main, language)
        self._check_length(files.notes or shownotes.FILE, str(values["feed_html"]))
        marks = self._read_chapters(files, notes, audio, language)
        spoken = self._read_transcripts(files, notes, language)
        return ReadFolder(
            folder=folder,
            is_usable=True,
            remarks=tuple(self.remarks),
            notes=notes,
            values=values,
            wanted_slugs=slugs,
            audio=tuple(audio),
            has_picture=has_picture,
            picture=picture,
            chapters=marks,
            transcripts=spoken,
            files=self.sound.seen,
            new_keys=tuple(self.sound.new_keys),
        )

    def refuse(self) -> ReadFolder:
        """What is left of a folder with a mistake: what to mend, and what the next scan need not read again."""
        keys = tuple(self.sound.new_keys)
        return ReadFolder(self.folder, False, tuple(self.remarks), files=self.sound.seen, new_keys=keys)

    def _read_bytes(self, file: str, most_bytes: int) -> bytes:
        if self.folder.files[file].size_bytes > most_bytes:
            raise Unreadable(file, too_large(most_bytes))
        raw = self.tree.read_bytes(self.folder.path(file))
        if raw is None:
            raise StillArriving  # It was listed a moment ago: somebody is at work in the folder.
        return raw

    def _read_side(self, file: str, most_bytes: int) -> bytes | None:
        """A file without which the episode is still good; None, with a remark, where it is too large."""
        try:
            return self._read_bytes(file, most_bytes)
        except Invalid as refusal:
            self.remarks.append(make_remark(refusal))
            return None

    # ---- picture, chapters, transcripts

    def _read_picture(self, files: EpisodeFiles, main: AudioFacts | None, slug: str) -> tuple[KeptPicture | None, bool]:
        """The episode's artwork: its cover file, else the picture inside the sound; and whether the answer counts."""
        if files.cover:
            try:
                raw = self._read_bytes(files.cover, MOST_PICTURE_BYTES)
                return self.pictures.keep(raw, slug), True
            except Invalid as refusal:
                self.remarks.append(make_remark(refusal, files.cover))
                return None, False
        file = self.sound.find_cover()
        return (None if file is None or main is None else self._read_embedded(file, slug)), True

    def _read_embedded(self, file: str, slug: str) -> KeptPicture | None:
        """The picture inside the sound; one that is no artwork is not used, which is no mistake."""
        entry = self.sound.seen[file]
        known = self.pictures.find(entry["cover_sha256"])
        if known is not None:
            return known
        refused = unpack(entry.get("cover_refused", ""))
        if not refused:
            try:
                return self.pictures.keep(self.sound.read_cover(file), slug)
            except Invalid as refusal:
                refused = refusal.message
                entry["cover_refused"] = pack(refused)
        said = sentence("The picture inside the file is not used. %(why)s", why=as_sentence(refused))
        self.remarks.append(advise(file, said))
        return None

    def _read_chapters(
        self, files: EpisodeFiles, notes: ShowNotes, audio: list[ReadAudio], language: str
    ) -> tuple[Chapter, ...] | None:
        """From chapters.json, else from the sound's tags, else from times in the notes; None where the file is broken.

        Those of tags stay with the sound in which they stand: its times are no other's (rule T-A11).
        """
        whole = [each for each in audio if each.variant != "preview"]
        opening = gettext(language.partition("-")[0]).gettext(OPENING)
        if files.chapters:
            before = len(self.remarks)
            raw = self._read_side(files.chapters, MOST_TEXT_BYTES)
            found = chapters.read_json(raw, self.remarks, file=files.chapters) if raw is not None else ()
            if not found and any(remark.is_mistake for remark in self.remarks[before:]):
                return None
        elif any(each.facts.chapters for each in whole):
            return tuple(chapter for each in whole for chapter in _arrange_tagged(each, opening))
        else:
            found = chapters.find_in_notes(notes.body)
        seconds = max((each.facts.seconds for each in whole), default=0)
        return chapters.arrange(found, seconds=seconds, opening=opening)

    def _read_transcripts(
        self, files: EpisodeFiles, notes: ShowNotes, language: str
    ) -> tuple[ReadTranscript, ...] | None:
        people = [person.name for person in notes.people]
        found: dict[str, ReadTranscript] = {}
        is_broken = False
        for named, file in sorted(files.transcripts.items(), reverse=True):
            raw = self._read_side(file, MOST_TEXT_BYTES)
            cues = transcripts.read_transcript(raw, self.remarks, file=file, people=people) if raw is not None else ()
            if cues:
                spoken = named or language
                found[spoken] = ReadTranscript(spoken, transcripts.build_vtt(cues), transcripts.build_srt(cues))
            else:
                is_broken = True
        return None if is_broken and not found else tuple(found.values())

    # ---- the episode itself

    def _list_slugs(self, notes: ShowNotes) -> tuple[str, ...]:
        """Slugs in the order of liking. One that the host chose is the only one."""
        if notes.slug:
            return (notes.slug,)
        name = self.folder.name.rpartition("/")[2]
        wanted = (shownotes.make_slug(strip_date(name)), shownotes.make_slug(name), shownotes.make_slug(notes.title))
        slugs = tuple(dict.fromkeys(slug for slug in wanted if slug))
        return slugs or (f"episode-{hashlib.sha256(self.folder.name.encode()).hexdigest()[:8]}",)

    def _write_guid(self, notes: ShowNotes, raw: bytes, files: EpisodeFiles) -> tuple[ShowNotes, Folder]:
        """Notes with their guid: at the first publication one is written into the file, every other byte kept."""
        if notes.guid or notes.published_at is None or files.notes is None:
            return notes, self.folder
        guid = self.known.guid or identity.make_episode_guid()
        path = self.folder.path(files.notes)
        edited = frontmatter.write_guid(raw, guid, file=files.notes)
        if not self.tree.swap_bytes(path, raw, edited):
            raise StillArriving
        after = self.tree.look(self.folder.name)
        stamp = None if after is None else after.files.get(files.notes)
        if stamp is None:
            raise StillArriving
        return replace(notes, guid=guid), replace(self.folder, files={**self.folder.files, files.notes: stamp})

    def _make_values(self, notes: ShowNotes, main: AudioFacts | None, language: str) -> dict[str, Any]:
        """Columns of the episode's row that come straight from the folder."""
        seconds = None if main is None else main.seconds
        clean = markdown.render(notes.body)
        page = markdown.write_page(clean, own_host=self.context.own_host, seconds=seconds)
        return {
            "title": notes.title or (main.title if main else None) or make_title(self.folder.name),
            "season": notes.season or (main.season if main else None),
            "season_name": notes.season_name or None,
            "number": notes.number or (main.episode if main else None),
            "number_display": notes.number_display or None,
            "type": notes.type,
            "explicit": self.context.explicit if notes.explicit is None else notes.explicit,
            "language": language,
            "author": notes.author or None,
            "summary": notes.summary or markdown.write_plain(page, limit_chars=_SUMMARY_CHARS),
            "notes": notes.body,
            "notes_html": page,
            "feed_html": markdown.write_feed(clean),
            "people": [asdict(person) for person in notes.people],
            "tags": list(notes.tags),
            "extras": {"unknown_keys": list(notes.unknown)} if notes.unknown else {},
            "access_kind": notes.access_kind,
            "plans": list(notes.plans),
            "published_at": notes.published_at,
            "public_from": notes.public_from,
            "public_until": notes.public_until,
            "expires_at": notes.expires_at,
            "listed": notes.listed,
        }

    def _check_length(self, file: str, feed_html: str) -> None:
        """Says where feeds cannot carry the whole notes (rule X7); the page has them all."""
        length = len(feed_html.encode())
        if length > MOST_NOTES_BYTES:
            message = sentence(
                "the notes take %(count)s bytes; apps get the first %(most)s. The page shows them all.",
                count=length,
                most=MOST_NOTES_BYTES,
            )
            self.remarks.append(advise(file, message))


def _arrange_tagged(audio: ReadAudio, opening: str) -> tuple[Chapter, ...]:
    own = (replace(chapter, variant=audio.variant) for chapter in audio.facts.chapters)
    return chapters.arrange(own, seconds=audio.facts.seconds, opening=opening)

"""Makes the audio, transcripts, chapters and pictures of the sample show: ``python scripts/make_sample_show.py``.

The notes and ``show.yaml`` are written by hand and stay as they are, but for the day on which everybody hears the episode
that is for members first: a year from the day of making. Needs espeak-ng and ffmpeg on the PATH. The times of chapters are
printed, since two episodes keep theirs in the notes and in the audio's tags.
"""

import math
import subprocess
import tempfile
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from speech import Line, Timed, speak

from podcastsvc.catalogue.chapters import Chapter, build_json
from podcastsvc.catalogue.texts import frontmatter
from podcastsvc.catalogue.texts.transcripts import Cue, build_srt, build_vtt

FOLDER = Path(__file__).resolve().parent.parent / "episodes"
SHOW = "Room Tone"
SIDE = 1400
BITRATE_KBPS = 64
MEMBERS_FIRST = timedelta(days=365)
Words = Sequence[tuple[str, str]]


def ada(text: str, spoken: str = "") -> Line:
    return Line(text, "Ada", "en-gb+f3", 150, 48, spoken=spoken)


def ben(text: str, spoken: str = "") -> Line:
    return Line(text, "Ben", "en-gb+m3", 148, 40, spoken=spoken)


def ines(text: str) -> Line:
    return Line(text, "Inés", "es+f2", 150, 50)


FEED = [
    ada("Welcome to Room Tone, a short show about making shows. I am Ada."),
    ben("And I am Ben."),
    ada("Today: what is a podcast, really?"),
    ben("It is a list. A plain text file at one address that names each episode, and says where its audio lies."),
    ada("We call that list the feed."),
    ben("Your app looks at the feed every now and then. If there is something new at the top, it downloads it."),
    ada("So nobody stands between the person who talks and the person who listens."),
    ben("No account is needed, and no company has to agree."),
    ada("Two things in a feed should never change: its address, and the name that each episode carries inside it."),
    ben("Apps know an episode by that name. Change it, and everybody downloads the episode again."),
    ada("Keep both, and you can move house without losing a single listener."),
    ben("Next time: the first minute of an episode."),
    ada("Thank you for listening."),
]
FEED_CHAPTERS = {0: "Hello", 3: "A list with an address", 8: "Two things to keep"}

MINUTE = [
    ada("This is Room Tone. I am Ada, and today we talk about the first minute."),
    ada("Most people who leave an episode leave it at the beginning."),
    ada("So say at once what the episode is about, and why that matters to the listener."),
    ada("Not who you are, not how the weather is, and not how the recording went."),
    ada("Check your sound before you begin. Record ten seconds of silence in the room where you speak."),
    ada("That silence is called room tone. It hides the cuts that you make later, and it gave this show its name."),
    ada("And when you have said what you wanted to say, stop."),
]
MINUTE_MORE = [
    ada("For members, here are three first sentences that worked for us."),
    ada("One. The bridge had been closed for two days when the telephone rang."),
    ada("Two. There is a word in this contract that nobody could explain to me."),
    ada("Three. Tonight we do something that we said we would never do."),
    ada("Each of them makes you ask a question. That is all that a first sentence has to do."),
]
MINUTE_CHAPTERS = {0: "The beginning", 2: "Say what it is about", 4: "Check your sound", 6: "Stop"}

HOME = [
    ines("Hola, soy Inés, y esto es Room Tone en español."),
    ines("Hoy hablamos de cómo grabar en casa sin estudio."),
    ines("Lo primero es la habitación. Busca la más pequeña, con cortinas, libros y una alfombra."),
    ines("Un armario lleno de ropa suena mejor que un salón vacío."),
    ines("Lo segundo es la distancia. Pon el micrófono a un palmo de la boca, un poco de lado."),
    ines("Si soplas al decir la letra pe, gíralo un poco más."),
    ines("Lo tercero es el silencio. Apaga la nevera, o por lo menos acuérdate de volver a encenderla."),
    ines("Graba un minuto, escúchalo con auriculares, y cambia una sola cosa cada vez."),
    ines("Gracias por escuchar. Hasta la próxima."),
]
HOME_CHAPTERS = {0: "Hola", 2: "La habitación", 4: "La distancia", 6: "El silencio"}

LETTERS_PREVIEW = [
    ada("This is a letter box episode of Room Tone, for our members. I am Ada."),
    ben("And I am Ben. The first letter asks: how long should an episode be?"),
    ada("As long as it stays interesting, and not a minute more."),
]
LETTERS = [
    *LETTERS_PREVIEW,
    ben("That is not a number."),
    ada("No. But here is a rule that helps. Cut the beginning until the first sentence that you would tell a friend."),
    ben("The second letter asks how to say no to a sponsor."),
    ada("Early and kindly. Tell them what would fit your listeners, and let them come back with it."),
    ben("The third letter is from somebody who speaks to eleven listeners, and wonders whether that is enough."),
    ada("Imagine eleven people in your kitchen, every week, because they want to hear what you say."),
    ben("I would need more chairs."),
    ada("Eleven is a lot. Write to them."),
    ben("Thank you for your letters, and for paying for this show."),
]
LETTERS_CHAPTERS = {0: "How long should it be?", 5: "Saying no to a sponsor", 7: "Eleven listeners"}

LOUD = [
    ada("Room Tone. I am Ada, and this one is about loudness."),
    ada("You know this: one show whispers, the next one shouts, and your hand goes to the volume again and again."),
    ada(
        "There is a number for it. It is called LUFS, and for podcasts it should be about minus sixteen.",
        spoken="There is a number for it. It is called luffs, and for podcasts it should be about minus sixteen.",
    ),
    ada("Your editor can measure it. Look for a loudness meter, and let it run over the whole episode."),
    ada("If two people talk, make them equally loud first. Then bring the whole thing to minus sixteen."),
    ada("Do not trust the height of the waves on your screen. Short clicks look loud, and nobody hears them."),
    ada(
        "And listen to the result once in the kitchen, while water is boiling. If you can follow it there, it is fine."
    ),
]
LOUD_CHAPTERS = {0: "Whispers and shouts", 2: "A number for it", 6: "The kettle test"}


def main() -> None:
    draw_cover(FOLDER / "artwork.jpg", SHOW, "a short show about making shows", seed=0)

    folder = FOLDER / "2026-10-06-what-a-feed-is"
    timed = record(folder / "audio.mp3", FEED, "What a feed is", 1)
    (folder / "transcript.vtt").write_text(build_vtt(make_cues(timed)), encoding="utf-8")
    (folder / "chapters.json").write_bytes(build_json(make_chapters(timed, FEED_CHAPTERS)) + b"\n")
    draw_cover(folder / "cover.jpg", "1", "What a feed is", seed=1)

    folder = FOLDER / "2026-10-20-the-first-minute"
    timed = record(folder / "audio.mp3", MINUTE, "The first minute", 2)
    record(folder / "members.mp3", [*MINUTE, *MINUTE_MORE], "The first minute, with three first sentences", 2)
    (folder / "transcript.vtt").write_text(build_vtt(make_cues(timed)), encoding="utf-8")
    print_chapters("the-first-minute (in the notes)", make_chapters(timed, MINUTE_CHAPTERS))

    folder = FOLDER / "2026-11-03-grabar-en-casa"
    timed = record(folder / "audio.mp3", HOME, "Grabar en casa", 3)
    (folder / "transcript.es.vtt").write_text(build_vtt(make_cues(timed)), encoding="utf-8")
    (folder / "chapters.json").write_bytes(build_json(make_chapters(timed, HOME_CHAPTERS)) + b"\n")
    draw_cover(folder / "cover.jpg", "3", "Grabar en casa", seed=3)

    folder = FOLDER / "2026-11-10-letter-box"
    timed = record(folder / "members.mp3", LETTERS, "Letter box", 4)
    record(folder / "preview.mp3", LETTERS_PREVIEW, "Letter box, the beginning", 4)
    (folder / "transcript.srt").write_text(build_srt(make_cues(timed)), encoding="utf-8")
    (folder / "chapters.json").write_bytes(build_json(make_chapters(timed, LETTERS_CHAPTERS)) + b"\n")
    draw_cover(folder / "cover.jpg", "4", "Letter box", seed=4)

    folder = FOLDER / "2026-11-17-how-loud-is-loud"
    timed = record(folder / "audio.mp3", LOUD, "How loud is loud?", 5)
    chapters = make_chapters(timed, LOUD_CHAPTERS)
    write_chapters_into(folder / "audio.mp3", chapters, timed[-1].end_ms)
    (folder / "transcript.vtt").write_text(build_vtt(make_cues(timed)), encoding="utf-8")
    draw_cover(folder / "cover.jpg", "5", "How loud is loud?", seed=5)
    open_to_all(folder / "notes.md", date.today() + MEMBERS_FIRST)

    draw_levels(FOLDER / "articles" / "three-levels.png")
    draw_mark(FOLDER / "pages" / "harbour-lane.png")


def open_to_all(notes: Path, day: date) -> None:
    """Sets the day from which everybody hears an episode; all else in its notes stays."""
    changes = {"public_from": f"{day.isoformat()} 06:00"}
    notes.write_bytes(frontmatter.edit(notes.read_bytes(), changes, file=notes.name))


def record(target: Path, lines: Sequence[Line], title: str, number: int) -> list[Timed]:
    target.parent.mkdir(parents=True, exist_ok=True)
    tags = {"title": title, "artist": "Ada Lind", "album": SHOW, "track": str(number)}
    timed = speak(lines, target, bitrate_kbps=BITRATE_KBPS, tags=tags)
    print(f"{target.relative_to(FOLDER)}: {timed[-1].end_ms / 1000:.0f} s, {target.stat().st_size:,} bytes")
    return timed


def make_cues(timed: Sequence[Timed]) -> list[Cue]:
    return [Cue(each.start_ms, each.end_ms, each.line.text, each.line.speaker) for each in timed]


def make_chapters(timed: Sequence[Timed], titles: dict[int, str]) -> list[Chapter]:
    return [Chapter(timed[index].start_ms // 1000 * 1000, title) for index, title in titles.items()]


def print_chapters(where: str, chapters: Sequence[Chapter]) -> None:
    print(where)
    for chapter in chapters:
        print(f"- {chapter.start_ms // 60_000:02}:{chapter.start_ms // 1000 % 60:02} {chapter.title}")


def write_chapters_into(audio: Path, chapters: Sequence[Chapter], end_ms: int) -> None:
    """Chapters as ID3 CHAP frames, without touching the sound."""
    with tempfile.TemporaryDirectory() as spare:
        ends = [chapter.start_ms for chapter in chapters[1:]] + [end_ms]
        lines = [";FFMETADATA1"]
        for chapter, end in zip(chapters, ends, strict=True):
            lines += [
                "[CHAPTER]",
                "TIMEBASE=1/1000",
                f"START={chapter.start_ms}",
                f"END={end}",
                f"title={chapter.title}",
            ]
        marks, result = Path(spare, "marks.txt"), Path(spare, "audio.mp3")
        marks.write_text("\n".join(lines) + "\n", encoding="utf-8")
        copied = ["-map", "0:a", "-map_metadata", "0", "-map_chapters", "1", "-c", "copy", "-id3v2_version", "3"]
        exact = ["-fflags", "+bitexact", "-flags:a", "+bitexact"]
        subprocess.run(
            ["ffmpeg", "-y", "-loglevel", "error", "-i", str(audio), "-i", str(marks), *copied, *exact, str(result)],
            check=True,
        )
        audio.write_bytes(result.read_bytes())


PAPER, INK, TEAL, GOLD = "#fbfaf7", "#1c1b19", "#0f5b57", "#d9a441"


def draw_cover(target: Path, large: str, small: str, *, seed: int) -> None:
    """A quiet room: rings of sound around a point, which moves from cover to cover, and two lines of text."""
    target.parent.mkdir(parents=True, exist_ok=True)
    image = Image.new("RGB", (SIDE, SIDE), TEAL if seed % 2 == 0 else PAPER)
    draw = ImageDraw.Draw(image)
    front = PAPER if seed % 2 == 0 else TEAL
    angle = math.tau * seed / 6 - math.tau / 8
    x, y = SIDE / 2 + SIDE * 0.22 * math.cos(angle), SIDE * 0.36 + SIDE * 0.12 * math.sin(angle)
    for ring in range(9):
        radius = 70 + ring * (46 + 5 * seed)
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), outline=front, width=max(14 - ring, 3))
    draw.ellipse((x - 38, y - 38, x + 38, y + 38), fill=GOLD)
    band = SIDE - 430
    draw.rectangle((0, band, SIDE, SIDE), fill=PAPER if seed % 2 == 0 else TEAL)
    text = TEAL if seed % 2 == 0 else PAPER
    draw.text((90, band + 50), large, font=ImageFont.load_default(190), fill=text)
    draw.text((96, band + 300), small, font=ImageFont.load_default(62), fill=text)
    image.save(target, "JPEG", quality=82, optimize=True, progressive=True)
    print(f"{target.relative_to(FOLDER)}: {target.stat().st_size:,} bytes")


def draw_levels(target: Path) -> None:
    """The same wave three times, each louder than the one above it."""
    width, height = 1600, 900
    image = Image.new("RGB", (width, height), PAPER)
    draw = ImageDraw.Draw(image)
    for row, loudness in enumerate((0.2, 0.5, 1.0)):
        middle = height * (row + 0.5) / 3
        for x in range(40, width - 40, 10):
            swell = math.sin(math.pi * x / width) * (0.4 + 0.6 * abs(math.sin(x / 57)))
            half = max(2.0, 125 * loudness * swell)
            draw.line((x, middle - half, x, middle + half), fill=TEAL if row < 2 else GOLD, width=5)
    save_small(image, target)


def draw_mark(target: Path) -> None:
    """A bookshop's mark: a harbour wall of books."""
    image = Image.new("RGB", (480, 200), PAPER)
    draw = ImageDraw.Draw(image)
    for book in range(9):
        top = 40 + 18 * (book * 5 % 4)
        draw.rectangle((40 + book * 45, top, 76 + book * 45, 160), fill=GOLD if book == 4 else TEAL)
    draw.rectangle((20, 164, 460, 174), fill=INK)
    save_small(image, target)


def save_small(image: Image.Image, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    image.quantize(16).save(target, "PNG", optimize=True)
    print(f"{target.relative_to(FOLDER)}: {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()

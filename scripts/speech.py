"""Speech for the sample show and the notices: espeak-ng speaks, ffmpeg makes MP3, the times of lines are kept."""

import subprocess
import tempfile
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SAMPLE_RATE = 44_100
_MS_PER_S = 1000


@dataclass(frozen=True, slots=True)
class Line:
    """One thing said: by whom, in which espeak-ng voice, and how long the silence after it is."""

    text: str
    speaker: str = ""
    voice: str = "en-gb"
    speed_words_per_minute: int = 155
    pitch: int = 45
    pause_after_ms: int = 450
    spoken: str = ""
    """What the voice reads where spelling misleads it; empty means ``text``."""


@dataclass(frozen=True, slots=True)
class Timed:
    """A line with the place where it is heard."""

    start_ms: int
    end_ms: int
    line: Line


def speak(lines: Sequence[Line], target: Path, *, bitrate_kbps: int, tags: dict[str, str]) -> list[Timed]:
    """Writes one mono MP3 and answers when each line is heard. Needs espeak-ng and ffmpeg on the PATH."""
    timed: list[Timed] = []
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder, "whole.wav")
        with wave.open(str(whole), "wb") as out:
            position_ms = 0
            for number, line in enumerate(lines):
                frames, rate = _speak_line(line, Path(folder, f"{number}.wav"))
                if number == 0:
                    out.setparams((1, 2, rate, 0, "NONE", "not compressed"))
                length_ms = len(frames) // 2 * _MS_PER_S // rate
                timed.append(Timed(position_ms, position_ms + length_ms, line))
                out.writeframes(frames + bytes(2 * (rate * line.pause_after_ms // _MS_PER_S)))
                position_ms += length_ms + line.pause_after_ms
        write_mp3(whole, target, bitrate_kbps=bitrate_kbps, tags=tags)
    return timed


def _speak_line(line: Line, target: Path) -> tuple[bytes, int]:
    subprocess.run(
        [
            "espeak-ng",
            *("-v", line.voice, "-s", str(line.speed_words_per_minute), "-p", str(line.pitch), "-w", str(target)),
            line.spoken or line.text,
        ],
        check=True,
    )
    with wave.open(str(target), "rb") as spoken:
        return spoken.readframes(spoken.getnframes()), spoken.getframerate()


def write_mp3(wav: Path, target: Path, *, bitrate_kbps: int, tags: dict[str, str], more: Sequence[str] = ()) -> None:
    """Mono MP3 with ID3v2.3 tags, the same bytes each time the same ffmpeg makes it."""
    named = [part for name, value in tags.items() for part in ("-metadata", f"{name}={value}")]
    subprocess.run(
        [
            *("ffmpeg", "-y", "-loglevel", "error", "-i", str(wav), *more, "-ac", "1", "-ar", str(SAMPLE_RATE)),
            *("-af", "loudnorm=I=-16:TP=-1.5:LRA=11", "-c:a", "libmp3lame", "-b:a", f"{bitrate_kbps}k"),
            *("-id3v2_version", "3", "-fflags", "+bitexact", "-flags:a", "+bitexact", *named, str(target)),
        ],
        check=True,
    )

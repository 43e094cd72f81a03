"""Makes the audio of the notice item, one file per language (rule S2): ``python scripts/make_notices.py``."""

from pathlib import Path

from speech import Line, speak

FOLDER = Path(__file__).resolve().parent.parent / "podcastsvc" / "feeds" / "notices"
LEAST_BYTES = 160_000

# One recording serves a membership that has ended, one that has not begun, and a link that was replaced: the notes of
# the item say which. So it names none of them.
WORDS = {
    "en": (
        "en-gb",
        "A message about this feed",
        [
            "This feed has a message for you.",
            "The episodes for members are not here at the moment.",
            "The notes of this episode say why, and what you can do.",
            "You can also open the show's page in your browser, and sign in with your e-mail address.",
            "The public episodes stay in this feed, and you can listen to them as before.",
            "If you join again, this address works again, and there is nothing to set up.",
            "Thank you for listening.",
        ],
    ),
    "es": (
        "es",
        "Un mensaje sobre este canal",
        [
            "Este canal tiene un mensaje para ti.",
            "Los episodios para miembros no están aquí en este momento.",
            "Las notas de este episodio dicen por qué, y qué puedes hacer.",
            "También puedes abrir la página del programa en tu navegador y entrar con tu correo electrónico.",
            "Los episodios públicos siguen en este canal, y puedes escucharlos como antes.",
            "Si vuelves a hacerte miembro, esta dirección funciona de nuevo, y no hay nada que configurar.",
            "Gracias por escuchar.",
        ],
    ),
}


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for language, (voice, title, sentences) in WORDS.items():
        target = FOLDER / f"{language}.mp3"
        lines = [Line(sentence, voice=voice, speed_words_per_minute=145, pause_after_ms=600) for sentence in sentences]
        speak(lines, target, bitrate_kbps=96, tags={"title": title})
        if target.stat().st_size < LEAST_BYTES:
            raise SystemExit(f"{target} has less than {LEAST_BYTES} bytes; some apps refuse it")
        print(target, target.stat().st_size, "bytes")


if __name__ == "__main__":
    main()

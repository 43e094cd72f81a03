"""Collects the texts of code and templates into the catalogues and compiles them. --check only says what is missing."""

import io
import sys
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
CATALOGUES = ROOT / "podcastsvc" / "translations"
LANGUAGES = ("es",)
METHODS = [("podcastsvc/**.py", "python"), ("templates/**.html", "jinja2"), ("templates/**.txt", "jinja2")]
_JINJA = {"silent": "false", "trimmed": "true", "extensions": "jinja2.ext.do"}
OPTIONS = {"templates/**.html": _JINJA, "templates/**.txt": _JINJA}
_NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)
KEYWORDS = {"_": None, "N_": None, "sentence": None, "gettext": None, "ngettext": (1, 2)}


def main() -> int:
    """Updates and compiles; with --check, 1 where a catalogue is stale, incomplete, or does not fit its compiled form."""
    template = collect()
    problems = [
        problem for language in LANGUAGES for problem in treat(language, template, is_check="--check" in sys.argv)
    ]
    print("\n".join(problems))
    return 1 if problems else 0


def collect() -> Catalog:
    """Every text marked for translation, with the files it stands in."""
    template = Catalog(project="podcastsvc", charset="utf-8")
    for folder in ("podcastsvc", "templates"):
        found = extract_from_dir(
            ROOT / folder, _methods(folder), _options(folder), KEYWORDS, comment_tags=("Translators:",)
        )
        for file, _line, message, comments, context in sorted(found, key=lambda each: each[0]):
            # Line numbers would change the catalogue with every edit, so only the files are named.
            template.add(message, locations=[(f"{folder}/{file}", 0)], auto_comments=comments, context=context)
    return template


def treat(language: str, template: Catalog, *, is_check: bool) -> list[str]:
    """Brings one catalogue up to date, or says in which way it is not."""
    path = CATALOGUES / language / "LC_MESSAGES" / "messages.po"
    path.parent.mkdir(parents=True, exist_ok=True)
    old = path.read_bytes() if path.exists() else b""
    catalogue = read_po(io.BytesIO(old), locale=language) if old else Catalog(locale=language)
    catalogue.fuzzy = False
    catalogue.header_comment = (
        "# The texts of podcastsvc in another language. `make translations` keeps the list complete."
    )
    catalogue.update(template, no_fuzzy_matching=True, update_creation_date=False)
    catalogue.obsolete.clear()
    text, compiled = write(catalogue), compile_catalogue(catalogue)
    binary = path.with_suffix(".mo")
    if not is_check:
        path.write_bytes(text)
        binary.write_bytes(compiled)
    problems = [
        f"{language}: not translated: {_name(message)}" for message in catalogue if message.id and not _is_done(message)
    ]
    problems += [
        f"{language}: {error} in {_name(message)}" for message, errors in catalogue.check() for error in errors
    ]
    if is_check and text != old:
        problems.append(f"{path.relative_to(ROOT)} is not up to date; run `make translations`")
    if is_check and (not binary.exists() or binary.read_bytes() != compiled):
        problems.append(f"{binary.relative_to(ROOT)} does not agree with its source; run `make translations`")
    return problems


def write(catalogue: Catalog) -> bytes:
    """A catalogue as text, without dates, so that the same texts give the same bytes."""
    out = io.BytesIO()
    write_po(out, catalogue, sort_output=True, omit_header=False, width=120, include_lineno=False)
    lines = out.getvalue().decode().splitlines(keepends=True)
    dated = ('"POT-Creation-Date', '"PO-Revision-Date', '"Generated-By', '"Last-Translator', '"Report-Msgid')
    return "".join(line for line in lines if not line.startswith(dated)).encode()


def compile_catalogue(catalogue: Catalog) -> bytes:
    """The binary form that programs load."""
    out = io.BytesIO()
    dateless = read_po(io.BytesIO(write(catalogue)), locale=str(catalogue.locale))
    # Babel puts the present minute where a catalogue has no dates.
    dateless.creation_date = dateless.revision_date = _NO_DATE
    write_mo(out, dateless)
    return out.getvalue()


def _methods(folder: str) -> list[tuple[str, str]]:
    return [(pattern.removeprefix(f"{folder}/"), method) for pattern, method in METHODS if pattern.startswith(folder)]


def _options(folder: str) -> dict[str, dict[str, str]]:
    return {
        pattern.removeprefix(f"{folder}/"): options
        for pattern, options in OPTIONS.items()
        if pattern.startswith(folder)
    }


def _is_done(message: Message) -> bool:
    """Whether a text has all its forms. Fuzzy ones, which wait for somebody to look at them, are not compiled."""
    forms = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
    return not message.fuzzy and all(forms)


def _name(message: Message) -> str:
    return repr(message.id[0] if isinstance(message.id, (tuple, list)) else message.id)


if __name__ == "__main__":
    sys.exit(main())

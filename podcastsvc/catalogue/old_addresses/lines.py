"""Old addresses as lines of text: pasted into a form, read from a file, and written as CSV for a spreadsheet.

One line is ``old new``, with white space, an arrow, a tab or a comma between, and may end in ``temporary``. Lines of a CSV
file may have further columns, which are passed over, so that our own export can be read again.
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from podcastsvc.catalogue.old_addresses.reading import read_old, read_target
from podcastsvc.catalogue.old_addresses.settling import Entry, Problem
from podcastsvc.errors import Invalid
from podcastsvc.kit.language import N_, Sentence, as_sentence, sentence
from podcastsvc.kit.spreadsheets import write_rows
from podcastsvc.kit.text import clean_text
from podcastsvc.storage.tables.old_address import OldAddress

MOST_LINES = 10_000

COLUMNS = ("old", "new", "kind", "made by", "uses", "last used")
_KINDS = {
    "": True,
    "permanent": True,
    "301": True,
    "308": True,
    "temporary": False,
    "302": False,
    "303": False,
    "307": False,
}
_ARROWS = frozenset({"->", "=>", "→"})
ONE_ONLY = N_("Write the old address, a space, and the new one.")


@dataclass(frozen=True, slots=True)
class Line:
    """A line that could be read. ``number`` counts from 1."""

    number: int
    text: str
    entry: Entry


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that cannot be used, and why."""

    number: int
    text: str
    problem: Sentence


@dataclass(slots=True)
class Lines:
    """A text, line by line, without empty ones and those that begin with ``#``."""

    good: list[Line] = field(default_factory=list)
    bad: list[BadLine] = field(default_factory=list)

    def refuse(self, places: Mapping[int, Problem]) -> None:
        """Counts good lines, by their places in the list, among the bad ones; those stay in the order of the text."""
        for at, problem in places.items():
            self.bad.append(BadLine(self.good[at].number, self.good[at].text, problem.sentence))
        self.bad.sort(key=lambda line: line.number)
        self.good = [line for at, line in enumerate(self.good) if at not in places]


def read_lines(raw: str, base_url: str) -> Lines:
    """Reads all lines. Raises Invalid where they are too many for one time."""
    found = Lines()
    texts = clean_text(raw.removeprefix("\ufeff")).split("\n")
    written = [(number, text.strip()) for number, text in enumerate(texts, start=1)]
    written = [(number, text) for number, text in written if text and not text.startswith("#")]
    if len(written) > MOST_LINES:
        raise Invalid(
            sentence(
                "These are %(count)s lines; at most %(most)s are read at a time.", count=len(written), most=MOST_LINES
            )
        )
    for number, text in written:
        fields = _split(text)
        if number == written[0][0] and [each.lower() for each in fields[:2]] == list(COLUMNS[:2]):
            continue
        try:
            found.good.append(Line(number, text, _read(fields, base_url)))
        except Invalid as refusal:
            found.bad.append(BadLine(number, text, as_sentence(refusal.message)))
    return found


def _split(text: str) -> list[str]:
    """The fields of a line, with one for the kind; of a CSV line without the columns behind it."""
    if "\t" in text or text.startswith('"'):
        return _read_csv(text, "\t" if "\t" in text else ",")
    words = [word for word in text.split() if word not in _ARROWS]
    return words if len(words) > 1 else _read_csv(text, ",")


def _read_csv(text: str, delimiter: str) -> list[str]:
    try:
        fields = next(csv.reader([text], delimiter=delimiter))
    except csv.Error:
        return [text]
    return [each.strip().removeprefix("'") for each in fields[:3]]


def _read(fields: Sequence[str], base_url: str) -> Entry:
    if len(fields) < 2 or not fields[1]:
        raise Invalid(ONE_ONLY)
    if len(fields) > 3:
        raise Invalid(N_("There are more than two addresses here. Leave no space inside of one."))
    kind = fields[2].lower() if len(fields) > 2 else ""
    if kind not in _KINDS:
        raise Invalid(sentence("%(word)s is neither permanent nor temporary.", word=fields[2]))
    return Entry(read_old(fields[0]), read_target(fields[1], base_url), _KINDS[kind])


def write_csv(rows: Iterable[OldAddress]) -> str:
    """The list as CSV, as ``kit/spreadsheets.py`` writes tables, without the mark of its encoding."""
    kinds = {True: "permanent", False: "temporary"}
    cells = ((row.path, row.target, kinds[row.is_permanent], row.origin, row.uses, row.used_on) for row in rows)
    return b"".join(write_rows(COLUMNS, cells)).decode("utf-8-sig")

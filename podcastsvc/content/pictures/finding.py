"""The pictures beside one text while it is read: each is looked for once, and what is wrong with it is remarked upon."""

from collections.abc import Callable
from dataclasses import dataclass, field

from podcastsvc.catalogue.remarks import Remark, advise
from podcastsvc.content.markup.shown import Shown
from podcastsvc.content.pictures.keeping import KeptPicture
from podcastsvc.errors import Invalid
from podcastsvc.kit.language import as_sentence, sentence

FindKept = Callable[[str], KeptPicture | None]
"""The picture of a file beside a text; None where there is no such file. Raises Invalid for one that is no picture."""

MOST_PICTURES = 100


def find_no_file(_file: str) -> None:
    """For texts that are read without what lies beside them."""


@dataclass(slots=True)
class Beside:
    """Finds the pictures of the text ``file``. ``lines`` are the file's, so that remarks can name one."""

    file: str
    lines: list[str]
    find_kept: FindKept
    kept: dict[str, KeptPicture | None] = field(default_factory=dict)
    remarks: list[Remark] = field(default_factory=list)

    def find(self, name: str, alt: str) -> Shown | None:
        """A picture in the running text, which should have words for those who cannot see it."""
        shown = self.find_silent(name)
        if shown is not None and not alt:
            said = sentence(
                "%(picture)s has no words that say what it shows. Write them between the square brackets.", picture=name
            )
            self._advise(name, said)
        return shown

    def find_silent(self, name: str) -> Shown | None:
        """The same without asking for words."""
        if name not in self.kept:
            self.kept[name] = self._look(name)
        kept = self.kept[name]
        return kept.shown if kept is not None else None

    def _look(self, name: str) -> KeptPicture | None:
        if len(self.kept) >= MOST_PICTURES:
            self._advise(name, sentence("a text shows at most %(count)s pictures.", count=MOST_PICTURES))
            return None
        try:
            found = self.find_kept(name)
        except Invalid as refusal:
            self._advise(
                name, sentence("%(picture)s is not shown. %(why)s", picture=name, why=as_sentence(refusal.message))
            )
            return None
        if found is None and self.find_kept is not find_no_file:
            said = sentence("%(picture)s is not shown: there is no such picture beside the text.", picture=name)
            self._advise(name, said)
        return found

    def _advise(self, name: str, message: str) -> None:
        line = next((number for number, line in enumerate(self.lines, start=1) if name in line), None)
        remark = advise(self.file, message, line)
        if remark not in self.remarks:
            self.remarks.append(remark)

"""What there is to say about a file of the host: where, what, and what to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from podcastsvc.errors import Invalid
from podcastsvc.kit.language import N_, Sentence, as_sentence, pack, sentence, unpack

NOT_UTF8 = N_("this is not UTF-8 text. Save the file as UTF-8.")


@dataclass(frozen=True, slots=True)
class Remark:
    """One mistake or piece of advice. ``file`` is a name inside the folder; ``line`` counts from 1.

    A mistake means that the file, or the entry, was not used; advice means that it was.
    """

    file: str
    message: str
    line: int | None = None
    is_mistake: bool = True

    @property
    def place(self) -> str:
        """``notes.md:3``, or the file's name alone."""
        return self.file if self.line is None else f"{self.file}:{self.line}"

    @property
    def said(self) -> Sentence:
        """Place and message in one."""
        return sentence("%(place)s: %(problem)s", place=self.place, problem=as_sentence(self.message))

    def __str__(self) -> str:
        return str(self.said)

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``storage.tables.episode.ScanEntry.problems``."""
        return {"file": self.file, "message": pack(self.message), "line": self.line, "is_mistake": self.is_mistake}


def remark_from_json(values: Mapping[str, Any]) -> Remark:
    """The inverse of ``Remark.as_json``; also of what was kept before messages remembered their template."""
    return Remark(**{**values, "message": unpack(values["message"])})


def advise(file: str, message: str, line: int | None = None) -> Remark:
    """A remark about something that was used although it could be better."""
    return Remark(file, message, line, is_mistake=False)


def advise_of_key(file: str, key: str, line: int | None) -> Remark:
    """Advice about a key of a YAML file that nothing here knows."""
    return advise(file, sentence("%(key)s is not a key that the service knows; it is kept.", key=repr(key)), line)


class Unreadable(Invalid):
    """A whole file that cannot be used; ``remark`` says where it is wrong, and how."""

    def __init__(self, file: str, message: str, line: int | None = None) -> None:
        self.remark = Remark(file, message, line)
        super().__init__(self.remark.said)


def make_remark(refusal: Invalid, file: str = "") -> Remark:
    """What a refusal says of a file; ``file`` names the one that it speaks of where it does not itself."""
    return refusal.remark if isinstance(refusal, Unreadable) else Remark(file, refusal.message)

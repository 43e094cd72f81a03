"""The request class: sizes are limited before anything is parsed, large files go to the spool, and texts are clean."""

import re
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO, cast

from flask import Request, current_app
from flask_login import current_user
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge
from werkzeug.utils import cached_property

from podcastsvc.catalogue.limits import MOST_PICTURE_BYTES, MOST_TEXT_BYTES
from podcastsvc.catalogue.uploads import Turn
from podcastsvc.errors import Failure, Invalid, Unavailable
from podcastsvc.kit import files
from podcastsvc.kit.language import N_
from podcastsvc.settings import MIB
from podcastsvc.web.context import EXTENSION

FORM_BYTES = MIB

# Which endpoints take more than a form, and how much (rule T-F9); audio's limit is a setting.
LARGER: dict[str, int] = {}
AUDIO_ENDPOINTS: set[str] = set()


NO_ROOM = N_("The disk is almost full, so the file was not kept. Make room, then choose it again.")
_AUDIO_FILES = 3
# The form of an episode has six: three cuts, a picture, chapters, a transcript.
_MOST_FILES = 10
# No form has a use for these, and PostgreSQL takes no text with a NUL in it.
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def allow_audio(endpoint: str) -> None:
    """Lets hosts send audio to an endpoint: three files of the setting ``max_audio_mib``, a picture and texts beside them.

    Nobody else may fill the disk, so for all others the limit of a form holds.
    """
    AUDIO_ENDPOINTS.add(endpoint)


class ArrivingPart:
    """A file of a form, written to the spool as it arrives; it vanishes with the request.

    One that is too large, or that finds no room, is read to its end but not kept: the fields behind it still arrive, so
    that the form can come back as it was typed. ``name`` is its path.
    """

    def __init__(self, folder: Path, *, limit_bytes: int, coming_bytes: int, turn: "RequestTurn") -> None:
        self._file = tempfile.NamedTemporaryFile(dir=folder, prefix="upload-", suffix=".part", buffering=0)  # noqa: SIM115 -- closed with the request
        self._length_bytes, self._limit_bytes = 0, limit_bytes
        self._turn = turn
        self._refusal: Failure | None = None
        try:
            files.check_room(folder, coming_bytes=min(coming_bytes, limit_bytes))
        except Unavailable:
            self._refusal = Unavailable(NO_ROOM)
        self.name = str(self._file.name)

    def check(self) -> None:
        """Raises Invalid where the file is over the limit, Unavailable where there was no room, TooMany while two others
        were arriving."""
        if self._length_bytes > self._limit_bytes:
            raise Invalid(N_("The file is larger than this form takes."))
        if self._refusal is not None:
            raise self._refusal

    def write(self, block: bytes) -> int:
        self._length_bytes += len(block)
        self._refusal = self._refusal or self._turn.ask()
        if self._refusal is None and self._length_bytes <= self._limit_bytes:
            self._refusal = self._append(block)
        return len(block)

    def _append(self, block: bytes) -> Unavailable | None:
        with suppress(OSError):
            if self._file.write(block) == len(block):
                return None
        return Unavailable(NO_ROOM)

    def read(self, size: int = -1) -> bytes:
        return self._file.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def close(self) -> None:
        self._file.close()


class RequestTurn:
    """A request's place among the uploads that may arrive at once, asked for with the first byte of its first file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: Turn | None = None
        self._refusal: Failure | None = None

    def ask(self) -> Failure | None:
        """None where the request has its place, and keeps it; else what refused it one."""
        if self._held is not None:
            self._held.keep()
        elif self._refusal is None:
            try:
                self._held = Turn(self._folder)
            except Failure as refusal:
                self._refusal = refusal
        return self._refusal

    def close(self) -> None:
        if self._held is not None:
            self._held.close()


class SpooledRequest(Request):
    """A request whose larger files are written to the spool folder of the data folder while they arrive."""

    max_form_memory_size = FORM_BYTES
    max_form_parts = 500

    @cached_property
    def args(self) -> MultiDict[str, str]:
        """The query's values, without control characters (rule T-F6)."""
        return _clean(super().args)

    def _load_form_data(self) -> None:
        if "form" not in self.__dict__:
            super()._load_form_data()
            self.__dict__["form"] = _clean(self.__dict__["form"])

    @property
    def max_content_length(self) -> int | None:
        if self._may_send_files():
            return _AUDIO_FILES * _audio_bytes() + MOST_PICTURE_BYTES + MOST_TEXT_BYTES
        return LARGER.get(self.endpoint or "", FORM_BYTES)

    @max_content_length.setter
    def max_content_length(self, value: int | None) -> None:
        raise AttributeError("limits are set by endpoint")

    def _may_send_files(self) -> bool:
        """Only hosts may, and only where a form asks for them."""
        return self.endpoint in AUDIO_ENDPOINTS and current_user.is_authenticated and current_user.is_host

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        # The form's token stands in the same body, so whoever sends it is not known yet (rule T-H3): each of 499 parts
        # of one byte cost a file in the spool.
        if not self._may_send_files():
            raise BadRequest("This form takes no files.")
        parts: list[ArrivingPart] = self.__dict__.setdefault("parts", [])
        if len(parts) >= _MOST_FILES:
            raise RequestEntityTooLarge
        spool = spool_folder(current_app.extensions[EXTENSION].settings.data)
        turn = self.__dict__.setdefault("turn", RequestTurn(spool))
        coming = total_content_length or 0
        parts.append(ArrivingPart(spool, limit_bytes=_audio_bytes(), coming_bytes=coming, turn=turn))
        return cast("IO[bytes]", parts[-1])

    def close(self) -> None:
        """Lets the parts vanish, also those of a form that was never read to its end."""
        super().close()
        for part in self.__dict__.get("parts", ()):
            part.close()
        if "turn" in self.__dict__:
            self.__dict__["turn"].close()


def _clean(values: MultiDict[str, str]) -> MultiDict[str, str]:
    """The same values, without the control characters that one of them may hold."""
    pairs = list(values.items(multi=True))
    if not any(_CONTROLS.search(name) or _CONTROLS.search(value) for name, value in pairs):
        return values
    return ImmutableMultiDict((_CONTROLS.sub("", name), _CONTROLS.sub("", value)) for name, value in pairs)


def _audio_bytes() -> int:
    return int(current_app.extensions[EXTENSION].settings.max_audio_mib) * MIB


def spool_folder(data: Path) -> Path:
    """Where uploads arrive: on the data folder's file system, so that a finished file is only renamed (rule T-F7)."""
    folder = data / "spool"
    folder.mkdir(parents=True, exist_ok=True)
    return folder

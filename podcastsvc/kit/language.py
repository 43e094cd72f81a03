"""Languages: translations, the choice of a language, and days, times and numbers as people write them.

A language is a code such as ``en`` or ``es``. English is the language of the source, so it needs no catalogue.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from gettext import NullTranslations
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_decimal
from babel.numbers import format_percent as babel_percent
from babel.support import Translations
from babel.units import format_unit

CATALOGUES = Path(__file__).parents[1] / "translations"

_CODE = re.compile(r"[a-z]{2,3}(?:[-_][A-Za-z]{2,4})?")
_ADDRESSED = re.compile(r"[a-z]{2,3}(?:-[a-z]{2,4})?")
_RANGE = re.compile(r"\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*|\*)\s*(?:;\s*q=\s*([01](?:\.\d{0,3})?)\s*)?")
_MOST_RANGES = 20
_SECOND = timedelta(seconds=1)
# Days in English are written as the texts around them are: day, month, year.
_LOCALES = {"en": "en_GB"}
_WEEKDAYS = {"en": "EEEE d MMMM", "es": "EEEE d 'de' MMMM"}
_WEEKDAYS_WITH_YEAR = {"en": "EEEE d MMMM y", "es": "EEEE d 'de' MMMM 'de' y"}


def N_(text: str) -> str:  # noqa: N802 -- the name by which the extractor finds such texts
    """Marks an English text for the catalogues where the reader's language is not known yet; returns it unchanged."""
    return text


class Sentence(str):
    """An English sentence that remembers its template and what fills it, so that it can be said in another language.

    A text like any other else: logs, commands and JSON hold it as it is.
    """

    template: str
    values: dict[str, object]

    def __new__(cls, template: str, values: Mapping[str, object]) -> Self:
        made = super().__new__(cls, _fill(template, values, _write_english))
        made.template, made.values = template, dict(values)
        return made

    def __getnewargs__(self) -> tuple[str, dict[str, object]]:  # type: ignore[override]  # of a copy, ours are two
        return self.template, self.values


def sentence(template: str, /, **values: object) -> Sentence:
    """``sentence("%(count)s lines are left out.", count=3)``: marked for the catalogues as ``N_`` marks a text.

    Values are texts, whole numbers, which get the separators of the reader's language, and other sentences; anything
    else is taken as the text that it writes.
    """
    kept = {name: value if isinstance(value, (str, int)) else str(value) for name, value in values.items()}
    return Sentence(template, kept)


def as_sentence(text: str) -> Sentence:
    """A text of ours as a sentence, so that it is said in the reader's language where it fills another one."""
    return text if isinstance(text, Sentence) else Sentence(text, {})


def translate(text: str, language: str) -> str:
    """A text of ours in a language: one that ``N_`` marks, or a Sentence with the sentences inside it."""
    if not text:
        return ""
    if not isinstance(text, Sentence):
        return gettext(language).gettext(text)
    template = gettext(language).gettext(text.template)
    return _fill(template, text.values, lambda value: _write_value(value, language))


def pack(text: str) -> Any:
    """A text as plain JSON data that keeps what a Sentence remembers; ``unpack`` gives it back."""
    if not isinstance(text, Sentence):
        return text
    values = {name: pack(value) if isinstance(value, str) else value for name, value in text.values.items()}
    return {"template": text.template, "values": values}


def unpack(packed: Any) -> str:
    """The inverse of ``pack``."""
    if not isinstance(packed, Mapping):
        return str(packed)
    values = {name: value if isinstance(value, int) else unpack(value) for name, value in packed["values"].items()}
    return Sentence(packed["template"], values)


def _fill(template: str, values: Mapping[str, object], write: Callable[[object], str]) -> str:
    return template % {name: write(value) for name, value in values.items()} if values else template


def _write_english(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _write_value(value: object, language: str) -> str:
    if isinstance(value, Sentence):
        return translate(value, language)
    return format_number(value, language) if isinstance(value, int) else str(value)


@lru_cache(maxsize=32)
def gettext(language: str) -> NullTranslations:
    """The catalogue of a language, with ``gettext`` and ``ngettext``; a language without one speaks English."""
    if _CODE.fullmatch(language) is None:
        return NullTranslations()
    # Written so, "es-mx" is served by the catalogue of "es" where it has none of its own.
    code, _, territory = language.replace("-", "_").partition("_")
    return Translations.load(CATALOGUES, [f"{code}_{territory.upper()}" if territory else code])


def choose_language(accept_language: str, offered: Sequence[str]) -> str:
    """The offered language that an Accept-Language header likes best; the first one where it likes none.

    ``es-MX`` is served by ``es``. Unreadable parts are passed over. Source: RFC 9110 section 12.5.4.
    """
    liked: dict[str, float] = {}
    for part in accept_language.split(",")[:_MOST_RANGES]:
        found = _RANGE.fullmatch(part)
        if found is not None:
            liked.setdefault(found[1].lower().split("-")[0], float(found[2] or 1))
    rest = liked.get("*", 0.0)
    best = max(offered, key=lambda language: liked.get(language.lower().split("-")[0], rest))
    return best if liked.get(best.lower().split("-")[0], rest) > 0 else offered[0]


def name_language(language: str) -> str:
    """A language's name in itself, as a menu of languages shows it: ``English``, ``Español``."""
    locale = _get_locale(language)
    name = str(locale.languages.get(locale.language, language))
    return name[:1].upper() + name[1:]


def is_known(language: str) -> bool:
    """Whether a code in small letters, ``es`` or ``pt-br``, is a language whose days and numbers we can write."""
    if _ADDRESSED.fullmatch(language) is None:
        return False
    try:
        Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return False
    return True


def name_direction(language: str) -> str:
    """ "rtl" for a language that is written from right to left, else "ltr", as HTML names them."""
    return "rtl" if _get_locale(language).character_order == "right-to-left" else "ltr"


def write_territory(language: str) -> str:
    """A language with the country where most speak it, ``es_ES``, for readers that take no language without one."""
    code = language.replace("-", "_")
    locale = _get_locale(language) if "_" in code else Locale.parse(get_global("likely_subtags").get(code, "en_US"))
    return f"{locale.language}_{locale.territory}" if locale.territory else locale.language


def format_day(day: date | datetime, language: str) -> str:
    """``14 March 2027``, ``14 de marzo de 2027``. An instant is taken as the day that its own zone has."""
    return format_date(day, "long", locale=_get_locale(language))


def format_day_short(day: date | datetime, language: str) -> str:
    """``5 June``, ``5 de junio``: where the year goes without saying."""
    pattern = {"en": "d MMMM", "es": "d 'de' MMMM"}.get(language, "d MMMM")
    return format_date(day, pattern, locale=_get_locale(language))


def format_month(day: date | datetime, language: str) -> str:
    """``March 2022``, ``marzo de 2022``."""
    return format_datetime(day, "LLLL 'de' y" if language == "es" else "LLLL y", locale=_get_locale(language))


def format_month_short(day: date, language: str) -> str:
    """``Mar``, ``mar``: where the year goes without saying."""
    return format_date(day, "LLL", locale=_get_locale(language))


def format_instant(at: datetime, language: str, zone: str, *, now: datetime | None = None) -> str:
    """``Friday 5 June at 06:00, Europe/Madrid``: day and time in ``zone`` (IANA), with the year unless it is ``now``'s."""
    there = at.astimezone(ZoneInfo(zone))
    day = format_weekday(there, language, now=now.astimezone(there.tzinfo) if now is not None else None)
    return gettext(language).gettext("%(day)s at %(time)s, %(zone)s") % {
        "day": day,
        "time": format_time(at, language, zone),
        "zone": zone,
    }


def name_weekday(weekday: int, language: str) -> str:
    """``Monday`` for 0."""
    # The first of January 2024 was a Monday.
    return format_date(date(2024, 1, 1 + weekday), "EEEE", locale=_get_locale(language)).capitalize()


def format_weekday(day: date | datetime, language: str, *, now: datetime | None = None) -> str:
    """``Friday 5 June``, with the year unless it is ``now``'s."""
    patterns = _WEEKDAYS if now is not None and now.year == day.year else _WEEKDAYS_WITH_YEAR
    return format_date(day, patterns.get(language, "full"), locale=_get_locale(language))


def format_time(at: datetime, language: str, zone: str) -> str:
    """``06:00`` in ``zone``."""
    return format_datetime(at, "HH:mm", tzinfo=ZoneInfo(zone), locale=_get_locale(language))


def format_ago(at: datetime, now: datetime, language: str) -> str:
    """``3 hours ago``, ``hace 3 horas``; what is just now counts as a second."""
    passed = min(at - now, -_SECOND)
    return format_timedelta(passed, add_direction=True, locale=_get_locale(language))


def format_minutes(seconds: float, language: str) -> str:
    """A length as ``52 min``; never less than one minute."""
    minutes = max(1, round(seconds / 60))
    # British data has "52 mins"; the texts around it have "52 min", as the American data do.
    return format_unit(
        minutes, "duration-minute", "short", locale=_get_locale(language if language != "en" else "en_US")
    )


def format_length(seconds: float, language: str) -> str:
    """A length as ``52 min``, one of less than a minute as ``16 sec``."""
    if seconds >= 60:
        return format_minutes(seconds, language)
    locale = _get_locale(language if language != "en" else "en_US")
    return format_unit(max(1, round(seconds)), "duration-second", "short", locale=locale)


def format_number(number: float, language: str) -> str:
    """``10,000``, ``10.000``."""
    return format_decimal(number, locale=_get_locale(language))


def format_percent(percent: float, language: str) -> str:
    """``20%``, ``20 %``, ``12.5%``; ``percent`` is out of a hundred."""
    locale = _get_locale(language)
    pattern = locale.percent_formats[None].pattern.replace("#,##0", "#,##0.##")
    return str(babel_percent(percent / 100, pattern, locale=locale))


@lru_cache(maxsize=32)
def _get_locale(language: str) -> Locale:
    try:
        return Locale.parse(_LOCALES.get(language, language.replace("-", "_")))
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en_GB")

"""How pages are made: the template environment, and what every template may use."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, render_template, request
from flask_login import current_user
from jinja2 import StrictUndefined
from markupsafe import Markup

from podcastsvc.billing.letters.texts import write_price
from podcastsvc.catalogue.limits import write_limit
from podcastsvc.kit import language as languages
from podcastsvc.web.assets import asset
from podcastsvc.web.context import language, now, services, settings
from podcastsvc.web.guards.csrf import FIELD, make_csrf_token
from podcastsvc.web.language import add_prefix, make_address, make_path
from podcastsvc.web.site import menu, theme
from podcastsvc.web.site.head import find_plain_head
from podcastsvc.web.site.shows import main_show


def register(app: Flask) -> None:
    """Sets up the template environment of an application."""
    env = app.jinja_env
    env.undefined = StrictUndefined
    env.trim_blocks = env.lstrip_blocks = True
    env.policies["ext.i18n.trimmed"] = True
    env.add_extension("jinja2.ext.i18n")
    env.add_extension("jinja2.ext.do")
    env.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    env.globals.update(url=make_path, address=make_address, asset=asset, csrf=csrf_field)
    env.globals.update(theme_sheet=theme.write_sheet_path, color_scheme=theme.get_scheme, grounds=theme.list_grounds)
    env.globals.update(open_offers=_list_open_offers)
    env.globals.update(
        menu=menu.list_menu,
        site_map=menu.list_site_map,
        legal=menu.list_legal,
        localize=menu.localize,
        plain_head=find_plain_head,
    )
    env.filters.update(
        month=lambda day: languages.format_month(day, language()),
        day=lambda at: languages.format_day(_local(at), language()),
        day_short=write_day_short,
        instant=lambda at: languages.format_instant(at, language(), zone_of_show(), now=now()),
        instant_utc=lambda at: languages.format_instant(at, language(), "UTC", now=now()),
        time_of_day=lambda at: languages.format_time(at, language(), zone_of_show()),
        ago=lambda at: languages.format_ago(at, now(), language()),
        length_of_time=lambda seconds: languages.format_length(seconds, language()),
        clock=write_clock,
        duration=lambda seconds: f"PT{int(seconds)}S",
        megabytes=write_megabytes,
        limit=write_limit,
        number=lambda value: languages.format_number(value, language()),
        percent=lambda percent: languages.format_percent(round(percent), language()),
        money=lambda money: money.format(language()),
        price=lambda money, interval: write_price(money, interval, language()),
        first_name=write_first_name,
        language_name=languages.name_language,
        direction=languages.name_direction,
        # For texts that a room gave; those of a template itself are written {{ _("…") }}.
        say=gettext,
    )
    app.context_processor(_values)


def render(template: str, **values: Any) -> str:
    """One page. Names that a template uses and nobody gave are errors."""
    return render_template(template, **values)


def gettext(text: str) -> str:
    """A text in the language of this request's page, also one that rooms have filled already (``Sentence``)."""
    return languages.translate(text, language())


def ngettext(one: str, many: str, number: int) -> str:
    """The singular or plural text for a number, in the language of this request's page."""
    return languages.gettext(language()).ngettext(one, many, number)


def csrf_field() -> Markup:
    """The hidden field that every form of ours carries (rule T-A9)."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, make_csrf_token())


def zone_of_show() -> str:
    """The IANA time zone in which times are shown to people."""
    show = main_show()
    return show.timezone if show is not None else "UTC"


def write_first_name(name: str) -> str:
    """How a page greets somebody: the first word of their name; "" where they gave none."""
    return name.strip().partition(" ")[0]


def write_day_short(at: date | datetime) -> str:
    """A day of this year without its year, any other with it; instants by the show's time zone."""
    day = _local(at)
    write = languages.format_day_short if day.year == _local(now()).year else languages.format_day
    return write(day, language())


def write_clock(seconds: float) -> str:
    """A position as players write it: ``12:34``, ``1:02:03``."""
    whole = int(seconds)
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{left:02d}" if hours else f"{minutes}:{left:02d}"


def write_megabytes(length_bytes: int) -> str:
    """``48 MB``, ``0.4 MB``; megabytes of 1,000,000 bytes, as browsers show downloads."""
    megabytes = length_bytes / 1_000_000
    shown = languages.format_number(round(megabytes, 1 if megabytes < 10 else 0), language())
    return f"{shown.removesuffix('.0')} MB"


def _local(at: datetime | date) -> datetime | date:
    return at.astimezone(ZoneInfo(zone_of_show())) if isinstance(at, datetime) else at


def _list_open_offers() -> tuple[str, ...]:
    return services().open_offers.get()


def _values() -> dict[str, Any]:
    viewer = current_user if current_user.is_authenticated else None
    return {
        "show": main_show(),
        "viewer": viewer,
        "language": language(),
        "languages": settings().languages,
        "default_language": settings().default_language,
        "path_in": path_in,
        "payments_mode": settings().mode_of_payments,
        "now": now(),
    }


def path_in(code: str) -> str:
    """This request's own path in another language."""
    query = request.query_string.decode(errors="replace")
    return add_prefix(request.path, code) + (f"?{query}" if query else "")

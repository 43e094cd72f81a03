"""Showing a page: templates, language, money and days as people write them, and headers that allow nothing inline."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from podcastsvc.billing.standin.work import Body
from podcastsvc.kit.bundled import get_folder
from podcastsvc.kit.language import choose_language, format_day
from podcastsvc.kit.language import gettext as get_catalogue
from podcastsvc.kit.money import Money

if TYPE_CHECKING:
    from podcastsvc.billing.standin.app import Standin

LANGUAGES = ("en", "es")


@cache
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(get_folder("templates")),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_translations(get_catalogue(language), newstyle=True)  # type: ignore[attr-defined]
    return environment


@dataclass(frozen=True, slots=True)
class View:
    """One request for a page, and how to answer it."""

    standin: "Standin"
    request: Request
    language: str

    def speaking(self, locale: str | None) -> "View":
        """The same in the language an object names; ``auto`` and unknown ones leave it to the browser."""
        code = (locale or "").split("-")[0]
        return View(self.standin, self.request, code) if code in LANGUAGES else self

    def gettext(self, text: str) -> str:
        """A text in the page's language."""
        return get_catalogue(self.language).gettext(text)

    def address(self, path: str) -> str:
        """A page's address here, under whatever prefix the stand-in is mounted at."""
        return self.request.root_path.rstrip("/") + path

    def field(self, name: str, limit_chars: int = 200) -> str:
        """A field of the form that was sent."""
        return self.request.form.get(name, "")[:limit_chars].strip()

    def money(self, amount: int, currency: str) -> str:
        return Money(amount, currency).format(self.language)

    def day(self, instant: int) -> str:
        return format_day(datetime.fromtimestamp(instant, UTC), self.language)

    def time(self, instant: int) -> str:
        return datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%d %H:%M:%S")

    def every(self, price: Body) -> str:
        """``€6 a month``, ``€60 every 3 months``, or the amount alone for a single payment."""
        amount = self.money(price["unit_amount"] or 0, price["currency"])
        if not price["recurring"]:
            return amount
        count = price["recurring"]["interval_count"]
        ngettext = get_catalogue(self.language).ngettext
        texts = {
            "day": ngettext("%(amount)s a day", "%(amount)s every %(count)s days", count),
            "week": ngettext("%(amount)s a week", "%(amount)s every %(count)s weeks", count),
            "month": ngettext("%(amount)s a month", "%(amount)s every %(count)s months", count),
            "year": ngettext("%(amount)s a year", "%(amount)s every %(count)s years", count),
        }
        return texts[price["recurring"]["interval"]] % {"amount": amount, "count": count}

    def show(self, name: str, *, status: int = 200, leads_to: tuple[str | None, ...] = (), **context: Any) -> Response:
        """A page. ``leads_to`` are addresses elsewhere that its forms may end up at."""
        template = _environment(self.language).get_template(f"standin/{name}.html")
        text = template.render(view=self, language=self.language, **context)
        response = Response(text, status, mimetype="text/html")
        _set_headers(response, leads_to)
        return response

    def go(self, path: str) -> Response:
        """Sends the browser to another page here."""
        return self.leave(self.address(path))

    def leave(self, address: str) -> Response:
        """Sends the browser to any address."""
        response = redirect(address, 303)
        _set_headers(response, ())
        return response


def make_view(standin: "Standin", request: Request) -> View:
    """A view in the language the browser likes best."""
    return View(standin, request, choose_language(request.headers.get("Accept-Language", ""), LANGUAGES))


def _set_headers(response: Response, leads_to: tuple[str | None, ...]) -> None:
    """No script, nothing inline, nothing kept; forms end here or where the session says (rules T-X3, T-H6)."""
    origins = {_origin(address) for address in leads_to if address}
    actions = " ".join(["'self'", *sorted(origins)])
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'self'; img-src 'self' data:; form-action {actions}; frame-ancestors 'none';"
        " base-uri 'none'"
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Robots-Tag"] = "noindex"


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"

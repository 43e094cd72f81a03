"""Languages in addresses: the default one has no prefix, the others have ``/es/…``; and addresses written in each."""

from collections.abc import Callable, Iterable
from typing import Any

from flask import abort, current_app, g, request

from podcastsvc.kit.language import choose_language
from podcastsvc.web.context import language, settings
from podcastsvc.web.guards import machines

WSGI = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

# Blueprints whose pages exist in each language. All others have one address, whatever the language.
LOCALIZED = frozenset(
    (
        "site episodes naming articles pages calls join welcome add sign_in account billing reminders gift redeem seat support"
        " consultation consultation_mine search icons contact"
    ).split()
)


class LanguagePrefix:
    """Takes a language's prefix off the path before routing, and notes the language for the request."""

    def __init__(self, app: WSGI, languages: tuple[str, ...]) -> None:
        self._app = app
        self._prefixes = {f"/{each}": each for each in languages[1:]}

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        head, _, rest = path[1:].partition("/")
        found = self._prefixes.get(f"/{head}")
        if found:
            environ["podcastsvc.language"] = found
            environ["podcastsvc.prefix"] = f"/{head}"
            environ["PATH_INFO"] = f"/{rest}"
        return self._app(environ, start_response)


def set_language() -> None:
    """Runs before each request: the language of the address; a prefix before an address that has none is not found.

    Programs are told in English what is wrong, whatever the site speaks (rule S5).
    """
    prefixed = request.environ.get("podcastsvc.language")
    g.language = prefixed or settings().default_language
    if machines.is_for_machines(request.path):
        g.language = machines.LANGUAGE
    blueprint = request.blueprint
    if prefixed and blueprint is not None and blueprint.split(".")[0] not in LOCALIZED:
        abort(404)


def set_personal_language(wanted: str | None) -> None:
    """Chooses the language of a page that has only one address: the person's own, else what the browser asks for."""
    if wanted in settings().languages:
        g.language = wanted
    else:
        g.language = choose_language(request.headers.get("Accept-Language", ""), settings().languages)


def make_path(endpoint: str, *, in_language: str | None = None, **values: Any) -> str:
    """The path of an endpoint, with the prefix of the given or present language where its pages have one.

    Values that the rule does not name become the query; None values are dropped.
    """
    adapter = current_app.url_map.bind("", script_name="/")
    wanted = {name: value for name, value in values.items() if value is not None}
    path = adapter.build(endpoint, wanted, force_external=False)
    return add_prefix(path, in_language or language()) if endpoint.split(".", maxsplit=1)[0] in LOCALIZED else path


def split_language(path: str) -> tuple[str, str]:
    """The language of a path, and the path without its prefix."""
    head, _, rest = path[1:].partition("/")
    if head in settings().languages[1:]:
        return head, f"/{rest}"
    return settings().default_language, path


def add_prefix(path: str, code: str) -> str:
    """A path in one language."""
    return path if code == settings().default_language else f"/{code}{path}"


def make_address(endpoint: str, *, in_language: str | None = None, **values: Any) -> str:
    """The whole address of an endpoint on the canonical host (rule T-H1), for letters, feeds and redirects outside."""
    return settings().base_url + make_path(endpoint, in_language=in_language, **values)

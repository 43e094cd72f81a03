"""Joins the parts into one web application."""

import threading
from typing import Any

from flask import Flask, current_app, request
from werkzeug.exceptions import BadRequest
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response

from podcastsvc.kit.bundled import get_folder
from podcastsvc.kit.logs import set_up_logs
from podcastsvc.services import STANDIN_PREFIX, Services
from podcastsvc.settings import Settings, read_settings
from podcastsvc.web import assets, errors, language, pages
from podcastsvc.web.apps import pacing
from podcastsvc.web.apps.quick import QuickAnswers
from podcastsvc.web.context import EXTENSION
from podcastsvc.web.guards import compress, csrf, headers, moved, old_addresses
from podcastsvc.web.guards.gate import Gate
from podcastsvc.web.guards.machines import send_on
from podcastsvc.web.guards.page_slugs import make_converter
from podcastsvc.web.guards.strange_paths import RowNumber, refuse_control_characters
from podcastsvc.web.requests import SpooledRequest
from podcastsvc.web.routes import BLUEPRINTS
from podcastsvc.web.sign_in import gates

# Looked at without our host's name: by a load balancer, and by the operator on the machine itself.
_ANY_HOST = frozenset({"/healthz"})


def create_app(settings: Settings, services: Services | None = None) -> Flask:
    """The application for one installation. Opens nothing by itself: database and stores are made at first use."""
    app = Flask(__name__, static_folder=None, template_folder=str(get_folder("templates")))
    app.request_class = SpooledRequest
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.url_map.strict_slashes = True
    app.url_map.converters["int"] = RowNumber
    made = app.extensions[EXTENSION] = services or Services(settings)
    app.url_map.converters["page_slug"] = make_converter(made)
    gates.register(app)
    pages.register(app)
    errors.register(app)
    app.register_blueprint(assets.blueprint)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.before_request(language.set_language)
    app.before_request(refuse_control_characters)
    app.before_request(lambda: _keep_to_our_host(settings))
    app.before_request(old_addresses.redirect_old_address)
    app.before_request(moved.redirect_front)
    app.before_request(_check_form)
    app.after_request(headers.add_security_headers)
    app.after_request(compress.compress_page)
    app.wsgi_app = _wrap(app, settings)  # type: ignore[method-assign]
    return app


def make_application() -> Any:
    """What a WSGI server loads: the application by the environment's settings, with a worker thread for jobs."""
    from podcastsvc.worker import make_worker

    settings = read_settings()
    set_up_logs(settings)
    app = create_app(settings)
    make_worker(app.extensions[EXTENSION]).start()
    _start_courier(app.extensions[EXTENSION])
    return app


def _start_courier(services: Services) -> None:
    """Where payments are simulated, a thread that brings the stand-in's notices to our own route."""
    if services.standin is None:
        return
    from podcastsvc.billing import simulation

    arguments = (services.standin, simulation.post_over_http, threading.Event())
    threading.Thread(target=simulation.run_courier, args=arguments, name="stand-in-courier", daemon=True).start()


def _wrap(app: Flask, settings: Settings) -> Any:
    wsgi: Any = language.LanguagePrefix(app.wsgi_app, settings.languages)
    if settings.mode_of_payments == "sim":
        wsgi = DispatcherMiddleware(wsgi, {STANDIN_PREFIX: _Late(app)})
    wsgi = Gate(wsgi, settings)
    wsgi = QuickAnswers(app, app.extensions[EXTENSION], wsgi)
    hops = settings.trusted_proxies
    return ProxyFix(wsgi, x_for=hops, x_proto=hops, x_host=hops) if hops else wsgi


class _Late:
    """The stand-in's pages, opened at the first request and so after the server has forked."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def __call__(self, environ: Any, start_response: Any) -> Any:
        return self._app.extensions[EXTENSION].standin(environ, start_response)


def _keep_to_our_host(settings: Settings) -> Response | None:
    """Sends readers who came by another name or by http to the canonical host; refuses forms there (rules A8, T-H1)."""
    if f"{request.scheme}://{request.host}" == settings.base_url or request.path in _ANY_HOST:
        return None
    if request.method not in {"GET", "HEAD"}:
        raise BadRequest
    target = settings.base_url + request.environ.get("podcastsvc.prefix", "") + request.full_path.removesuffix("?")
    return send_on(target, 301)


def _check_form() -> None:
    """Every state change proves that it comes from our own page, and 60 a minute are enough for one person.

    Routes with a signature of their own are exempt.
    """
    if request.endpoint is None:
        # No route takes this: it changes nothing, and its answer is 404 or 405.
        return
    view = current_app.view_functions.get(request.endpoint)
    if request.method not in csrf.SAFE_METHODS and not getattr(view, "has_own_signature", False):
        csrf.check_origin()
        csrf.check_token()
        # Parts of an upload have a limit of their own: how many arrive at once.
        if request.method != "PATCH":
            pacing.spend_form()

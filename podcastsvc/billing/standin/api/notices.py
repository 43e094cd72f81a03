"""``/v1/webhook_endpoints`` and ``/v1/events``."""

import re

from podcastsvc.billing.standin.api.lists import PAGING, answer_list
from podcastsvc.billing.standin.forms import Params
from podcastsvc.billing.standin.refusals import invalid, missing, needed
from podcastsvc.billing.standin.work import API_VERSION, DAY, Body, Work, make_id

CREATE = frozenset("api_version connect description enabled_events expand metadata url".split())
UPDATE = frozenset("description disabled enabled_events expand metadata url".split())
LIST_EVENTS = PAGING | {"created", "delivery_success", "type", "types"}
KEPT_DAYS = 30
MOST_TYPES = 20


def make_endpoint(work: Work, url: str, kinds: list[str], *, secret: str = "", **fields: object) -> Body:
    """A new endpoint with its signing secret; not told of, as at Stripe."""
    return work.put(
        {
            "id": make_id("we"),
            "object": "webhook_endpoint",
            "api_version": API_VERSION,
            "application": None,
            "created": work.now,
            "description": None,
            "enabled_events": kinds,
            "livemode": False,
            "metadata": {},
            "status": "enabled",
            "url": url,
            "_secret": secret or make_id("whsec", 32),
        }
        | fields
    )


def create(work: Work, params: Params) -> Body:
    """The answer to this one request carries the secret, and none later does."""
    url = params.require("url")
    _check_url(url)
    version = params.text("api_version") or API_VERSION
    if version != API_VERSION:
        raise invalid(f"Invalid Stripe API version: {version}", "api_version")
    endpoint = make_endpoint(
        work,
        url,
        _read_kinds(params),
        api_version=version,
        description=params.text("description") or None,
        metadata=params.metadata(),
    )
    return endpoint | {"secret": endpoint["_secret"]}


def _check_url(url: str) -> None:
    if not re.fullmatch(r"https?://[^\s/]+(/\S*)?", url):
        raise invalid("Invalid URL: a webhook needs an absolute http or https address.", "url", "url_invalid")


def _read_kinds(params: Params) -> list[str]:
    kinds = params.words("enabled_events")
    if not kinds:
        raise needed("enabled_events")
    for kind in kinds:
        if kind != "*" and not re.fullmatch(r"[a-z_0-9]+(\.[a-z_0-9]+)+", kind):
            raise invalid(f"Invalid enabled_events: {kind[:80]} is no type of event.", "enabled_events")
    return kinds


def retrieve(work: Work, params: Params, endpoint_id: str) -> Body:
    return work.get("webhook_endpoint", endpoint_id)


def update(work: Work, params: Params, endpoint_id: str) -> Body:
    endpoint = work.get("webhook_endpoint", endpoint_id)
    endpoint["metadata"] = params.metadata(endpoint["metadata"])
    if params.has("url"):
        _check_url(params.text("url"))
        endpoint["url"] = params.text("url")
    if params.has("enabled_events"):
        endpoint["enabled_events"] = _read_kinds(params)
    if params.has("description"):
        endpoint["description"] = params.text("description") or None
    if params.has("disabled"):
        endpoint["status"] = "disabled" if params.flag("disabled") else "enabled"
    return work.put(endpoint)


def delete(work: Work, params: Params, endpoint_id: str) -> Body:
    work.get("webhook_endpoint", endpoint_id)
    work.connection.execute("DELETE FROM outbox WHERE endpoint_id = ? AND state = 'waiting'", (endpoint_id,))
    return work.put({"id": endpoint_id, "object": "webhook_endpoint", "deleted": True})


def list_all(work: Work, params: Params) -> Body:
    return answer_list(work, params, "/v1/webhook_endpoints", work.rows("webhook_endpoint"))


def retrieve_event(work: Work, params: Params, event_id: str) -> Body:
    event = work.get("event", event_id)
    if event["created"] < work.now - KEPT_DAYS * DAY:
        raise missing("event", event_id)
    return event | {"pending_webhooks": _count_waiting(work).get(event_id, 0)}


def list_events(work: Work, params: Params) -> Body:
    """The last 30 days; at most 20 ``types`` in one request."""
    kinds, kind = params.words("types"), params.text("type")
    if kinds and kind:
        raise invalid("You may only specify one of these parameters: type, types.", "types")
    if len(kinds) > MOST_TYPES:
        raise invalid(f"You may specify at most {MOST_TYPES} types.", "types")
    oldest = work.now - KEPT_DAYS * DAY
    pattern = re.compile(re.escape(kind).replace(r"\*", ".*")) if kind else None

    def keeps(body: Body) -> bool:
        fits = (not kinds or body["type"] in kinds) and (pattern is None or pattern.fullmatch(body["type"]) is not None)
        return bool(fits and body["created"] >= oldest)

    waiting = _count_waiting(work)
    rows = (event | {"pending_webhooks": waiting.get(event["id"], 0)} for event in work.rows("event"))
    return answer_list(work, params, "/v1/events", rows, keeps)


def _count_waiting(work: Work) -> dict[str, int]:
    """How many notices of each event are still to be sent."""
    rows = work.connection.execute(
        "SELECT event_id, count(*) AS waiting FROM outbox WHERE state = 'waiting' GROUP BY event_id"
    ).fetchall()
    return {row["event_id"]: row["waiting"] for row in rows}

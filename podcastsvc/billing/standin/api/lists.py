"""Lists: newest first, ``limit``, ``starting_after``, ``ending_before``, ``created``, ``has_more``."""

from collections.abc import Callable, Iterable

from podcastsvc.billing.standin.api.expand import render_list
from podcastsvc.billing.standin.forms import Params
from podcastsvc.billing.standin.refusals import invalid
from podcastsvc.billing.standin.work import Body, Work

PAGING = frozenset({"limit", "starting_after", "ending_before", "expand"})


def answer_list(
    work: Work, params: Params, url: str, bodies: Iterable[Body], keeps: Callable[[Body], bool] = lambda body: True
) -> Body:
    """One page of the bodies that ``keeps`` lets through. ``bodies`` come newest first."""
    limit = params.whole("limit")
    if limit is not None and not 1 <= limit <= 100:
        raise invalid("This value must be between 1 and 100.", "limit", "parameter_invalid_integer")
    chosen = [body for body in bodies if not body.get("deleted") and keeps(body) and _in_time(body, params)]
    page, more = _cut(work, params, chosen, limit or 10)
    return render_list(work, page, url, has_more=more, expand=params.words("expand"))


def _cut(work: Work, params: Params, chosen: list[Body], limit: int) -> tuple[list[Body], bool]:
    after, before = params.text("starting_after"), params.text("ending_before")
    if after and before:
        raise invalid("You may only specify one of these parameters: starting_after, ending_before.", "starting_after")
    if after:
        mark = _mark(work, after, "starting_after")
        chosen = [body for body in chosen if work.serial(body["id"]) < mark]
    if before:
        mark = _mark(work, before, "ending_before")
        newer = [body for body in chosen if work.serial(body["id"]) > mark]
        return newer[-limit:], len(newer) > limit
    return chosen[:limit], len(chosen) > limit


def _mark(work: Work, object_id: str, param: str) -> int:
    mark = work.serial(object_id)
    if not mark:
        raise invalid(f"No such object: '{object_id}'", param, "resource_missing")
    return mark


def _in_time(body: Body, params: Params) -> bool:
    value = params.values.get("created")
    if value is None:
        return True
    if isinstance(value, str):
        return bool(body["created"] == params.whole("created"))
    created, limits = body["created"], params.nested("created")
    checks = {
        "gt": lambda limit: created > limit,
        "gte": lambda limit: created >= limit,
        "lt": lambda limit: created < limit,
        "lte": lambda limit: created <= limit,
    }
    limits.refuse_unknown(frozenset(checks))
    return all(checks[name](limits.whole(name) or 0) for name in limits.values)

"""What follows when money went back, or a bank asks for it: decided from what a payment was and is. Pure (``payments.md`` 13)."""

from dataclasses import dataclass
from typing import Literal

# The bank has taken the money, or will: an answer is due, or was given.
TAKEN = frozenset(("needs_response", "under_review"))
# The bank only asks; nothing is taken yet.
ASKING = frozenset(("warning_needs_response", "warning_under_review"))

Effect = Literal["returned", "put_back", "disputed", "asked", "won", "lost"]
"""``returned``: all of it went back. ``put_back``: a refund did not arrive, so the money is with us again. ``disputed``:
the bank takes it. ``asked``: the bank only asks. ``won`` and ``lost`` close a dispute."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a payment stands, as far as money that leaves us goes. Amounts in the smallest unit of its currency."""

    amount_minor: int
    refunded_minor: int
    dispute_id: str | None = None
    dispute_state: str | None = None

    @property
    def is_returned(self) -> bool:
        return self.refunded_minor >= self.amount_minor


NOTHING = Standing(1, 0)
"""A payment that we had not seen."""


def list_effects(before: Standing, after: Standing) -> list[Effect]:
    """What follows from a change, in the order in which it has to be done; nothing where nothing changed."""
    effects: list[Effect] = []
    if after.is_returned and not before.is_returned:
        effects.append("returned")
    if after.refunded_minor < before.refunded_minor:
        effects.append("put_back")
    state = after.dispute_state
    was = before.dispute_state if before.dispute_id == after.dispute_id else None
    if state == was or state is None:
        return effects
    if state in TAKEN and was not in TAKEN:
        effects.append("disputed")
    elif state in ASKING and was not in ASKING:
        effects.append("asked")
    elif state == "lost":
        # We may hear of it only when it is over.
        effects += ["lost"] if was in TAKEN else ["disputed", "lost"]
    elif state == "won":
        effects.append("won")
    return effects

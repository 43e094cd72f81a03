"""Which payments are taxed, and by whom (``payments.md`` 6). Pure."""

from dataclasses import dataclass
from typing import Any, Literal

from podcastsvc.settings import STREAMED_AUDIO

Mode = Literal["off", "stripe_tax", "managed"]
Behavior = Literal["inclusive", "exclusive"]


@dataclass(frozen=True, slots=True)
class TaxRules:
    """The host's choice. ``behavior`` says whether new prices hold the tax or it comes on top; ``code`` is what plans and
    gifts are to a tax office, one of Stripe's product tax codes."""

    mode: Mode = "off"
    behavior: Behavior = "inclusive"
    code: str = STREAMED_AUDIO

    @property
    def is_added(self) -> bool:
        """Whether what is charged may be more than the price that is shown."""
        return self.mode != "off" and self.behavior == "exclusive"

    def code_of(self, kind: str) -> str:
        """The tax code of what an order of a kind buys; empty leaves it to the account's own at Stripe."""
        return self.code if self.mode != "off" and kind in {"membership", "gift"} else ""


NO_TAX = TaxRules()


def write_tax(rules: TaxRules, kind: str, *, renews: bool, has_customer: bool) -> dict[str, Any]:
    """The parameters of a checkout that have to do with tax.

    Stripe refuses a known customer without leave to save the address, and that leave without a customer. As the seller
    in our place (``managed``) Stripe takes memberships that renew. Donations are no sale, and are never taxed.
    """
    if rules.mode == "off" or kind == "donation":
        return {}
    if rules.mode == "managed":
        return {"managed_payments": {"enabled": True}} if kind == "membership" and renews else {}
    params: dict[str, Any] = {"automatic_tax": {"enabled": True}}
    if has_customer:
        params["customer_update"] = {"address": "auto", "name": "auto"}
    return params

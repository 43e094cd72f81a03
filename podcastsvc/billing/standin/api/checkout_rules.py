"""What Stripe refuses about the parameters of a checkout session, before anything is made."""

from podcastsvc.billing.standin.books.periods import DAY
from podcastsvc.billing.standin.forms import Params
from podcastsvc.billing.standin.refusals import invalid, needed, unsupported
from podcastsvc.billing.standin.work import Work

# Without payment_method_types: this version of the API has no such parameter.
CREATE = frozenset(
    "adaptive_pricing after_expiration allow_promotion_codes allowed_payment_method_types automatic_tax"
    " billing_address_collection branding_settings cancel_url client_reference_id consent_collection currency"
    " custom_fields custom_text customer customer_account customer_creation customer_email customer_update discounts"
    " excluded_payment_method_types expand expires_at integration_identifier invoice_creation line_items locale"
    " managed_payments metadata mode name_collection optional_items origin_context payment_intent_data"
    " payment_method_collection payment_method_configuration payment_method_data payment_method_options permissions"
    " phone_number_collection redirect_on_completion return_url saved_payment_method_options setup_intent_data"
    " shipping_address_collection shipping_options submit_type subscription_data success_url tax_id_collection ui_mode"
    " wallet_options".split()
)
UI_MODES = ("elements", "embedded_page", "form", "hosted_page")
LOCALES = tuple(
    "auto bg cs da de el en en-GB es es-419 et fi fil fr fr-CA hi-IN hr hu id it ja ko lt lv ms mt nb nl pl pt pt-BR ro ru"
    " sk sl sv th tr vi zh zh-HK zh-TW".split()
)
_ONLY_ONE = (("customer", "customer_email"), ("allow_promotion_codes", "discounts"), ("customer", "customer_creation"))
_NOT_BUILT = ("after_expiration", "custom_fields", "optional_items", "shipping_options", "invoice_creation")


def check_combinations(work: Work, params: Params, mode: str) -> None:
    """Raises Refusal for words that are none of Stripe's, and for parameters that may not stand together."""
    _check_words(params)
    for name in _NOT_BUILT:
        if params.has(name):
            raise unsupported(f"checkout sessions with {name}", name)
    for pair in _ONLY_ONE:
        if all(params.has(name) for name in pair):
            raise invalid(f"You may only specify one of these parameters: {', '.join(pair)}.", pair[1])
    _check_mode(params, mode)
    _check_customer(work, params)
    _check_trial(work, params)
    if not params.text("success_url"):
        raise needed("success_url")
    for name in ("success_url", "cancel_url"):
        if params.has(name) and not params.text(name).startswith(("http://", "https://")):
            raise invalid(f"Not a valid URL: {params.text(name)[:80]}", name, "url_invalid")


def _check_words(params: Params) -> None:
    if params.choice("ui_mode", UI_MODES, "hosted_page") != "hosted_page":
        raise unsupported("checkout other than hosted_page", "ui_mode")
    params.choice("locale", LOCALES)
    params.choice("submit_type", ("auto", "book", "donate", "pay", "subscribe"))
    params.choice("payment_method_collection", ("always", "if_required"))
    params.choice("customer_creation", ("always", "if_required"))
    params.choice("billing_address_collection", ("auto", "required"))
    for name in ("address", "name", "shipping"):
        params.nested("customer_update").choice(name, ("auto", "never"))


def _check_mode(params: Params, mode: str) -> None:
    elsewhere = {
        "payment": ("subscription_data", "payment_method_collection"),
        "subscription": ("payment_intent_data", "customer_creation"),
    }
    for name in elsewhere[mode]:
        if params.has(name):
            raise invalid(f"You can not pass `{name}` in `{mode}` mode.", name)
    if mode == "payment" and params.nested("managed_payments").flag("enabled"):
        raise unsupported("managed payments outside subscription mode", "managed_payments")


def _check_customer(work: Work, params: Params) -> None:
    if params.has("customer_email") and "@" not in params.text("customer_email"):
        raise invalid(f"Invalid email address: {params.text('customer_email')[:80]}", "customer_email", "email_invalid")
    if not params.has("customer"):
        if params.has("customer_update"):
            raise invalid("`customer_update` can only be used with `customer`.", "customer_update")
        return
    customer = work.get("customer", params.text("customer"), "customer")
    taxed = params.nested("automatic_tax").flag("enabled")
    if taxed and not customer["address"] and params.nested("customer_update").text("address") != "auto":
        raise invalid(
            "Automatic tax calculation in Checkout requires a valid address on the Customer. Add one, or set"
            " `customer_update[address]` to 'auto' to save the address entered in Checkout to the Customer.",
            "automatic_tax",
            "customer_tax_location_invalid",
        )


def _check_trial(work: Work, params: Params) -> None:
    sent = params.nested("subscription_data")
    if sent.has("trial_period_days") and sent.has("trial_end"):
        raise invalid("You may only specify one of trial_period_days and trial_end.", sent.name("trial_end"))
    trial_end = sent.whole("trial_end")
    if trial_end is not None and trial_end < work.now + 2 * DAY:
        raise invalid("The `trial_end` date has to be at least 2 days in the future.", sent.name("trial_end"))


def read_expiry(work: Work, params: Params) -> tuple[int, int]:
    """``expires_at`` as it was sent, and the instant on the stand-in's clock at which that is.

    A client's own clock is not moved when ours is, so an ``expires_at`` that is right by its clock is right.
    Raises Refusal unless it is between 30 minutes and 24 hours away.
    """
    sent = params.whole("expires_at")
    if sent is None:
        return work.now + DAY, work.now + DAY
    for reference in (work.wall, work.now):
        if reference + 1800 - 60 <= sent <= reference + DAY + 60:
            return sent, work.now + sent - reference
    raise invalid("The `expires_at` timestamp must be between 30 minutes and 24 hours from now.", "expires_at")

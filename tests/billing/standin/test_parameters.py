"""The parameters the stand-in takes are exactly those of the installed stripe package, so nothing else slips through."""

import pytest
import stripe.params as p
from stripe._request_options import RequestOptions

from podcastsvc.billing.standin.api.routes import ROUTES

TYPED = {
    "POST /v1/customers": p.CustomerCreateParams,
    "GET /v1/customers": p.CustomerListParams,
    "GET /v1/customers/{id}": p.CustomerRetrieveParams,
    "POST /v1/customers/{id}": p.CustomerUpdateParams,
    "GET /v1/customers/{id}/payment_methods": p.CustomerPaymentMethodListParams,
    "GET /v1/payment_methods": p.PaymentMethodListParams,
    "POST /v1/products": p.ProductCreateParams,
    "GET /v1/products": p.ProductListParams,
    "POST /v1/products/{id}": p.ProductUpdateParams,
    "POST /v1/prices": p.PriceCreateParams,
    "GET /v1/prices": p.PriceListParams,
    "POST /v1/prices/{id}": p.PriceUpdateParams,
    "POST /v1/coupons": p.CouponCreateParams,
    "GET /v1/coupons": p.CouponListParams,
    "POST /v1/coupons/{id}": p.CouponUpdateParams,
    "POST /v1/promotion_codes": p.PromotionCodeCreateParams,
    "GET /v1/promotion_codes": p.PromotionCodeListParams,
    "POST /v1/promotion_codes/{id}": p.PromotionCodeUpdateParams,
    "POST /v1/checkout/sessions": p.checkout.SessionCreateParams,
    "GET /v1/checkout/sessions": p.checkout.SessionListParams,
    "GET /v1/checkout/sessions/{id}": p.checkout.SessionRetrieveParams,
    "POST /v1/checkout/sessions/{id}": p.checkout.SessionUpdateParams,
    "POST /v1/checkout/sessions/{id}/expire": p.checkout.SessionExpireParams,
    "GET /v1/checkout/sessions/{id}/line_items": p.checkout.SessionLineItemListParams,
    "GET /v1/subscriptions": p.SubscriptionListParams,
    "GET /v1/subscriptions/{id}": p.SubscriptionRetrieveParams,
    "POST /v1/subscriptions/{id}": p.SubscriptionUpdateParams,
    "DELETE /v1/subscriptions/{id}": p.SubscriptionCancelParams,
    "POST /v1/subscriptions/{id}/pause": p.SubscriptionPauseParams,
    "POST /v1/subscriptions/{id}/resume": p.SubscriptionResumeParams,
    "POST /v1/subscription_schedules/{id}/release": p.SubscriptionScheduleReleaseParams,
    "GET /v1/invoices": p.InvoiceListParams,
    "POST /v1/invoices/create_preview": p.InvoiceCreatePreviewParams,
    "POST /v1/invoices/{id}/pay": p.InvoicePayParams,
    "GET /v1/invoice_payments": p.InvoicePaymentListParams,
    "GET /v1/payment_intents": p.PaymentIntentListParams,
    "GET /v1/payment_intents/{id}": p.PaymentIntentRetrieveParams,
    "GET /v1/charges": p.ChargeListParams,
    "POST /v1/refunds": p.RefundCreateParams,
    "GET /v1/refunds": p.RefundListParams,
    "POST /v1/refunds/{id}": p.RefundUpdateParams,
    "GET /v1/disputes": p.DisputeListParams,
    "POST /v1/disputes/{id}": p.DisputeUpdateParams,
    "POST /v1/disputes/{id}/close": p.DisputeCloseParams,
    "POST /v1/billing_portal/configurations": p.billing_portal.ConfigurationCreateParams,
    "GET /v1/billing_portal/configurations": p.billing_portal.ConfigurationListParams,
    "POST /v1/billing_portal/configurations/{id}": p.billing_portal.ConfigurationUpdateParams,
    "POST /v1/billing_portal/sessions": p.billing_portal.SessionCreateParams,
    "POST /v1/webhook_endpoints": p.WebhookEndpointCreateParams,
    "GET /v1/webhook_endpoints": p.WebhookEndpointListParams,
    "POST /v1/webhook_endpoints/{id}": p.WebhookEndpointUpdateParams,
    "GET /v1/events": p.EventListParams,
}
KNOWN = {f"{route.method} {route.path}": route.known for route in ROUTES}


@pytest.mark.parametrize("operation", TYPED)
def test_parameters_are_those_of_the_package(operation):
    named = set(TYPED[operation].__annotations__) - set(RequestOptions.__annotations__)

    assert KNOWN[operation] == named

//! Payments and shops.

use crate::secrets::check::Check;
use crate::secrets::rule::Alphabet::{Alphanumeric, Base64, Hex, Word};
use crate::secrets::rule::{Rule, pattern, token};

pub(super) const RULES: &[Rule] = &[
    token("stripe-key", "sk_live_", Alphanumeric, 24, 248),
    token("stripe-test-key", "sk_test_", Alphanumeric, 24, 248),
    token("stripe-restricted-key", "rk_live_", Alphanumeric, 24, 248),
    token("stripe-restricted-key", "rk_test_", Alphanumeric, 24, 248),
    token("payment-key", "sk_live_", Alphanumeric, 14, 23).checked(Check::Random).likely(85),
    token("payment-key", "sk_test_", Alphanumeric, 14, 23).checked(Check::Random).likely(85),
    token("payment-key", "ak_live_", Alphanumeric, 20, 64),
    token("webhook-secret", "whsec_", Base64, 24, 90),
    pattern(
        "shopify-token",
        &["shpat_", "shpca_", "shppa_", "shpss_", "shptka_"],
        r"shp(?:at|ca|pa|ss|tka)_[A-Za-z0-9]{32}",
    ),
    token("square-token", "EAAA", Word, 56, 64).checked(Check::Random),
    token("square-token", "sq0atp-", Word, 22, 22),
    token("square-secret", "sq0csp-", Word, 43, 43),
    token("square-client-id", "sq0idp-", Word, 22, 22).likely(60),
    pattern("paypal-token", &["access_token$"], r"access_token\$(?:production|sandbox)\$[a-z0-9]{16}\$[0-9a-f]{32}"),
    pattern("adyen-key", &["aqe"], r"AQE[a-z][A-Za-z0-9+/=]{50,200}-[A-Za-z0-9+/=]{30,60}-[^\s\x22']{10,30}"),
    pattern(
        "plaid-token",
        &["access-"],
        r"access-(?:sandbox|development|production)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    ),
    token("razorpay-key", "rzp_live_", Alphanumeric, 14, 14),
    token("razorpay-key", "rzp_test_", Alphanumeric, 14, 14),
    pattern("flutterwave-key", &["flwseck"], r"FLWSECK(?:_TEST|_LIVE)?-[0-9a-zA-Z]{12,32}-X"),
    token("shippo-token", "shippo_live_", Hex, 40, 40),
    token("shippo-token", "shippo_test_", Hex, 40, 40),
    token("easypost-key", "EZAK", Alphanumeric, 54, 54),
    token("easypost-key", "EZTK", Alphanumeric, 54, 54),
    pattern("lob-key", &["live_", "test_"], r"(?:live|test)_[0-9a-f]{35}\b"),
    pattern("gocardless-token", &["live_"], r"live_[A-Za-z0-9_=-]{40}\b").checked(Check::Random).likely(85),
    pattern("duffel-token", &["duffel_"], r"duffel_(?:live|test)_[A-Za-z0-9_=-]{43}"),
    // A word many put before what is secret in production, and in trials.
    token("live-key", "live_", Alphanumeric, 20, 80).checked(Check::Random).likely(85),
    token("test-key", "test_", Alphanumeric, 24, 80).checked(Check::Random).likely(80),
    token("polar-token", "polar_oat_", Alphanumeric, 30, 60),
    token("paddle-key", "pdl_live_apikey_", Word, 40, 80),
    token("paddle-key", "pdl_sdbx_apikey_", Word, 40, 80),
];

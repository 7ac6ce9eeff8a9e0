//! Messages, mail and calls.

use crate::secrets::check::Check;
use crate::secrets::rule::Alphabet::{Alphanumeric, Base64, Hex, Word};
use crate::secrets::rule::{Rule, pattern, token};

pub(super) const RULES: &[Rule] = &[
    // Slack documents the letter after `xox` as the kind of token.
    pattern("slack-token", &["xox"], r"(?i:xox)[abeoprs]-(?:\d-)?[A-Za-z0-9-]{10,250}"),
    pattern("slack-rotating-token", &["xoxe."], r"xoxe\.xox[bp]-\d-[A-Za-z0-9]{40,250}"),
    pattern("slack-app-token", &["xapp-"], r"(?i:xapp)-\d-[A-Z0-9]{6,16}-\d{6,20}-[a-z0-9]{40,80}"),
    pattern("slack-workflow-token", &["xwfp-"], r"xwfp-[A-Za-z0-9-]{20,120}"),
    pattern(
        "slack-webhook",
        &["hooks.slack"],
        r"hooks\.slack(?:-gov)?\.com/(?P<s>(?:services|workflows|triggers)/[TE][A-Za-z0-9]{5,14}/[A-Za-z0-9]{5,30}/[A-Za-z0-9]{16,60}(?:/[A-Za-z0-9]{16,60})?)",
    ),
    // The first part is base64 of a number, so it begins as one does; which words that makes, `scan` works out.
    pattern("discord-token", &[], r"[MNO][A-Za-z0-9_-]{22,25}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,38}"),
    pattern("discord-webhook", &["/api/webhooks/"], r"/api/webhooks/(?P<s>\d{17,20}/[A-Za-z0-9_-]{60,70})"),
    pattern("telegram-token", &[":aa"], r"\b(?P<s>\d{8,10}:AA[A-Za-z0-9_-]{32,33})").reaching_back(11),
    pattern(
        "telegram-token",
        &["tgram://", "api.telegram.org/bot"],
        r"(?:tgram://|telegram\.org/bot)(?P<s>\d{8,10}:[A-Za-z0-9_-]{35})",
    )
    .reaching_back(4),
    pattern(
        "teams-webhook",
        &["webhook.office.com/", "office.com/webhook"],
        r"(?:webhook\.office\.com/webhookb2|office\.com/webhook)/(?P<s>[0-9a-z]{8}-(?:[0-9a-z]{4}-){3}[0-9a-z]{12}@[^\s\x22'<>]{36,200})",
    ),
    pattern(
        "google-chat-webhook",
        &["chat.googleapis.com/v1/spaces/"],
        r"chat\.googleapis\.com/v1/spaces/[^\s\x22']+[?&]key=(?P<s>[^\s\x22'<>]{30,250})",
    ),
    pattern(
        "zapier-webhook",
        &["hooks.zapier.com/"],
        r"hooks\.zapier\.com/hooks/catch/(?P<s>[A-Za-z0-9]{4,20}(?:/[A-Za-z0-9]{5,20})?)",
    )
    .likely(85),
    pattern(
        "ifttt-webhook",
        &["maker.ifttt.com/"],
        r"maker\.ifttt\.com/trigger/[^\s/]{1,60}/(?:json/)?with/key/(?P<s>[A-Za-z0-9_-]{20,50})",
    ),
    pattern("workflow-webhook", &["/webhook/"], r"\.tines\.(?:com|io)/webhook/(?P<s>[0-9a-f]{32}/[0-9a-f]{32})")
        .reaching_back(12),
    // Mail.
    pattern("sendgrid-key", &["sg."], r"SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{36,64}"),
    token("mailgun-key", "key-", Hex, 32, 32),
    token("mailgun-key", "pubkey-", Hex, 32, 32).likely(85),
    pattern("mailchimp-key", &["-us"], r"\b(?P<s>[0-9a-f]{32}-us[1-9]\d?)\b").reaching_back(33),
    pattern("brevo-key", &["xkeysib-", "xsmtpsib-"], r"x(?:key|smtp)sib-[0-9a-f]{64}-[A-Za-z0-9]{16}"),
    pattern("resend-key", &["re_"], r"re_[A-Za-z0-9]{8}_[A-Za-z0-9]{20,28}"),
    pattern("mandrill-key", &["md-"], r"md-[A-Za-z0-9_-]{22}\b").checked(Check::Random).likely(85),
    token("mailersend-token", "mlsn.", Hex, 64, 64),
    // Calls and messages.
    pattern("twilio-key", TWILIO_STARTS, r"SK[0-9a-f]{32}").likely(90),
    token("telnyx-key", "KEY", Word, 53, 60).checked(Check::Random),
    token("intercom-token", "dG9rO", Base64, 50, 64),
    pattern(
        "pubnub-key",
        &["sub-c-", "pub-c-", "sec-c-"],
        r"(?:sub-c|pub-c)-[0-9a-z]{8}(?:-[0-9a-z]{4}){3}-[0-9a-z]{12}|sec-c-[A-Za-z0-9]{40,50}",
    )
    .likely(75),
    token("courier-key", "pk_prod_", Alphanumeric, 26, 30),
    token("onesignal-key", "os_v2_", Word, 60, 120),
];

/// `SK` and a hexadecimal digit.
const TWILIO_STARTS: &[&str] =
    &["sk0", "sk1", "sk2", "sk3", "sk4", "sk5", "sk6", "sk7", "sk8", "sk9", "ska", "skb", "skc", "skd", "ske", "skf"];

//! Clouds and where programs run.

use crate::secrets::rule::Alphabet::{Alphanumeric, Base64, Capitals, Dotted, Hex, Word};
use crate::secrets::rule::{Rule, pattern, token};

pub(super) const RULES: &[Rule] = &[
    // Amazon: IAM documents the four letters that tell what an identifier is of.
    token("aws-access-key", "AKIA", Capitals, 16, 16),
    token("aws-temporary-key", "ASIA", Capitals, 16, 16),
    token("aws-bearer-key", "ABIA", Capitals, 16, 16),
    token("aws-context-key", "ACCA", Capitals, 16, 16),
    token("aws-session-token", "FwoGZXIvYXdz", Base64, 80, 4096),
    token("aws-session-token", "IQoJb3JpZ2lu", Base64, 80, 4096),
    token("aws-bedrock-key", "ABSK", Base64, 100, 160),
    token("aws-bedrock-key", "bedrock-api-key-", Base64, 60, 4096),
    token("aws-mws-token", "amzn.mws.", Word, 36, 36),
    token("amazon-oauth-secret", "amzn1.oa2-cs.v1.", Hex, 64, 64),
    // Google.
    token("google-api-key", "AIza", Word, 35, 35),
    token("google-access-token", "ya29.", Dotted, 20, 2048),
    token("google-client-secret", "GOCSPX-", Word, 28, 28),
    token("google-refresh-token", "1//0", Word, 40, 400),
    token("google-storage-key", "GOOG1E", Capitals, 57, 57),
    pattern("google-captcha-key", &["6lc", "6ld", "6le", "6lf"], r"6L[c-f][A-Za-z0-9_-]{5}AAAAA[A-Za-z0-9_-]{27}")
        .likely(70),
    // Microsoft: account keys stand in connection strings; newer keys carry the service's letters at a fixed place.
    pattern("azure-account-key", &["accountkey="], r"(?i:AccountKey)=(?P<s>[A-Za-z0-9+/]{80,90}={0,2})"),
    pattern("azure-shared-key", &["sharedaccesskey="], r"(?i:SharedAccessKey)=(?P<s>[A-Za-z0-9+/]{40,90}={0,2})"),
    pattern("azure-shared-signature", &["sig="], r"sig=(?P<s>[A-Za-z0-9+/%_-]{43,70}(?:%3[Dd]|=){0,2})").likely(85),
    pattern("azure-client-secret", &["8q~", "7q~", "6q~"], r"\b(?P<s>[A-Za-z0-9_~.-]{3}[678]Q~[A-Za-z0-9_~.-]{31,34})")
        .reaching_back(4),
    pattern(
        "azure-service-key",
        &["+ash", "+asb", "+aeh", "+arm", "aiot"],
        r"[A-Za-z0-9+/]{33}(?:AIoT|\+(?:ASh|ASb|AEh|ARm))[A-P][A-Za-z0-9+/]{5}=",
    )
    .reaching_back(34),
    pattern(
        "azure-service-key",
        &["apim", "acdb", "+aba", "+amc", "+ast"],
        r"[A-Za-z0-9+/]{76}(?:APIM|ACDb|\+(?:ABa|AMC|ASt))[A-Za-z0-9+/]{5}[AQgw]==",
    )
    .reaching_back(78),
    pattern(
        "azure-service-key",
        &["azse", "azca", "azfu", "+acr"],
        r"[A-Za-z0-9_/+-]{42,44}(?:AzSe|AzCa|AzFu|\+ACR)[A-D][A-Za-z0-9_/+-]{5}={0,2}",
    )
    .reaching_back(46),
    pattern(
        "azure-service-key",
        &["jqqj9"],
        r"[A-Za-z0-9]{52}JQQJ9[9DH][A-Za-z0-9][A-L][A-Za-z0-9]{16}[A-Za-z][A-Za-z0-9]{7,11}",
    )
    .reaching_back(53),
    pattern("azure-devops-token", &["azdo"], r"[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}").reaching_back(77),
    // Others.
    token("alibaba-access-key", "LTAI", Alphanumeric, 12, 26),
    token("tencent-secret-id", "AKID", Alphanumeric, 32, 32),
    token("volcengine-access-key", "AKLT", Base64, 40, 60),
    token("yandex-api-key", "AQVN", Word, 35, 38),
    token("yandex-access-token", "t1.", Dotted, 100, 400),
    token("yandex-static-key", "YCAJE", Word, 20, 20),
    token("digitalocean-token", "dop_v1_", Hex, 64, 64),
    token("digitalocean-token", "doo_v1_", Hex, 64, 64),
    token("digitalocean-token", "dor_v1_", Hex, 64, 64),
    token("heroku-key", "HRKU-", Word, 36, 80),
    token("cloudflare-token", "cfat_", Alphanumeric, 48, 48),
    token("cloudflare-token", "cfut_", Alphanumeric, 48, 48),
    token("cloudflare-token", "cfk_", Alphanumeric, 48, 48),
    pattern("cloudflare-origin-key", &["v1.0-"], r"v1\.0-[0-9a-f]{24}-[0-9a-f]{146}"),
    token("fly-token", "fo1_", Word, 40, 50),
    token("fly-token", "fm1r_", Base64, 80, 4096),
    token("fly-token", "fm2_", Base64, 80, 4096),
    token("render-key", "rnd_", Alphanumeric, 28, 40),
    token("netlify-token", "nfp_", Alphanumeric, 36, 48),
    token("netlify-token", "nfc_", Alphanumeric, 36, 48),
    token("vercel-token", "vcp_", Alphanumeric, 24, 64),
    token("vercel-token", "vci_", Alphanumeric, 24, 64),
    token("vercel-token", "vca_", Alphanumeric, 24, 64),
    token("vercel-token", "vcr_", Alphanumeric, 24, 64),
    token("vercel-token", "vck_", Alphanumeric, 24, 64),
    token("vercel-blob-token", "vercel_blob_rw_", Word, 30, 80),
    token("scaleway-access-key", "SCW", Capitals, 17, 17).likely(75),
    token("exoscale-key", "EXO", Hex, 24, 26).likely(80),
    token("openshift-token", "sha256~", Word, 43, 43),
    token("kubernetes-bootstrap", "K10", Hex, 64, 64).likely(80),
    // Secrets managers and infrastructure.
    token("vault-token", "hvs.", Word, 24, 300),
    token("vault-batch-token", "hvb.", Word, 90, 400),
    token("vault-recovery-token", "hvr.", Word, 24, 300),
    pattern("terraform-token", &[".atlasv1."], r"[A-Za-z0-9]{10,20}\.atlasv1\.[A-Za-z0-9_=-]{50,80}").reaching_back(20),
    token("pulumi-token", "pul-", Hex, 40, 40),
    pattern("doppler-token", &["dp."], r"dp\.(?:pt|ct|sa|scim|audit|said)\.[A-Za-z0-9]{40,44}"),
    pattern("doppler-token", &["dp.st."], r"dp\.st\.(?:[a-z0-9_-]{2,35}\.)?[A-Za-z0-9]{40,44}"),
    pattern("infisical-token", &["st."], r"st\.[0-9a-f]{24}\.[0-9a-f]{32}\.[0-9a-f]{32}"),
    token("onepassword-token", "ops_eyJ", Base64, 200, 8192),
    pattern(
        "onepassword-secret-key",
        &["a3-"],
        r"A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})-[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{5}",
    ),
    pattern("tailscale-key", &["tskey-"], r"tskey-[a-z]+-[A-Za-z0-9]{8,24}-[A-Za-z0-9]{16,48}"),
];

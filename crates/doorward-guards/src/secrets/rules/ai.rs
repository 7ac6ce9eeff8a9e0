//! Model providers and what is built around them.

use crate::secrets::check::Check;
use crate::secrets::rule::Alphabet::{Alphanumeric, Dotted, Hex, Letters, Smalls, Word};
use crate::secrets::rule::{Rule, pattern, token};

pub(super) const RULES: &[Rule] = &[
    // OpenAI's keys hold base64 of "OpenAI" in their middle.
    pattern(
        "openai-key",
        &["t3blbkfj"],
        r"sk-(?:(?:proj|svcacct|admin|None)-)?[A-Za-z0-9_-]{16,80}T3BlbkFJ[A-Za-z0-9_-]{16,80}",
    )
    .reaching_back(96),
    token("openai-session", "sess-", Alphanumeric, 40, 48),
    pattern("anthropic-key", &["sk-ant-"], r"sk-ant-[a-z]{2,6}\d{2,3}-[A-Za-z0-9_-]{60,130}"),
    token("openrouter-key", "sk-or-v1-", Hex, 64, 64),
    pattern("langfuse-key", &["sk-lf-"], r"sk-lf-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
    pattern("helicone-key", &["sk-helicone-"], r"sk-helicone-[a-z0-9-]{24,60}"),
    // Many providers speak OpenAI's protocol and name their keys alike.
    token("model-provider-key", "sk-", Alphanumeric, 20, 47).checked(Check::Random).likely(85),
    token("model-provider-key", "sk-api-", Word, 30, 160).checked(Check::Random).likely(85),
    token("huggingface-token", "hf_", Letters, 34, 34),
    token("huggingface-org-token", "api_org_", Letters, 34, 34),
    token("groq-key", "gsk_", Alphanumeric, 50, 52),
    token("xai-key", "xai-", Word, 70, 84),
    token("replicate-token", "r8_", Alphanumeric, 37, 48),
    token("perplexity-key", "pplx-", Alphanumeric, 40, 56),
    token("nvidia-key", "nvapi-", Word, 60, 70),
    token("cerebras-key", "csk-", Smalls, 48, 48),
    token("fireworks-key", "fw_", Alphanumeric, 22, 26).checked(Check::Random),
    token("together-key", "tgp_v1_", Word, 43, 43),
    token("voyage-key", "pa-", Word, 43, 43).checked(Check::Random).likely(85),
    token("jina-key", "jina_", Word, 60, 60),
    token("elevenlabs-key", "sk_", Hex, 48, 48),
    pattern("langsmith-key", &["lsv2_"], r"lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}"),
    token("langchain-key", "ls__", Hex, 32, 32),
    token("pinecone-key", "pcsk_", Word, 60, 80),
    token("tavily-key", "tvly-", Word, 30, 60),
    token("firecrawl-key", "fc-", Hex, 32, 32),
    token("e2b-key", "e2b_", Hex, 40, 40),
    token("wandb-key", "wandb_v1_", Word, 60, 100),
    token("cursor-key", "key_", Hex, 64, 64),
    pattern("context7-key", &["ctx7sk-"], r"ctx7sk-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
    token("brave-search-key", "BSA", Word, 28, 28).checked(Check::Random).likely(85),
    token("modal-secret", "as-", Alphanumeric, 22, 22).checked(Check::Random).likely(80),
    token("modal-token-id", "ak-", Alphanumeric, 22, 22).checked(Check::Random).likely(80),
    token("apify-token", "apify_api_", Alphanumeric, 34, 40),
    token("friendli-token", "flp_", Alphanumeric, 40, 60),
    token("voiceflow-key", "VF.", Dotted, 30, 60),
];

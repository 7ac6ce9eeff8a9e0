//! Every setting that is not part of a server: its name in files, in the environment and what its value looks like.

use std::fmt;

/// A setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    /// Where the HTTP face listens.
    ListenHttp,
    /// What a client must prove.
    ListenAuth,
    /// Further names under which clients may reach us.
    ListenHosts,
    /// Further web origins that may call us.
    ListenOrigins,
    /// What this gateway is called in tokens.
    IdentityResource,
    /// The scopes the policy speaks of.
    IdentityScopes,
    /// The scopes a client is advised to begin with.
    IdentityInitialScopes,
    /// The certificate of the HTTP face.
    ListenTlsCertificate,
    /// Its private key.
    ListenTlsKey,
    /// Who vouches for client certificates.
    ListenTlsClientCa,
    /// Whether clients need a certificate.
    ListenTlsClient,
    /// SPIFFE trust domains whose workloads are taken.
    CertificatesTrustDomains,
    /// Whom other client certificates stand for.
    CertificatesMap,
    /// Where health and metrics are served.
    AdminHttp,
    /// Where records are kept.
    StoreUrl,
    /// When a record counts as kept.
    StoreDurability,
    /// How long a record may wait to be written.
    StoreFlushMs,
    /// The ready-made policy.
    PolicyPreset,
    /// The operator's own policy files.
    PolicyFiles,
    /// `flow.policies`
    FlowPolicies,
    /// Which clients always name the true unit of work.
    FlowHonestClients,
    /// `flow.conflict_sides`
    FlowConflictSides,
    /// `flow.conflict_fields`
    FlowConflictFields,
    /// Whether the gateway offers a tool to open a unit of work.
    FlowBeginTask,
    /// The claim of access tokens that names the unit of work.
    FlowTaskClaim,
    /// Whether values that good work has shown count later.
    FlowLearn,
    /// Records that arrive a few at a time, in one context.
    FlowBoundsSteps,
    /// Records over several servers.
    FlowBoundsStaged,
    /// Records known from several servers.
    FlowBoundsLinked,
    /// Records of which an identifier went to a server that did not give it.
    FlowBoundsSunk,
    /// Bytes to one server after something confidential was read.
    FlowBoundsBytes,
    /// Whether the gateway offers a tool to ask bounded questions about hidden results.
    FlowProject,
    /// Where rules read the time of day.
    PolicyTimezone,
    /// What a caller is told of a thing that its lists would not show.
    PolicyDenied,
    /// Whether one endpoint joins all servers.
    AggregateEnabled,
    /// What becomes of the tools of a server that cannot be reached, where several are joined.
    AggregateUnavailable,
    /// How long a joint list waits for a server.
    AggregateWaitS,
    /// What becomes of tools that are for apps alone, where several servers are joined.
    AggregateAppTools,
    /// The ready-made settings of guards.
    GuardsPreset,
    /// Which results are marked as data.
    GuardsSpotlight,
    /// What becomes of a definition that is seen for the first time.
    PinsFirst,
    /// What is shown in the place of a definition that has changed.
    PinsMeanwhile,
    /// How long a question to a person is open.
    ApprovalsWaitS,
    /// How many questions one caller may cause within an hour.
    ApprovalsPerHour,
    /// Where people reach the pages of questions.
    ApprovalsPages,
    /// A file of another client to take servers from.
    ServersFrom,
}

/// What the value of a setting looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A string.
    Text,
    /// An array of strings; separated by commas in the environment.
    List,
    /// A whole number.
    Number,
    /// True or false.
    Flag,
}

impl Key {
    /// All of them, in the order of files.
    pub const ALL: &[Self] = &[
        Self::ListenHttp,
        Self::ListenAuth,
        Self::ListenHosts,
        Self::ListenOrigins,
        Self::IdentityResource,
        Self::IdentityScopes,
        Self::IdentityInitialScopes,
        Self::ListenTlsCertificate,
        Self::ListenTlsKey,
        Self::ListenTlsClientCa,
        Self::ListenTlsClient,
        Self::CertificatesTrustDomains,
        Self::CertificatesMap,
        Self::AdminHttp,
        Self::StoreUrl,
        Self::StoreDurability,
        Self::StoreFlushMs,
        Self::PolicyPreset,
        Self::PolicyFiles,
        Self::FlowPolicies,
        Self::FlowHonestClients,
        Self::FlowConflictSides,
        Self::FlowConflictFields,
        Self::FlowBeginTask,
        Self::FlowTaskClaim,
        Self::FlowLearn,
        Self::FlowBoundsSteps,
        Self::FlowBoundsStaged,
        Self::FlowBoundsLinked,
        Self::FlowBoundsSunk,
        Self::FlowBoundsBytes,
        Self::FlowProject,
        Self::PolicyTimezone,
        Self::PolicyDenied,
        Self::AggregateEnabled,
        Self::AggregateUnavailable,
        Self::AggregateWaitS,
        Self::AggregateAppTools,
        Self::GuardsPreset,
        Self::GuardsSpotlight,
        Self::PinsFirst,
        Self::PinsMeanwhile,
        Self::ApprovalsWaitS,
        Self::ApprovalsPerHour,
        Self::ApprovalsPages,
        Self::ServersFrom,
    ];

    /// Its table in a file, empty for the top, and its name there.
    #[must_use]
    pub const fn place(self) -> (&'static str, &'static str) {
        match self {
            Self::ListenHttp => ("listen", "http"),
            Self::ListenAuth => ("listen", "auth"),
            Self::ListenHosts => ("listen", "hosts"),
            Self::ListenOrigins => ("listen", "origins"),
            Self::IdentityResource => ("identity", "resource"),
            Self::IdentityScopes => ("identity", "scopes"),
            Self::IdentityInitialScopes => ("identity", "initial_scopes"),
            Self::ListenTlsCertificate => ("listen.tls", "certificate"),
            Self::ListenTlsKey => ("listen.tls", "key"),
            Self::ListenTlsClientCa => ("listen.tls", "client_ca"),
            Self::ListenTlsClient => ("listen.tls", "client"),
            Self::CertificatesTrustDomains => ("identity.certificates", "trust_domains"),
            Self::CertificatesMap => ("identity.certificates", "map"),
            Self::AdminHttp => ("admin", "http"),
            Self::StoreUrl => ("store", "url"),
            Self::StoreDurability => ("store", "durability"),
            Self::StoreFlushMs => ("store", "flush_ms"),
            Self::PolicyPreset => ("policy", "preset"),
            Self::PolicyFiles => ("policy", "files"),
            Self::FlowPolicies => ("flow", "policies"),
            Self::FlowHonestClients => ("flow", "honest_clients"),
            Self::FlowConflictSides => ("flow", "conflict_sides"),
            Self::FlowConflictFields => ("flow", "conflict_fields"),
            Self::FlowBeginTask => ("flow", "begin_task"),
            Self::FlowTaskClaim => ("flow", "task_claim"),
            Self::FlowLearn => ("flow", "learn"),
            Self::FlowBoundsSteps => ("flow.bounds", "steps"),
            Self::FlowBoundsStaged => ("flow.bounds", "staged"),
            Self::FlowBoundsLinked => ("flow.bounds", "linked"),
            Self::FlowBoundsSunk => ("flow.bounds", "sunk"),
            Self::FlowBoundsBytes => ("flow.bounds", "bytes"),
            Self::FlowProject => ("flow", "project"),
            Self::PolicyTimezone => ("policy", "timezone"),
            Self::PolicyDenied => ("policy", "denied"),
            Self::AggregateEnabled => ("aggregate", "enabled"),
            Self::AggregateUnavailable => ("aggregate", "unavailable"),
            Self::AggregateWaitS => ("aggregate", "wait_s"),
            Self::AggregateAppTools => ("aggregate", "app_tools"),
            Self::GuardsPreset => ("guards", "preset"),
            Self::GuardsSpotlight => ("guards", "spotlight"),
            Self::PinsFirst => ("pins", "first"),
            Self::PinsMeanwhile => ("pins", "meanwhile"),
            Self::ApprovalsWaitS => ("approvals", "wait_s"),
            Self::ApprovalsPerHour => ("approvals", "per_hour"),
            Self::ApprovalsPages => ("approvals", "pages"),
            Self::ServersFrom => ("", "servers_from"),
        }
    }

    /// What its value looks like.
    #[must_use]
    pub const fn form(self) -> Form {
        match self {
            Self::ListenHosts
            | Self::ListenOrigins
            | Self::CertificatesTrustDomains
            | Self::CertificatesMap
            | Self::PolicyFiles
            | Self::FlowPolicies
            | Self::FlowHonestClients
            | Self::FlowConflictSides
            | Self::FlowConflictFields
            | Self::IdentityScopes
            | Self::IdentityInitialScopes => Form::List,
            Self::FlowBoundsSteps
            | Self::FlowBoundsStaged
            | Self::FlowBoundsLinked
            | Self::FlowBoundsSunk
            | Self::FlowBoundsBytes
            | Self::StoreFlushMs
            | Self::AggregateWaitS
            | Self::ApprovalsWaitS
            | Self::ApprovalsPerHour => Form::Number,
            Self::AggregateEnabled | Self::FlowBeginTask | Self::FlowLearn | Self::FlowProject => Form::Flag,
            Self::ListenHttp
            | Self::ListenAuth
            | Self::IdentityResource
            | Self::FlowTaskClaim
            | Self::ListenTlsCertificate
            | Self::ListenTlsKey
            | Self::ListenTlsClientCa
            | Self::ListenTlsClient
            | Self::AdminHttp
            | Self::StoreUrl
            | Self::StoreDurability
            | Self::PolicyPreset
            | Self::PolicyTimezone
            | Self::PolicyDenied
            | Self::AggregateUnavailable
            | Self::AggregateAppTools
            | Self::GuardsPreset
            | Self::GuardsSpotlight
            | Self::PinsFirst
            | Self::PinsMeanwhile
            | Self::ApprovalsPages
            | Self::ServersFrom => Form::Text,
        }
    }

    /// Its variable: `listen.http` is `DOORWARD_LISTEN_HTTP`.
    #[must_use]
    pub fn variable(self) -> String {
        format!("DOORWARD_{}", self.to_string().replace('.', "_").to_uppercase())
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place() {
            ("", name) => f.write_str(name),
            (table, name) => write!(f, "{table}.{name}"),
        }
    }
}

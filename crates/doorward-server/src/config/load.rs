//! Loading the configuration of `serve`: from every source, in order of precedence.

use std::path::PathBuf;

use doorward_core::ids::ServerId;
use doorward_export::SinkConfig;
use doorward_policy::Preset;
use doorward_store::StoreConfig;

use super::Config;
use super::build::Builder;
use super::environment::{self, Surroundings};
use super::find::{self, Scope};
use super::key::Key;
use super::origin::Origin;
use super::problem::{ConfigErrors, Problem, Problems};
use super::settings::{Layer, Shown, from_words};

/// What the command line says about the configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The only file to read; `None` for those in their usual places.
    pub file: Option<PathBuf>,
    /// Settings given as flags.
    pub overrides: Vec<Override>,
}

/// A setting given as a flag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// The setting.
    pub key: Key,
    /// The flag's name, for messages.
    pub flag: &'static str,
    /// Its values, in the order given.
    pub words: Vec<String>,
}

/// A configuration and what there is to say about it.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// Every value and where it comes from.
    pub shown: Vec<Shown>,
    /// What the author should know although it can be used.
    pub warnings: Vec<Problem>,
}

/// Reads the configuration of `serve`.
///
/// # Errors
/// [`ConfigErrors`] holds everything that is wrong, with its place and advice.
pub fn load(request: &Request, surroundings: &Surroundings) -> Result<Loaded, ConfigErrors> {
    let mut builder = gather(request, Scope::All, surroundings);
    let listen = builder.listen();
    let identity = builder.identity(listen.as_ref());
    let admin = builder.admin();
    let store = builder.store();
    let policy = builder.policy(Preset::Locked);
    let servers = builder.servers();
    let guards = builder.guards(&servers);
    let aggregate = builder.aggregate();
    let views = builder.views();
    let rules = builder.pins().zip(builder.approvals());
    let approval_pages = builder.approval_pages();
    let contexts = builder.context_rules(policy.as_ref().map(|policy| policy.preset));
    let sinks = builder.sinks();
    let Builder { problems, shown, files, .. } = builder;
    match (listen, identity, admin, store, policy, aggregate, rules) {
        (
            Some(listen),
            Some(identity),
            Some(admin),
            Some(store),
            Some(mut policy),
            Some(aggregate),
            Some((pins, approvals)),
        ) => {
            policy.learn(&servers);
            let warnings = problems.finish()?;
            Ok(Loaded {
                config: Config {
                    listen,
                    identity,
                    admin,
                    store,
                    policy,
                    guards,
                    servers,
                    aggregate,
                    views,
                    pins,
                    approvals,
                    approval_pages,
                    contexts,
                    sinks,
                    files,
                },
                shown,
                warnings,
            })
        }
        (_, _, _, _, _, _, _) => Err(problems.into_errors()),
    }
}

/// Where the records are, for those who only read them: nothing else of the configuration needs to be right.
///
/// # Errors
/// [`ConfigErrors`] when a file cannot be read or names no usable store.
pub fn load_store(request: &Request, surroundings: &Surroundings) -> Result<StoreConfig, ConfigErrors> {
    let mut builder = gather(request, Scope::All, surroundings);
    let store = builder.store();
    let Builder { problems, .. } = builder;
    match store {
        Some(store) => problems.finish().map(|_| store),
        None => Err(problems.into_errors()),
    }
}

/// Where the records are and where they go besides, for those who look after that: nothing else of the configuration needs
/// to be right.
///
/// # Errors
/// [`ConfigErrors`] when a file cannot be read, names no usable store or says of a sink what cannot be.
pub fn load_sinks(
    request: &Request,
    surroundings: &Surroundings,
) -> Result<(StoreConfig, Vec<SinkConfig>), ConfigErrors> {
    let mut builder = gather(request, Scope::All, surroundings);
    let (store, sinks) = (builder.store(), builder.sinks());
    let Builder { problems, .. } = builder;
    match store {
        Some(store) => problems.finish().map(|_| (store, sinks)),
        None => Err(problems.into_errors()),
    }
}

/// The ids of the configured servers, for those who name one: what is said of each need not be right.
///
/// # Errors
/// [`ConfigErrors`] when a file cannot be read or names servers in a way that cannot be understood.
pub fn load_server_ids(request: &Request, surroundings: &Surroundings) -> Result<Vec<ServerId>, ConfigErrors> {
    let mut builder = gather(request, Scope::All, surroundings);
    let ids = builder.server_ids();
    builder.problems.finish().map(|_| ids)
}

/// Every layer that counts, merged.
pub(super) fn gather<'s>(request: &Request, scope: Scope, surroundings: &'s Surroundings) -> Builder<'s> {
    let mut problems = Problems::default();
    let found = find::read(request.file.as_deref(), scope, surroundings, &mut problems);
    let mut layers = found.layers;
    layers.push(environment::read(surroundings, &mut problems));
    layers.push(flags(&request.overrides, &mut problems));
    Builder::new(layers, found.files, surroundings, problems)
}

fn flags(overrides: &[Override], problems: &mut Problems) -> Layer {
    let mut layer = Layer::default();
    for given in overrides.iter().filter(|given| !given.words.is_empty()) {
        let origin = Origin::Flag(given.flag);
        if let Some(setting) = from_words(given.key, given.words.clone(), &origin, problems) {
            layer.settings.insert(given.key, setting);
        }
    }
    layer
}

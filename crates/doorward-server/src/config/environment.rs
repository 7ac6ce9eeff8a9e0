//! What the process finds around it, as a value: variables and folders.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::key::Key;
use super::origin::Origin;
use super::problem::Problems;
use super::settings::{Layer, from_words};

/// Variables of ours that are no setting: [`CONFIG_VARIABLE`] names the configuration file, the others belong to the
/// program's own talk.
const OTHER_VARIABLES: &[&str] = &[
    CONFIG_VARIABLE,
    super::connect::TOKEN_VARIABLE,
    "DOORWARD_LOG",
    "DOORWARD_SHARED",
    "DOORWARD_COLOR",
    "DOORWARD_CACHE",
    "DOORWARD_CI_CACHE",
    "DOORWARD_CI_TARGET",
];

/// The variable that names the configuration file.
pub(super) const CONFIG_VARIABLE: &str = "DOORWARD_CONFIG";

/// Variables and folders of the process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surroundings {
    /// The environment; what is not UTF-8 is left out.
    pub variables: BTreeMap<String, String>,
    /// The working directory.
    pub directory: PathBuf,
    /// The folder of the machine's configuration.
    pub system: PathBuf,
}

impl Surroundings {
    /// Those of this process.
    #[must_use]
    pub fn of_process() -> Self {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self {
            variables: std::env::vars_os().filter_map(text).collect(),
            directory: std::env::current_dir().unwrap_or_default(),
            system: PathBuf::from("/etc/doorward"),
        }
    }

    /// A variable's value; one that is set to nothing counts as not set.
    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// `path` as seen from the working directory.
    pub(super) fn absolute(&self, path: &Path) -> PathBuf {
        self.directory.join(path)
    }

    /// A folder of the XDG base directories: the variable's when it is absolute, else one below the home folder.
    pub(super) fn xdg(&self, variable: &str, below_home: &str) -> Option<PathBuf> {
        let named = self.variable(variable).map(PathBuf::from).filter(|path| path.is_absolute());
        named.or_else(|| Some(Path::new(self.variable("HOME")?).join(below_home)))
    }
}

/// The settings in our environment.
pub(super) fn read(surroundings: &Surroundings, problems: &mut Problems) -> Layer {
    let mut layer = Layer::default();
    for key in Key::ALL {
        let variable = key.variable();
        let Some(value) = surroundings.variable(&variable) else { continue };
        let words = value.split(',').map(|word| word.trim().to_owned());
        let words = match key.form() {
            super::Form::List => words.filter(|word| !word.is_empty()).collect(),
            super::Form::Text | super::Form::Number | super::Form::Flag => vec![value.to_owned()],
        };
        if let Some(setting) = from_words(*key, words, &Origin::Variable(variable), problems) {
            layer.settings.insert(*key, setting);
        }
    }
    warn_of_unknown(surroundings, problems);
    layer
}

/// A misspelt variable must not silently leave its setting at the default.
fn warn_of_unknown(surroundings: &Surroundings, problems: &mut Problems) {
    let known: Vec<String> = Key::ALL.iter().map(|key| key.variable()).collect();
    let known: Vec<&str> = known.iter().map(String::as_str).chain(OTHER_VARIABLES.iter().copied()).collect();
    for name in surroundings.variables.keys().filter(|name| name.starts_with("DOORWARD_")) {
        if !known.contains(&name.as_str()) {
            let advice = match super::node::nearest(name, &known) {
                Some(near) => format!("did you mean {near}?"),
                None => "unset it, or see 'doorward config show' for the settings there are".to_owned(),
            };
            problems.warning(Origin::Variable(name.clone()), "there is no setting of this name", advice);
        }
    }
}

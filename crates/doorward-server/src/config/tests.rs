use std::collections::BTreeMap;
use std::path::Path;

use super::*;

mod approvals;
mod cases;
mod clients;
mod contexts;
mod guards;
mod identity;
mod labels;
mod launching;
mod precedence;
mod sinks;
mod tls;
mod views;

/// A folder of this test's own, with the surroundings of a process that runs in it.
struct Place {
    folder: PathBuf,
    surroundings: Surroundings,
}

impl Place {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("doorward-config-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(folder.join("project")).unwrap();
        let home = folder.join("home").display().to_string();
        let variables = BTreeMap::from([("HOME".to_owned(), home), ("PATH".to_owned(), "/bin".to_owned())]);
        let surroundings = Surroundings { variables, directory: folder.join("project"), system: folder.join("etc") };
        Self { folder, surroundings }
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.surroundings.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Writes a file below the test's folder.
    fn file(self, path: &str, text: &str) -> Self {
        let path = self.folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    fn load(&self) -> Result<Loaded, ConfigErrors> {
        load(&Request::default(), &self.surroundings)
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Every problem as `place: message; advice`, the place without the test's folder.
fn told(problems: &[Problem], folder: &Path) -> Vec<String> {
    let folder = format!("{}/", folder.display());
    let tell =
        |problem: &Problem| format!("{}: {problem}; {}", problem.origin(), problem.advice()).replace(&folder, "");
    problems.iter().map(tell).collect()
}

fn errors(place: &Place) -> Vec<String> {
    told(place.load().unwrap_err().problems(), &place.folder)
}

//! The detectors there are: one entry each, with its page in `docs/detect`.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What an alert of a detector rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A fact that is one whatever else happens.
    Invariant,
    /// Something that is rarer than the allowed share of false alarms, by what was seen before.
    Statistical,
}

impl Kind {
    /// The word that tools and pages use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invariant => "invariant",
            Self::Statistical => "statistical",
        }
    }
}

macro_rules! detectors {
    ($($name:ident = $id:literal, $kind:ident, $about:literal;)+) => {
        /// A detector.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum DetectorId {
            $(
                #[doc = $about]
                $name,
            )+
        }

        impl DetectorId {
            /// All of them: the invariants, then the statistical ones.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// Its name in configuration, alerts and the documentation. It stays.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $id,)+ }
            }

            /// What an alert of it rests on.
            #[must_use]
            pub const fn kind(self) -> Kind {
                match self { $(Self::$name => Kind::$kind,)+ }
            }

            /// What it sees, in one sentence.
            #[must_use]
            pub const fn about(self) -> &'static str {
                match self { $(Self::$name => $about,)+ }
            }
        }
    };
}

detectors! {
    DefinitionDrift = "definition-drift", Invariant, "Something was used whose definition is no longer the approved one.";
    NewWayOut = "new-way-out", Invariant, "Data of a context that has read an outsider's words goes to a server where data from those servers never went for this principal in 30 days.";
    ResultMismatch = "result-mismatch", Invariant, "A tool's result does not fit what the tool declares.";
    ArgumentMismatch = "argument-mismatch", Invariant, "One principal's arguments for one tool do not fit what the tool declares, several times in a row.";
    UnusedHarm = "unused-harm", Invariant, "A destructive tool was used that this principal did not use in 30 days.";
    Probing = "probing", Invariant, "A refused call was tried again and again with other arguments.";
    HiddenTouched = "hidden-touched", Invariant, "Something was touched that nobody has a reason to touch.";
    UseAfterStop = "use-after-stop", Invariant, "A principal that was stopped goes on trying.";
    Rate = "rate", Statistical, "A tool is used faster than this principal ever uses it, or all tools together are.";
    BytesOut = "bytes-out", Statistical, "More goes out through a tool than usual.";
    NewTools = "new-tools", Statistical, "Tools are used that this principal never used, more of them than are to be expected.";
    Sequence = "sequence", Statistical, "Tools follow one another as they do not in this principal's work.";
    FanOut = "fan-out", Statistical, "More different servers, tools or items are reached than in one burst of this principal's work.";
    ResultSize = "result-size", Statistical, "Results are larger than this tool's results are for this principal.";
    Beacon = "beacon", Statistical, "A tool is used at intervals that are too regular.";
    Refusals = "refusals", Statistical, "More calls are refused, or lack endorsed values, than is usual for this principal.";
    ManySigns = "many-signs", Statistical, "Several things are unusual at the same time, each of them too little by itself.";
}

impl DetectorId {
    /// The detector of that name.
    #[must_use]
    pub fn parse(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|detector| detector.as_str() == id)
    }

    /// The file of its page in `docs/detect`.
    #[must_use]
    pub fn page(self) -> String {
        format!("{}.md", self.as_str())
    }
}

impl fmt::Display for DetectorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for DetectorId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for DetectorId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let id = Box::<str>::deserialize(deserializer)?;
        Self::parse(&id).ok_or_else(|| serde::de::Error::custom("no detector has this name"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kebab_case_and_lead_back() {
        for detector in DetectorId::ALL {
            let id = detector.as_str();
            assert!(id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{id}");
            assert_eq!(DetectorId::parse(id), Some(*detector));
            assert!(detector.about().ends_with('.'), "{id}");
        }
        assert_eq!(DetectorId::parse("vibes"), None);
    }

    #[test]
    fn each_has_a_page_that_the_index_names_and_no_page_is_without_one() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/detect");
        let index = std::fs::read_to_string(folder.join("README.md")).unwrap();
        for detector in DetectorId::ALL {
            let page = std::fs::read_to_string(folder.join(detector.page())).unwrap_or_default();
            for part in ["## What it misses", "## The simulated attack", "## Options"] {
                assert!(page.contains(part), "{detector}: {part}");
            }
            assert!(index.contains(&format!("({})", detector.page())), "{detector}");
        }
        let pages = std::fs::read_dir(&folder).unwrap().count();
        assert_eq!(pages, DetectorId::ALL.len() + 2, "pages, the index and sigma.md");
    }
}

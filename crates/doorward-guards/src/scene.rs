//! What a guard sees of a message.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use doorward_core::access::Resource;
use doorward_core::guard::{Content, GuardName, GuardSettings};
use doorward_core::ids::ServerId;

use crate::around::Around;
use crate::personal;
use crate::settings::standard;
use crate::spotlight::Spotlighting;
use crate::text::{Joined, Reading, Text};
use crate::words::{Hit, Hits};
use crate::{secrets, size};

/// A message as guards see it.
#[derive(Debug)]
pub struct Scene<'a> {
    /// Where it comes from, where it goes, and what it is about.
    pub content: &'a Content<'a>,
    /// Every string in it, names of members included, in their order; after them what was found encoded in those.
    pub texts: &'a [Text<'a>],
    /// What is known beside it.
    pub around: &'a Around,
    /// How many arrays and objects stand within one another.
    pub depth: usize,
    hits: &'a Hits,
    joined: OnceCell<Joined>,
}

impl<'a> Scene<'a> {
    /// A message with its texts.
    pub(crate) fn new(content: &'a Content<'a>, reading: &'a Reading<'a>, around: &'a Around) -> Self {
        Self {
            content,
            texts: &reading.texts,
            around,
            depth: reading.depth,
            hits: &reading.hits,
            joined: OnceCell::new(),
        }
    }

    /// Where the words of `guard` stand, text by text.
    #[must_use]
    pub fn hits(&self, guard: GuardName) -> &'a [Hit] {
        self.hits.of(guard)
    }

    /// The string of the message in which the text at `place` was found, itself when it is one.
    #[must_use]
    pub fn root(&self, mut place: usize) -> usize {
        while let Some(origin) = self.texts.get(place).and_then(|text| text.origin.as_ref()) {
            place = origin.text;
        }
        place
    }

    /// The values of the message read as one; made when first asked for.
    pub fn joined(&self) -> &Joined {
        self.joined.get_or_init(|| Joined::of(self.texts))
    }
}

/// How the guards of a gateway are set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Options {
    /// What is done about findings.
    pub settings: GuardSettings,
    /// How personal data is looked for.
    pub personal: personal::Options,
    /// Of the secrets guard.
    pub secrets: secrets::Options,
    /// From where on sizes are found.
    pub size: size::Options,
    /// Which results are marked as data.
    pub spotlight: Spotlighting,
    /// What is said of single servers, over that.
    pub servers: BTreeMap<ServerId, ServerSettings>,
}

/// What is done about findings at one server.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServerSettings {
    /// In all that goes to it and comes from it.
    pub settings: GuardSettings,
    /// Which of its results are marked as data; `None` as everywhere.
    pub spotlight: Option<Spotlighting>,
    /// In calls of single tools and their answers, over that.
    pub tools: BTreeMap<Arc<str>, GuardSettings>,
}

impl Options {
    /// Those of a gateway that nobody has set.
    #[must_use]
    pub fn standard() -> Self {
        Self { settings: standard(), ..Self::default() }
    }

    /// Which results of the server of `content` are marked as data.
    pub(crate) fn spotlighting(&self, content: &Content<'_>) -> Spotlighting {
        self.servers.get(content.server).and_then(|server| server.spotlight).unwrap_or(self.spotlight)
    }

    /// What is done about findings in `content`: what is said of everything, of its server, of its tool, and of what the
    /// rules allow, the later over the earlier.
    #[must_use]
    pub fn settings_for(&self, content: &Content<'_>) -> GuardSettings {
        let server = self.servers.get(content.server);
        let tool = match (content.resource, server) {
            (Some(Resource::Tool(_, name)), Some(server)) => server.tools.get(name),
            (_, _) => None,
        };
        let said = [server.map(|server| &server.settings), tool, Some(content.settings)];
        said.into_iter().flatten().fold(self.settings, |settings, later| settings.under(later))
    }
}

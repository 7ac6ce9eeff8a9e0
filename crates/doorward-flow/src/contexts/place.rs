//! Where a message belongs.
//!
//! Responsible for saying which contexts a message is read in and which its answer is written to, in a form that a record
//! can keep. It holds ids and labels, never a word of the message.

use std::fmt;
use std::sync::Arc;

use doorward_core::flow::{ContextId, Ground, Label};

use super::limits::{DEPTH_MAX, MEMBERS_MAX};
use super::task::{Task, UnfitTask};

/// Before the ground of a context that others were opened in.
const ABOVE: &str = "above-";

/// Whether a client is registered as one that always names the true unit of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Honesty {
    /// It is: what it declares tells its units of work apart.
    Honest,
    /// Nobody vouches for it.
    Unproven,
}

/// What became of a handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HandleSeen {
    /// The message has none.
    Absent,
    /// It names a live context of this principal.
    Good,
    /// The gateway made it, and its context is over.
    Lost,
    /// Its context is somebody else's.
    Foreign,
    /// The gateway never made it.
    Forged,
}

/// Whose labels a message is read with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Those of its own contexts alone: they are signed.
    Alone,
    /// Those of its own contexts, and what the same client read without saying where.
    Apart,
    /// Those of its own contexts, of its session, trace and process, and of everything its principal does with this client.
    Together,
}

/// Where a message belongs. Valid for that message and its answer, however long that takes.
#[derive(Debug, Clone)]
pub struct Place {
    pub(super) trail: Trail,
    pub(super) label: Label,
    pub(super) handle: HandleSeen,
    pub(super) mission: Option<Arc<Task>>,
    pub(super) task: Option<Arc<Task>>,
}

impl Place {
    /// The context itself.
    #[must_use]
    pub const fn id(&self) -> ContextId {
        self.trail.primary
    }

    /// How it was told from others.
    #[must_use]
    pub const fn ground(&self) -> Ground {
        self.trail.ground
    }

    /// Whether only who signs, or a client that is registered as honest, can have given it its name. A context that a call
    /// has opened has none of these: a model may open as many as it likes in one conversation.
    #[must_use]
    pub fn is_surely_named(&self) -> bool {
        match self.trail.reach {
            Reach::Alone | Reach::Apart => self.handle != HandleSeen::Good,
            Reach::Together => false,
        }
    }

    /// The effective label when the message came; [`super::Contexts::effective`] has it as it is now.
    #[must_use]
    pub const fn label(&self) -> &Label {
        &self.label
    }

    /// What became of the handle in the message.
    #[must_use]
    pub const fn handle(&self) -> HandleSeen {
        self.handle
    }

    /// What was said when the context was opened, where it was opened by [`super::Contexts::open`].
    #[must_use]
    pub const fn task(&self) -> Option<&Arc<Task>> {
        self.task.as_ref()
    }

    /// Everything that was said of the unit of work: by the credentials of the message, and when it was opened.
    pub fn tasks(&self) -> impl Iterator<Item = &Arc<Task>> {
        self.mission.iter().chain(&self.task)
    }

    /// What a record keeps, so that labels can be brought back.
    #[must_use]
    pub const fn trail(&self) -> &Trail {
        &self.trail
    }
}

/// The contexts a message belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trail {
    pub(super) family: ContextId,
    pub(super) primary: ContextId,
    pub(super) ground: Ground,
    pub(super) reach: Reach,
    /// At most [`MEMBERS_MAX`].
    pub(super) members: Box<[Member]>,
    /// Those that the members were opened in, at most [`DEPTH_MAX`] for each.
    pub(super) above: Box<[Member]>,
}

/// One context of a message beside its family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Member {
    pub(super) id: ContextId,
    pub(super) ground: Ground,
}

impl Member {
    fn parse(ground: &str, id: &str) -> Option<Self> {
        Some(Self { id: ContextId::parse(id)?, ground: Ground::parse(ground)? })
    }

    /// Whether it has a name of its own, and is no mere correlation.
    pub(super) const fn is_named(&self) -> bool {
        matches!(self.ground, Ground::Signed | Ground::Declared)
    }
}

impl Trail {
    /// The context of the principal and its client, which every other of the trail belongs to.
    #[must_use]
    pub const fn family(&self) -> ContextId {
        self.family
    }

    /// The context itself.
    #[must_use]
    pub const fn primary(&self) -> ContextId {
        self.primary
    }

    /// What a context that is opened here stands below.
    pub(super) fn opens_in(&self) -> Result<Vec<Member>, UnfitTask> {
        let own = self.members.iter().filter(|member| member.is_named());
        let all: Vec<Member> = own.chain(&self.above).copied().collect();
        if all.len() > DEPTH_MAX { Err(UnfitTask::Depth) } else { Ok(all) }
    }

    /// Reads what [`fmt::Display`] writes; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(' ');
        let family = ContextId::parse(parts.next()?)?;
        let primary = ContextId::parse(parts.next()?)?;
        let ground = Ground::parse(parts.next()?)?;
        let reach = Reach::parse(parts.next()?)?;
        let (mut members, mut above) = (Vec::new(), Vec::new());
        for part in parts {
            let (ground, id) = part.split_once(':')?;
            match ground.strip_prefix(ABOVE) {
                Some(ground) => above.push(Member::parse(ground, id)?),
                None => members.push(Member::parse(ground, id)?),
            }
        }
        let fits = members.len() <= MEMBERS_MAX && above.len() <= DEPTH_MAX * MEMBERS_MAX;
        fits.then(|| Self { family, primary, ground, reach, members: members.into(), above: above.into() })
    }
}

impl fmt::Display for Trail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} {}", self.family, self.primary, self.ground, self.reach.as_str())?;
        self.members.iter().try_for_each(|member| write!(f, " {}:{}", member.ground, member.id))?;
        self.above.iter().try_for_each(|member| write!(f, " {ABOVE}{}:{}", member.ground, member.id))
    }
}

impl Reach {
    const ALL: [Self; 3] = [Self::Alone, Self::Apart, Self::Together];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Alone => "alone",
            Self::Apart => "apart",
            Self::Together => "together",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reach| reach.as_str() == text)
    }
}

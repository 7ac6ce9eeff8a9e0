//! What contexts are called.
//!
//! Responsible for ids that nobody without the key can foresee or make collide, and that are the same after a restart with
//! the same key. A name of a unit of work is bound to who uses it: the same word of two principals names two contexts.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use doorward_core::flow::{ContextId, Handle};
use doorward_core::principal::{Principal, Subject};

/// What an id or a tag is made for: two kinds never share one.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Family,
    Person,
    Signed,
    Declared,
    Session,
    Trace,
    Process,
    Handle,
    Tag,
}

/// Makes ids.
pub(super) struct Naming {
    key: hmac::Key,
}

impl Naming {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, key) }
    }

    /// The context that `text` names for whoever `owner` stands for.
    pub(super) fn named(&self, kind: Kind, owner: ContextId, text: &[u8]) -> ContextId {
        ContextId::from_bytes(self.sixteen(kind, &[&owner.to_bytes(), text]))
    }

    /// Principal and client, whatever the credentials are: a token that is renewed changes nothing.
    pub(super) fn family(&self, who: &Principal) -> ContextId {
        let actors = who.actors().iter().map(|actor| Some(actor.as_ref()));
        let parts: Vec<Option<&str>> =
            person(who).into_iter().chain([who.agent().map(AsRef::as_ref)]).chain(actors).collect();
        self.parts(Kind::Family, &parts)
    }

    /// The principal's subject, whichever clients act for it.
    pub(super) fn person(&self, who: &Principal) -> ContextId {
        self.parts(Kind::Person, &person(who))
    }

    pub(super) fn handle(&self, random: [u8; 16]) -> Handle {
        Handle::new(random, self.sixteen(Kind::Tag, &[&random]))
    }

    /// The context of a handle; `None` for one that was not made here.
    pub(super) fn of_handle(&self, handle: &Handle) -> Option<ContextId> {
        let tag = self.sixteen(Kind::Tag, &[handle.random()]);
        verify_slices_are_equal(&tag, handle.tag()).ok()?;
        Some(ContextId::from_bytes(self.sixteen(Kind::Handle, &[handle.random()])))
    }

    fn parts(&self, kind: Kind, parts: &[Option<&str>]) -> ContextId {
        let mut bytes = Vec::with_capacity(128);
        for part in parts {
            bytes.push(u8::from(part.is_some()));
            let part = part.unwrap_or_default().as_bytes();
            bytes.extend_from_slice(&part.len().to_be_bytes());
            bytes.extend_from_slice(part);
        }
        ContextId::from_bytes(self.sixteen(kind, &[&bytes]))
    }

    fn sixteen(&self, kind: Kind, parts: &[&[u8]]) -> [u8; 16] {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(&[kind as u8]);
        for part in parts {
            context.update(part);
        }
        let tag = context.sign();
        let mut sixteen = [0; 16];
        sixteen.iter_mut().zip(tag.as_ref()).for_each(|(to, from)| *to = *from);
        sixteen
    }
}

/// Tenant, issuer, kind and name of the subject.
fn person(who: &Principal) -> [Option<&str>; 4] {
    let kind = match who.subject() {
        Subject::User(_) => "user",
        Subject::Agent(_) => "agent",
    };
    let (tenant, issuer) = (who.tenant().map(AsRef::as_ref), who.issuer().map(AsRef::as_ref));
    [tenant, issuer, Some(kind), Some(who.subject().name())]
}

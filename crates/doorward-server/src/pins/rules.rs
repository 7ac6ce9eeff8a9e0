//! What is done about definitions that nobody has approved.

/// How pins are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PinRules {
    /// What becomes of a definition that is seen for the first time.
    pub first: First,
    /// What is shown in the place of one that has changed.
    pub meanwhile: Meanwhile,
}

/// What becomes of a definition that is seen for the first time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum First {
    /// It is trusted, if the guards find nothing in it that would block.
    #[default]
    Trust,
    /// It waits until somebody approves it.
    Approve,
    /// Nothing is pinned, and changes are not noticed.
    Off,
}

/// What is shown in the place of a definition that has changed. It cannot be used either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Meanwhile {
    /// Nothing.
    #[default]
    Hide,
    /// The version that was approved.
    Approved,
}

impl First {
    /// Every value by its name in the configuration.
    pub const NAMED: [(&'static str, Self); 3] =
        [("trust", Self::Trust), ("approve", Self::Approve), ("off", Self::Off)];
}

impl Meanwhile {
    /// Every value by its name in the configuration.
    pub const NAMED: [(&'static str, Self); 2] = [("hide", Self::Hide), ("approved", Self::Approved)];
}

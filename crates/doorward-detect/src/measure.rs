//! What is measured in a burst of work, by the statistical detectors.

use crate::catalogue::DetectorId;

/// One number of a burst; the higher, the less usual. Several may belong to one detector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Measure {
    // Of one principal and tool.
    Rush,
    Rate,
    BytesOut,
    Items,
    ResultSize,
    Beacon,
    // Of one principal.
    NewTools,
    Sequence,
    Reach,
    Refusals,
    ManySigns,
}

/// How many measures there are of one tool.
pub(crate) const OF_TOOL: usize = 6;

/// How many measures there are of one principal.
pub(crate) const OF_PRINCIPAL: usize = 5;

impl Measure {
    pub(crate) const OF_TOOL: [Self; OF_TOOL] =
        [Self::Rush, Self::Rate, Self::BytesOut, Self::Items, Self::ResultSize, Self::Beacon];
    pub(crate) const OF_PRINCIPAL: [Self; OF_PRINCIPAL] =
        [Self::NewTools, Self::Sequence, Self::Reach, Self::Refusals, Self::ManySigns];

    pub(crate) const fn detector(self) -> DetectorId {
        match self {
            Self::Rush | Self::Rate => DetectorId::Rate,
            Self::BytesOut => DetectorId::BytesOut,
            Self::Items | Self::Reach => DetectorId::FanOut,
            Self::ResultSize => DetectorId::ResultSize,
            Self::Beacon => DetectorId::Beacon,
            Self::NewTools => DetectorId::NewTools,
            Self::Sequence => DetectorId::Sequence,
            Self::Refusals => DetectorId::Refusals,
            Self::ManySigns => DetectorId::ManySigns,
        }
    }

    /// By how many of its units a measure must grow, at least, to be e times as rare: the tail that it is assumed to have
    /// whatever was seen.
    pub(crate) const fn least_tail(self) -> f64 {
        match self {
            Self::Rush => 0.5,
            Self::Rate => 1.0,
            Self::Items => 0.6,
            Self::BytesOut | Self::ResultSize => 1.0,
            Self::Beacon => 3.0,
            Self::NewTools => 1.25,
            Self::Sequence => 1.5,
            Self::Reach => 1.0,
            Self::Refusals => 1.0,
            Self::ManySigns => 1.0,
        }
    }

    /// Its weight where e-values are merged.
    pub(crate) const fn weight(self) -> f64 {
        match self {
            Self::ManySigns => 1.0,
            Self::Rush
            | Self::Rate
            | Self::BytesOut
            | Self::Items
            | Self::ResultSize
            | Self::Beacon
            | Self::NewTools
            | Self::Sequence
            | Self::Reach
            | Self::Refusals => 1.0,
        }
    }
}

/// What a measure says of a burst so far.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Reading {
    /// How unusual, in the units of the measure.
    pub(crate) score: f64,
    /// The number that a person understands.
    pub(crate) observed: f64,
    /// What it usually is.
    pub(crate) expected: f64,
}

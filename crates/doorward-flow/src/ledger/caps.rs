//! The bounds of the ledger's rules, as the operator sets them.

/// The bounds of all rules.
///
/// With the defaults a staged harvest of 500 records in one context stops before record 60, and no synthetic benign context
/// of 10,000 is flagged. Those of the day and the month are wider, since honest work adds up over contexts: with the bounds
/// of a context for the day, two in five contexts of a principal with twenty a day would be flagged, with these hardly any,
/// and a harvest spread over contexts stops before record 80.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caps {
    /// For one context.
    pub context: Bounds,
    /// For one principal, over the last 24 hours.
    pub day: Bounds,
    /// For one principal, over the last 30 days.
    pub month: Bounds,
    /// Most new records in one answer for it to count as a step.
    pub narrow: u64,
    /// How many times the 99th percentile of its own contexts raises a principal's bounds for a day.
    pub baseline_times: u64,
    /// How many contexts of a principal must have ended before they raise anything.
    pub baseline_contexts: u64,
}

/// Where each rule begins: a count that reaches its bound passes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Records that arrived a few at a time.
    pub steps: u64,
    /// Records over at least two servers and three answers, one of which tells more than how to reach somebody.
    pub staged: u64,
    /// Records known from at least two servers, with more than how to reach somebody.
    pub linked: u64,
    /// Records of which an identifier went to one server that did not give it.
    pub sunk: u64,
    /// Bytes to one server after something confidential was read.
    pub bytes: u64,
}

impl Caps {
    /// Those whose bounds for one context are these. The others keep their proportion to them: what is honest in a context
    /// adds up over a day as it did before.
    #[must_use]
    pub fn of_context(context: Bounds) -> Self {
        let usual = Self::default();
        let in_proportion = |bounds: Bounds| {
            let scaled = |of: fn(&Bounds) -> u64| match of(&bounds) {
                u64::MAX => u64::MAX,
                bound => {
                    let wanted = u128::from(bound) * u128::from(of(&context)) / u128::from(of(&usual.context).max(1));
                    u64::try_from(wanted).unwrap_or(u64::MAX).max(1)
                }
            };
            Bounds {
                steps: scaled(|bounds| bounds.steps),
                staged: scaled(|bounds| bounds.staged),
                linked: scaled(|bounds| bounds.linked),
                sunk: scaled(|bounds| bounds.sunk),
                bytes: scaled(|bounds| bounds.bytes),
            }
        };
        Self { context, day: in_proportion(usual.day), month: in_proportion(usual.month), ..usual }
    }
}

impl Default for Bounds {
    fn default() -> Self {
        Self { steps: 40, staged: 50, linked: 25, sunk: 25, bytes: 1 << 20 }
    }
}

impl Default for Caps {
    fn default() -> Self {
        let context = Bounds::default();
        let day = Bounds { steps: 80, staged: 400, linked: 80, sunk: 50, bytes: 4 << 20 };
        // In a month there are easily more records than are told apart exactly. What is counted of steps then is too high, and
        // of the last two far too high.
        let month = Bounds { steps: 2_000, staged: 4_000, linked: u64::MAX, sunk: u64::MAX, bytes: 40 << 20 };
        Self { context, day, month, narrow: 5, baseline_times: 5, baseline_contexts: 20 }
    }
}

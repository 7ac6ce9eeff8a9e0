//! What a statistical alert says to a person.

use crate::alert::plain;
use crate::baseline::Mark;
use crate::event::Event;
use crate::measure::Measure;

/// One sentence for the strongest mark; `also` are the next ones.
pub(super) fn of(event: &Event, measure: Measure, mark: &Mark, also: &[(Measure, Mark)]) -> String {
    let (who, tool, server) = (plain(&event.who), plain(&event.item), plain(&event.server));
    let (observed, expected) = (mark.reading.observed, mark.reading.expected);
    match measure {
        Measure::Rush | Measure::Rate => {
            format!(
                "{who} calls {tool} of {server} faster than ever: {observed:.0} calls close together, where {expected:.1} are usual."
            )
        }
        Measure::BytesOut => format!(
            "{who} sends more through {tool} of {server} than usual: up to {} in one call, where {} are usual.",
            bytes(observed),
            bytes(expected)
        ),
        Measure::Items => format!(
            "{who} asks {tool} of {server} for {observed:.0} different things in a row, where {expected:.1} are usual."
        ),
        Measure::ResultSize => format!(
            "{who} gets larger results from {tool} of {server} than usual: up to {}, where {} are usual.",
            bytes(observed),
            bytes(expected)
        ),
        Measure::Beacon => {
            format!("{who} calls {tool} of {server} every {observed:.0} seconds, which is too regular for this work.")
        }
        Measure::NewTools if observed < 1.5 => format!("{who} uses {tool} of {server}, and never used it before."),
        Measure::NewTools => format!(
            "{who} uses {observed:.0} tools in one go that were never used before, the last of them {tool} of {server}."
        ),
        Measure::Sequence => {
            format!("{who} uses tools in an order that is not known of this work, the last of them {tool} of {server}.")
        }
        Measure::Reach => format!(
            "{who} reaches {observed:.0} different tools or servers in one go, where {expected:.1} are usual; the last is {tool} of {server}."
        ),
        Measure::Refusals => {
            format!(
                "{who} was refused {observed:.0} times in one go, where {expected:.1} are usual; the last was {tool} of {server}."
            )
        }
        Measure::ManySigns => {
            let signs: Vec<_> = also.iter().map(|(measure, _)| measure.detector().as_str()).collect();
            format!(
                "{who} does several unusual things at once ({}), the last of them with {tool} of {server}.",
                if signs.is_empty() { "each weak".to_owned() } else { signs.join(", ") }
            )
        }
    }
}

/// A size for people.
fn bytes(bytes: f64) -> String {
    match bytes {
        small if small < 10_000.0 => format!("{small:.0} bytes"),
        middle if middle < 10e6 => format!("{:.0} KB", middle / 1e3),
        large => format!("{:.0} MB", large / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_for_people() {
        assert_eq!([12.0, 60_000.0, 2.5e8].map(bytes), ["12 bytes", "60 KB", "250 MB"]);
    }
}

//! The providers' rules, written from what they document of their tokens.

mod ai;
mod cloud;
mod code;
mod data;
mod keys;
mod money;
mod services;
mod talk;

use super::rule::Rule;

/// All rules.
pub(super) fn all() -> impl Iterator<Item = &'static Rule> {
    [cloud::RULES, code::RULES, ai::RULES, money::RULES, talk::RULES, data::RULES, services::RULES, keys::RULES]
        .into_iter()
        .flatten()
}

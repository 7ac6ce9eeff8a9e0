//! Facts as Cedar values.

use std::collections::BTreeMap;

use cedar_policy::RestrictedExpression as Expression;
use doorward_facts::Unclear;

use super::values::{FactValue, Fields};

/// The record of what is known of one place; what is not known is an unknown in it, and told in `unclear`.
pub(super) fn record(fields: Fields<'_>, name: &str, unclear: &mut BTreeMap<String, Unclear>) -> Expression {
    let fields: Vec<(String, Expression)> = fields
        .into_iter()
        .map(|(attribute, value)| {
            let value = value_of(value).unwrap_or_else(|why| {
                let below = format!("{name}.{attribute}");
                let unknown = Expression::new_unknown(&below);
                unclear.insert(below, why);
                unknown
            });
            (attribute.to_owned(), value)
        })
        .collect();
    // Cedar refuses only a name given twice.
    Expression::new_record(fields).unwrap_or_else(|_| Expression::new_unknown(name))
}

fn value_of(value: FactValue) -> Result<Expression, Unclear> {
    match value {
        FactValue::Text(text) => Ok(Expression::new_string(text)),
        FactValue::Texts(texts) => Ok(Expression::new_set(texts.into_iter().map(Expression::new_string))),
        FactValue::Whole(number) => Ok(Expression::new_long(number)),
        FactValue::Wholes(numbers) => Ok(Expression::new_set(numbers.into_iter().map(Expression::new_long))),
        FactValue::Truth(truth) => Ok(Expression::new_bool(truth)),
        FactValue::Decimal(written) => Ok(Expression::new_decimal(written)),
        FactValue::Addresses(addresses) => {
            Ok(Expression::new_set(addresses.into_iter().map(|address| Expression::new_ip(address.to_string()))))
        }
        FactValue::Unclear(why) => Err(why),
    }
}

//! Names as policies see them.

use sqlparser::ast::{Ident, ObjectName, ObjectNamePart};

use crate::unclear::Unclear;

/// A plain name in lower case.
pub(super) fn plain(ident: &Ident) -> Result<String, Unclear> {
    let folded = ident.value.to_lowercase();
    // Databases fold letters beyond ASCII in their own ways.
    let capital = folded != ident.value && (ident.quote_style.is_some() || !ident.value.is_ascii());
    if capital { Err(Unclear::SqlCase) } else { Ok(folded) }
}

/// Each name of a dotted one.
pub(super) fn parts(name: &ObjectName) -> Result<Vec<String>, Unclear> {
    let part = |part: &ObjectNamePart| match part {
        ObjectNamePart::Identifier(ident) => plain(ident),
        ObjectNamePart::Function(_) => Err(Unclear::OddSql),
    };
    let parts: Vec<String> = name.0.iter().map(part).collect::<Result<_, _>>()?;
    // `"a.b"` and `a.b` must stay two things.
    if parts.iter().any(|part| part.contains('.')) { Err(Unclear::OddSql) } else { Ok(parts) }
}

//! The guards there are, in the order they look.

use crate::apps::Apps;
use crate::arguments::Arguments;
use crate::guard::Guard;
use crate::injection::Injection;
use crate::personal::Personal;
use crate::scene::Options;
use crate::schema::SchemaGuard;
use crate::secrets::Secrets;
use crate::size::Size;
use crate::unicode::Unicode;

/// All of them, set as `options` say.
pub(crate) fn all(options: &Options) -> Vec<Box<dyn Guard>> {
    vec![
        Box::new(SchemaGuard),
        Box::new(Arguments),
        Box::new(Secrets::new(&options.secrets)),
        Box::new(Size::new(&options.size)),
        Box::new(Unicode),
        Box::new(Injection),
        Box::new(Apps),
        Box::new(Personal::new(&options.personal)),
    ]
}

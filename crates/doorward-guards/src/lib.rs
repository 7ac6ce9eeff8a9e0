//! Guards: what inspects the content of messages.
//!
//! Pure: no runtime, sockets, files, clock or randomness. [`Guards`] runs every guard of the catalogue over the texts of a
//! message and makes one verdict of what they find, by the settings in force. A guard never changes a message itself and
//! never tells what it found, only where and what kind.

mod apps;
mod arguments;
mod around;
mod catalogue;
mod guard;
mod injection;
pub mod limits;
pub mod personal;
mod pipeline;
mod pointer;
mod rewrite;
mod scene;
mod schema;
pub mod secrets;
mod settings;
pub mod size;
mod spotlight;
pub mod text;
pub mod training;
mod unicode;
mod words;

pub use around::{Around, Files, Offered, Place, Tool, Trust};
pub use guard::{Found, Guard, Report};
pub use pipeline::Guards;
pub use scene::{Options, Scene, ServerSettings};
pub use settings::{Preset, standard};
pub use spotlight::Spotlighting;
pub use words::{Form, Hit};

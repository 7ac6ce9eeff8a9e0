//! The client side: Streamable HTTP for both eras on one endpoint, and standard input and output.
//!
//! Faces read and write frames, identify who sends them and keep the transport's own rules. What a message may do is
//! decided behind [`crate::talk`].

pub mod http;
pub mod stdio;

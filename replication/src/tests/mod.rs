//! Stories and laws of nodes that talk to each other, on real stores in memory and in virtual time.

mod bundles;
mod codec;
mod laws;
mod lies;
mod oracle;
pub(crate) mod schema;
mod stories;
mod world;

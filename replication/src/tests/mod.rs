//! Stories and laws of nodes that talk to each other, on real stores in memory and in virtual time.

mod codec;
mod laws;
mod lies;
mod schema;
mod stories;
mod world;

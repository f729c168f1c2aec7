//! The laws of the domain, each tried by a test that bears its name, on real stores in memory.
//!
//! One binary, because a law often needs the same small country: see [`world`].

mod access;
mod equipment;
mod merging;
mod model;
mod numbers;
mod queries;
mod shelf;
mod shipments;
mod stock;
mod world;

//! The laws of the domain, each tried by a test that bears its name, on real stores in memory.
//!
//! One binary, because a law often needs the same small country: see [`world`].

mod access;
mod checking;
mod conflicts;
mod dashboard;
mod equipment;
mod figures;
mod imports;
mod merging;
mod model;
mod numbers;
mod order_terms;
mod queries;
mod requisitions;
mod returns;
mod rnr;
mod scanning;
mod shares;
mod shelf;
mod shipments;
mod stock;
mod stocktakes;
mod world;

//! What only the centre does.
//!
//! [`authority`] is the system's certificate authority; [`enrolment`] decides which devices may join and what they are
//! given; [`registry`] says who a certified device is. [`import`] makes documents of files of deliveries; [`demo`] makes
//! a country with three months of history. All of it works through the domain's commands and the store's transactions,
//! and knows nothing of HTTP; instants and random bytes are arguments.

pub mod authority;
pub mod demo;
pub mod enrolment;
pub mod import;
pub mod registry;

//! Under construction.

pub mod authority;
pub mod demo;
pub mod enrolment;
pub mod import;
pub mod registry;

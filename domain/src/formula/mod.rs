//! stub
pub mod order;

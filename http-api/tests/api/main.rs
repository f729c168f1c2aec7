//! The JSON API as its callers meet it: real requests, a real node, a real database, no network.

mod bad_input;
mod doors;
mod feed;
mod lists;
mod shelf;
mod whole;
mod work;
mod world;

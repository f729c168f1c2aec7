//! The JSON API as its callers meet it: real requests, a real node, a real database, no network.

mod bad_input;
mod bundles;
mod conflicts;
mod doors;
mod feed;
mod figures;
mod imports;
mod lists;
mod order_terms;
mod requisitions;
mod rnr_forms;
mod scanning;
mod shares;
mod shelf;
mod shipments;
mod stocktakes;
mod whole;
mod work;
mod world;

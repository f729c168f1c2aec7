//! Real nodes on real sockets of the loopback: threads, QUIC and TLS as they run in the field. Waiting is for events
//! and changes of status, never for time; one limit, far above what anything takes, ends what would wait for ever.

mod bundles;
mod country;
mod enrolling;
mod hostile;
mod lifecycle;
mod meeting;
mod moving;
mod neighbours;
mod over_tcp;
mod shadowing;
mod visiting;

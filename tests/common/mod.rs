//! The real program, as the tests that drive it from outside need it.

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::time::Instant;

/// Lines of a child's output until a deadline; the rest is read and dropped so that the child is never blocked.
pub fn lines(output: impl Read + Send + 'static, deadline: Instant) -> impl Iterator<Item = String> {
    let (send, receive) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            // Nobody listens any more: go on reading all the same.
            let _ = send.send(line);
        }
    });
    std::iter::from_fn(move || receive.recv_timeout(deadline.saturating_duration_since(Instant::now())).ok())
}

/// The program, as it was built with these tests.
pub fn program() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_tributary"))
}

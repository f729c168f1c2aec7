//! The real program, as the tests that drive it from outside need it.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
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

/// The program: the one named by `TRIBUTARY_BIN`, or the workspace's own, built now if it is not there or is old.
pub fn program() -> PathBuf {
    if let Some(named) = std::env::var_os("TRIBUTARY_BIN") {
        return named.into();
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .current_dir(root)
        // The whole workspace, as the tests are built: another choice would be other features, and compile all anew.
        .args([
            "build",
            "--locked",
            "--workspace",
            "--bin",
            "tributary",
            "--message-format=json-render-diagnostics",
        ])
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo runs");
    assert!(built.status.success(), "the program does not build");
    let messages = String::from_utf8_lossy(&built.stdout);
    let executable = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .find_map(|message| message.get("executable")?.as_str().map(PathBuf::from));
    executable.expect("cargo names the program it built")
}

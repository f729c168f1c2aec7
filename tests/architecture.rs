//! The walls of the house: which of our crates may import which, and which libraries may not be seen from where.
//! The table is the one in `docs/ARCHITECTURE.md`.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

/// crate -> ours that it may import.
const TABLE: [(&str, &[&str]); 8] = [
    ("crdt-store", &[]),
    ("tributary-inbox", &[]),
    ("domain", &["crdt-store"]),
    ("replication", &["crdt-store", "tributary-inbox"]),
    ("central", &["crdt-store", "domain", "replication"]),
    ("http-api", &["crdt-store", "domain", "replication", "central"]),
    ("simulator", &["crdt-store", "domain", "replication", "central"]),
    ("tributary", &["crdt-store", "domain", "replication", "central", "http-api", "simulator"]),
];

/// library -> ours that may depend on it directly.
const KEPT_IN: [(&str, &[&str]); 5] = [
    // The simulator counts conflicts again from the saved files, with the library and nothing of ours.
    ("automerge", &["crdt-store", "simulator"]),
    ("redb", &["crdt-store", "simulator"]),
    ("quinn", &["replication"]),
    ("axum", &["http-api", "tributary"]),
    ("clap", &["tributary"]),
];

/// Of this workspace's own manifests: nothing of what they depend on is looked up, or fetched for other platforms.
fn metadata() -> Metadata {
    MetadataCommand::new().no_deps().exec().expect("cargo metadata")
}

fn imports(package: &Package) -> BTreeSet<String> {
    package
        .dependencies
        .iter()
        .filter(|dependency| dependency.kind == DependencyKind::Normal)
        .map(|dependency| dependency.name.to_string())
        .collect()
}

#[test]
fn crates_import_only_what_the_table_allows() {
    let metadata = metadata();
    let table: BTreeMap<&str, &[&str]> = TABLE.into_iter().collect();
    let ours = metadata.workspace_packages();
    let names: BTreeSet<&str> = ours.iter().map(|package| package.name.as_str()).collect();
    assert_eq!(names, table.keys().copied().collect(), "the table names exactly the crates of the workspace");
    for package in ours {
        let allowed = table[package.name.as_str()];
        for import in imports(package).iter().filter(|import| names.contains(import.as_str())) {
            assert!(allowed.contains(&import.as_str()), "{} must not import {import}", package.name);
        }
    }
}

#[test]
fn libraries_are_seen_only_where_they_belong() {
    let metadata = metadata();
    let ours = metadata.workspace_packages();
    for package in ours {
        for (library, homes) in KEPT_IN {
            let seen = imports(package).contains(library);
            assert!(
                !seen || homes.contains(&package.name.as_str()),
                "{} must not import {library}",
                package.name
            );
        }
    }
}

#[test]
fn the_simulator_stands_on_no_runtime() {
    let metadata = metadata();
    let ours = metadata.workspace_packages();
    let simulator =
        ours.into_iter().find(|package| package.name.as_str() == "simulator").expect("the simulator");
    let output = std::process::Command::new(env!("CARGO"))
        .args(["tree", "--offline", "-p", "simulator", "-e", "normal", "--prefix", "none", "--format", "{p}"])
        .current_dir(simulator.manifest_path.parent().expect("a folder"))
        .output()
        .expect("cargo tree runs");
    let tree = String::from_utf8(output.stdout).expect("text");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(tree.contains("automerge"), "the tree is the simulator's");
    for forbidden in ["tokio", "quinn", "axum"] {
        let found = tree.lines().any(|line| line.split(' ').next() == Some(forbidden));
        assert!(!found, "the simulator must not stand on {forbidden}");
    }
}

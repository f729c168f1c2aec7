//! Scenarios that once failed, replayed for ever.

use std::path::Path;

use simulator::{Options, simulate};

#[test]
fn what_once_failed_holds_now() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions");
    let mut files: Vec<_> = std::fs::read_dir(directory)
        .expect("the directory of regressions")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    files.sort();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a readable file");
        let options: Options =
            toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let report = simulate(&options);
        assert!(report.held(), "{}:\n{}", file.display(), report.human());
    }
}

//! What the dictionary of the wire saves, on frames of countries that it was not trained on; and how it is trained.

use std::path::Path;

use replication::dictionary;
use simulator::Options;

use super::{Ground, Table};
use crate::exit::Failure;

/// Simulated countries that the dictionary is trained on …
const TRAINED_ON: std::ops::Range<u64> = 1..25;
/// … and others that it is measured with.
const MEASURED_WITH: std::ops::Range<u64> = 1_001..1_005;

fn corpus(seeds: std::ops::Range<u64>) -> Vec<Vec<u8>> {
    seeds
        .flat_map(|seed| simulator::corpus(&Options { seed, sites: 3, days: 10, ..Options::default() }))
        .collect()
}

/// Bytes of frames of one document, or one change, each.
pub fn measure(_: &Ground<'_>, table: &mut Table) -> Result<(), Failure> {
    let frames = corpus(MEASURED_WITH);
    let [plain, compressed, known] =
        dictionary::sizes(&frames)?.map(|bytes| bytes as f64 / frames.len() as f64);
    table.add("frames of one document or change: as they are", plain, "B each", None);
    table.add("… compressed", compressed, "B each", None);
    table.add("… compressed with the dictionary", known, "B each", None);
    Ok(())
}

/// Trains a dictionary and writes it to a file.
pub fn train(file: &Path) -> Result<(), Failure> {
    let frames = corpus(TRAINED_ON);
    let dictionary = dictionary::train(&frames)?;
    std::fs::write(file, &dictionary)?;
    say!("{} bytes from {} frames, written to {}", dictionary.len(), frames.len(), file.display());
    Ok(())
}

//! The files that pages ask for: in the binary, named by their content, kept by browsers for ever.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// One file.
struct Asset {
    name: &'static str,
    media_type: &'static str,
    bytes: &'static [u8],
}

macro_rules! assets {
    ($($name:literal as $media_type:literal,)*) => {
        &[$(Asset { name: $name, media_type: $media_type, bytes: include_bytes!(concat!("../../assets/", $name)) },)*]
    };
}

const ASSETS: &[Asset] = assets! {
    "app.css" as "text/css; charset=utf-8",
    "ui.js" as "text/javascript; charset=utf-8",
    "grid.js" as "text/javascript; charset=utf-8",
    "scan.js" as "text/javascript; charset=utf-8",
    "live.js" as "text/javascript; charset=utf-8",
    "htmx.min.js" as "text/javascript; charset=utf-8",
    "icons.svg" as "image/svg+xml",
    "mark.svg" as "image/svg+xml",
};

/// A year: the address changes with the content.
const CACHE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// One hash for all of them, so that modules may name each other by relative addresses.
static EDITION: LazyLock<String> = LazyLock::new(|| {
    let mut hasher = blake3::Hasher::new();
    for asset in ASSETS {
        hasher.update(asset.name.as_bytes()).update(asset.bytes);
    }
    hasher.finalize().to_hex()[..16].to_owned()
});

/// The address of a file.
pub(super) fn address(name: &str) -> String {
    debug_assert!(ASSETS.iter().any(|asset| asset.name == name), "no asset {name}");
    format!("/assets/{}/{name}", *EDITION)
}

/// Serves a file. An address of another edition is answered with the file as it is now, and not kept.
pub(super) async fn serve(Path((edition, name)): Path<(String, String)>) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.name == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let cache = if edition == *EDITION { CACHE } else { HeaderValue::from_static("no-cache") };
    let kind = HeaderValue::from_static(asset.media_type);
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, cache)], asset.bytes).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_vendored_differs_from_what_was_reviewed() {
        let record = include_str!("../../assets/VENDORED.md");
        let htmx = ASSETS.iter().find(|asset| asset.name == "htmx.min.js").expect("it is there");
        let digest = sha256(htmx.bytes);
        assert!(record.contains(&digest), "htmx.min.js has the SHA-256 {digest}, VENDORED.md says otherwise");
        assert!(record.contains("2.0.11") && record.contains("0BSD") && record.contains("ISC"));
    }

    fn sha256(bytes: &[u8]) -> String {
        use sha2::Digest;
        sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn compressed(names: &[&str]) -> usize {
        use std::io::Write;
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        for asset in ASSETS.iter().filter(|asset| names.contains(&asset.name)) {
            encoder.write_all(asset.bytes).expect("memory takes all");
        }
        encoder.finish().expect("memory takes all").len()
    }

    #[test]
    fn a_page_costs_a_slow_link_no_more_than_was_promised() {
        assert!(compressed(&["app.css"]) <= 12_000);
        assert!(compressed(&["ui.js", "grid.js", "scan.js", "live.js", "htmx.min.js"]) <= 30_000);
    }

    #[test]
    fn a_page_reads_the_same_from_the_right() {
        let sheet = std::str::from_utf8(ASSETS[0].bytes).expect("text");
        for word in [
            "margin-left",
            "margin-right",
            "padding-left",
            "padding-right",
            "border-left",
            "border-right",
            " left:",
            " right:",
            "text-align: left",
            "text-align: right",
            "float:",
        ] {
            assert!(!sheet.contains(word), "app.css says «{word}»: use the logical property");
        }
    }
}

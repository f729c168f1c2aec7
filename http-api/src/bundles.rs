//! Bundles, as the doors speak of them: whom one is for, what it says of itself, what came of it.

use std::time::Duration;

use axum::http::HeaderMap;
use crdt_store::{DeviceId, Failure, Snapshot, Timestamp};
use domain::query::reference;
use domain::{Permission, Role};
use replication::bundle::{BUNDLE_EXTENSION, BundleError};
use replication::shell::{About, BundleFailure, Saved};
use replication::{Taken, code};
use serde::{Deserialize, Serialize};

use crate::auth;
use crate::error::Problem;
use crate::state::AppState;

/// A header of files that could not hold all there is; the rest follows when the other side has acknowledged this one.
pub const PARTIAL: &str = "tributary-partial";
/// How long an answer waits for a file to be loaded; it goes on all the same.
const LOADED_WITHIN: Duration = Duration::from_secs(20);
/// Most letters of a name in the name of a file.
const NAME_LETTERS_MAX: usize = 40;

/// What a bundle says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BundleAbout {
    /// The device that made it.
    pub from: DeviceId,
    /// What people call it; null if nobody has said.
    pub from_name: Option<String>,
    /// Whether that is the central server.
    pub from_central: bool,
    /// The device that it is for.
    pub to: DeviceId,
    /// What people call it.
    pub to_name: Option<String>,
    /// Whether that is this device.
    pub for_this_device: bool,
    /// When it was made, by the clock of the device that made it.
    #[serde(with = "domain::instant")]
    pub made_at: Timestamp,
    /// Documents in it, or parts of them.
    pub documents: u64,
    /// Length of the file.
    pub bytes: u64,
}

/// What came of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BundleLoaded {
    /// What it said of itself.
    pub about: BundleAbout,
    /// Documents that brought something new.
    pub news: u64,
    /// Changes that were refused, and are kept aside.
    pub refused: u64,
    /// Changes that wait for what they depend on.
    pub parked: u64,
    /// Documents left out, because what they continue is missing here.
    pub left_out: u64,
    /// Whether something before it is missing here; a file from here tells the other side.
    pub gap: bool,
    /// Whether it is of an earlier life of the other side's database: its documents were taken, and nothing else believed.
    pub outdated: bool,
    /// Whether the other side held, when it made the file, all that is here now of what both share.
    pub nothing_to_return: bool,
}

/// A bundle that was made, and how its file is to be called.
pub struct BundleFile {
    /// The file.
    pub saved: Saved,
    /// Its name: letters, digits and hyphens.
    pub name: String,
}

/// Whether bundles may be carried by whoever asks: it holds the key that lies in the node's directory, or is somebody whose
/// work it is. On central a file holds all that a site may read; at a site it holds what its people wrote.
///
/// # Errors
/// `unauthenticated`, `not-permitted`, `store-required`.
pub(crate) fn admit(state: &AppState, headers: &HeaderMap) -> Result<(), Problem> {
    match auth::has_local_key(state, headers) {
        true => Ok(()),
        false => may_carry(state, &auth::visitor_of(state, headers)?),
    }
}

/// The same for somebody who is known.
///
/// # Errors
/// `not-permitted`, `store-required`.
pub(crate) fn may_carry(state: &AppState, visitor: &auth::Visitor) -> Result<(), Problem> {
    let as_administrator = visitor.require(Permission::ServerAdmin);
    match state.role() {
        Role::Central => as_administrator,
        Role::Site => as_administrator.or_else(|_| visitor.enter(None).map(drop)),
    }
}

/// Makes a bundle for `central`, a device, or the device of a site.
///
/// # Errors
/// `bundle-recipient-unknown` and its like, and the node's own.
pub async fn save_bundle(state: &AppState, to: &str) -> Result<BundleFile, Problem> {
    let device = recipient(state, &state.snapshot()?, to)?;
    let saved = state.node().save_bundle(device).await?;
    let read = state.snapshot()?;
    let to_name = name_of(&read, device)?.unwrap_or_else(|| "central".to_owned());
    let day = domain::text::day_of(state.now());
    let name = format!("{}-{}-{day}.{BUNDLE_EXTENSION}", slug(&state.settings().site_name), slug(&to_name));
    Ok(BundleFile { saved, name })
}

/// The same for an answer over HTTP: nothing if it takes longer than an answer may, and goes on.
///
/// # Errors
/// As [`load_whole_bundle`].
pub(crate) async fn load_bundle(state: &AppState, file: Vec<u8>) -> Result<Option<BundleLoaded>, Problem> {
    match tokio::time::timeout(LOADED_WITHIN, load_whole_bundle(state, file)).await {
        Ok(loaded) => loaded.map(Some),
        Err(_) => Ok(None),
    }
}

/// Takes in a bundle, however long that takes.
///
/// # Errors
/// Everything that can be wrong with a file, by its code; nothing of it was taken then.
pub async fn load_whole_bundle(state: &AppState, file: Vec<u8>) -> Result<BundleLoaded, Problem> {
    let (about, taken) = state.node().load_bundle(file).await?;
    let Taken { news, refused, parked, left_out, gap, outdated, nothing_to_return, .. } = taken;
    let about = described(state, &about)?;
    Ok(BundleLoaded { about, news, refused, parked, left_out, gap, outdated, nothing_to_return })
}

/// What a bundle says of itself, whoever it is for.
///
/// # Errors
/// When it is none, is damaged, or belongs to another system.
pub async fn show_bundle(state: &AppState, file: Vec<u8>) -> Result<BundleAbout, Problem> {
    let about = state.node().inspect_bundle(file).await?;
    described(state, &about)
}

fn described(state: &AppState, about: &About) -> Result<BundleAbout, Problem> {
    let read = state.snapshot()?;
    let About { from, from_central, to, made, documents, bytes } = *about;
    Ok(BundleAbout {
        from,
        from_name: name_of(&read, from)?,
        from_central,
        to,
        to_name: name_of(&read, to)?,
        for_this_device: to == state.settings().device,
        made_at: made,
        documents,
        bytes,
    })
}

/// What people call the site of a device, or the device.
fn name_of(read: &Snapshot, device: DeviceId) -> Result<Option<String>, Problem> {
    let Some(row) = reference::device(read, device)? else { return Ok(None) };
    match reference::site(read, row.site) {
        Ok(site) => Ok(Some(site.name)),
        Err(Failure::Rejected(_)) => Ok(Some(row.name)),
        Err(Failure::Store(error)) => Err(error.into()),
    }
}

/// The device that is meant: `central`, an id, or the name of a site that has one device.
fn recipient(state: &AppState, read: &Snapshot, to: &str) -> Result<DeviceId, Problem> {
    let unknown = |detail: String| Problem::from(BundleError::new(code::BUNDLE_RECIPIENT_UNKNOWN, detail));
    if to == "central" {
        let met = state.node().status().peers.into_iter().find(|peer| peer.central);
        let named = reference::devices(read)?.into_iter().find(|row| row.is_central && !row.revoked);
        let device = met.map(|peer| peer.device).or(named.map(|row| row.device));
        return device.ok_or_else(|| unknown("this device does not know central yet".to_owned()));
    }
    if let Ok(device) = to.parse() {
        return Ok(device);
    }
    let site = reference::site_by_name(read, to)?;
    let site = site.ok_or_else(|| unknown(format!("there is no site «{to}»")))?;
    let of_site = reference::devices(read)?.into_iter().filter(|row| row.site == site.id && !row.revoked);
    let devices: Vec<DeviceId> = of_site.map(|row| row.device).collect();
    match devices[..] {
        [device] => Ok(device),
        [] => Err(unknown(format!("no device of «{to}» has enrolled yet"))),
        [..] => {
            let list: Vec<String> = devices.iter().map(DeviceId::to_string).collect();
            Err(unknown(format!("«{to}» has several devices; name one of them: {}", list.join(", "))))
        }
    }
}

/// A name in letters that every file system takes.
fn slug(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|letter| match letter.to_ascii_lowercase() {
            'à' | 'â' | 'ä' | 'À' | 'Â' => 'a',
            'é' | 'è' | 'ê' | 'ë' | 'É' | 'È' | 'Ê' => 'e',
            'î' | 'ï' | 'Î' => 'i',
            'ô' | 'ö' | 'Ô' => 'o',
            'û' | 'ù' | 'ü' | 'Û' => 'u',
            'ç' | 'Ç' => 'c',
            other => other,
        })
        .collect();
    let words = plain.split(|letter: char| !letter.is_ascii_alphanumeric());
    let joined = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-");
    let cut: String = joined.chars().take(NAME_LETTERS_MAX).collect();
    if cut.is_empty() { "site".to_owned() } else { cut }
}

impl From<BundleError> for Problem {
    fn from(error: BundleError) -> Self {
        let problem = Self::new(error.code, error.to_string());
        match error.code {
            code::BUNDLE_BUSY => problem.retry_after(RETRY_BUSY_S),
            _ => problem,
        }
    }
}

/// A file is saved or loaded within a few seconds.
const RETRY_BUSY_S: u64 = 5;

impl From<BundleFailure> for Problem {
    fn from(failure: BundleFailure) -> Self {
        match failure {
            BundleFailure::Refused(error) => error.into(),
            BundleFailure::Node(error) => error.into(),
            BundleFailure::Signing(detail) => Self::advised("bundle-not-signed", detail),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_called_by_letters_that_every_file_system_takes() {
        assert_eq!(slug("Dépôt régional / Boda"), "depot-regional-boda");
        assert_eq!(slug("N'Djamena"), "n-djamena");
        assert_eq!(slug("مستودع"), "site");
        assert!(slug(&"long name ".repeat(40)).len() <= NAME_LETTERS_MAX);
    }
}

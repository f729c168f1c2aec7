//! Who is let in: the devices of all sites, as their documents say at this moment.

use crdt_store::{DeviceId, ViewRead};
use domain::query::reference;
use replication::code;
use replication::registry::{PeerRole, RefusedPeer};

/// What a device with a valid certificate is to central: fits [`Registry`](replication::registry::Registry).
///
/// # Errors
/// `unknown-device` for one that no site has, `revoked-device` for one whose rights have ended, and
/// `registry-unavailable` when the database cannot be read, which lets nobody in.
pub fn admit(views: &dyn ViewRead, device: DeviceId) -> Result<PeerRole, RefusedPeer> {
    let refused = |code, detail: String| Err(RefusedPeer { code, detail });
    match reference::device(views, device) {
        Err(error) => refused("registry-unavailable", error.to_string()),
        Ok(None) => refused("unknown-device", format!("no site has device {device}")),
        Ok(Some(row)) if row.revoked => refused("revoked-device", format!("{} was revoked", row.name)),
        Ok(Some(row)) if row.is_central => Ok(PeerRole::Central),
        Ok(Some(row)) => Ok(PeerRole::Device { name: Some(row.name) }),
    }
}

/// What a device with a valid certificate is to another device: fits [`Registry`](replication::registry::Registry), too.
///
/// A device that this one knows nothing of yet is not let in. Its certificate is of the same authority, and it may have
/// been enrolled a minute ago; but without its row nobody can say what it is entitled to, so it would be given nothing, and
/// all that it brings would be refused for good as written by a stranger. It comes again, and by then central has told.
///
/// # Errors
/// As [`admit`]; but for a device that no site has, `device-not-known-yet`.
pub fn admit_neighbour(views: &dyn ViewRead, device: DeviceId) -> Result<PeerRole, RefusedPeer> {
    admit(views, device).map_err(|refused| match refused.code {
        "unknown-device" => RefusedPeer { code: code::DEVICE_NOT_KNOWN_YET, ..refused },
        _ => refused,
    })
}

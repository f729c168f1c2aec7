//! Who is let in: the devices of all sites, as their documents say at this moment.

use crdt_store::{DeviceId, ViewRead};
use domain::query::reference;
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

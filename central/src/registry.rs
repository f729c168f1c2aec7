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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crdt_store::{Author, DocumentId, Failure, OpenOptions, Store, Timestamp, Txn};
    use domain::site::{self, CreateSite, EnrolDevice, RevokeDevice};
    use domain::{Caller, DomainSchema, Role};

    use super::*;

    const OWN: DeviceId = DeviceId::from_bytes([1; 16]);
    const DEVICE: DeviceId = DeviceId::from_bytes([2; 16]);

    fn run<R>(store: &mut Store, command: impl FnOnce(&mut Txn<'_>) -> Result<R, Failure>) -> R {
        let done = store.execute(Timestamp::from_millis(1_800_000_000_000), &Author::default(), command);
        done.expect("the store works").expect("accepted")
    }

    fn enrolled(store: &mut Store, caller: &Caller, name: &str, device: DeviceId) -> DocumentId {
        let is_central = device == OWN;
        let site =
            CreateSite { id: None, name: name.to_owned(), is_central, multi_device: false, stores: vec![] };
        let site = run(store, |txn| site::create(txn, caller, &site)).id;
        let enrol = EnrolDevice { device, name: name.to_owned() };
        run(store, |txn| site::enrol_device(txn, caller, site, &enrol).map(drop));
        site
    }

    #[test]
    fn a_neighbour_that_nobody_has_told_of_comes_again_and_one_whose_rights_ended_does_not() {
        let options = OpenOptions::memory().device(OWN).central(true);
        let mut store = Store::open(options, Arc::new(DomainSchema)).expect("opens");
        let caller = Caller::system(Role::Central);
        let code = |store: &Store| {
            let snapshot = store.reader().snapshot().expect("readable");
            admit_neighbour(&snapshot, DEVICE).map(|_| ()).map_err(|refused| refused.code)
        };
        assert_eq!(code(&store), Err(code::DEVICE_NOT_KNOWN_YET));
        enrolled(&mut store, &caller, "Central", OWN);
        let site = enrolled(&mut store, &caller, "Kipuna", DEVICE);
        assert_eq!(code(&store), Ok(()));
        run(&mut store, |txn| {
            site::revoke_device(txn, &caller, site, &RevokeDevice { device: DEVICE }).map(drop)
        });
        assert_eq!(code(&store), Err("revoked-device"));
    }
}

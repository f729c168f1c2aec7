//! Who acts, and what they may do.

use std::collections::BTreeSet;

use crdt_store::{DocumentId, Failure};
use serde::{Deserialize, Serialize};

use crate::reject;

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident = $code:literal,)*) => {
        /// A right of a user in a store. Its code stands in documents and in the API.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Permission {
            $($(#[$doc])* #[serde(rename = $code)] $name,)*
        }

        impl Permission {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable code.
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)*
                }
            }

            /// The permission of this code.
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|permission| permission.code() == code)
            }
        }
    };
}

permissions! {
    /// To enter the store at all.
    StoreAccess = "store-access",
    /// To see stock and its ledger.
    StockView = "stock-view",
    /// To open stock, and to hold, move and annotate stock lines.
    StockEdit = "stock-edit",
    /// To repack.
    Repack = "repack",
    /// To count.
    Stocktake = "stocktake",
    /// To add and reduce stock with a reason.
    Adjust = "adjust",
    /// To make and change locations.
    LocationEdit = "location-edit",
    /// To see requisitions.
    RequisitionView = "requisition-view",
    /// To write requisitions.
    RequisitionEdit = "requisition-edit",
    /// To send requisitions.
    RequisitionSend = "requisition-send",
    /// To approve requisitions.
    RequisitionApprove = "requisition-approve",
    /// To write and send outbound shipments.
    OutboundEdit = "outbound-edit",
    /// To write and receive inbound shipments.
    InboundEdit = "inbound-edit",
    /// To verify inbound shipments.
    InboundVerify = "inbound-verify",
    /// To return goods.
    Returns = "returns",
    /// To dispense.
    Dispensing = "dispensing",
    /// To fill R&R forms.
    RnrForms = "rnr-forms",
    /// To see equipment.
    AssetView = "asset-view",
    /// To register and change equipment.
    AssetEdit = "asset-edit",
    /// To record the functional status of equipment.
    AssetStatus = "asset-status",
    /// To acknowledge breaches and manage sensors.
    ColdChain = "cold-chain",
    /// To see patients.
    PatientView = "patient-view",
    /// To change patients.
    PatientEdit = "patient-edit",
    /// To record vaccinations.
    Vaccination = "vaccination",
    /// To edit the store's own properties.
    StoreProperties = "store-properties",
    /// To see reports.
    Reports = "reports",
    /// To see the audit log.
    AuditLog = "audit-log",
    /// To edit central data, on the central server.
    EditCentralData = "edit-central-data",
    /// To administer the server: sites, devices, synchronisation.
    ServerAdmin = "server-admin",
}

/// A set of permissions that fits a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    /// The daily work of a health centre's store.
    Storekeeper,
    /// The storekeeper's work, and approving, verifying, properties, audit.
    Manager,
    /// Looking only.
    Viewer,
    /// Equipment and the cold chain.
    Technician,
    /// Central data, sites and users; looks at everything else.
    Administrator,
}

impl Preset {
    /// The permissions of the preset.
    pub fn permissions(self) -> BTreeSet<Permission> {
        use Permission::*;

        const VIEW: &[Permission] = &[StoreAccess, StockView, RequisitionView, AssetView, Reports];
        const STOREKEEPER: &[Permission] = &[
            StockEdit,
            Repack,
            Stocktake,
            Adjust,
            LocationEdit,
            RequisitionEdit,
            RequisitionSend,
            OutboundEdit,
            InboundEdit,
            InboundVerify,
            Returns,
            Dispensing,
            RnrForms,
            AssetStatus,
            ColdChain,
            PatientView,
            PatientEdit,
            Vaccination,
        ];
        const MANAGER: &[Permission] = &[RequisitionApprove, AssetEdit, StoreProperties, AuditLog];
        let more: &[&[Permission]] = match self {
            Self::Viewer => &[],
            Self::Storekeeper => &[STOREKEEPER],
            Self::Manager => &[STOREKEEPER, MANAGER],
            Self::Technician => &[&[AssetEdit, AssetStatus, ColdChain]],
            Self::Administrator => &[&[EditCentralData, ServerAdmin, AuditLog, PatientView]],
        };
        VIEW.iter().chain(more.iter().copied().flatten()).copied().collect()
    }
}

/// What the device at hand is to the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The central server.
    Central,
    /// A device of a site.
    Site,
}

/// Who wishes something: a user at work in a store, on a device that is central or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The user; nil for the system itself (imports, seeding).
    pub user: DocumentId,
    /// The store they work in; none for those who work for all (an administrator, an import).
    pub store: Option<DocumentId>,
    /// What they may do there.
    pub permissions: BTreeSet<Permission>,
    /// What the device is.
    pub role: Role,
}

impl Caller {
    /// The system itself, which may do everything its device may: imports, seeding, the command line.
    pub fn system(role: Role) -> Self {
        Self {
            user: DocumentId::NIL,
            store: None,
            permissions: Permission::ALL.iter().copied().collect(),
            role,
        }
    }

    /// Whether the caller has the permission in the store.
    pub fn may(&self, permission: Permission, store: DocumentId) -> bool {
        self.store.is_none_or(|own| own == store) && self.permissions.contains(&permission)
    }

    /// Refuses unless the caller has the permission in the store.
    pub fn require(&self, permission: Permission, store: DocumentId) -> Result<(), Failure> {
        if self.may(permission, store) { Ok(()) } else { Err(reject::not_permitted(permission).into()) }
    }

    /// Refuses unless the device is central and the caller has the permission.
    pub fn require_central(&self, permission: Permission) -> Result<(), Failure> {
        match (self.role, self.permissions.contains(&permission)) {
            (Role::Site, _) => Err(reject::central_only().into()),
            (Role::Central, false) => Err(reject::not_permitted(permission).into()),
            (Role::Central, true) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_viewer_changes_nothing_and_only_an_administrator_edits_central_data() {
        let edits = |preset: Preset| preset.permissions().contains(&Permission::EditCentralData);
        assert!(edits(Preset::Administrator));
        for preset in [Preset::Storekeeper, Preset::Manager, Preset::Viewer, Preset::Technician] {
            assert!(!edits(preset) && preset.permissions().contains(&Permission::StoreAccess), "{preset:?}");
        }
        assert_eq!(Preset::Viewer.permissions().len(), 5);
    }

    #[test]
    fn every_permission_reads_back_from_its_code() {
        for permission in Permission::ALL {
            assert_eq!(Permission::from_code(permission.code()), Some(*permission));
        }
        assert_eq!(Permission::from_code("anything"), None);
    }

    #[test]
    fn a_permission_in_one_store_is_none_in_another() {
        let (own, other) = (DocumentId::from_bytes([1; 16]), DocumentId::from_bytes([2; 16]));
        let caller = Caller { store: Some(own), ..Caller::system(Role::Site) };
        assert!(caller.may(Permission::Adjust, own) && !caller.may(Permission::Adjust, other));
    }
}

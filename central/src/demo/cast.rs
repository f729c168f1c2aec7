//! Who and what is in the demo: an invented country, its chain of supply, its people.

use crdt_store::DocumentId;
use domain::Preset;

/// A store of the demo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DemoStore {
    /// Code.
    pub code: &'static str,
    /// Name.
    pub name: &'static str,
    /// 1 national, 2 district, 3 health centre.
    pub level: u8,
    /// Code of the store that supplies it.
    pub supplier: Option<&'static str>,
    /// How busy it is, in hundredths of a middling health centre; for health centres only.
    pub size: u32,
    /// Username of the person whose work the demo's history is.
    pub keeper: &'static str,
}

const fn store(
    code: &'static str,
    name: &'static str,
    level: u8,
    supplier: Option<&'static str>,
    size: u32,
    keeper: &'static str,
) -> DemoStore {
    DemoStore { code, name, level, supplier, size, keeper }
}

/// The stores, those that supply before those that are supplied.
pub const STORES: &[DemoStore] = &[
    store("CMS", "Magasin central · Central Medical Store", 1, None, 0, "fatou"),
    store("LOK", "Lokana · district", 2, Some("CMS"), 0, "moussa"),
    store("BES", "Besanda · district", 2, Some("CMS"), 0, "fatou"),
    store("KPU", "Kipuna · health centre", 3, Some("LOK"), 100, "awa"),
    store("TAM", "Tamboro · health centre", 3, Some("LOK"), 70, "moussa"),
    store("NDA", "Ndariko · health centre", 3, Some("LOK"), 80, "moussa"),
    store("SUA", "Suali · health centre", 3, Some("BES"), 90, "fatou"),
    store("MER", "Merintu · health centre", 3, Some("BES"), 60, "fatou"),
];

/// A site of the demo: one device, or several, that works for stores.
#[derive(Clone, Copy, Debug)]
pub struct DemoSite {
    /// Name.
    pub name: &'static str,
    /// The password with which its device enrols.
    pub password: &'static str,
    /// Codes of the stores it hosts.
    pub stores: &'static [&'static str],
    /// Whether it is the central server.
    pub is_central: bool,
}

/// The sites: central, a district, a health centre. The other stores are looked after from central.
pub const SITES: &[DemoSite] = &[
    DemoSite { name: "Central", password: "", stores: &["CMS"], is_central: true },
    DemoSite { name: "Lokana", password: "lokana-joins", stores: &["LOK"], is_central: false },
    DemoSite { name: "Kipuna", password: "kipuna-joins", stores: &["KPU"], is_central: false },
];

/// A user of the demo.
#[derive(Clone, Copy, Debug)]
pub struct DemoUser {
    /// What they type to log in.
    pub username: &'static str,
    /// Their name.
    pub name: &'static str,
    /// `fr` or `en`.
    pub language: &'static str,
    /// Codes of the stores they work in.
    pub stores: &'static [&'static str],
    /// What they may do there.
    pub preset: Preset,
}

/// The password of every user of the demo. A demo is no place for a secret.
pub const PASSWORD: &str = "tributary";

/// The users.
pub const USERS: &[DemoUser] = &[
    DemoUser {
        username: "admin",
        name: "Ingrid Okafor",
        language: "en",
        stores: &["CMS"],
        preset: Preset::Administrator,
    },
    DemoUser {
        username: "fatou",
        name: "Fatou Diarra",
        language: "fr",
        stores: &["CMS", "BES", "SUA", "MER"],
        preset: Preset::Manager,
    },
    DemoUser {
        username: "moussa",
        name: "Moussa Kaboré",
        language: "fr",
        stores: &["LOK", "TAM", "NDA"],
        preset: Preset::Manager,
    },
    DemoUser {
        username: "grace",
        name: "Grace Mwale",
        language: "en",
        stores: &["LOK"],
        preset: Preset::Storekeeper,
    },
    DemoUser {
        username: "awa",
        name: "Awa Sanogo",
        language: "fr",
        stores: &["KPU"],
        preset: Preset::Storekeeper,
    },
    DemoUser {
        username: "peter",
        name: "Peter Banda",
        language: "en",
        stores: &["KPU"],
        preset: Preset::Manager,
    },
    DemoUser {
        username: "samuel",
        name: "Samuel Etoundi",
        language: "fr",
        stores: &["LOK", "KPU"],
        preset: Preset::Technician,
    },
    DemoUser {
        username: "visitor",
        name: "Clara Nkemelu",
        language: "en",
        stores: &["CMS", "LOK", "KPU"],
        preset: Preset::Viewer,
    },
];

/// Somebody outside the chain of stores.
#[derive(Clone, Copy, Debug)]
pub(super) struct Partner {
    pub code: &'static str,
    pub name: &'static str,
    pub role: PartnerRole,
}

/// What a partner is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PartnerRole {
    Customer,
    Supplier,
    Manufacturer,
    Donor,
}

pub(super) const PARTNERS: &[Partner] = &[
    Partner { code: OUTPATIENTS, name: "Consultations externes · Outpatients", role: PartnerRole::Customer },
    Partner { code: MATERNITY, name: "Maternité · Maternity", role: PartnerRole::Customer },
    Partner { code: VACCINATION, name: "Vaccination · Immunisation", role: PartnerRole::Customer },
    Partner { code: WARDS, name: "Hospitalisation · Wards", role: PartnerRole::Customer },
    Partner {
        code: "AGENTS",
        name: "Agents communautaires · Community health workers",
        role: PartnerRole::Customer,
    },
    Partner { code: SUPPLIER, name: "Baobab Procurement", role: PartnerRole::Supplier },
    Partner { code: VACCINE_SUPPLIER, name: "Child Vaccine Alliance", role: PartnerRole::Supplier },
    Partner { code: "HARMATTAN", name: "Harmattan Pharma", role: PartnerRole::Manufacturer },
    Partner { code: "SAVANE", name: "Laboratoires Savane", role: PartnerRole::Manufacturer },
    Partner { code: "OCEANBIO", name: "Ocean Biologicals", role: PartnerRole::Manufacturer },
    Partner { code: "HEALTHFD", name: "Health for the District Fund", role: PartnerRole::Donor },
];

pub(super) const OUTPATIENTS: &str = "OPD";
pub(super) const MATERNITY: &str = "MAT";
pub(super) const VACCINATION: &str = "EPI";
pub(super) const WARDS: &str = "WARDS";
pub(super) const SUPPLIER: &str = "BAOBAB";
pub(super) const VACCINE_SUPPLIER: &str = "CVA";

/// Identity of a thing of the demo: the same in every demo, so that it is found again.
pub(super) fn id_of(kind: &str, code: &str) -> DocumentId {
    DocumentId::NIL.derived("tributary demo").derived(&format!("{kind} {code}"))
}

impl DemoStore {
    /// Identity of the store.
    pub fn id(&self) -> DocumentId {
        id_of("store", self.code)
    }

    pub(super) fn of(code: &str) -> &'static Self {
        STORES.iter().find(|store| store.code == code).expect("the cast names its stores rightly")
    }

    /// The stores that this one supplies.
    pub(super) fn customers(&self) -> impl Iterator<Item = &'static Self> {
        STORES.iter().filter(|store| store.supplier == Some(self.code))
    }
}

impl DemoUser {
    /// Identity of the user.
    pub fn id(&self) -> DocumentId {
        id_of("user", self.username)
    }
}

impl DemoSite {
    /// Identity of the site.
    pub fn id(&self) -> DocumentId {
        id_of("site", self.name)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_chain_has_three_levels_and_every_store_is_supplied_from_the_level_above() {
        assert_eq!(STORES.iter().map(|store| store.level).collect::<BTreeSet<_>>(), [1, 2, 3].into());
        for store in STORES {
            match store.supplier {
                None => assert_eq!(store.level, 1),
                Some(code) => assert_eq!(DemoStore::of(code).level + 1, store.level),
            }
        }
    }

    #[test]
    fn everybody_named_exists_and_works_where_the_demo_says_they_worked() {
        for store in STORES {
            let keeper = USERS.iter().find(|user| user.username == store.keeper).expect("a user");
            assert!(
                keeper.stores.contains(&store.code) && keeper.preset == Preset::Manager
                    || store.code == "KPU"
            );
        }
        for code in USERS.iter().flat_map(|user| user.stores).chain(SITES.iter().flat_map(|site| site.stores))
        {
            assert!(DemoStore::of(code).level > 0);
        }
        assert_eq!(SITES.iter().filter(|site| site.is_central).count(), 1);
    }
}

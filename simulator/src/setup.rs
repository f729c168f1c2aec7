//! The country as it is on the first day: items, stores in a chain of supply, sites, devices, stock.

use std::collections::BTreeMap;

use crdt_store::{Author, DeviceId, DocumentId, Failure, Store, StoreError, Timestamp, Txn};
use domain::asset::AssetStatus;
use domain::asset_reason::{self, CreateAssetReason};
use domain::item::{self, CreateItem};
use domain::partner::{self, CreatePartner};
use domain::period_schedule::{self, CreatePeriodSchedule};
use domain::programme::order_type::{self, CreateOrderType};
use domain::programme::{self, CreateProgramme};
use domain::reason::{self, CreateReason, ReasonKind};
use domain::site::{self, CreateSite, EnrolDevice};
use domain::stock_line::{self, CreateStockLine};
use domain::store::{self, CreateStore, UpdateStore};
use domain::{Caller, Date, Quantity, Role};

use crate::people::create_item;
use crate::seed::Dice;

/// Items in the country: few, so that people meet at the same ones.
const ITEMS: usize = 6;
/// Stock lines of each item in each store on the first day.
const LINES_PER_ITEM: u64 = 2;

/// What everybody in the country refers to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Country {
    pub(crate) items: Vec<DocumentId>,
    pub(crate) stores: Vec<DocumentId>,
    pub(crate) sites: Vec<DocumentId>,
    /// Each store's supplier.
    suppliers: BTreeMap<DocumentId, DocumentId>,
    /// A partner that takes goods.
    pub(crate) customer: DocumentId,
    /// A partner that brings goods.
    pub(crate) supplier: DocumentId,
    /// What stores report by months, and order in kinds.
    pub(crate) programme: DocumentId,
    /// Its kinds of orders: two in a period, and any number of at most two lines.
    pub(crate) order_types: Vec<DocumentId>,
    /// Why stock is added.
    pub(crate) found: DocumentId,
    /// Why stock is taken away.
    pub(crate) broken: DocumentId,
    /// Why equipment does not work.
    pub(crate) out_of_order: DocumentId,
}

impl Country {
    /// The item that carries a vial monitor.
    pub(crate) fn vaccine(&self) -> Option<DocumentId> {
        self.items.first().copied()
    }

    /// The stores that a store supplies.
    pub(crate) fn supplied_by(&self, store: DocumentId) -> Vec<DocumentId> {
        self.suppliers.iter().filter(|(_, supplier)| **supplier == store).map(|(below, _)| *below).collect()
    }
}

/// A device to be enrolled, and the site it stands at; none for central.
pub(crate) struct Enrolment {
    pub(crate) device: DeviceId,
    pub(crate) site: Option<usize>,
    pub(crate) name: String,
}

/// Writes the country into central's store, one command at a time.
pub(crate) fn found_country(
    store: &mut Store,
    now: Timestamp,
    sites: usize,
    devices: &[Enrolment],
    dice: &mut Dice,
) -> Result<Country, StoreError> {
    let mut founder = Founder { store, now, caller: Caller::system(Role::Central) };
    let mut country = Country::default();
    for index in 0..ITEMS {
        // The first is a vaccine, so that there is a vial monitor to look at.
        let command = CreateItem { is_vaccine: index == 0, ..create_item(&format!("ITEM-{index}")) };
        let item = founder.make(|txn, caller| item::create(txn, caller, &command))?;
        country.items.push(item.id);
    }
    // In some worlds there is far more to fetch than fits a frame, so that a new device is cut off in the middle.
    for index in 0..dice.weighted(&[(0, 6), (150, 2), (600, 1)]) {
        founder.make(|txn, caller| item::create(txn, caller, &create_item(&format!("CATALOGUE-{index}"))))?;
    }
    founder.references(&mut country)?;
    founder.programme(&mut country)?;
    founder.sites(&mut country, sites, devices)?;
    founder.stock(&country, dice)?;
    founder.sharing(&country, devices, dice)?;
    Ok(country)
}

struct Founder<'a> {
    store: &'a mut Store,
    now: Timestamp,
    caller: Caller,
}

impl Founder<'_> {
    fn make<R>(
        &mut self,
        command: impl FnOnce(&mut Txn<'_>, &Caller) -> Result<R, Failure>,
    ) -> Result<R, StoreError> {
        let reply = self.store.execute(self.now, &Author::default(), |txn| command(txn, &self.caller))?;
        Ok(reply.unwrap_or_else(|rejection| panic!("the founding of the country was rejected: {rejection}")))
    }

    fn references(&mut self, country: &mut Country) -> Result<(), StoreError> {
        let partner = |code: &str, customer| CreatePartner {
            id: None,
            code: code.to_owned(),
            name: format!("Partner {code}"),
            customer,
            supplier: !customer,
            manufacturer: false,
            donor: false,
        };
        let reason = |kind, text: &str| CreateReason { id: None, kind, text: text.to_owned() };
        let cause = CreateAssetReason {
            id: None,
            status: AssetStatus::NotFunctioning,
            text: "No power".to_owned(),
            comment_required: false,
        };
        country.customer = self.make(|txn, caller| partner::create(txn, caller, &partner("WARD", true)))?.id;
        country.supplier =
            self.make(|txn, caller| partner::create(txn, caller, &partner("MAKER", false)))?.id;
        let found = reason(ReasonKind::PositiveAdjustment, "Found");
        country.found = self.make(|txn, caller| reason::create(txn, caller, &found))?.id;
        let broken = reason(ReasonKind::NegativeAdjustment, "Broken");
        country.broken = self.make(|txn, caller| reason::create(txn, caller, &broken))?.id;
        country.out_of_order = self.make(|txn, caller| asset_reason::create(txn, caller, &cause))?.id;
        Ok(())
    }

    /// Most items are reported by months, the first of which is over when the world begins, and ordered in two kinds.
    fn programme(&mut self, country: &mut Country) -> Result<(), StoreError> {
        let months = CreatePeriodSchedule {
            id: None,
            name: "Months".to_owned(),
            months: 1,
            first: Date::constant(2025, 12, 1),
        };
        let schedule = self.make(|txn, caller| period_schedule::create(txn, caller, &months))?.id;
        let command = CreateProgramme {
            id: None,
            code: "EPI".to_owned(),
            name: "Immunisation".to_owned(),
            immunisation: true,
            items: country.items.iter().take(4).copied().collect(),
            stores: Vec::new(),
            schedule: Some(schedule),
        };
        let programme = self.make(|txn, caller| programme::create(txn, caller, &command))?.id;
        country.programme = programme;
        for (name, max_orders, max_lines) in [("Regular", Some(2), None), ("Emergency", None, Some(2))] {
            let command = CreateOrderType {
                id: None,
                name: name.to_owned(),
                emergency: max_lines.is_some(),
                min_months: Quantity::whole(1),
                max_months: Quantity::whole(3),
                max_orders,
                max_lines,
            };
            let made = self.make(|txn, caller| order_type::create(txn, caller, programme, &command))?;
            country.order_types.push(made.id);
        }
        Ok(())
    }

    /// One store at each site; each store but the first is supplied by one above it.
    fn sites(
        &mut self,
        country: &mut Country,
        sites: usize,
        devices: &[Enrolment],
    ) -> Result<(), StoreError> {
        let central = self.site("Central", true)?;
        for index in 0..sites {
            let site = self.site(&format!("Site {index}"), false)?;
            let supplier = index.checked_sub(1).map(|above| country.stores[above / 2]);
            let command = CreateStore {
                id: None,
                code: format!("S{index}"),
                name: format!("Store {index}"),
                level: [1, 2, 2].get(index).copied().unwrap_or(3),
                supplier,
                site: Some(site),
            };
            let store = self.make(|txn, caller| store::create(txn, caller, &command))?.id;
            country.sites.push(site);
            country.stores.push(store);
            supplier.map(|supplier| country.suppliers.insert(store, supplier));
        }
        for Enrolment { device, site, name } in devices {
            let site = site.map_or(central, |index| country.sites[index]);
            let command = EnrolDevice { device: *device, name: name.clone() };
            self.make(|txn, caller| site::enrol_device(txn, caller, site, &command))?;
        }
        Ok(())
    }

    fn site(&mut self, name: &str, is_central: bool) -> Result<DocumentId, StoreError> {
        let command = CreateSite {
            id: None,
            name: name.to_owned(),
            is_central,
            multi_device: true,
            stores: Vec::new(),
        };
        Ok(self.make(|txn, caller| site::create(txn, caller, &command))?.id)
    }

    /// Some stores with several devices share their stock among them, and some close what is covered.
    fn sharing(
        &mut self,
        country: &Country,
        devices: &[Enrolment],
        dice: &mut Dice,
    ) -> Result<(), StoreError> {
        for (index, store) in country.stores.iter().enumerate() {
            let own: Vec<DeviceId> =
                devices.iter().filter(|found| found.site == Some(index)).map(|found| found.device).collect();
            if own.len() > 1 && dice.chance(400) {
                let keeper = dice.pick(&own).copied();
                let command = UpdateStore { share_keeper: Some(keeper), ..UpdateStore::default() };
                self.make(|txn, caller| store::update(txn, caller, *store, &command))?;
            }
            if dice.chance(500) {
                let command = UpdateStore { close_when_covered: Some(true), ..UpdateStore::default() };
                self.make(|txn, caller| store::update(txn, caller, *store, &command))?;
            }
        }
        Ok(())
    }

    fn stock(&mut self, country: &Country, dice: &mut Dice) -> Result<(), StoreError> {
        for store in &country.stores {
            for item in &country.items {
                for batch in 0..dice.between(1, LINES_PER_ITEM) {
                    let command = CreateStockLine {
                        id: None,
                        store: *store,
                        item: *item,
                        batch: Some(format!("L{batch}")),
                        expiry: dice.chance(500).then(|| Date::constant(2027, 1, 31)),
                        manufactured: None,
                        pack_size: None,
                        location: None,
                        vvm: None,
                        cost_price: None,
                        sell_price: None,
                        supplier: None,
                        donor: None,
                        note: None,
                        quantity: Quantity::whole(dice.between(10, 300) as i64),
                        at: None,
                        variant: None,
                        programme: None,
                    };
                    self.make(|txn, caller| stock_line::create(txn, caller, &command))?;
                }
            }
        }
        Ok(())
    }
}

//! What the store is told about documents: where they belong, who may write them, what they contribute to views.

use crdt_store::{
    DeviceId, Document, DocumentId, Map, Origin, Projection, Refusal, Route, Row, Schema, Scope, StoreError,
    Totals, Value, View, ViewRead,
};

use crate::adjustment::{self, Adjustment};
use crate::asset::{self, Asset, AssetLog};
use crate::asset_reason::{self, AssetReason};
use crate::barcode::{self, Barcode};
use crate::conflict;
use crate::import::{self, Import, ImportPart};
use crate::item::{self, Item};
use crate::item_variant::{self, ItemVariant};
use crate::location::{self, Location};
use crate::location_type::{self, LocationType};
use crate::partner::{self, Partner};
use crate::period_schedule::{self, PeriodSchedule};
use crate::programme::{self, Programme};
use crate::reason::{self, Reason};
use crate::record::Record;
use crate::reject::CENTRAL_ONLY_MESSAGE;
use crate::repack::{self, Repack};
use crate::requisition::{self, Requisition};
use crate::rnr::{self, RnrForm};
use crate::scopes::ScopeKind;
use crate::share::{self, Share};
use crate::shipment::{self, Shipment};
use crate::site::{self, DeviceRow, Site, SiteSecret};
use crate::stock_line::{self, StockLine};
use crate::stocktake::{self, Sheet, Stocktake};
use crate::store::{self, StoreRecord};
use crate::user::{self, User, UserAccess};
use crate::{effect, views};

/// The meaning of Tributary's documents.
#[derive(Clone, Copy, Debug, Default)]
pub struct DomainSchema;

/// Raised whenever a projection changes, so that older databases rebuild their views.
const VERSION: u32 = 5;

/// Most lines of a document that is merged: several times what a command allows, because devices that do not know of
/// each other both add some; few enough that the largest amounts in them still add up within 64 bits.
const MERGED_LINES_MAX: usize = 8_000;

/// One kind of document: how to know it, where it belongs, what it contributes.
struct Kind {
    class: &'static str,
    schema: u32,
    scope: fn(&Map) -> Option<ScopeKind>,
    /// Whether the content reads as what it should be.
    reads: fn(&Document) -> Result<(), String>,
    project: fn(&Document) -> Projection,
}

/// A kind whose content decides where it belongs.
macro_rules! kind {
    ($type:ty, $scope:expr, $project:path) => {
        Kind {
            class: <$type as Record>::CLASS,
            schema: <$type as Record>::SCHEMA,
            scope: $scope,
            reads: |document| document.data::<$type>().map(|_| ()).map_err(|error| error.to_string()),
            project: |document| {
                let mut projection = Projection::default();
                if let Ok(content) = document.data::<$type>()
                    && !content.stamp().deleted
                {
                    $project(document, &content, &mut projection);
                    conflict::project(document, &mut projection);
                }
                projection
            },
        }
    };
}

fn reference(_: &Map) -> Option<ScopeKind> {
    Some(ScopeKind::Reference)
}

fn central(_: &Map) -> Option<ScopeKind> {
    Some(ScopeKind::Central)
}

fn of_store(root: &Map) -> Option<ScopeKind> {
    id_in(root, "store").map(ScopeKind::Store)
}

/// What belongs to a store goes where it goes; anything else is everybody's.
fn of_store_or_all(root: &Map) -> Option<ScopeKind> {
    match root.get("store") {
        None | Some(Value::Null) => Some(ScopeKind::Reference),
        Some(_) => of_store(root),
    }
}

/// What belongs to a store goes where it goes; anything else stays at central.
fn of_store_or_central(root: &Map) -> Option<ScopeKind> {
    match root.get("store") {
        None | Some(Value::Null) => Some(ScopeKind::Central),
        Some(_) => of_store(root),
    }
}

fn of_store_config(root: &Map) -> Option<ScopeKind> {
    id_in(root, "store").map(ScopeKind::StoreConfig)
}

/// The ends decide; read by hand, because every change of a shipment is routed and few need all of it.
fn of_shipment(root: &Map) -> Option<ScopeKind> {
    let ends = |store, partner| (id_in(root, store), id_in(root, partner));
    match (ends("sender_store", "sender_partner"), ends("receiver_store", "receiver_partner")) {
        ((Some(from), _), (Some(to), _)) if from != to => Some(ScopeKind::Transfer(from, to)),
        ((Some(store), _), (None, Some(_))) | ((None, Some(_)), (Some(store), _)) => {
            Some(ScopeKind::Store(store))
        }
        _ => None,
    }
}

/// The same for a requisition: it goes the way that the goods will go.
fn of_requisition(root: &Map) -> Option<ScopeKind> {
    let customer = id_in(root, "customer")?;
    match (id_in(root, "supplier_store"), id_in(root, "supplier_partner")) {
        (Some(supplier), _) if supplier != customer => Some(ScopeKind::Transfer(supplier, customer)),
        (None, Some(_)) => Some(ScopeKind::Store(customer)),
        _ => None,
    }
}

fn id_in(root: &Map, field: &str) -> Option<DocumentId> {
    root.get(field).and_then(Value::as_bytes).and_then(|bytes| DocumentId::try_from(bytes).ok())
}

const KINDS: &[Kind] = &[
    kind!(Item, reference, item::project),
    kind!(StoreRecord, reference, store::project),
    kind!(Site, reference, site::project),
    kind!(SiteSecret, central, site::project_secret),
    kind!(Partner, reference, partner::project),
    kind!(Reason, reference, reason::project),
    kind!(AssetReason, reference, asset_reason::project),
    kind!(User, central, user::project),
    kind!(UserAccess, of_store_config, user::project_access),
    kind!(LocationType, reference, location_type::project),
    kind!(ItemVariant, reference, item_variant::project),
    kind!(PeriodSchedule, reference, period_schedule::project),
    kind!(Programme, reference, programme::project),
    kind!(Location, of_store, location::project),
    kind!(StockLine, of_store, stock_line::project),
    kind!(Adjustment, of_store, adjustment::project),
    kind!(Stocktake, of_store, stocktake::project),
    kind!(Sheet, of_store, stocktake::project_sheet),
    kind!(Repack, of_store, repack::project),
    kind!(Share, of_store, share::project),
    kind!(Shipment, of_shipment, shipment::project),
    kind!(Requisition, of_requisition, requisition::project),
    kind!(RnrForm, of_store, rnr::project),
    kind!(Asset, of_store, asset::project),
    kind!(AssetLog, of_store, asset::project_log),
    kind!(Barcode, of_store, barcode::project),
    kind!(Import, of_store_or_all, import::project),
    kind!(ImportPart, of_store_or_central, import::project_part),
];

/// What goes ahead where not everything can be sent at once: ended rights, goods on their way and asked for, equipment
/// that fails.
const URGENT: [&str; 5] =
    [Site::CLASS, UserAccess::CLASS, Shipment::CLASS, Requisition::CLASS, AssetLog::CLASS];

/// The kind of a document, unless it is of a kind or of a shape that this version does not know.
fn kind_of(root: &Map) -> Option<&'static Kind> {
    let class = root.get("class").and_then(Value::as_text)?;
    let schema = root.get("schema").and_then(Value::as_int)?;
    KINDS.iter().find(|kind| kind.class == class && i64::from(kind.schema) >= schema)
}

impl Schema for DomainSchema {
    fn version(&self) -> u32 {
        VERSION
    }

    fn views(&self) -> &'static [View] {
        views::ALL
    }

    fn route(&self, _id: DocumentId, root: &Map) -> Option<Route> {
        let kind = kind_of(root)?;
        let scope = (kind.scope)(root)?.scope();
        Some(Route { class: kind.class.to_owned(), scope })
    }

    fn project(&self, document: &Document) -> Projection {
        kind_of(&document.root).map_or_else(Projection::default, |kind| (kind.project)(document))
    }

    fn derive(&self, view: View, key: &[u8], totals: &Totals) -> Vec<Row> {
        match view {
            views::SUM_LINE => effect::derive_over_issue(key, totals),
            views::SUM_STOCKTAKE_STATE => stocktake::derive_tasks(key, totals),
            views::SUM_COUNTED => stocktake::derive_counted(key, totals),
            views::SUM_REQUISITION => requisition::derive(key, totals),
            views::SUM_RETURN => shipment::derive_returned_twice(key, totals),
            _ => Vec::new(),
        }
    }

    fn check(
        &self,
        views: &dyn ViewRead,
        origin: &Origin,
        before: Option<&Document>,
        after: &Document,
    ) -> Result<Result<(), Refusal>, StoreError> {
        if let Err(refusal) = check_shape(before, after) {
            return Ok(Err(refusal));
        }
        check_author(views, origin, &after.scope)
    }

    fn is_central(&self, views: &dyn ViewRead, device: DeviceId) -> Result<bool, StoreError> {
        Ok(site::device(views, device)?.is_some_and(|device| device.is_central && !device.revoked))
    }

    fn is_urgent(&self, class: &str) -> bool {
        URGENT.contains(&class)
    }

    fn may_read(&self, views: &dyn ViewRead, device: DeviceId, scope: &Scope) -> Result<bool, StoreError> {
        let Some(device) = site::device(views, device)?.filter(|device| !device.revoked) else {
            return Ok(false);
        };
        if device.is_central {
            return Ok(true);
        }
        let hosts = |store: DocumentId| {
            Ok(store::find(views, store)?.is_some_and(|row| row.site == Some(device.site)))
        };
        match ScopeKind::of(scope) {
            None | Some(ScopeKind::Central) => Ok(false),
            Some(ScopeKind::Reference) => Ok(true),
            Some(ScopeKind::StoreConfig(store) | ScopeKind::Store(store)) => hosts(store),
            Some(ScopeKind::Transfer(from, to)) => Ok(hosts(from)? || hosts(to)?),
            Some(ScopeKind::Site(site)) => Ok(site == device.site),
        }
    }

    fn scope_name(&self, views: &dyn ViewRead, scope: &Scope) -> String {
        let code = |id: DocumentId| match store::find(views, id) {
            Ok(Some(row)) => row.code,
            _ => id.to_string(),
        };
        match ScopeKind::of(scope) {
            None => format!("{scope:?}"),
            Some(ScopeKind::Central) => "central".to_owned(),
            Some(ScopeKind::Reference) => "reference".to_owned(),
            Some(ScopeKind::StoreConfig(store)) => format!("store/{}/config", code(store)),
            Some(ScopeKind::Store(store)) => format!("store/{}", code(store)),
            Some(ScopeKind::Transfer(from, to)) => format!("transfer/{}/{}", code(from), code(to)),
            Some(ScopeKind::Site(site)) => match site::require(views, site) {
                Ok(row) => format!("site/{}", row.name),
                Err(_) => format!("site/{site}"),
            },
        }
    }
}

/// A document stays what and where it is, and reads as what it claims to be. A kind that this version does not know
/// is kept as it comes.
fn check_shape(before: Option<&Document>, after: &Document) -> Result<(), Refusal> {
    if let Some(before) = before {
        // By the documents' own words: a kind that this version does not know goes by another name in the store.
        let class = |document: &Document| document.root.get("class").cloned();
        if class(before) != class(after) {
            let detail = format!("{} was a {} and stays one", after.id, before.class);
            return Err(Refusal::new("class-changed", detail));
        }
        if before.scope != after.scope {
            let detail = format!("{} {} cannot leave its scope", after.class, after.id);
            return Err(Refusal::new("scope-changed", detail));
        }
    }
    for added_up in ["lines", "given", "answers", "requested", "sent", "supply", "reported"] {
        let entries = after.root.get(added_up).and_then(Value::as_map);
        if entries.is_some_and(|entries| entries.len() > MERGED_LINES_MAX) {
            return Err(Refusal::new(
                "too-large",
                format!("{} {} has too many lines", after.class, after.id),
            ));
        }
    }
    match kind_of(&after.root) {
        None => Ok(()),
        Some(kind) => (kind.reads)(after)
            .map_err(|error| Refusal::new("malformed", format!("{} {}: {error}", kind.class, after.id))),
    }
}

/// Who may write in a scope. What the centre alone writes is refused to everybody else, whatever their program says.
fn check_author(
    views: &dyn ViewRead,
    origin: &Origin,
    scope: &Scope,
) -> Result<Result<(), Refusal>, StoreError> {
    if origin.central {
        return Ok(Ok(()));
    }
    let kind = ScopeKind::of(scope);
    if matches!(kind, Some(ScopeKind::Central | ScopeKind::Reference | ScopeKind::StoreConfig(_))) {
        return Ok(Err(Refusal::new("central-only", CENTRAL_ONLY_MESSAGE)));
    }
    let Some(device) = site::device(views, origin.device)? else {
        return Ok(Err(Refusal::new("unknown-device", format!("{} is enrolled at no site", origin.device))));
    };
    if device.revoked {
        return Ok(Err(Refusal::new(
            "device-revoked",
            format!("the rights of {} have ended", origin.device),
        )));
    }
    let entitled = match kind {
        Some(ScopeKind::Store(store)) => works_for(views, &device, store)?,
        Some(ScopeKind::Transfer(from, to)) => {
            works_for(views, &device, from)? || works_for(views, &device, to)?
        }
        Some(ScopeKind::Site(site)) => site == device.site,
        _ => false,
    };
    match entitled {
        true => Ok(Ok(())),
        false => Ok(Err(Refusal::new("not-entitled", format!("{} does not work here", origin.device)))),
    }
}

/// Whether a device works for a store, or did while its site hosted it: what it did then is never refused.
fn works_for(views: &dyn ViewRead, device: &DeviceRow, store: DocumentId) -> Result<bool, StoreError> {
    let Some(row) = store::find(views, store)? else { return Ok(false) };
    Ok(row.site == Some(device.site) || row.former_sites.contains(&device.site))
}

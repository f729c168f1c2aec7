//! The smallest schema with entitlements: notes in scopes, and grants in the scope `ref` that say who reads which.

use std::ops::ControlFlow;

use crdt_store::{
    DeviceId, Document, DocumentId, Map, Origin, Projection, Refusal, Route, Row, Schema, Scope, SigningKey,
    StoreError, Totals, Value, View, ViewRead,
};

pub(super) const GRANTS: View = View("view/grant");
/// Class of notes that go ahead.
pub(super) const URGENT: &str = "urgent";
pub(super) const REF: &str = "ref";

pub(crate) fn scope(name: &str) -> Scope {
    Scope::new(name.as_bytes()).unwrap()
}

pub(super) fn grant_key(device: DeviceId, scope: &[u8]) -> Vec<u8> {
    [device.as_bytes(), scope].concat()
}

/// The place of central, in every world that has one.
pub(super) const CENTRAL: usize = 0;

/// The key of the device at a place.
pub(super) fn signing_key(place: usize) -> SigningKey {
    SigningKey::from_seed(&[place as u8 + 1; 32])
}

/// `strict` nodes take changes to `ref` from central only, and no note that says it is bad; the others take everything,
/// like a program of another version.
pub(crate) struct TestSchema {
    pub(crate) strict: bool,
}

impl Schema for TestSchema {
    fn version(&self) -> u32 {
        1
    }

    fn views(&self) -> &'static [View] {
        &[GRANTS]
    }

    fn route(&self, _: DocumentId, root: &Map) -> Option<Route> {
        Some(Route {
            class: root.get("class")?.as_text()?.to_owned(),
            scope: scope(root.get("scope")?.as_text()?),
        })
    }

    fn project(&self, document: &Document) -> Projection {
        let device =
            document.at(&["device"]).and_then(Value::as_bytes).and_then(|id| DeviceId::try_from(id).ok());
        let to = document.at(&["to"]).and_then(Value::as_text);
        let rows = device.zip(to).map(|(device, to)| Row {
            view: GRANTS,
            key: [&grant_key(device, to.as_bytes()), document.id.as_bytes().as_slice()].concat(),
            value: Vec::new(),
        });
        Projection { rows: rows.into_iter().collect(), sums: Vec::new() }
    }

    fn derive(&self, _: View, _: &[u8], _: &Totals) -> Vec<Row> {
        Vec::new()
    }

    fn check(
        &self,
        _: &dyn ViewRead,
        origin: &Origin,
        _: Option<&Document>,
        after: &Document,
    ) -> Result<Result<(), Refusal>, StoreError> {
        if !self.strict {
            return Ok(Ok(()));
        }
        if after.scope == scope(REF) && !origin.central {
            return Ok(Err(Refusal::new("central-only", "only central writes reference data")));
        }
        Ok(match after.at(&["bad"]) {
            Some(_) => Err(Refusal::new("bad-note", "the note says it is bad")),
            None => Ok(()),
        })
    }

    fn is_central(&self, _: &dyn ViewRead, device: DeviceId) -> Result<bool, StoreError> {
        Ok(device == signing_key(CENTRAL).public().device())
    }

    fn is_urgent(&self, class: &str) -> bool {
        class == URGENT
    }

    fn may_read(&self, views: &dyn ViewRead, device: DeviceId, wanted: &Scope) -> Result<bool, StoreError> {
        if *wanted == scope(REF) {
            return Ok(true);
        }
        let mut found = false;
        let prefix = grant_key(device, wanted.as_bytes());
        crdt_store::ViewReadExt::scan_prefix(views, GRANTS, &prefix, &mut |key, _| {
            found |= key.len() == prefix.len() + 16;
            ControlFlow::Continue(())
        })?;
        Ok(found)
    }

    fn scope_name(&self, _: &dyn ViewRead, scope: &Scope) -> String {
        String::from_utf8_lossy(scope.as_bytes()).into_owned()
    }
}

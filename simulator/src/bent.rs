//! The domain's schema, whole or bent on purpose.

use crdt_store::{
    DeviceId, Document, DocumentId, Map, Origin, Projection, Refusal, Route, Row, Schema, Scope, StoreError,
    Totals, View, ViewRead,
};
use domain::DomainSchema;

/// The domain's schema with parts left out.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Bent {
    /// Nobody is asked whether they may write: a modified program, or a forgotten check.
    pub(crate) unchecked: bool,
    /// A balance below zero makes no task.
    pub(crate) silent: bool,
    /// A field that holds different values makes no task.
    pub(crate) unaware: bool,
    /// Counts that differ or came late make no task.
    pub(crate) uncounted: bool,
    /// What a device issues is not taken from its share.
    pub(crate) unpaid: bool,
}

impl Schema for Bent {
    fn version(&self) -> u32 {
        DomainSchema.version()
    }

    fn views(&self) -> &'static [View] {
        DomainSchema.views()
    }

    fn route(&self, id: DocumentId, root: &Map) -> Option<Route> {
        DomainSchema.route(id, root)
    }

    fn project(&self, document: &Document) -> Projection {
        let mut projection = DomainSchema.project(document);
        projection.rows.retain(|row| !(self.unaware && row.view == crate::look::CONFLICTS));
        projection.sums.retain(|sum| !(self.unpaid && sum.view == crate::look::SHARES && sum.amounts[0] < 0));
        projection
    }

    fn derive(&self, view: View, key: &[u8], totals: &Totals) -> Vec<Row> {
        match self.silent || (self.uncounted && view == crate::look::COUNTS) {
            true => Vec::new(),
            false => DomainSchema.derive(view, key, totals),
        }
    }

    fn check(
        &self,
        views: &dyn ViewRead,
        origin: &Origin,
        before: Option<&Document>,
        after: &Document,
    ) -> Result<Result<(), Refusal>, StoreError> {
        match self.unchecked {
            true => Ok(Ok(())),
            false => DomainSchema.check(views, origin, before, after),
        }
    }

    fn is_central(&self, views: &dyn ViewRead, device: DeviceId) -> Result<bool, StoreError> {
        DomainSchema.is_central(views, device)
    }

    fn is_urgent(&self, class: &str) -> bool {
        DomainSchema.is_urgent(class)
    }

    fn may_read(&self, views: &dyn ViewRead, device: DeviceId, scope: &Scope) -> Result<bool, StoreError> {
        DomainSchema.may_read(views, device, scope)
    }

    fn scope_name(&self, views: &dyn ViewRead, scope: &Scope) -> String {
        DomainSchema.scope_name(views, scope)
    }
}

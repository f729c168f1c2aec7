//! Pages and their cursors.

use std::ops::{Bound, ControlFlow, RangeInclusive};

use crdt_store::{Failure, StoreError, View, ViewRead, prefix_end};
use serde::{Deserialize, Serialize};

use crate::reject;
use crate::text::{hex, unhex};

/// Most rows of a page: what a screen can show and a phone can carry.
pub const PAGE_LEN_MAX: usize = 500;

/// Rows of a page where nothing else is asked.
pub const PAGE_LEN_DEFAULT: usize = 100;

/// Which page is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct PageRequest {
    /// How many rows, [`PAGE_LEN_DEFAULT`] if absent, [`PAGE_LEN_MAX`] at most.
    pub limit: Option<usize>,
    /// Where to go on: the `next` of the page before.
    pub cursor: Option<String>,
}

impl PageRequest {
    /// The first page with so many rows.
    pub fn first(limit: usize) -> Self {
        Self { limit: Some(limit), cursor: None }
    }

    pub(crate) fn limit(&self) -> Result<usize, Failure> {
        match self.limit {
            None => Ok(PAGE_LEN_DEFAULT),
            Some(limit @ 1..=PAGE_LEN_MAX) => Ok(limit),
            Some(_) => Err(reject::validation("/limit", format!("1 to {PAGE_LEN_MAX}")).into()),
        }
    }

    /// The place where the page before ended, for a list that goes by this plan.
    pub(crate) fn place(&self, plan: u8) -> Result<Option<Vec<u8>>, Failure> {
        let Some(cursor) = &self.cursor else { return Ok(None) };
        match unhex(cursor).as_deref().and_then(<[u8]>::split_first) {
            Some((found, place)) if *found == plan => Ok(Some(place.to_vec())),
            _ => Err(reject::invalid_cursor().into()),
        }
    }
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// The cursor of the next page, if there is one.
    pub next: Option<String>,
}

/// The cursor of a list that goes by `plan`, ended at `place`.
pub(crate) fn cursor(plan: u8, place: &[u8]) -> String {
    format!("{plan:02x}{}", hex(place))
}

/// A page under construction: takes rows until it is full and one more shows that there is a next.
pub(crate) struct Builder<T> {
    limit: usize,
    plan: u8,
    rows: Vec<T>,
    last: Vec<u8>,
    more: bool,
    failed: Option<StoreError>,
}

impl<T> Builder<T> {
    pub(crate) fn new(request: &PageRequest, plan: u8) -> Result<Self, Failure> {
        let limit = request.limit()?;
        Ok(Self { limit, plan, rows: Vec::with_capacity(limit), last: Vec::new(), more: false, failed: None })
    }

    /// Offers a row that stands at `place`.
    pub(crate) fn offer(&mut self, place: &[u8], row: T) -> ControlFlow<()> {
        if self.rows.len() == self.limit {
            self.more = true;
            return ControlFlow::Break(());
        }
        self.rows.push(row);
        self.last.clear();
        self.last.extend_from_slice(place);
        ControlFlow::Continue(())
    }

    /// Offers what may be a row, and stops at a failure.
    pub(crate) fn offer_result(
        &mut self,
        place: &[u8],
        row: Result<Option<T>, StoreError>,
    ) -> ControlFlow<()> {
        match row {
            Ok(Some(row)) => self.offer(place, row),
            Ok(None) => ControlFlow::Continue(()),
            Err(error) => self.fail(error),
        }
    }

    pub(crate) fn fail(&mut self, error: StoreError) -> ControlFlow<()> {
        self.failed = Some(error);
        ControlFlow::Break(())
    }

    /// Whether nothing more is wanted.
    pub(crate) fn is_done(&self) -> bool {
        self.more || self.failed.is_some()
    }

    pub(crate) fn build(self) -> Result<Page<T>, Failure> {
        if let Some(error) = self.failed {
            return Err(error.into());
        }
        let next = self.more.then(|| cursor(self.plan, &self.last));
        Ok(Page { rows: self.rows, next })
    }
}

/// A page of the rows whose keys begin with `prefix`, in the order of their keys or backwards; `read_row` makes of each
/// a row of the list, or passes it over.
pub(crate) fn scan<T>(
    read: &(impl ViewRead + ?Sized),
    view: View,
    prefix: &[u8],
    backwards: bool,
    request: &PageRequest,
    mut read_row: impl FnMut(&[u8], &[u8]) -> Result<Option<T>, StoreError>,
) -> Result<Page<T>, Failure> {
    const PLAN: u8 = 1;
    let mut page = Builder::new(request, PLAN)?;
    let place = request.place(PLAN)?;
    if place.as_ref().is_some_and(|place| !place.starts_with(prefix)) {
        return Err(reject::invalid_cursor().into());
    }
    scan_from(read, view, prefix, backwards, place.as_deref(), &mut |key, value| {
        let row = read_row(key, value);
        page.offer_result(key, row)
    })?;
    page.build()
}

/// The same of the rows whose keys begin with `prefix` and go on with a byte of `bytes`.
pub(crate) fn scan_bytes<T>(
    read: &(impl ViewRead + ?Sized),
    view: View,
    (prefix, bytes): (&[u8], RangeInclusive<u8>),
    backwards: bool,
    request: &PageRequest,
    mut read_row: impl FnMut(&[u8], &[u8]) -> Result<Option<T>, StoreError>,
) -> Result<Page<T>, Failure> {
    const PLAN: u8 = 6;
    let mut page = Builder::new(request, PLAN)?;
    let place = request.place(PLAN)?;
    let lower = [prefix, &[*bytes.start()]].concat();
    let end = prefix_end(&[prefix, &[*bytes.end()]].concat());
    let is_within = |place: &Vec<u8>| *place >= lower && end.as_ref().is_none_or(|end| place < end);
    if place.as_ref().is_some_and(|place| !is_within(place)) {
        return Err(reject::invalid_cursor().into());
    }
    let upper = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
    let range = match (place.as_deref(), backwards) {
        (None, _) => (Bound::Included(lower.as_slice()), upper),
        (Some(place), false) => (Bound::Excluded(place), upper),
        (Some(place), true) => (Bound::Included(lower.as_slice()), Bound::Excluded(place)),
    };
    read.scan(view, range, backwards, &mut |key, value| {
        let row = read_row(key, value);
        page.offer_result(key, row)
    })?;
    page.build()
}

/// Takes a key and a value, and says whether to go on.
pub(crate) type Visit<'v> = dyn FnMut(&[u8], &[u8]) -> ControlFlow<()> + 'v;

/// Visits the rows whose keys begin with `prefix`, from behind `place` on.
pub(crate) fn scan_from(
    read: &(impl ViewRead + ?Sized),
    view: View,
    prefix: &[u8],
    backwards: bool,
    place: Option<&[u8]>,
    visit: &mut Visit<'_>,
) -> Result<(), StoreError> {
    let end = prefix_end(prefix);
    let upper = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
    let range = match (place, backwards) {
        (None, _) => (Bound::Included(prefix), upper),
        (Some(place), false) => (Bound::Excluded(place), upper),
        (Some(place), true) => (Bound::Included(prefix), Bound::Excluded(place)),
    };
    read.scan(view, range, backwards, visit)
}

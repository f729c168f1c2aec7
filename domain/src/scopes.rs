//! What the names of scopes mean: who receives a document, and who may write it.

use crdt_store::{DocumentId, Scope};

/// A scope of documents, as the domain sees it.
///
/// On the wire a scope is one byte for its kind and the sixteen bytes of each id it names:
///
/// | byte | kind | ids | written by | received by |
/// |---|---|---|---|---|
/// | 0 | central | | central | central |
/// | 1 | reference | | central | all |
/// | 2 | store config | store | central | devices of the store's site |
/// | 3 | store | store | devices of the store's site, central | the same |
/// | 4 | transfer | sender, receiver | devices of both stores' sites, central | the same |
/// | 5 | site | site | devices of the site, central | the same |
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ScopeKind {
    /// Master records that stay at the centre.
    Central,
    /// What everybody knows: items, stores, sites, partners, reasons.
    Reference,
    /// What the centre says about one store: its users.
    StoreConfig(DocumentId),
    /// The work of one store.
    Store(DocumentId),
    /// What two stores do together: sender, then receiver.
    Transfer(DocumentId, DocumentId),
    /// The administration of one site.
    Site(DocumentId),
}

impl ScopeKind {
    /// The scope's name in bytes.
    pub fn scope(&self) -> Scope {
        let mut name = Vec::with_capacity(33);
        let (kind, ids): (u8, &[&DocumentId]) = match self {
            Self::Central => (0, &[]),
            Self::Reference => (1, &[]),
            Self::StoreConfig(store) => (2, &[store]),
            Self::Store(store) => (3, &[store]),
            Self::Transfer(sender, receiver) => (4, &[sender, receiver]),
            Self::Site(site) => (5, &[site]),
        };
        name.push(kind);
        ids.iter().for_each(|id| name.extend_from_slice(id.as_bytes()));
        Scope::new(&name).expect("1 to 33 bytes")
    }

    /// Reads a scope's name; nothing for a kind this version does not know.
    pub fn of(scope: &Scope) -> Option<Self> {
        let (kind, ids) = scope.as_bytes().split_first()?;
        let id = |at: usize| DocumentId::try_from(ids.get(at * 16..at * 16 + 16)?).ok();
        let kind = match (kind, ids.len()) {
            (0, 0) => Self::Central,
            (1, 0) => Self::Reference,
            (2, 16) => Self::StoreConfig(id(0)?),
            (3, 16) => Self::Store(id(0)?),
            (4, 32) => Self::Transfer(id(0)?, id(1)?),
            (5, 16) => Self::Site(id(0)?),
            _ => return None,
        };
        Some(kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scope_reads_back_from_its_name_and_nothing_else_does() {
        let (a, b) = (DocumentId::from_bytes([1; 16]), DocumentId::from_bytes([2; 16]));
        let kinds = [
            ScopeKind::Central,
            ScopeKind::Reference,
            ScopeKind::StoreConfig(a),
            ScopeKind::Store(a),
            ScopeKind::Transfer(a, b),
            ScopeKind::Site(b),
        ];
        for kind in kinds {
            assert_eq!(ScopeKind::of(&kind.scope()), Some(kind));
        }
        for name in [&[6][..], &[0, 0], &[3, 1, 2], &[4; 40]] {
            assert_eq!(ScopeKind::of(&Scope::new(name).expect("a short name")), None);
        }
    }
}

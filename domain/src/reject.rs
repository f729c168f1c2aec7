//! The answers «no»: one constructor for each stable code.

use crdt_store::{DocumentId, Rejection};

use crate::permission::Permission;

/// What a person reads who tries on a site what only the central server may do.
pub const CENTRAL_ONLY_MESSAGE: &str = "Operation is only permitted on central server";

/// `central-only`: the central server alone may do this.
pub fn central_only() -> Rejection {
    Rejection::new("central-only", CENTRAL_ONLY_MESSAGE)
}

/// `not-permitted`: the caller lacks a permission for this store.
pub fn not_permitted(permission: Permission) -> Rejection {
    Rejection::new(
        "not-permitted",
        format!("this needs the permission «{}» for this store", permission.code()),
    )
    .with("permission", permission.code())
}

/// `validation`: a part of the input is not acceptable.
pub fn validation(pointer: impl Into<String>, message: impl Into<String>) -> Rejection {
    Rejection::new("validation", message).at(pointer)
}

/// `not-found`: there is no such thing, or the caller's store does not see it.
pub fn not_found(what: &str, id: DocumentId) -> Rejection {
    Rejection::new("not-found", format!("there is no {what} {id}")).with("what", what).with("id", id)
}

/// `duplicate-code`: another one has this code.
pub fn duplicate_code(pointer: impl Into<String>, code: &str) -> Rejection {
    Rejection::new("duplicate-code", format!("«{code}» is taken already")).at(pointer).with("code", code)
}

/// `insufficient-stock`: less is available than is asked for.
pub fn insufficient_stock(pointer: impl Into<String>, available: crate::Quantity) -> Rejection {
    Rejection::new("insufficient-stock", format!("only {available} available"))
        .at(pointer)
        .with("available", available)
}

/// `wrong-status`: the document has gone too far, or not far enough, for this.
pub fn wrong_status(status: impl std::fmt::Display, wish: &str) -> Rejection {
    Rejection::new("wrong-status", format!("at status «{status}» one cannot {wish}")).with("status", status)
}

/// `on-hold`: the thing is on hold.
pub fn on_hold(pointer: impl Into<String>, what: &str) -> Rejection {
    Rejection::new("on-hold", format!("the {what} is on hold")).at(pointer).with("what", what)
}

/// `reason-required`: a reason of this kind exists and must be named.
pub fn reason_required(pointer: impl Into<String>) -> Rejection {
    Rejection::new("reason-required", "choose a reason").at(pointer)
}

/// `counted-since`: a count cannot be taken back, because somebody counted since.
pub(crate) fn counted_since() -> Rejection {
    Rejection::new("counted-since", "somebody has counted it since")
}

/// `used-since`: it cannot be taken back, because something was done with it.
pub fn used_since() -> Rejection {
    Rejection::new("used-since", "it has been used since")
}

/// `invalid-cursor`: the cursor is not one of ours, or of another list.
pub fn invalid_cursor() -> Rejection {
    Rejection::new("invalid-cursor", "begin at the first page again").at("/cursor")
}

/// `last-administrator`: nobody else could give this right back.
pub fn last_administrator(pointer: impl Into<String>, permission: Permission) -> Rejection {
    Rejection::new(
        "last-administrator",
        format!(
            "nobody else has the permission «{}» on the central server; give it to another user first",
            permission.code()
        ),
    )
    .at(pointer)
    .with("permission", permission.code())
}

/// `stale-conflict`: somebody has settled it meanwhile, or wrote something else.
pub fn stale_conflict(pointer: impl Into<String>) -> Rejection {
    Rejection::new("stale-conflict", "this value is no longer among the choices; look at them again")
        .at(pointer)
}

/// One of the codes `gs1-…`: what a scanner read is not what its symbol should say. `identifier` is the application
/// identifier at fault.
pub fn gs1(code: &'static str, identifier: &str, message: impl Into<String>) -> Rejection {
    Rejection::new(code, message).with("code", identifier)
}

//! Stable codes of everything that can go wrong between two nodes, and what a person can do about each.

/// A frame's length is outside the limits.
pub const FRAME_TOO_LARGE: &str = "frame-too-large";
/// A frame ends before its content does.
pub const FRAME_TRUNCATED: &str = "frame-truncated";
/// A frame is not what the protocol says.
pub const FRAME_MALFORMED: &str = "frame-malformed";
/// A frame of a format this program does not read.
pub const FRAME_VERSION: &str = "frame-version";
/// A frame of a type this program does not know.
pub const FRAME_UNKNOWN: &str = "frame-unknown";
/// A frame carries more items than allowed.
pub const FRAME_LIMITS: &str = "frame-limits";
/// A change or snapshot in a frame failed verification.
pub const INVALID_CHANGE: &str = "invalid-change";
/// No common protocol version.
pub const PROTOCOL_VERSION: &str = "protocol-version";
/// A frame came that has no place at this point of the conversation.
pub const OUT_OF_TURN: &str = "out-of-turn";
/// The peer says it had more lives than is believable.
pub const INCARNATION_OUT_OF_RANGE: &str = "incarnation-out-of-range";
/// The peer acknowledged what was never sent.
pub const ACK_OUT_OF_RANGE: &str = "ack-out-of-range";
/// The peer shares more scopes than allowed.
pub const TOO_MANY_SCOPES: &str = "too-many-scopes";
/// The peer asked to compare the same scope too often.
pub const TOO_MANY_ROUNDS: &str = "too-many-rounds";
/// The greeting took too long.
pub const HELLO_TIMEOUT: &str = "hello-timeout";
/// Nothing came from the peer for too long.
pub const IDLE_TIMEOUT: &str = "idle-timeout";
/// The peer did not acknowledge what it was sent.
pub const STALLED: &str = "stalled";
/// The same device connected again.
pub const REPLACED: &str = "replaced";
/// The peer is this very device.
pub const SELF_CONNECTION: &str = "self-connection";
/// More peers than a node keeps account of.
pub const TOO_MANY_PEERS: &str = "too-many-peers";
/// A document's history is too large for a frame.
pub const DOCUMENT_TOO_LARGE: &str = "document-too-large";
/// The peer receives this scope and gives nothing back.
pub const SCOPE_WITHHELD: &str = "scope-withheld";
/// Both sides hold different documents and have said all they can.
pub const DIFFERENT: &str = "different";
/// A change was refused by the other side.
pub const CHANGE_REFUSED: &str = "change-refused";
/// The connection ended.
pub const DISCONNECTED: &str = "disconnected";
/// Nothing came back.
pub const UNREACHABLE: &str = "unreachable";
/// The node stops.
pub const STOPPING: &str = "stopping";
/// An idempotency key was used for another request.
pub const IDEMPOTENCY_KEY_REUSED: &str = "idempotency-key-reused";

/// An idempotency key is empty or too long.
pub const IDEMPOTENCY_KEY_INVALID: &str = "idempotency-key-invalid";

/// What a person can do about a code.
pub fn next_step(code: &str) -> &'static str {
    match code {
        FRAME_VERSION | FRAME_UNKNOWN | PROTOCOL_VERSION => {
            "install the same version of the program on both sides"
        }
        FRAME_TOO_LARGE
        | FRAME_TRUNCATED
        | FRAME_MALFORMED
        | FRAME_LIMITS
        | OUT_OF_TURN
        | ACK_OUT_OF_RANGE
        | TOO_MANY_SCOPES
        | TOO_MANY_ROUNDS
        | INCARNATION_OUT_OF_RANGE => {
            "nothing was lost; if it happens again, install the same version on both sides and report it"
        }
        INVALID_CHANGE => "nothing was applied; check the other device for damage, and report it",
        HELLO_TIMEOUT | IDLE_TIMEOUT | STALLED | DISCONNECTED => {
            "check the network; it is tried again by itself"
        }
        REPLACED => "nothing to do, unless it repeats: then two machines use one device's key",
        SELF_CONNECTION => "correct the address: it leads back to this device",
        TOO_MANY_PEERS => "remove devices that no longer exist",
        DOCUMENT_TOO_LARGE => "split the document: its history does not fit a frame",
        SCOPE_WITHHELD => "ask the central administrator whether this device should still receive this store",
        DIFFERENT => "look at the refused and parked changes; the rest is in sync",
        CHANGE_REFUSED => "look at the refused changes; the change is kept here and not shared",
        STOPPING => "wait for the other side to start again",
        UNREACHABLE => {
            "check the address, the network, and that UDP is let through; it is tried again by itself"
        }
        "certificate-required" => "enrol this device: it has no certificate",
        "certificate-expired" => {
            "check the clocks of this device and of central; if both are right, enrol again"
        }
        "certificate-invalid" => {
            "this device and that central do not belong together: check the address, or enrol the device again"
        }
        "certificate-revoked" | "device-revoked" | "revoked-device" => {
            "ask central why this device was revoked; enrol it again if it may"
        }
        "unknown-device" | "device-refused" => {
            "ask central whether this device is registered; enrol it again if not"
        }
        "too-many-connections" => "wait: the other side is busy; it is tried again by itself",
        "tls-failed" | "connection-failed" => {
            "it is tried again by itself; if it stays so, see the log of both sides"
        }
        "peer-restarted" | "done" => "nothing to do: the other side was started anew",
        "link-cut" => "restore the network of this node",
        "address-not-resolved" => "check the spelling of the address, and that this device can resolve names",
        _ => "see the log of both sides",
    }
}

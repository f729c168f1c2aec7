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
/// A seal that its author did not sign.
pub const SEAL_FORGED: &str = "seal-forged";
/// An author signed two different things for one place on its chain.
pub const SEAL_FORKED: &str = "seal-forked";
/// The connection ended.
pub const DISCONNECTED: &str = "disconnected";
/// Nothing came back.
pub const UNREACHABLE: &str = "unreachable";
/// All was said, and who came hangs up until the next visit.
pub const VISIT_OVER: &str = "visit-over";
/// The node stops.
pub const STOPPING: &str = "stopping";
/// A device of this system that this node has not heard of from central yet.
pub const DEVICE_NOT_KNOWN_YET: &str = "device-not-known-yet";
/// Another device than the one that was looked for answers at an address.
pub const OTHER_DEVICE: &str = "other-device";
/// The neighbour's rights have ended.
pub const NEIGHBOUR_REVOKED: &str = "neighbour-revoked";
/// Central was dialled, or came, as if it were a neighbour.
pub const CENTRAL_AS_NEIGHBOUR: &str = "central-as-neighbour";
/// More devices are found on the local network than are dialled.
pub const TOO_MANY_NEIGHBOURS: &str = "too-many-neighbours";
/// The local network cannot be searched.
pub const LAN_UNAVAILABLE: &str = "lan-unavailable";
/// The local network says more than can be listened to.
pub const LAN_FLOODED: &str = "lan-flooded";

/// A file is no bundle.
pub const NOT_A_BUNDLE: &str = "not-a-bundle";
/// A bundle of a format this program does not read.
pub const BUNDLE_VERSION: &str = "bundle-version";
/// A bundle ends before its content does.
pub const BUNDLE_TRUNCATED: &str = "bundle-truncated";
/// A bundle is longer than allowed.
pub const BUNDLE_TOO_LARGE: &str = "bundle-too-large";
/// A bundle is not what its signer signed.
pub const BUNDLE_TAMPERED: &str = "bundle-tampered";
/// A bundle is for another device.
pub const BUNDLE_FOR_OTHER: &str = "bundle-for-other";
/// A bundle was made on this very device.
pub const BUNDLE_OWN: &str = "bundle-own";
/// A bundle of a device that another authority certified.
pub const BUNDLE_OTHER_SYSTEM: &str = "bundle-other-system";
/// A bundle of a device whose certificate is not valid now.
pub const BUNDLE_CERTIFICATE_EXPIRED: &str = "bundle-certificate-expired";
/// A bundle of a device that is not registered.
pub const BUNDLE_SIGNER_UNKNOWN: &str = "bundle-signer-unknown";
/// A bundle of a device whose rights have ended.
pub const BUNDLE_SIGNER_REVOKED: &str = "bundle-signer-revoked";
/// Nobody is known by whom a bundle should be for.
pub const BUNDLE_RECIPIENT_UNKNOWN: &str = "bundle-recipient-unknown";
/// Another bundle is being made or taken in.
pub const BUNDLE_BUSY: &str = "bundle-busy";
/// An idempotency key was used for another request.
pub const IDEMPOTENCY_KEY_REUSED: &str = "idempotency-key-reused";

/// An idempotency key is empty or too long.
pub const IDEMPOTENCY_KEY_INVALID: &str = "idempotency-key-invalid";

/// What a person can do about some codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// A name for it, by which interfaces translate it.
    pub name: &'static str,
    /// The sentence, in English.
    pub text: &'static str,
    codes: &'static [&'static str],
}

const fn step_for(name: &'static str, text: &'static str, codes: &'static [&'static str]) -> Step {
    Step { name, text, codes }
}

/// Everything that is ever advised; the last is for codes that are not listed.
pub const STEPS: &[Step] = &[
    step_for(
        "same-version",
        "install the same version of the program on both sides",
        &[FRAME_VERSION, FRAME_UNKNOWN, PROTOCOL_VERSION, BUNDLE_VERSION],
    ),
    step_for(
        "report",
        "nothing was lost; if it happens again, install the same version on both sides and report it",
        &[
            FRAME_TOO_LARGE,
            FRAME_TRUNCATED,
            FRAME_MALFORMED,
            FRAME_LIMITS,
            OUT_OF_TURN,
            ACK_OUT_OF_RANGE,
            TOO_MANY_SCOPES,
            TOO_MANY_ROUNDS,
            INCARNATION_OUT_OF_RANGE,
        ],
    ),
    step_for(
        "check-device",
        "nothing was applied; check the other device for damage, and report it",
        &[INVALID_CHANGE, SEAL_FORGED],
    ),
    step_for(
        "check-network",
        "check the network; it is tried again by itself",
        &[HELLO_TIMEOUT, IDLE_TIMEOUT, STALLED, DISCONNECTED],
    ),
    step_for(
        "one-key-twice",
        "nothing to do, unless it repeats: then two machines use one device's key",
        &[REPLACED, SEAL_FORKED],
    ),
    step_for("own-address", "correct the address: it leads back to this device", &[SELF_CONNECTION]),
    step_for("remove-devices", "remove devices that no longer exist", &[TOO_MANY_PEERS]),
    step_for("split-document", "split the document: its history does not fit a frame", &[DOCUMENT_TOO_LARGE]),
    step_for(
        "ask-entitlement",
        "ask the central administrator whether this device should still receive this store",
        &[SCOPE_WITHHELD],
    ),
    step_for(
        "look-at-refused-and-parked",
        "look at the refused and parked changes; the rest is in sync",
        &[DIFFERENT],
    ),
    step_for(
        "look-at-refused",
        "look at the refused changes; the change is kept here and not shared",
        &[CHANGE_REFUSED],
    ),
    step_for("visited", "nothing to do: it comes again by itself", &[VISIT_OVER]),
    step_for("wait-for-start", "wait for the other side to start again", &[STOPPING]),
    step_for(
        "check-address",
        "check the address, the network, and that UDP is let through; it is tried again by itself",
        &[UNREACHABLE],
    ),
    step_for("enrol", "enrol this device: it has no certificate", &["certificate-required"]),
    step_for(
        "check-clocks",
        "check the clocks of this device and of central; if both are right, enrol again",
        &["certificate-expired"],
    ),
    step_for(
        "other-system",
        "this device and that central do not belong together: check the address, or enrol the device again",
        &["certificate-invalid"],
    ),
    step_for(
        "revoked",
        "ask central why this device was revoked; enrol it again if it may",
        &["certificate-revoked", "device-revoked", "revoked-device"],
    ),
    step_for(
        "ask-registration",
        "ask central whether this device is registered; enrol it again if not",
        &["unknown-device", "device-refused"],
    ),
    step_for(
        "wait-busy",
        "wait: the other side is busy; it is tried again by itself",
        &["too-many-connections"],
    ),
    step_for(
        "tried-again",
        "it is tried again by itself; if it stays so, see the log of both sides",
        &["tls-failed", "connection-failed"],
    ),
    step_for(
        "started-anew",
        "nothing to do: the other side was started anew",
        &["peer-restarted", "done", "ended"],
    ),
    step_for("restore-network", "restore the network of this node", &["link-cut"]),
    step_for(
        "spelling",
        "check the spelling of the address, and that this device can resolve names",
        &["address-not-resolved"],
    ),
    step_for(
        "wait-for-introduction",
        "nothing to do: central tells this device and the other of each other; it is tried again by itself",
        &[DEVICE_NOT_KNOWN_YET],
    ),
    step_for(
        "other-device",
        "correct the address if somebody wrote it: another device has it now; one that is found is found again by itself",
        &[OTHER_DEVICE],
    ),
    step_for(
        "not-a-neighbour",
        "remove this address from the neighbours: it is central's, which is dialled by itself",
        &[CENTRAL_AS_NEIGHBOUR],
    ),
    step_for(
        "neighbour-revoked",
        "nothing to do here: the rights of the other device have ended; if it may come back, it is enrolled again",
        &[NEIGHBOUR_REVOKED],
    ),
    step_for(
        "through-others",
        "nothing to do: what this device and the other write reaches each through central",
        &[TOO_MANY_NEIGHBOURS],
    ),
    step_for(
        "name-neighbours",
        "name neighbours by their addresses (--neighbour), or let multicast (UDP port 5353) through on this network",
        &[LAN_UNAVAILABLE],
    ),
    step_for(
        "flooded",
        "nothing to do here: something on the local network shouts; it is listened to again after a while",
        &[LAN_FLOODED],
    ),
    step_for(
        "choose-bundle",
        "choose a file whose name ends in .tributary, as the other device saved it",
        &[NOT_A_BUNDLE],
    ),
    step_for(
        "copy-bundle-again",
        "nothing was changed; copy the file again, and wait until it is written before you pull the stick out",
        &[BUNDLE_TRUNCATED],
    ),
    step_for(
        "bundle-in-parts",
        "nothing was changed; save a new file on the other device",
        &[BUNDLE_TOO_LARGE],
    ),
    step_for(
        "save-bundle-again",
        "nothing was changed; have the file saved again on the device that made it, and bring it anew",
        &[BUNDLE_TAMPERED],
    ),
    step_for(
        "bring-bundle-there",
        "nothing was changed; load it on the device it is for, or have one saved for this device",
        &[BUNDLE_FOR_OTHER],
    ),
    step_for(
        "carry-bundle-on",
        "nothing was changed; this file is to be loaded on the other device, not on the one that saved it",
        &[BUNDLE_OWN],
    ),
    step_for(
        "bundle-other-system",
        "nothing was changed; the device that saved the file belongs to another central",
        &[BUNDLE_OTHER_SYSTEM],
    ),
    step_for(
        "bundle-clocks",
        "nothing was changed; check this device's clock; if it is right, enrol the device that saved the file again",
        &[BUNDLE_CERTIFICATE_EXPIRED],
    ),
    step_for(
        "bundle-signer",
        "nothing was changed; ask central whether the device that saved the file is registered",
        &[BUNDLE_SIGNER_UNKNOWN, BUNDLE_SIGNER_REVOKED],
    ),
    step_for(
        "bundle-recipient",
        "name central, a site, or a device that this one knows; a site that never met central loads a file of it first",
        &[BUNDLE_RECIPIENT_UNKNOWN],
    ),
    step_for("bundle-busy", "wait until the other file is done, and try again", &[BUNDLE_BUSY]),
    step_for("see-logs", "see the log of both sides", &[]),
];

/// What a person can do about a code.
pub fn step(code: &str) -> &'static Step {
    let known = STEPS.iter().find(|step| step.codes.contains(&code));
    known.unwrap_or(&STEPS[STEPS.len() - 1])
}

/// The same, as a sentence.
pub fn next_step(code: &str) -> &'static str {
    step(code).text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_one_next_step_and_a_step_one_name() {
        let codes: Vec<&str> = STEPS.iter().flat_map(|step| step.codes).copied().collect();
        let names: Vec<&str> = STEPS.iter().map(|step| step.name).collect();
        for list in [codes, names] {
            let distinct: std::collections::BTreeSet<&str> = list.iter().copied().collect();
            assert_eq!(distinct.len(), list.len());
        }
        assert_eq!(next_step("something new"), "see the log of both sides");
    }
}

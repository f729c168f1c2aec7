//! One story each: two or three nodes, a link, and what must be true at the end.

use std::time::Duration;

use super::schema::REF;
use super::world::World;
use crate::{Event, IdempotencyKey, LinkState, Timing, Transmit, code, decode};

const CENTRAL: usize = 0;
const SITE: usize = 1;
const OTHER: usize = 2;

#[test]
fn a_site_receives_what_it_is_entitled_to_and_nothing_else() {
    let mut world = World::with_sites(2);
    world.edit(CENTRAL, "store/1", "n", "k", 1);
    world.edit(CENTRAL, "store/2", "n", "k", 2);
    world.settle();
    assert_eq!(world.value(SITE, "store/1", "n", "k"), Some(1));
    assert_eq!(world.value(SITE, "store/2", "n", "k"), None);
    assert_eq!(world.value(OTHER, "store/2", "n", "k"), Some(2));
    assert!(world.both_in_sync(CENTRAL, SITE) && world.both_in_sync(CENTRAL, OTHER));
}

#[test]
fn work_on_both_sides_of_a_cut_merges_when_it_heals() {
    let mut world = World::with_sites(1);
    world.edit(SITE, "store/1", "n", "before", 0);
    world.settle();
    world.cut(SITE, CENTRAL);
    world.edit(SITE, "store/1", "n", "site", 1);
    world.edit(CENTRAL, "store/1", "n", "central", 2);
    world.settle();
    assert_eq!(world.peer(SITE, CENTRAL).link, LinkState::Offline);
    assert_eq!(world.peer(SITE, CENTRAL).to_send, Some(1));
    assert_eq!(world.peer(SITE, CENTRAL).to_receive, None, "nobody knows");
    assert!(!world.peer(SITE, CENTRAL).in_sync);
    world.connect(SITE, CENTRAL);
    world.run_for(Duration::from_millis(200));
    for place in [SITE, CENTRAL] {
        assert_eq!(world.value(place, "store/1", "n", "site"), Some(1));
        assert_eq!(world.value(place, "store/1", "n", "central"), Some(2));
    }
    assert!(world.both_in_sync(SITE, CENTRAL));
    assert_eq!(world.peer(SITE, CENTRAL).to_send, Some(0));
}

#[test]
fn a_change_reaches_a_third_node_through_the_centre() {
    let mut world = World::with_sites(2);
    world.edit(SITE, "shared", "n", "k", 7);
    world.settle();
    assert_eq!(world.value(OTHER, "shared", "n", "k"), Some(7));
    assert!(world.both_in_sync(CENTRAL, SITE) && world.both_in_sync(CENTRAL, OTHER));
}

#[test]
fn a_quiet_reconnect_proves_sync_in_the_greeting_and_moves_no_document() {
    let mut world = World::with_sites(1);
    for note in 0..20 {
        world.edit(SITE, "store/1", &note.to_string(), "k", note);
    }
    world.settle();
    world.cut(SITE, CENTRAL);
    world.settle();
    let from = world.wire.len();
    world.connect(SITE, CENTRAL);
    world.run_for(Duration::from_millis(200));
    assert_eq!(world.kinds_since(from), ["BANNER", "HELLO", "WELCOME"]);
    assert!(world.both_in_sync(SITE, CENTRAL));
    let bytes: usize = world.wire[from..].iter().map(|seen| seen.bytes).sum();
    assert!(bytes < 900, "{bytes} bytes");
}

#[test]
fn a_document_edited_fifty_times_offline_goes_once() {
    let mut world = World::with_sites(1);
    world.cut(SITE, CENTRAL);
    for edit in 0..50 {
        world.edit(SITE, "store/1", "n", &format!("k{edit}"), edit);
        world.flush_all();
    }
    let from = world.wire.len();
    world.connect(SITE, CENTRAL);
    world.settle();
    assert_eq!(world.documents_since(from), 1);
    assert_eq!(world.value(CENTRAL, "store/1", "n", "k49"), Some(49));
}

#[test]
fn an_edit_while_connected_goes_once_and_is_not_echoed() {
    let mut world = World::with_sites(1);
    let from = world.wire.len();
    world.edit(SITE, "store/1", "n", "k", 1);
    world.settle();
    assert_eq!(world.documents_since(from), 1);
    world.edit(SITE, "store/1", "n", "k", 2);
    let from = world.wire.len();
    world.settle();
    assert_eq!(world.kinds_since(from), ["DELTA", "ACK", "CHECKED"]);
    world.cut(SITE, CENTRAL);
    world.connect(SITE, CENTRAL);
    let from = world.wire.len();
    world.settle();
    assert_eq!(world.documents_since(from), 0);
}

#[test]
fn no_acknowledgement_leaves_before_the_commit() {
    let mut world = World::with_sites(1);
    world.edit(SITE, "store/1", "n", "k", 1);
    world.flush_all();
    world.settle();
    let acked =
        world.wire.iter().rposition(|seen| seen.kind == "ACK" && seen.from == CENTRAL).expect("an ACK");
    // The ACK was made by the flush that stored the change: a crash right after it loses nothing.
    world.crash(CENTRAL);
    assert_eq!(world.value(CENTRAL, "store/1", "n", "k"), Some(1));
    assert!(world.wire[acked].at.as_micros() > 0);
}

#[test]
fn what_a_crash_swallowed_before_the_acknowledgement_is_sent_again() {
    let mut world = World::with_sites(1);
    world.edit(SITE, "store/1", "n", "k", 1);
    world.flush_all();
    world.crash(CENTRAL);
    assert_eq!(world.value(CENTRAL, "store/1", "n", "k"), None);
    world.connect(SITE, CENTRAL);
    world.settle();
    assert_eq!(world.value(CENTRAL, "store/1", "n", "k"), Some(1));
    assert!(world.both_in_sync(SITE, CENTRAL));
}

#[test]
fn an_answered_command_survives_a_crash() {
    let mut world = World::with_sites(1);
    world.cut(SITE, CENTRAL);
    let ticket = world.edit(SITE, "store/1", "n", "k", 1);
    assert!(world.reply(SITE, ticket).is_none(), "not before the flush");
    world.flush_all();
    assert!(world.reply(SITE, ticket).is_some_and(Result::is_ok));
    world.crash(SITE);
    world.connect(SITE, CENTRAL);
    world.settle();
    assert_eq!(world.value(CENTRAL, "store/1", "n", "k"), Some(1));
}

#[test]
fn one_idempotency_key_has_one_effect() {
    let mut world = World::with_sites(1);
    let key = |digest| Some(IdempotencyKey { key: "wish-1".to_owned(), request_digest: [digest; 32] });
    let wish = |world: &mut World, digest| {
        let command = |txn: &mut crdt_store::Txn<'_>| {
            let id = txn.new_id();
            let root = [("class", "note"), ("scope", "store/1")];
            txn.create(id, root.into_iter().map(|(key, value)| (key.to_owned(), value.into())).collect());
            Ok(id.as_bytes().to_vec())
        };
        let ticket = world.execute(SITE, key(digest), command);
        world.flush_all();
        world.reply(SITE, ticket).cloned().expect("an answer")
    };
    let first = wish(&mut world, 1).expect("done");
    assert_eq!(wish(&mut world, 1), Ok(first.clone()), "the same answer");
    assert_eq!(
        wish(&mut world, 2).map_err(|rejection| rejection.code),
        Err(code::IDEMPOTENCY_KEY_REUSED.to_owned())
    );
    world.crash(SITE);
    assert_eq!(wish(&mut world, 1), Ok(first), "after a crash too");
    assert_eq!(world.heads(SITE, "store/1").len(), 1);
    world.run_for(Timing::default().idempotency_retention + Duration::from_secs(60));
    wish(&mut world, 3).expect_err("a clock that jumped is no reason to forget it");
    wish(&mut world, 3).expect_err("however often");
    for number in 0..4_200 {
        let key = IdempotencyKey { key: format!("other-{number}"), request_digest: [0; 32] };
        world.execute(SITE, Some(key), |_: &mut crdt_store::Txn<'_>| Ok(Vec::new()));
    }
    world.flush_all();
    wish(&mut world, 3).expect("old, and displaced by thousands of others: forgotten");
}

#[test]
fn a_rejected_command_leaves_no_trace_and_may_be_tried_again() {
    let mut world = World::with_sites(1);
    let key = || Some(IdempotencyKey { key: "wish".to_owned(), request_digest: [1; 32] });
    let refuse = |_: &mut crdt_store::Txn<'_>| Err(crdt_store::Rejection::new("not-now", "later").into());
    let ticket = world.execute(SITE, key(), refuse);
    world.flush_all();
    assert!(world.reply(SITE, ticket).is_some_and(Result::is_err));
    let ticket = world.execute(SITE, key(), |_| Ok(b"done".to_vec()));
    world.flush_all();
    assert_eq!(world.reply(SITE, ticket), Some(&Ok(b"done".to_vec())));
}

#[test]
fn a_restored_site_gets_back_what_it_lost() {
    let mut world = World::with_sites(1);
    world.edit(SITE, "store/1", "old", "k", 1);
    world.settle();
    let image = world.image(SITE);
    world.edit(SITE, "store/1", "lost", "k", 2);
    world.edit(SITE, "store/1", "old", "more", 3);
    world.edit(CENTRAL, "store/1", "theirs", "k", 4);
    world.settle();
    world.restore(SITE, &image);
    assert_eq!(world.value(SITE, "store/1", "lost", "k"), None);
    world.edit(SITE, "store/1", "new", "k", 5);
    world.connect(SITE, CENTRAL);
    world.settle();
    for (note, key, value) in [("lost", "k", 2), ("old", "more", 3), ("theirs", "k", 4), ("new", "k", 5)] {
        assert_eq!(world.value(SITE, "store/1", note, key), Some(value), "{note}");
        assert_eq!(world.value(CENTRAL, "store/1", note, key), Some(value), "{note}");
    }
    assert_eq!(world.status(SITE).incarnation, 2);
    assert!(world.both_in_sync(SITE, CENTRAL));
}

/// What central sends in the second conversation continues what the site wrote itself before it was restored.
#[test]
fn a_restored_site_whose_first_conversation_is_cut_short_gets_back_what_it_lost_all_the_same() {
    let mut world = World::with_sites(1);
    world.edit(SITE, "store/1", "note", "k", 1);
    world.settle();
    let image = world.image(SITE);
    world.edit(SITE, "store/1", "note", "k", 2);
    world.settle();
    world.edit(CENTRAL, "store/1", "note", "there", 3);
    world.settle();
    world.cut(SITE, CENTRAL);
    world.restore(SITE, &image);
    // Central learns that it was restored, and the connection is gone before anything that central sends arrives.
    let from = world.wire.len();
    world.connect(SITE, CENTRAL);
    for _ in 0..1_000 {
        if world.kinds_since(from).contains(&"WELCOME") {
            break;
        }
        world.run_for(Duration::from_millis(1));
    }
    assert!(world.kinds_since(from).contains(&"WELCOME"), "this story is about nothing");
    assert_eq!(world.value(SITE, "store/1", "note", "k"), Some(1), "nothing has arrived");
    world.cut(SITE, CENTRAL);
    world.connect(SITE, CENTRAL);
    world.settle();
    assert_eq!(world.value(SITE, "store/1", "note", "k"), Some(2));
    assert_eq!(world.value(SITE, "store/1", "note", "there"), Some(3));
    assert_eq!(world.peer(SITE, CENTRAL).unbuilt, 0, "nothing came without what it continues");
    assert!(world.both_in_sync(SITE, CENTRAL));
}

/// The site pushes its change with HELLO, stripped of what central should hold; but central does not hold it any more.
#[test]
fn a_change_that_continues_something_missing_comes_whole() {
    let mut world = World::with_sites(1);
    world.edit(SITE, "store/1", "note", "k", 1);
    world.settle();
    let image = world.image(CENTRAL);
    world.edit(SITE, "store/1", "note", "k", 2);
    world.settle();
    world.cut(SITE, CENTRAL);
    world.restore(CENTRAL, &image);
    world.edit(SITE, "store/1", "note", "k", 3);
    world.connect(SITE, CENTRAL);
    world.settle();
    assert_eq!(world.peer(CENTRAL, SITE).unbuilt, 1, "what came first could not be put together");
    assert_eq!(world.value(CENTRAL, "store/1", "note", "k"), Some(3));
    assert_eq!(world.heads(SITE, "store/1"), world.heads(CENTRAL, "store/1"));
    assert!(world.both_in_sync(SITE, CENTRAL));
}

/// What both continue is then no head any more, at either of them.
#[test]
fn changes_of_both_sides_that_continue_the_same_are_put_together() {
    let mut world = World::with_sites(1);
    world.edit(SITE, "store/1", "note", "k", 1);
    world.settle();
    world.cut(SITE, CENTRAL);
    world.edit(SITE, "store/1", "note", "here", 2);
    world.edit(CENTRAL, "store/1", "note", "there", 3);
    world.flush_all();
    world.connect(SITE, CENTRAL);
    world.settle();
    assert_eq!(world.heads(SITE, "store/1"), world.heads(CENTRAL, "store/1"));
    assert_eq!((world.peer(CENTRAL, SITE).unbuilt, world.peer(SITE, CENTRAL).unbuilt), (0, 0));
    assert!(world.wire.iter().all(|seen| seen.kind != "BUCKETS"), "nothing had to be compared");
}

/// A document that was edited many times goes as a whole where that is shorter, and only from someone who may.
#[test]
fn a_long_history_goes_as_one_piece() {
    let mut world = World::with_sites(1);
    world.cut(SITE, CENTRAL);
    for value in 0..200 {
        world.edit(SITE, "store/1", "note", "k", value);
    }
    world.flush_all();
    world.wire.clear();
    world.connect(SITE, CENTRAL);
    world.settle();
    let deltas = world.wire.iter().filter(|seen| seen.from == SITE && seen.kind == "DELTA");
    let bytes: usize = deltas.map(|seen| seen.bytes).sum();
    assert!(bytes < 200 * 12, "{bytes} bytes for 200 edits");
    assert_eq!(world.value(CENTRAL, "store/1", "note", "k"), Some(199));
    assert!(world.both_in_sync(SITE, CENTRAL));
}

#[test]
fn a_position_in_another_history_of_the_log_is_not_trusted() {
    let mut world = World::with_sites(1);
    let image = world.image(CENTRAL);
    for note in 0..10 {
        world.edit(CENTRAL, "store/1", &note.to_string(), "k", note);
    }
    world.settle();
    // Central is restored, and writes on: its log reaches the same positions with other things.
    world.restore(CENTRAL, &image);
    for note in 10..30 {
        world.edit(CENTRAL, "store/1", &note.to_string(), "k", note);
    }
    world.connect(SITE, CENTRAL);
    world.settle();
    for note in 10..30 {
        assert_eq!(world.value(SITE, "store/1", &note.to_string(), "k"), Some(note));
    }
}

#[test]
fn a_change_that_is_refused_is_shown_on_both_sides_and_does_not_block_the_rest() {
    let mut world = World::new();
    let central = world.add(true);
    let site = world.add_with(false, false);
    world.grant(central, site, "store/1");
    world.connect(site, central);
    world.settle();
    world.edit(site, "store/1", "bad", "bad", 1);
    world.edit(site, "store/1", "good", "k", 1);
    world.edit(site, REF, "forged", "k", 1);
    world.settle();
    assert_eq!(world.value(central, "store/1", "good", "k"), Some(1));
    assert_eq!(world.value(central, "store/1", "bad", "bad"), None);
    assert_eq!(world.value(central, REF, "forged", "k"), None);
    let (here, there) = (world.peer(central, site), world.peer(site, central));
    assert!(here.refused_here >= 2 && there.refused_there >= 2);
    assert_eq!((here.in_sync, there.in_sync), (false, false), "they differ, and say so");
    assert_eq!((here.scopes_differing, there.scopes_differing), (2, 2));
    assert!(
        there.last_error.is_some_and(|error| [code::CHANGE_REFUSED, code::DIFFERENT].contains(&&*error.code))
    );
    let refused =
        world.events(site).into_iter().any(|event| matches!(event, Event::Refused(refused) if !refused.here));
    assert!(refused, "those who watch are told");
    // What continues a refused change is put together all the same, and waits.
    world.edit(site, "store/1", "bad", "k", 2);
    world.settle();
    let here = world.peer(central, site);
    assert!(here.unbuilt == 0 && here.parked > 0, "{} unbuilt, {} parked", here.unbuilt, here.parked);
    // The difference has been looked into: later work does not look into it again.
    let from = world.wire.len();
    world.edit(site, "store/1", "good", "k", 2);
    world.settle();
    assert_eq!(world.kinds_since(from), ["DELTA", "ACK", "CHECKED"]);
    world.cut(site, central);
    world.connect(site, central);
    let from = world.wire.len();
    world.settle();
    assert_eq!(world.documents_since(from), 0);
    assert!(!world.kinds_since(from).contains(&"BUCKETS"));
}

#[test]
fn a_scope_that_is_granted_later_joins_the_conversation() {
    let mut world = World::with_sites(2);
    world.edit(CENTRAL, "store/1", "n", "k", 1);
    world.settle();
    assert_eq!(world.value(OTHER, "store/1", "n", "k"), None);
    world.grant(CENTRAL, OTHER, "store/1");
    world.settle();
    assert_eq!(world.value(OTHER, "store/1", "n", "k"), Some(1));
    assert!(world.both_in_sync(CENTRAL, OTHER));
}

#[test]
fn a_scope_that_is_withdrawn_is_given_no_more_and_said_so() {
    let mut world = World::with_sites(1);
    world.edit(SITE, "store/1", "n", "k", 1);
    world.settle();
    world.revoke(CENTRAL, SITE, "store/1");
    world.settle();
    world.edit(CENTRAL, "store/1", "n", "secret", 1);
    world.edit(SITE, "store/1", "n", "late", 2);
    world.settle();
    assert_eq!(world.value(SITE, "store/1", "n", "secret"), None);
    assert_eq!(world.value(CENTRAL, "store/1", "n", "late"), Some(2), "what it still has to say is heard");
    assert_eq!(world.peer(SITE, CENTRAL).scopes_withheld, 1);
    world.cut(SITE, CENTRAL);
    world.connect(SITE, CENTRAL);
    world.settle();
    assert_eq!(world.value(SITE, "store/1", "n", "secret"), None);
}

#[test]
fn a_new_connection_of_a_device_replaces_the_older() {
    let mut world = World::with_sites(1);
    world.connect(SITE, CENTRAL);
    world.settle();
    assert!(world.closed.iter().any(|(_, code)| code == code::REPLACED));
    assert_eq!(world.peer(CENTRAL, SITE).link, LinkState::Quiet);
    world.edit(SITE, "store/1", "n", "k", 1);
    world.settle();
    assert_eq!(world.value(CENTRAL, "store/1", "n", "k"), Some(1));
}

#[test]
fn many_documents_go_in_bounded_frames_and_a_cut_in_between_costs_little() {
    let mut world = World::with_sites(1);
    world.cut(SITE, CENTRAL);
    for note in 0..3_000 {
        world.edit(SITE, "store/1", &note.to_string(), "k", note);
    }
    let from = world.wire.len();
    world.bytes_per_milli = 300;
    world.connect(SITE, CENTRAL);
    world.run_for(Duration::from_millis(150));
    world.cut(SITE, CENTRAL);
    world.settle();
    let arrived = world.heads(CENTRAL, "store/1").len();
    assert!(arrived > 100 && arrived < 2_500, "{arrived} arrived before the cut");
    let second = world.wire.len();
    world.connect(SITE, CENTRAL);
    world.settle();
    assert_eq!(world.heads(CENTRAL, "store/1"), world.heads(SITE, "store/1"));
    assert!(world.both_in_sync(SITE, CENTRAL));
    assert!(world.wire[from..].iter().all(|seen| seen.bytes < 96 << 10));
    let sent = world.documents_since(second);
    // The push with HELLO begins at the last acknowledgement heard; all else where the other side really is.
    assert!(sent <= 3_000 - arrived + 100, "progress was kept: {sent} sent after {arrived}");
}

#[test]
fn the_dialling_side_sends_two_kilobytes_before_it_has_heard_anything() {
    let mut world = World::with_sites(1);
    for note in 0..50 {
        world.edit(CENTRAL, &format!("store/{note}"), "n", "k", note);
        world.grant(CENTRAL, SITE, &format!("store/{note}"));
    }
    world.settle();
    world.cut(SITE, CENTRAL);
    for note in 0..300 {
        world.edit(SITE, "shared", &note.to_string(), "k", note);
    }
    world.settle();
    let from = world.wire.len();
    world.connect(SITE, CENTRAL);
    world.flush_all();
    let early: Vec<_> = world.wire[from..].iter().filter(|seen| seen.from == SITE).collect();
    let bytes: usize = early.iter().map(|seen| seen.bytes).sum();
    assert!(bytes <= 2_048, "{bytes} bytes");
    assert_eq!(early[0].kind, "HELLO");
    world.settle();
    assert_eq!(world.heads(CENTRAL, "shared").len(), 300);
    assert!(world.both_in_sync(SITE, CENTRAL));
}

#[test]
fn little_work_is_pushed_with_hello_and_acknowledged_in_one_round_trip() {
    let mut world = World::with_sites(1);
    world.edit(SITE, "store/1", "n", "k", 1);
    world.settle();
    world.cut(SITE, CENTRAL);
    world.edit(SITE, "store/1", "n", "k", 2);
    world.settle();
    let from = world.wire.len();
    world.connect(SITE, CENTRAL);
    world.run_for(Duration::from_millis(15));
    assert_eq!(world.value(CENTRAL, "store/1", "n", "k"), Some(2));
    world.settle();
    assert_eq!(world.documents_since(from), 1, "and not twice");
    assert!(world.both_in_sync(SITE, CENTRAL));
}

#[test]
fn a_silent_peer_is_given_up_and_a_quiet_one_is_not() {
    let mut world = World::with_sites(1);
    world.run_for(Duration::from_secs(600));
    assert!(world.peer(SITE, CENTRAL).in_sync, "PINGs keep a quiet connection");
    let mut world = World::new();
    let (central, site) = (world.add(true), world.add(false));
    let now = world.now();
    let peer = crate::Peer { device: world.device(site), central: false, name: None };
    world.node(central).handle_connected(now, crate::ConnectionId(99), peer, crate::Side::Accepted);
    world.run_for(Duration::from_secs(600));
    assert_eq!(world.peer(central, site).link, LinkState::Offline);
    let error = world.peer(central, site).last_error.expect("a reason");
    assert!([code::HELLO_TIMEOUT, code::IDLE_TIMEOUT].contains(&&*error.code));
    assert!(!error.next_step.is_empty());
}

#[test]
fn a_device_does_not_talk_to_itself() {
    let mut world = World::with_sites(1);
    let now = world.now();
    let peer = crate::Peer { device: world.device(SITE), central: false, name: None };
    world.node(SITE).handle_connected(now, crate::ConnectionId(99), peer, crate::Side::Dialed);
    world.settle();
    assert!(world.closed.contains(&(SITE, code::SELF_CONNECTION.to_owned())));
}

#[test]
fn what_is_known_of_a_peer_survives_a_restart() {
    let mut world = World::with_sites(1);
    world.run_for(Duration::from_secs(10));
    world.cut(SITE, CENTRAL);
    world.run_for(Duration::from_secs(10));
    world.crash(SITE);
    world.edit(SITE, "store/1", "n", "k", 1);
    world.settle();
    let peer = world.peer(SITE, CENTRAL);
    assert_eq!(peer.name.as_deref(), Some("node 0"));
    assert!(peer.central && peer.last_contact.is_some() && peer.proven_at.is_some());
    assert_eq!(peer.to_send, Some(1));
}

#[test]
fn two_sites_on_a_hotspot_merge_without_the_centre() {
    let mut world = World::with_sites(2);
    world.cut(SITE, CENTRAL);
    world.cut(OTHER, CENTRAL);
    world.edit(SITE, "shared", "n", "site", 1);
    world.connect(SITE, OTHER);
    world.settle();
    assert_eq!(world.value(OTHER, "shared", "n", "site"), Some(1));
    assert_eq!(world.value(OTHER, "store/1", "n", "site"), None);
}

#[test]
fn a_new_site_is_given_its_documents_once_and_sends_none_back() {
    let mut world = World::new();
    let (central, site) = (world.add(true), world.add(false));
    world.grant(central, site, "store/1");
    for note in 0..200 {
        for edit in 0..3 {
            world.edit(central, "store/1", &note.to_string(), &format!("k{edit}"), note);
            world.flush_all();
        }
    }
    world.connect(site, central);
    world.settle();
    assert_eq!(world.heads(site, "store/1").len(), 200);
    assert!(world.both_in_sync(site, central));
    assert!(world.wire.iter().all(|seen| seen.from == central || seen.documents == 0));
    assert_eq!(world.documents_since(0), 201);
}

#[test]
fn two_full_sides_without_a_common_past_compare_by_buckets_and_send_only_what_differs() {
    let mut world = World::with_sites(1);
    for note in 0..2_000 {
        world.edit(CENTRAL, "store/1", &note.to_string(), "k", note);
    }
    world.settle();
    world.run_for(Duration::from_secs(5));
    let image = world.image(SITE);
    for note in 0..40 {
        world.edit(CENTRAL, "store/1", &format!("new {note}"), "k", note);
    }
    world.settle();
    world.restore(SITE, &image);
    for note in 0..40 {
        world.edit(SITE, "store/1", &format!("own {note}"), "k", note);
    }
    let from = world.wire.len();
    // Both sides forget how far they were: another life of the site's database, and of central's.
    let central = world.image(CENTRAL);
    world.restore(CENTRAL, &central);
    world.connect(SITE, CENTRAL);
    world.run_for(Duration::from_secs(5));
    assert!(world.both_in_sync(SITE, CENTRAL));
    assert_eq!(world.heads(SITE, "store/1").len(), 2_080);
    assert!(world.kinds_since(from).contains(&"BUCKETS"));
    assert!(world.documents_since(from) < 200, "{}", world.documents_since(from));
    let lists = world.kinds_since(from).iter().filter(|kind| **kind == "LIST").count();
    assert!(lists >= 2, "more than one list holds");
}

#[test]
fn a_document_changed_twice_is_whole_after_a_cut_between_its_two_positions() {
    // Its first change lies below the cut, its row above: whoever asks for what came after the cut must get both.
    let mut world = World::with_sites(1);
    world.edit(CENTRAL, "store/1", "twice", "k0", 0);
    world.settle();
    world.cut(SITE, CENTRAL);
    world.edit(CENTRAL, "store/1", "twice", "k1", 1);
    world.flush_all();
    for note in 0..1_500 {
        world.edit(CENTRAL, "store/1", &note.to_string(), "k", note);
    }
    world.flush_all();
    world.edit(CENTRAL, "store/1", "twice", "k2", 2);
    world.bytes_per_milli = 100;
    world.connect(SITE, CENTRAL);
    world.run_for(Duration::from_millis(150));
    world.cut(SITE, CENTRAL);
    world.settle();
    let arrived = world.heads(SITE, "store/1").len();
    assert!(arrived > 100 && arrived < 1_500, "{arrived} arrived before the cut");
    let from = world.wire.len();
    world.connect(SITE, CENTRAL);
    world.run_for(Duration::from_secs(5));
    assert_eq!(world.value(SITE, "store/1", "twice", "k1"), Some(1));
    assert_eq!(world.value(SITE, "store/1", "twice", "k2"), Some(2));
    assert_eq!(world.peer(SITE, CENTRAL).parked, 0);
    assert!(!world.kinds_since(from).contains(&"BUCKETS"), "without a comparison");
}

#[test]
fn a_colleague_carries_what_a_third_wrote_to_one_who_never_meets_the_author() {
    let mut world = World::with_sites(3);
    (1..=3).for_each(|site| world.cut(site, CENTRAL));
    world.edit(1, "shared", "n", "k", 7);
    world.edit(1, "store/1", "private", "k", 8);
    world.connect(1, 2);
    world.settle();
    assert_eq!(world.value(2, "shared", "n", "k"), Some(7));
    world.cut(1, 2);
    world.connect(2, 3);
    world.settle();
    assert_eq!(world.value(3, "shared", "n", "k"), Some(7), "from a device that did not write it");
    assert!(world.both_in_sync(2, 3));
    assert_eq!((world.peer(3, 2).refused_here, world.peer(3, 2).seals_in), (0, 1));
    world.connect(3, CENTRAL);
    world.settle();
    assert_eq!(world.value(CENTRAL, "shared", "n", "k"), Some(7), "and from there to central");
    assert_eq!(
        world.value(CENTRAL, "store/1", "private", "k"),
        None,
        "which nobody else was entitled to carry"
    );
    assert_eq!(world.peer(CENTRAL, 3).refused_here, 0);
}

#[test]
fn what_two_devices_wrote_on_each_other_travels_as_one_document() {
    let mut world = World::with_sites(3);
    (1..=3).for_each(|site| world.cut(site, CENTRAL));
    for turn in 0..3 {
        world.edit(1, "shared", "n", &format!("a{turn}"), turn);
        world.connect(1, 2);
        world.settle();
        world.edit(2, "shared", "n", &format!("b{turn}"), turn);
        world.settle();
        world.cut(1, 2);
    }
    world.connect(2, 3);
    world.settle();
    let heads = world.heads(2, "shared");
    assert_eq!(world.heads(3, "shared"), heads);
    world.connect(3, CENTRAL);
    world.settle();
    assert_eq!(world.heads(CENTRAL, "shared"), heads);
    assert_eq!(world.peer(CENTRAL, 3).refused_here, 0);
}

#[test]
fn reference_data_reaches_a_site_through_another_site() {
    let mut world = World::with_sites(2);
    world.cut(2, CENTRAL);
    world.grant(CENTRAL, 2, "store/1");
    world.edit(1, "store/1", "n", "k", 1);
    world.settle();
    world.cut(1, CENTRAL);
    world.connect(1, 2);
    world.settle();
    assert_eq!(world.heads(2, REF), world.heads(1, REF), "what central wrote, from a site");
    assert_eq!(world.value(2, "store/1", "n", "k"), Some(1), "and what it entitles to");
    assert_eq!((world.peer(2, 1).refused_here, world.peer(1, 2).refused_here), (0, 0));
}

#[test]
fn a_relay_lends_nobody_its_rights() {
    let mut world = World::new();
    let central = world.add(true);
    // A device of a program that lets it write what only central may, and an honest colleague of the same kind.
    let forger = world.add_with(false, false);
    let naive = world.add_with(false, false);
    let strict = world.add(false);
    for site in [forger, naive, strict] {
        world.grant(central, site, "shared");
        world.connect(site, central);
    }
    world.settle();
    [forger, naive, strict].into_iter().for_each(|site| world.cut(site, central));
    world.edit(forger, REF, "forged", "k", 1);
    world.connect(forger, naive);
    world.settle();
    assert_eq!(world.value(naive, REF, "forged", "k"), Some(1), "the naive one believes it");
    world.connect(naive, strict);
    world.connect(naive, central);
    world.settle();
    assert_eq!(world.value(strict, REF, "forged", "k"), None);
    assert_eq!(
        world.value(central, REF, "forged", "k"),
        None,
        "its author has no right to it, whoever brings it"
    );
}

#[test]
fn seals_that_a_restored_site_could_not_read_in_a_greeting_are_told_again() {
    let mut world = World::with_sites(2);
    world.cut(2, CENTRAL);
    world.connect(1, 2);
    world.settle();
    let backup = world.image(2);
    world.edit(CENTRAL, REF, "n", "k1", 1);
    world.settle();
    assert_eq!(world.value(2, REF, "n", "k1"), Some(1), "through its neighbour");
    world.restore(2, &backup);
    // It goes with HELLO, and continues what was lost.
    world.edit(CENTRAL, REF, "n", "k2", 2);
    world.settle();
    world.connect(1, 2);
    world.settle();
    assert_eq!(world.value(2, REF, "n", "k1"), Some(1));
    assert_eq!(world.value(2, REF, "n", "k2"), Some(2));
    assert_eq!(world.peer(2, 1).refused_here, 0);
    assert!(world.peer(2, 1).unbuilt > 0, "this story is about nothing");
    assert!(world.both_in_sync(1, 2));
}

#[test]
fn a_central_restored_from_a_backup_is_refilled_with_what_it_had_written_itself() {
    let mut world = World::with_sites(2);
    let backup = world.image(CENTRAL);
    world.edit(CENTRAL, REF, "item", "k", 5);
    world.edit(1, "shared", "n", "k", 6);
    world.settle();
    assert_eq!(world.value(2, REF, "item", "k"), Some(5));
    world.restore(CENTRAL, &backup);
    assert_eq!(world.value(CENTRAL, REF, "item", "k"), None);
    (1..=2).for_each(|site| {
        world.connect(site, CENTRAL);
    });
    world.settle();
    assert_eq!(world.value(CENTRAL, REF, "item", "k"), Some(5), "by its own seal, from a site");
    assert_eq!(world.value(CENTRAL, "shared", "n", "k"), Some(6));
    for site in 1..=2 {
        assert!(world.both_in_sync(site, CENTRAL), "site {site}");
        assert_eq!(world.peer(CENTRAL, site).refused_here, 0);
    }
}

#[test]
fn a_node_that_stops_tells_each_peer_another_moment_to_come_back() {
    let mut world = World::with_sites(3);
    let now = world.now();
    let node = world.node(CENTRAL);
    node.stop(now);
    let mut told: Vec<u64> = Vec::new();
    while let Some(transmit) = node.poll_transmit() {
        if let Transmit::Frame { bytes, .. } = transmit {
            let frame = decode(&bytes).expect("a node sends frames");
            told.extend(frame.retry_after_millis());
        }
    }
    assert_eq!(told, [1_000, 1_010, 1_020]);
}

#[test]
fn what_is_urgent_overtakes_a_long_backlog() {
    let mut world = World::with_sites(1);
    world.edit(CENTRAL, "store/1", "known", "k", 0);
    world.settle();
    world.bytes_per_milli = 2;
    world.cut(SITE, CENTRAL);
    for note in 0..4_000 {
        world.edit(CENTRAL, "store/1", &format!("bulk {note}"), "k", note);
    }
    // One urgent document in the backlog, made last, and one that is made while it is being sent.
    world.edit_urgent(CENTRAL, "store/1", "before", 1);
    world.flush_all();
    world.connect(SITE, CENTRAL);
    world.run_for(Duration::from_millis(4_000));
    world.edit_urgent(CENTRAL, "store/1", "meanwhile", 2);
    world.run_for(Duration::from_secs(20));
    for (note, value) in [("before", 1), ("meanwhile", 2)] {
        assert_eq!(world.value(SITE, "store/1", note, "k"), Some(value), "{note}");
    }
    let arrived = world.heads(SITE, "store/1").len();
    assert!(arrived < 2_500, "{arrived} of 4,003 documents have arrived");
    world.run_for(Duration::from_secs(120));
    assert_eq!(world.heads(SITE, "store/1"), world.heads(CENTRAL, "store/1"));
    assert!(world.both_in_sync(SITE, CENTRAL));
    assert_eq!(world.peer(SITE, CENTRAL).documents_in as usize, 4_003 + 2, "each came once, and two grants");
}

#[test]
fn a_scope_that_begins_while_both_sides_greet_joins_the_conversation() {
    for later in 0..4 {
        let mut world = World::with_sites(1);
        world.cut(SITE, CENTRAL);
        world.connect(SITE, CENTRAL);
        world.run_for(Duration::from_millis(later * 7));
        world.edit(SITE, "store/1", "first", "k", 1);
        world.settle();
        assert_eq!(world.value(CENTRAL, "store/1", "first", "k"), Some(1), "{} ms later", later * 7);
    }
}

#[test]
fn what_was_written_on_something_unproven_does_not_hold_back_the_rest() {
    // X has a document from central as a snapshot, which it cannot prove to anybody, and writes on it and on its own.
    let mut world = World::with_sites(2);
    let new = world.add(false);
    for name in ["shared", "store/1"] {
        world.grant(CENTRAL, new, name);
    }
    world.settle();
    world.cut(2, CENTRAL);
    for value in 0..40 {
        world.edit(CENTRAL, "shared", "central's", &format!("k{value}"), value);
    }
    world.settle();
    world.connect(new, CENTRAL);
    world.settle();
    world.cut(new, CENTRAL);
    world.edit(new, "shared", "central's", "mine", 1);
    world.edit(new, "shared", "my own", "k", 2);
    world.connect(new, 2);
    world.settle();
    assert_eq!(world.value(2, "shared", "central's", "k1"), None, "it cannot be proven here");
    assert_eq!(world.value(2, "shared", "my own", "k"), Some(2), "its author brings it in person");
}

#[test]
fn who_has_nothing_to_say_and_waits_for_what_is_under_way_has_not_settled() {
    let mut world = World::with_sites(1);
    world.edit(CENTRAL, "store/1", "known", "k", 1);
    world.settle();
    assert!(world.peer(SITE, CENTRAL).settled);
    world.cut(SITE, CENTRAL);
    for note in 0..200 {
        world.edit(CENTRAL, "store/1", &format!("n{note}"), "k", note);
    }
    world.bytes_per_milli = 1;
    world.connect(SITE, CENTRAL);
    // The greeting is over, and central's news is on its way for some seconds.
    world.run_for(Duration::from_secs(2));
    let peer = world.peer(SITE, CENTRAL);
    assert_eq!(
        (peer.link, peer.to_send, peer.to_receive),
        (LinkState::Quiet, Some(0), Some(0)),
        "it knows no better"
    );
    assert!(!peer.settled, "a visit must not end now");
    world.run_for(Duration::from_secs(60));
    assert!(world.peer(SITE, CENTRAL).settled);
    assert_eq!(world.value(SITE, "store/1", "n199", "k"), Some(199));
}

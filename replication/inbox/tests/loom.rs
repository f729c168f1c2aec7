//! Every interleaving of the inbox and the hand-over, run through by loom: what is told wrong here would be a node that
//! sleeps on work, or a caller who is told «done» before it is durable, once a year.
//!
//! `cargo test -p tributary-inbox --features loom`

#![cfg(feature = "loom")]

use loom::future::block_on;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, Ordering};
use loom::thread;
use tributary_inbox::{Answer, PushError, Stopped, answer, inbox};

#[test]
fn no_push_is_slept_through() {
    loom::model(|| {
        let (producer, inbox) = inbox(4);
        let other = producer.clone();
        let first = thread::spawn(move || producer.try_push(1).unwrap());
        let second = thread::spawn(move || other.try_push(2).unwrap());
        let mut taken = Vec::new();
        while taken.len() < 2 {
            taken.extend(inbox.drain(None));
        }
        taken.sort_unstable();
        assert_eq!(taken, [1, 2]);
        first.join().unwrap();
        second.join().unwrap();
    });
}

#[test]
fn no_nudge_is_slept_through() {
    loom::model(|| {
        let (producer, inbox) = inbox::<u32>(1);
        let nudger = thread::spawn(move || producer.nudge());
        assert!(inbox.drain(None).is_empty());
        nudger.join().unwrap();
    });
}

#[test]
fn whoever_waits_for_space_gets_it_and_the_bound_holds() {
    loom::model(|| {
        let (producer, inbox) = inbox(1);
        producer.try_push(0).unwrap();
        let pusher = thread::spawn(move || {
            let mut item = 1;
            loop {
                match producer.try_push(item) {
                    Ok(()) => break,
                    Err(PushError::Full(back)) => item = back,
                    Err(PushError::Closed(_)) => unreachable!("nobody closes"),
                }
                block_on(producer.space());
            }
        });
        let mut taken = Vec::new();
        while taken.len() < 2 {
            let batch = inbox.drain(None);
            assert!(batch.len() <= 1, "more than the capacity");
            taken.extend(batch);
        }
        assert_eq!(taken, [0, 1]);
        pusher.join().unwrap();
    });
}

#[test]
fn nobody_is_answered_before_the_commit() {
    loom::model(|| {
        let (producer, inbox) = inbox::<Answer<()>>(2);
        let committed = Arc::new(AtomicBool::new(false));
        let seen = committed.clone();
        let caller = thread::spawn(move || {
            let (slot, pending) = answer();
            producer.try_push(slot).ok().unwrap();
            pending.wait().unwrap();
            assert!(seen.load(Ordering::Relaxed), "answered before the commit");
        });
        let batch = inbox.drain(None);
        committed.store(true, Ordering::Relaxed);
        batch.into_iter().for_each(|slot| slot.fulfil(()));
        caller.join().unwrap();
    });
}

#[test]
fn a_future_is_woken_by_its_answer() {
    loom::model(|| {
        let (slot, pending) = answer();
        let worker = thread::spawn(move || slot.fulfil(7));
        assert_eq!(block_on(pending), Ok(7));
        worker.join().unwrap();
    });
}

#[test]
fn a_closed_inbox_leaves_nobody_waiting() {
    loom::model(|| {
        let (producer, inbox) = inbox::<Answer<u32>>(1);
        let caller = {
            let producer = producer.clone();
            thread::spawn(move || {
                let (slot, pending) = answer();
                match producer.try_push(slot) {
                    Ok(()) => pending.wait(),
                    Err(PushError::Full(slot) | PushError::Closed(slot)) => {
                        drop(slot);
                        pending.wait()
                    }
                }
            })
        };
        producer.close();
        inbox.drain(None).into_iter().for_each(|slot| slot.fulfil(1));
        drop(inbox);
        assert!(matches!(caller.join().unwrap(), Ok(1) | Err(Stopped)));
    });
}

#[test]
fn an_inbox_dropped_full_tells_those_in_it_and_those_before_it() {
    loom::model(|| {
        let (producer, inbox) = inbox::<Answer<u32>>(1);
        let (slot, inside) = answer();
        producer.try_push(slot).ok().unwrap();
        let outside = thread::spawn(move || {
            block_on(producer.space());
            let (slot, pending) = answer();
            let turned_away = producer.try_push(slot).is_err();
            assert!(turned_away);
            assert_eq!(pending.wait(), Err(Stopped));
        });
        drop(inbox);
        assert_eq!(inside.wait(), Err(Stopped));
        outside.join().unwrap();
    });
}

//! The inbox and the hand-over on the standard library's primitives: the same laws as in `loom.rs`, on real threads.

#![cfg(not(feature = "loom"))]

use std::thread;
use std::time::Duration;

use tributary_inbox::{PushError, Stopped, answer, inbox};

#[test]
fn items_come_out_in_the_order_of_each_producer() {
    let (producer, inbox) = inbox(8);
    let pushers: Vec<_> = (0..4u32)
        .map(|pusher| {
            let producer = producer.clone();
            thread::spawn(move || {
                for number in 0..500u32 {
                    let mut item = (pusher, number);
                    while let Err(PushError::Full(back)) = producer.try_push(item) {
                        item = back;
                        thread::yield_now();
                    }
                }
            })
        })
        .collect();
    let mut next = [0; 4];
    while next.iter().sum::<u32>() < 2_000 {
        let batch = inbox.drain(None);
        assert!(batch.len() <= 8);
        for (pusher, number) in batch {
            assert_eq!(next[pusher as usize], number);
            next[pusher as usize] += 1;
        }
    }
    pushers.into_iter().for_each(|pusher| pusher.join().unwrap());
}

#[test]
fn a_full_inbox_gives_the_item_back() {
    let (producer, inbox) = inbox(1);
    assert_eq!(producer.try_push(1), Ok(()));
    assert_eq!(producer.try_push(2), Err(PushError::Full(2)));
    assert_eq!(inbox.drain(Some(Duration::ZERO)), [1]);
    assert_eq!(producer.try_push(2), Ok(()));
}

#[test]
fn a_closed_inbox_is_drained_once_more() {
    let (producer, inbox) = inbox(2);
    producer.try_push(1).unwrap();
    inbox.close();
    assert_eq!(producer.try_push(2), Err(PushError::Closed(2)));
    assert_eq!(inbox.drain(None), [1]);
    assert_eq!(inbox.drain(None), Vec::<i32>::new());
}

#[test]
fn patience_ends() {
    let (_producer, inbox) = inbox::<u32>(1);
    assert!(inbox.drain(Some(Duration::from_millis(1))).is_empty());
}

#[test]
fn an_answer_that_is_dropped_says_stopped() {
    let (slot, pending) = answer::<u32>();
    drop(slot);
    assert_eq!(pending.wait(), Err(Stopped));
}

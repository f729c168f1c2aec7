//! A node from its start to its end, and over the failures of its database.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::task::Poll;
use std::time::Duration;

use crdt_store::{Author, Failure, OpenError, StoreError};

use super::country::{Authority, LONG, Place, dialing, in_memory, on_disk, options};
use crate::shell::{ExecuteError, Health, Recovery, Reopen, start};

/// A command that fails as a full disk does.
async fn fill_the_disk(place: &Place) -> Result<(), ExecuteError> {
    place.0.execute::<()>(None, Author::default(), |_| Err(Failure::Store(StoreError::DiskFull))).await
}

fn alone(open: Reopen) -> crate::shell::StartOptions {
    options(open, None)
}

async fn until_health(place: &Place, wanted: impl Fn(&Health) -> bool) -> Health {
    let mut health = place.0.health_changes();
    tokio::time::timeout(LONG, health.wait_for(wanted)).await.expect("in time").expect("a node").clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_database_is_opened_anew_with_all_that_was_acknowledged() {
    let directory = tempfile::tempdir().expect("a directory");
    let authority = Authority::new();
    let central = Place::central(&authority).await;
    let identity = authority.device();
    let open = on_disk(&directory.path().join("node.redb"), identity.device(), false);
    let site = Place::start(options(open, Some(dialing(identity, central.address())))).await;
    site.has_met().await;
    site.write("before").await.expect("written");
    central.sees(&["before"]).await;

    let error = fill_the_disk(&site).await.expect_err("failed");
    assert_eq!(error.code(), "disk-full");
    until_health(&site, |health| *health == Health::Running).await;
    while let Err(error) = site.write("after").await {
        assert!(matches!(error, ExecuteError::Store { code: "disk-full", .. }), "{error}");
        tokio::task::yield_now().await;
    }
    assert_eq!(site.notes(), ["after", "before"]);
    site.0.sync_now();
    central.sees(&["after", "before"]).await;
    site.0.shutdown().await;
    central.0.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_with_a_fault_is_answered_and_costs_nobody_else_anything() {
    let directory = tempfile::tempdir().expect("a directory");
    let device = Authority::new().device().device();
    let place = Place::start(alone(on_disk(&directory.path().join("node.redb"), device, false))).await;
    place.write("before").await.expect("written");
    let faulty = place.0.execute::<()>(None, Author::default(), |_| panic!("a fault, for a test")).await;
    assert_eq!(faulty.expect_err("failed").code(), "internal-error");
    until_health(&place, |health| *health == Health::Running).await;
    while place.write("after").await.is_err() {
        tokio::task::yield_now().await;
    }
    assert_eq!(place.notes(), ["after", "before"]);
    place.0.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_cannot_be_opened_again_stops_the_node_and_says_why() {
    let device = Authority::new().device().device();
    let opened = Arc::new(AtomicU32::new(0));
    let mut first = in_memory(device, false);
    let counted = opened.clone();
    let open: Reopen = Box::new(move || match counted.fetch_add(1, Ordering::SeqCst) {
        0 => first(),
        _ => Err(OpenError::Store(StoreError::DiskFull)),
    });
    let pause = Duration::from_millis(1);
    let recovery = Recovery { pause_min: pause, pause_max: pause, attempts_max: 3 };
    let place = Place::start(crate::shell::StartOptions { recovery, ..alone(open) }).await;
    fill_the_disk(&place).await.expect_err("failed");
    let reason = tokio::time::timeout(LONG, place.0.stopped()).await.expect("stopped").expect("a reason");
    assert!(reason.contains("the disk is full"), "{reason}");
    assert_eq!(opened.load(Ordering::SeqCst), 4);
    assert_eq!(place.write("too late").await.expect_err("stopped").code(), "stopped");
    let read = place.0.reader().snapshot().and_then(|snapshot| snapshot.scopes());
    assert_eq!(read.expect_err("closed").code(), "storage-failed");
    place.0.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_recovers_can_be_stopped() {
    let device = Authority::new().device().device();
    let mut first = Some(in_memory(device, false));
    let open: Reopen = Box::new(move || match first.take() {
        Some(mut open) => open(),
        None => Err(OpenError::Store(StoreError::DiskFull)),
    });
    let pause = Duration::from_secs(3600);
    let recovery = Recovery { pause_min: pause, pause_max: pause, attempts_max: 3 };
    let place = Place::start(crate::shell::StartOptions { recovery, ..alone(open) }).await;
    fill_the_disk(&place).await.expect_err("failed");
    // While it waits to open the database anew, callers are answered.
    assert_eq!(place.write("meanwhile").await.expect_err("failed").code(), "disk-full");
    assert!(matches!(place.0.health(), Health::Recovering { code: "disk-full", .. }));
    tokio::time::timeout(LONG, place.0.clone().shutdown()).await.expect("stopped");
    assert_eq!(place.0.health(), Health::Stopped { failure: None });
}

#[tokio::test(flavor = "multi_thread")]
async fn shutdown_answers_everybody_and_closes_the_database() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("node.redb");
    let device = Authority::new().device().device();
    let place = Place::start(alone(on_disk(&path, device, false))).await;

    // The node is held in a command while others queue up behind it and the end is asked for.
    let (entered, is_entered) = mpsc::channel();
    let (leave, may_leave) = mpsc::channel::<()>();
    let holding = tokio::spawn({
        let node = place.0.clone();
        async move {
            node.execute(None, Author::default(), move |_| {
                entered.send(()).expect("listening");
                // Ends as well when the test has failed and let go.
                let _ = may_leave.recv();
                Ok(())
            })
            .await
        }
    });
    tokio::task::spawn_blocking(move || is_entered.recv().expect("entered")).await.expect("entered");
    let mut waiting = tokio::task::JoinSet::new();
    for number in 0..50 {
        let place = place.clone();
        waiting.spawn(async move { place.write(&format!("note {number:02}")).await });
    }
    // Each has run up to its first wait, or will find the inbox closed.
    tokio::task::yield_now().await;
    let ending = tokio::spawn(place.0.clone().shutdown());
    leave.send(()).expect("waiting");
    holding.await.expect("no panic").expect("carried out");
    let mut stored = 0;
    while let Some(answer) = waiting.join_next().await {
        match answer.expect("no panic") {
            Ok(_) => stored += 1,
            Err(error) => assert_eq!(error.code(), "stopped"),
        }
    }
    ending.await.expect("no panic");
    assert_eq!(place.write("too late").await.expect_err("stopped").code(), "stopped");

    // Other handles are still held, and the file is free all the same.
    let again = Place::start(alone(on_disk(&path, device, false))).await;
    assert_eq!(again.notes().len(), stored, "what was acknowledged is there, and nothing else");
    again.0.shutdown().await;
    drop(place);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_inbox_says_busy_and_loses_nothing() {
    let device = Authority::new().device().device();
    let place = Place::start(alone(in_memory(device, false))).await;
    let (entered, is_entered) = mpsc::channel();
    let (leave, may_leave) = mpsc::channel::<()>();
    let node = place.0.clone();
    let holding = tokio::spawn(async move {
        node.execute(None, Author::default(), move |_| {
            entered.send(()).expect("listening");
            let _ = may_leave.recv();
            Ok(())
        })
        .await
    });
    tokio::task::spawn_blocking(move || is_entered.recv().expect("entered")).await.expect("entered");
    let mut waiting = Vec::new();
    let mut busy = 0;
    for number in 0..crate::shell::driver::INBOX_ITEMS_MAX + 10 {
        let place = place.clone();
        let mut write = Box::pin(async move { place.write(&format!("{number}")).await });
        let polled = std::future::poll_fn(|context| Poll::Ready(write.as_mut().poll(context))).await;
        match polled {
            Poll::Pending => waiting.push(write),
            Poll::Ready(answer) => {
                assert_eq!(answer.expect_err("busy").code(), "busy");
                busy += 1;
            }
        }
    }
    assert_eq!(busy, 10);
    leave.send(()).expect("waiting");
    holding.await.expect("no panic").expect("carried out");
    let count = waiting.len();
    for write in waiting {
        write.await.expect("written");
    }
    assert_eq!(place.notes().len(), count);
    place.0.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_does_not_start_on_a_port_or_a_database_in_use() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("node.redb");
    let authority = Authority::new();
    let central = Place::central(&authority).await;
    let identity = authority.device();
    let mut network = dialing(identity.clone(), central.address());
    network.bind = central.address();
    let refused = start(options(in_memory(identity.device(), false), Some(network))).await;
    assert_eq!(refused.err().expect("refused").code(), "udp-port");

    let place = Place::start(alone(on_disk(&path, identity.device(), false))).await;
    let refused = start(alone(on_disk(&path, identity.device(), false))).await;
    assert_eq!(refused.err().expect("refused").code(), "database-locked");
    place.write("unharmed").await.expect("written");
    place.0.shutdown().await;
    central.0.shutdown().await;
}

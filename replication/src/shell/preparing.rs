//! Frames full of documents are prepared while the node's thread is busy with what came before them.
//!
//! ```text
//! connection --> few documents, or the node has nothing to do? ------------------> node
//!                no --> a thread is free? --> prepare, as long as the node is busy --^
//! ```
//!
//! A thread prepares a document in the time in which the node would bring it on by itself, so preparing pays while the
//! node has something else to do, and only then.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crdt_store::Reader;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinError;

use crate::frame::Frame;

/// Documents that may be prepared and not stored yet, over all connections, at about 8 KB each.
const DOCUMENTS_MAX: usize = 2_048;
/// Frames with fewer documents are not worth the way to another thread.
const DOCUMENTS_FROM: usize = 4;

/// What the node's thread and the tasks of connections tell each other about it.
pub(crate) struct Preparing {
    is_busy: AtomicBool,
    /// The node's thread has nothing to do: whoever waits for a thread hands over what there is.
    rest: Notify,
    /// One thread less than the processor has, as one is the node's.
    threads: Semaphore,
    memory: Arc<Semaphore>,
}

impl Preparing {
    pub(crate) fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self {
            is_busy: AtomicBool::new(false),
            rest: Notify::new(),
            threads: Semaphore::new(cores.saturating_sub(1).max(1)),
            memory: Arc::new(Semaphore::new(DOCUMENTS_MAX)),
        }
    }

    /// The node's thread has nothing to do.
    pub(crate) fn rests(&self) {
        self.is_busy.store(false, Ordering::Relaxed);
        self.rest.notify_one();
    }

    /// The node's thread has something to do.
    pub(crate) fn works(&self) {
        self.is_busy.store(true, Ordering::Relaxed);
    }

    fn is_busy(&self) -> bool {
        self.is_busy.load(Ordering::Relaxed)
    }

    /// Prepares what there is time for. The permit stands for the memory of it, until it is stored.
    pub(crate) async fn prepare(
        self: &Arc<Self>,
        mut frame: Frame,
        reader: impl FnOnce() -> Reader,
    ) -> Result<(Frame, Option<OwnedSemaphorePermit>), JoinError> {
        if frame.documents() < DOCUMENTS_FROM || !self.is_busy() {
            return Ok((frame, None));
        }
        let _thread = tokio::select! {
            biased;
            () = self.rest.notified() => return Ok((frame, None)),
            thread = self.threads.acquire() => thread.expect("the semaphore is never closed"),
        };
        let most = frame.documents().min(self.memory.available_permits());
        let permits = u32::try_from(most).unwrap_or(u32::MAX);
        let Ok(memory) = self.memory.clone().try_acquire_many_owned(permits) else {
            return Ok((frame, None));
        };
        let (preparing, reader) = (self.clone(), reader());
        let prepared = tokio::task::spawn_blocking(move || {
            let mut left = most;
            frame.prepare(&reader, || {
                let goes_on = left > 0 && preparing.is_busy();
                left = left.saturating_sub(1);
                goes_on
            });
            frame
        });
        Ok((prepared.await?, Some(memory)))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crdt_store::{Author, DeviceId, IncomingDocument, OpenOptions, Store, Timestamp, VerifiedChange};

    use super::*;
    use crate::frame::{Delta, Message};
    use crate::packing::Arrived;
    use crate::tests::schema::{TestSchema, scope};

    fn store(number: u8) -> Store {
        let options = OpenOptions::memory().device(DeviceId::from_bytes([number; 16])).seed([number; 32]);
        Store::open(options, Arc::new(TestSchema { strict: false })).unwrap()
    }

    /// A frame with so many new notes.
    fn frame(notes: usize) -> Frame {
        let mut author = store(1);
        let ids = author.execute(Timestamp::default(), &Author::default(), |txn| {
            let mut ids = Vec::new();
            for _ in 0..notes {
                let (id, text) = (txn.new_id(), |text: &str| text.to_owned());
                txn.create(id, [(text("class"), "note".into()), (text("scope"), "s".into())].into());
                ids.push(id);
            }
            Ok(ids)
        });
        let snapshot = author.reader().snapshot().unwrap();
        let documents = ids.unwrap().unwrap().into_iter().map(|id| {
            let changes = snapshot.outgoing(id, 0, None).unwrap().changes.into_iter();
            let changes = changes.map(|bytes| VerifiedChange::verify(bytes).unwrap()).collect();
            Arrived::Whole(IncomingDocument { id, snapshot: None, changes })
        });
        let delta = Delta { number: 1, scope: scope("s"), span: None, left: 0, documents: Box::default() };
        Frame { message: Message::Delta(delta), documents: documents.collect(), seals: Vec::new(), bytes: 0 }
    }

    fn prepared(frame: &Frame) -> usize {
        frame.documents.iter().filter(|document| matches!(document, Arrived::Prepared(_))).count()
    }

    #[tokio::test]
    async fn frames_are_prepared_while_the_node_is_busy_and_only_then() {
        let (preparing, reader) = (Arc::new(Preparing::new()), store(2).reader());
        let (idle, memory) = preparing.prepare(frame(50), || reader.clone()).await.unwrap();
        assert_eq!((idle.documents(), prepared(&idle), memory.is_some()), (50, 0, false));
        preparing.works();
        let (busy, memory) = preparing.prepare(frame(50), || reader.clone()).await.unwrap();
        assert_eq!((busy.documents(), prepared(&busy)), (50, 50));
        assert_eq!(preparing.memory.available_permits(), DOCUMENTS_MAX - 50);
        drop((busy, memory));
        assert_eq!(preparing.memory.available_permits(), DOCUMENTS_MAX);
        let (few, _) = preparing.prepare(frame(DOCUMENTS_FROM - 1), || reader.clone()).await.unwrap();
        assert_eq!(prepared(&few), 0);
    }

    #[tokio::test]
    async fn memory_bounds_what_is_prepared_and_holds_no_frame_up() {
        let (preparing, reader) = (Arc::new(Preparing::new()), store(2).reader());
        preparing.works();
        let held = preparing.memory.clone().acquire_many_owned(DOCUMENTS_MAX as u32 - 7).await.unwrap();
        let (frame, _memory) = preparing.prepare(frame(50), || reader.clone()).await.unwrap();
        assert_eq!((frame.documents(), prepared(&frame)), (50, 7));
        drop(held);
    }

    #[tokio::test]
    async fn who_waits_for_a_thread_goes_on_when_the_node_rests() {
        let (preparing, reader) = (Arc::new(Preparing::new()), store(2).reader());
        preparing.works();
        let threads = u32::try_from(preparing.threads.available_permits()).unwrap();
        let _all = preparing.threads.acquire_many(threads).await.unwrap();
        let waiting = preparing.prepare(frame(50), || reader.clone());
        let mut waiting = std::pin::pin!(waiting);
        let early = tokio::time::timeout(Duration::from_millis(20), &mut waiting).await;
        assert!(early.is_err(), "it waits");
        preparing.rests();
        let (frame, _) = waiting.await.unwrap();
        assert_eq!((frame.documents(), prepared(&frame)), (50, 0));
    }
}

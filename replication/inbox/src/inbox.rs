//! A bounded queue with many producers and one consumer that takes everything there is.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::sync::{Arc, Condvar, Mutex, lock, wait};

/// Why an item was not taken; the item comes back.
#[derive(Debug, PartialEq, Eq)]
pub enum PushError<T> {
    /// The inbox holds as many items as it may; wait for [`Producer::space`], or turn the caller away.
    Full(T),
    /// The consumer has stopped.
    Closed(T),
}

struct Queue<T> {
    items: VecDeque<T>,
    capacity: usize,
    closed: bool,
    /// Someone wants the consumer to look at the world, without an item.
    nudged: bool,
    /// Who waits for space. Each drain wakes all of them; who finds the inbox full again waits again.
    waiting: Vec<Waker>,
}

struct Shared<T> {
    queue: Mutex<Queue<T>>,
    filled: Condvar,
}

/// The side that puts items in; cloned freely.
pub struct Producer<T>(Arc<Shared<T>>);

impl<T> Clone for Producer<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

/// The side that takes them out: there is one. Dropping it closes the inbox and drops what is in it.
pub struct Inbox<T>(Arc<Shared<T>>);

/// An inbox for at most `capacity` items, at least one.
pub fn inbox<T>(capacity: usize) -> (Producer<T>, Inbox<T>) {
    let queue = Queue {
        items: VecDeque::new(),
        capacity: capacity.max(1),
        closed: false,
        nudged: false,
        waiting: Vec::new(),
    };
    let shared = Arc::new(Shared { queue: Mutex::new(queue), filled: Condvar::new() });
    (Producer(shared.clone()), Inbox(shared))
}

impl<T> Producer<T> {
    /// Puts an item in, or gives it back.
    pub fn try_push(&self, item: T) -> Result<(), PushError<T>> {
        let mut queue = lock(&self.0.queue);
        if queue.closed {
            return Err(PushError::Closed(item));
        }
        if queue.items.len() >= queue.capacity {
            return Err(PushError::Full(item));
        }
        queue.items.push_back(item);
        drop(queue);
        self.0.filled.notify_one();
        Ok(())
    }

    /// Waits until there was space for a moment, or the inbox was closed; then try again.
    pub fn space(&self) -> Space<'_, T> {
        Space(self)
    }

    /// Wakes the consumer without an item: its [`drain`](Inbox::drain) returns, perhaps empty.
    pub fn nudge(&self) {
        lock(&self.0.queue).nudged = true;
        self.0.filled.notify_one();
    }

    /// Lets nothing more in. What is in the inbox is still drained.
    pub fn close(&self) {
        self.0.close();
    }

    /// Whether nothing more is let in.
    pub fn is_closed(&self) -> bool {
        lock(&self.0.queue).closed
    }
}

impl<T> Shared<T> {
    fn close(&self) {
        let waiting = {
            let mut queue = lock(&self.queue);
            queue.closed = true;
            std::mem::take(&mut queue.waiting)
        };
        self.filled.notify_one();
        waiting.into_iter().for_each(Waker::wake);
    }
}

/// The future of [`Producer::space`].
pub struct Space<'a, T>(&'a Producer<T>);

impl<T> Future for Space<'_, T> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut queue = lock(&self.0.0.queue);
        if queue.closed || queue.items.len() < queue.capacity {
            return Poll::Ready(());
        }
        if !queue.waiting.iter().any(|waker| waker.will_wake(context.waker())) {
            queue.waiting.push(context.waker().clone());
        }
        Poll::Pending
    }
}

impl<T> Inbox<T> {
    /// Takes everything there is, in the order in which it came. Waits on this thread for the first item, a nudge or
    /// the close: at most `patience`, for ever without one. Empty when the time is up, when nudged, or when closed.
    pub fn drain(&self, patience: Option<Duration>) -> Vec<T> {
        let mut queue = lock(&self.0.queue);
        let idle = |queue: &Queue<T>| queue.items.is_empty() && !queue.closed && !queue.nudged;
        match patience {
            None => {
                while idle(&queue) {
                    queue = wait(&self.0.filled, queue);
                }
            }
            Some(Duration::ZERO) => {}
            Some(patience) => queue = wait_for(&self.0.filled, queue, patience, idle),
        }
        queue.nudged = false;
        let items = std::mem::take(&mut queue.items).into();
        let waiting = std::mem::take(&mut queue.waiting);
        drop(queue);
        waiting.into_iter().for_each(Waker::wake);
        items
    }

    /// Lets nothing more in. Drain once more afterwards to get what came before.
    pub fn close(&self) {
        self.0.close();
    }

    /// Whether nothing more is let in.
    pub fn is_closed(&self) -> bool {
        lock(&self.0.queue).closed
    }
}

impl<T> Drop for Inbox<T> {
    fn drop(&mut self) {
        self.0.close();
        // Outside the lock: dropping an item may wake whoever waits for its answer.
        let items = std::mem::take(&mut lock(&self.0.queue).items);
        drop(items);
    }
}

#[cfg(not(feature = "loom"))]
fn wait_for<'a, T>(
    condition: &Condvar,
    guard: crate::sync::MutexGuard<'a, Queue<T>>,
    patience: Duration,
    idle: impl Fn(&Queue<T>) -> bool,
) -> crate::sync::MutexGuard<'a, Queue<T>> {
    condition
        .wait_timeout_while(guard, patience, |queue| idle(queue))
        .unwrap_or_else(std::sync::PoisonError::into_inner)
        .0
}

/// Loom has no time: a wait with patience may end at once, which is one of the things that can happen.
#[cfg(feature = "loom")]
fn wait_for<'a, T>(
    _condition: &Condvar,
    guard: crate::sync::MutexGuard<'a, Queue<T>>,
    _patience: Duration,
    _idle: impl Fn(&Queue<T>) -> bool,
) -> crate::sync::MutexGuard<'a, Queue<T>> {
    guard
}

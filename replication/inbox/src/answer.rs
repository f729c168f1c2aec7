//! One answer, handed from the thread that works to whoever waits for it.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use crate::sync::{Arc, Condvar, Mutex, lock, wait};

/// The side that works went away without an answer: it has stopped, and whether the work was done is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped;

impl std::fmt::Display for Stopped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("stopped before there was an answer")
    }
}

impl std::error::Error for Stopped {}

enum State<T> {
    Waiting(Option<Waker>),
    Answered(T),
    Stopped,
    Taken,
}

struct Slot<T> {
    state: Mutex<State<T>>,
    answered: Condvar,
}

impl<T> Slot<T> {
    fn settle(&self, settled: State<T>) {
        let before = std::mem::replace(&mut *lock(&self.state), settled);
        self.answered.notify_all();
        if let State::Waiting(Some(waker)) = before {
            waker.wake();
        }
    }
}

/// The side that answers. Dropped without an answer, it tells the other side that it stopped: nobody waits for ever.
pub struct Answer<T>(Option<Arc<Slot<T>>>);

/// The side that waits: a future, or a thread.
pub struct Pending<T>(Arc<Slot<T>>);

/// A slot for one answer.
pub fn answer<T>() -> (Answer<T>, Pending<T>) {
    let slot = Arc::new(Slot { state: Mutex::new(State::Waiting(None)), answered: Condvar::new() });
    (Answer(Some(slot.clone())), Pending(slot))
}

impl<T> Answer<T> {
    /// Gives the answer. If nobody waits any more, it is dropped.
    pub fn fulfil(mut self, answer: T) {
        if let Some(slot) = self.0.take() {
            slot.settle(State::Answered(answer));
        }
    }
}

impl<T> Drop for Answer<T> {
    fn drop(&mut self) {
        if let Some(slot) = self.0.take() {
            slot.settle(State::Stopped);
        }
    }
}

impl<T> Pending<T> {
    /// Waits on this thread.
    pub fn wait(self) -> Result<T, Stopped> {
        let mut state = lock(&self.0.state);
        while matches!(*state, State::Waiting(_)) {
            state = wait(&self.0.answered, state);
        }
        take(&mut state)
    }
}

/// A settled slot's answer.
fn take<T>(state: &mut State<T>) -> Result<T, Stopped> {
    match std::mem::replace(state, State::Taken) {
        State::Answered(answer) => Ok(answer),
        State::Stopped | State::Waiting(_) | State::Taken => Err(Stopped),
    }
}

impl<T> Future for Pending<T> {
    type Output = Result<T, Stopped>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = lock(&self.0.state);
        match &mut *state {
            State::Waiting(waker) => {
                *waker = Some(context.waker().clone());
                Poll::Pending
            }
            settled => Poll::Ready(take(settled)),
        }
    }
}

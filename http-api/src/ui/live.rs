//! The stream that tells open pages to look again.

use std::convert::Infallible;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{Stream, stream};
use tokio::sync::broadcast::error::RecvError;

use super::visit::Visit;

/// So often a stream without news shows that it is alive: before the proxies of mobile networks hang up.
const KEEP_ALIVE: Duration = Duration::from_secs(20);

/// What an event carries. Browsers drop events without data: one that only has a name is never told to the page.
const SOMETHING: &str = "look again";

/// Says `changed` whenever something was stored or a peer's state changed; what changed, the page reads anew. A
/// stream that was too slow has missed nothing that matters: it says `changed` once.
pub(super) async fn events(visit: Visit) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let receiver = visit.state.node().subscribe();
    let events = stream::unfold(receiver, |mut receiver| async move {
        match receiver.recv().await {
            Ok(_) | Err(RecvError::Lagged(_)) => {
                // What came at once is one change to a reader.
                while receiver.try_recv().is_ok() {}
                Some((Ok(Event::default().event("changed").data(SOMETHING)), receiver))
            }
            Err(RecvError::Closed) => None,
        }
    });
    Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}

//! What a site's device does by itself whenever something arrived: it answers other devices of its store that ask for
//! a share of the stock.

use std::time::Duration;

use crdt_store::{Author, DeviceId};
use domain::{Caller, Role, query, share};
use replication::Event;
use replication::shell::NodeHandle;
use tokio::sync::broadcast::error::RecvError;

/// So long it is waited for more to arrive, so that a thousand documents are looked at once.
const CALM: Duration = Duration::from_millis(500);

/// Attends to a node until it stops.
pub fn attend(node: NodeHandle, device: DeviceId) {
    tokio::spawn(async move {
        let mut events = node.subscribe();
        loop {
            if let Err(error) = answer(&node, device).await {
                tracing::warn!(
                    error,
                    "shares that others ask for are not given; the next arrival tries again"
                );
            }
            let committed = async {
                loop {
                    match events.recv().await {
                        Ok(Event::Committed(_)) | Err(RecvError::Lagged(_)) => return true,
                        Ok(_) => {}
                        Err(RecvError::Closed) => return false,
                    }
                }
            };
            let goes_on = tokio::select! { committed = committed => committed, _ = node.stopped() => false };
            if !goes_on {
                return;
            }
            tokio::time::sleep(CALM).await;
            events = events.resubscribe();
        }
    });
}

/// Answers what is asked in each store of the device's site.
async fn answer(node: &NodeHandle, device: DeviceId) -> Result<(), String> {
    // Opened, looked at and closed again: it must not be held while the node works.
    let asked = {
        let read = node.reader().snapshot().map_err(|error| error.to_string())?;
        let row = query::reference::device(&read, device).map_err(|error| error.to_string())?;
        let stores = row.map(|row| query::reference::stores_of_site(&read, row.site));
        let stores = stores.transpose().map_err(|error| error.to_string())?.unwrap_or_default();
        let mut asked = Vec::new();
        for store in stores.iter().filter(|store| store.share_keeper.is_some()) {
            if share::is_asked(&read, store.id, device).map_err(|error| error.to_string())? {
                asked.push(store.id);
            }
        }
        asked
    };
    for store in asked {
        let caller = Caller::system(Role::Site);
        let done = node.execute(None, Author::default(), move |txn| share::answer(txn, &caller, store)).await;
        done.map_err(|error| error.to_string())?;
    }
    Ok(())
}

//! A site with a metered link: it comes, says all there is to say, and goes.

use std::time::Duration;

use super::country::{Authority, Place, dialing, in_memory, options};
use crate::shell::{Contact, DialState, NetworkOptions, NetworkStatus};

/// Longer than any test: what brings a visit forward is something else.
const EVERY: Duration = Duration::from_secs(3_600);

async fn visitor(authority: &Authority, central: &Place) -> Place {
    let identity = authority.device();
    let open = in_memory(identity.device(), false);
    let contact = Contact::Visits { every: EVERY };
    let network = NetworkOptions { contact, ..dialing(identity, central.address()) };
    Place::start(options(open, Some(network))).await
}

fn rests(network: &NetworkStatus) -> bool {
    network.links.is_empty() && network.dials[0].state == DialState::Resting
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visit_ends_when_all_is_said_and_nobody_calls_that_an_error() {
    let authority = Authority::new();
    let central = Place::central(&authority).await;
    central.write("from central").await.expect("written");
    let site = visitor(&authority, &central).await;
    site.sees(&["from central"]).await;
    site.until_network(rests, "for the end of the visit").await;
    central.until_network(|network| network.links.is_empty(), "for the visitor to leave").await;
    let next = site.network().dials[0].next_at.expect("the next visit is known");
    let wait = next.millis_since(super::country::now());
    assert!((3_000_000..=4_000_000).contains(&wait), "in {wait} ms");
    assert_eq!(site.0.status().peers[0].last_error, None);
    assert_eq!(central.0.status().peers[0].last_error, None);
    assert_eq!(site.network().dials[0].last_error, None);
    site.0.shutdown().await;
    central.0.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_urgent_and_who_asks_bring_a_visit_forward() {
    let authority = Authority::new();
    let central = Place::central(&authority).await;
    let site = visitor(&authority, &central).await;
    site.until_network(rests, "for the end of the first visit").await;
    site.write("urgent").await.expect("written");
    central.sees(&["urgent"]).await;
    site.until_network(rests, "for the end of the second visit").await;
    assert_eq!(site.network().counts.dialed, 2);

    central.write("waits for the next visit").await.expect("written");
    site.0.sync_now();
    site.sees(&["urgent", "waits for the next visit"]).await;
    site.until_network(rests, "for the end of the third visit").await;
    site.0.shutdown().await;
    central.0.shutdown().await;
}

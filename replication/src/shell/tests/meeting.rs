//! Two nodes and what is between them.

use std::time::Instant;

use super::country::{Authority, Place};
use crate::shell::DialState;
use crate::status::LinkState;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_on_either_side_is_seen_on_both() {
    let authority = Authority::new();
    let central = Place::central(&authority).await;
    central.write("from central, before").await.expect("written");
    let started = Instant::now();
    let site = Place::device(authority.device(), &central).await;
    site.sees(&["from central, before"]).await;
    println!("first contact to first document: {:?}", started.elapsed());

    let started = Instant::now();
    site.write("from the site").await.expect("written");
    central.sees(&["from central, before", "from the site"]).await;
    println!("a write seen on the other side: {:?}", started.elapsed());
    central.write("later").await.expect("written");
    site.sees(&["from central, before", "from the site", "later"]).await;

    let device = central.0.status().device;
    let proven = |place: &Place| place.0.status().peer(device).is_some_and(|peer| peer.in_sync);
    site.until_event(proven, "for the proof").await;
    let network = site.network();
    assert_eq!(network.dials[0].state, DialState::Connected);
    assert_eq!(network.dials[0].device, Some(device));
    assert!(network.traffic.bytes_sent > 1_000 && network.traffic.bytes_received > 1_000);
    assert_eq!(network.traffic.datagrams_foreign, 0);
    println!("site's traffic: {:?}", network.traffic);
    site.0.shutdown().await;
    central.0.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn work_on_both_sides_of_a_cut_merges_when_it_is_restored() {
    let authority = Authority::new();
    let central = Place::central(&authority).await;
    let site = Place::device(authority.device(), &central).await;
    central.write("before").await.expect("written");
    site.sees(&["before"]).await;
    let link = site.0.link().expect("a network");

    for round in 1..=3 {
        link.cut();
        assert!(!link.is_up() && !site.network().up);
        let offline =
            |place: &Place| place.0.status().peers.iter().all(|peer| peer.link == LinkState::Offline);
        site.until_event(offline, "to be offline").await;
        site.until_network(|network| network.dials[0].state == DialState::Cut, "for the cut").await;
        let sent = site.network().traffic.bytes_sent;
        site.write(&format!("site {round}")).await.expect("written while cut");
        central.write(&format!("central {round}")).await.expect("written while cut");
        assert_eq!(site.network().traffic.bytes_sent, sent, "a cut network carries nothing");

        let restored = Instant::now();
        link.restore();
        let both = 1 + 2 * round;
        let merged = move |place: &Place| place.notes().len() == both;
        site.until_event(merged, "for the merge at the site").await;
        central.until_event(merged, "for the merge at central").await;
        println!("merged after the restoration: {:?}", restored.elapsed());
        assert_eq!(site.notes(), central.notes());
    }
    site.0.shutdown().await;
    central.0.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_at_central_is_a_cut_for_all_its_sites() {
    let authority = Authority::new();
    let central = Place::central(&authority).await;
    let sites = [
        Place::device(authority.device(), &central).await,
        Place::device(authority.device(), &central).await,
    ];
    central.write("before").await.expect("written");
    for site in &sites {
        site.sees(&["before"]).await;
    }
    let link = central.0.link().expect("a network");
    link.cut();
    let offline = |place: &Place| place.0.status().peers.iter().all(|peer| peer.link == LinkState::Offline);
    central.until_event(offline, "to be offline").await;
    central.write("central").await.expect("written while cut");
    sites[0].write("site").await.expect("written while cut");
    link.restore();
    // The sites have not noticed: asking them to sync is what a person would do.
    for site in &sites {
        let cable = site.0.link().expect("a network");
        cable.cut();
        cable.restore();
        site.0.sync_now();
        site.sees(&["before", "central", "site"]).await;
    }
    central.sees(&["before", "central", "site"]).await;
    for place in sites.into_iter().chain([central]) {
        place.0.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_central_that_comes_later_is_found() {
    let authority = Authority::new();
    let central = Place::central(&authority).await;
    let address = central.address();
    central.0.shutdown().await;
    let identity = authority.device();
    let open = super::country::in_memory(identity.device(), false);
    let network = super::country::dialing(identity, address);
    let site = Place::start(super::country::options(open, Some(network))).await;
    site.write("alone").await.expect("written");

    let identity = authority.central();
    let open = super::country::in_memory(identity.device(), true);
    let network = crate::shell::NetworkOptions {
        identity,
        bind: address,
        profile: crate::shell::Profile::Fast,
        contact: crate::shell::Contact::Held,
        tcp: true,
        congestion: crate::shell::Congestion::default(),
        reception: super::country::reception(None),
        centrals: Vec::new(),
        neighbours: None,
    };
    let central = Place::start(super::country::options(open, Some(network))).await;
    site.0.sync_now();
    central.sees(&["alone"]).await;
    site.0.shutdown().await;
    central.0.shutdown().await;
}

//! Files signed by real keys: who made one, for whom, and that nothing of one that is refused is taken.

use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::country::{Authority, Place, in_memory, now, options};
use crate::bundle::{Bundle, Header, Writer};
use crate::code;
use crate::registry::{PeerRole, RefusedPeer, Registry};
use crate::shell::{BundleFailure, Clock, Courier, Identity, StartOptions};

/// Knows one device as central, others by name, and some not at all.
fn registry(central: &Identity, revoked: Option<&Identity>, known: &[&Identity]) -> Registry {
    let (central, revoked) = (central.device(), revoked.map(Identity::device));
    let known: Vec<_> = known.iter().map(|identity| identity.device()).collect();
    let refused = |code| RefusedPeer { code, detail: "for a test".to_owned() };
    Arc::new(move |_, device| match device {
        device if Some(device) == revoked => Err(refused("revoked-device")),
        device if device == central => Ok(PeerRole::Central),
        device if known.contains(&device) => Ok(PeerRole::Device { name: Some("a site".to_owned()) }),
        _ => Err(refused("unknown-device")),
    })
}

async fn place(identity: &Identity, central: bool, registry: Registry) -> Place {
    let courier = Courier { identity: identity.clone(), registry };
    let open = in_memory(identity.device(), central);
    Place::start(StartOptions { courier: Some(courier), ..options(open, None) }).await
}

fn code_of<T>(result: Result<T, BundleFailure>) -> String {
    result.err().map_or_else(|| "taken".to_owned(), |failure| failure.code().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_site_and_central_exchange_signed_files() {
    let authority = Authority::new();
    let (central, site) = (authority.central(), authority.device());
    let here = place(&central, true, registry(&central, None, &[&site])).await;
    // A site that is new knows nobody.
    let nobody: Registry = registry(&authority.central(), None, &[]);
    let there = place(&site, false, nobody).await;
    here.write("from central").await.expect("written");
    let saved = here.0.save_bundle(site.device()).await.expect("saved");
    assert_eq!((saved.documents, saved.complete), (1, true));
    let (about, taken) = there.0.load_bundle(saved.file).await.expect("taken");
    assert!(about.from_central && about.from == central.device() && about.to == site.device());
    assert_eq!((taken.news, there.notes()), (1, vec!["from central".to_owned()]));
    there.write("from the site").await.expect("written");
    let back = there.0.save_bundle(central.device()).await.expect("central is known by its file");
    assert_eq!(back.documents, 1);
    here.0.load_bundle(back.file).await.expect("taken");
    assert_eq!(here.notes(), ["from central", "from the site"]);
    let peer = here.0.status().peer(site.device()).cloned().expect("it is shown");
    assert!(peer.bundle_made.is_some() && peer.bundle_taken.is_some() && !peer.in_sync);
    here.0.shutdown().await;
    there.0.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_refused_says_why_and_changes_nothing() {
    let (authority, elsewhere) = (Authority::new(), Authority::new());
    let central = authority.central();
    let (site, other, gone, stranger) =
        (authority.device(), authority.device(), authority.device(), authority.device());
    let known = [&site, &other, &gone];
    let here = place(&central, true, registry(&central, Some(&gone), &known)).await;
    let maker = place(&site, false, registry(&central, None, &known)).await;
    maker.write("a note").await.expect("written");
    let good = maker.0.save_bundle(central.device()).await.expect("saved").file;
    let for_other = maker.0.save_bundle(other.device()).await.expect("saved").file;

    assert_eq!(code_of(here.0.load_bundle(for_other).await), code::BUNDLE_FOR_OTHER);
    assert_eq!(code_of(maker.0.load_bundle(good.clone()).await), code::BUNDLE_OWN);
    assert_eq!(code_of(here.0.load_bundle(b"something else".to_vec()).await), code::NOT_A_BUNDLE);
    assert_eq!(code_of(here.0.load_bundle(good[..good.len() - 1].to_vec()).await), code::BUNDLE_TRUNCATED);
    for (maker, expected) in [
        (&gone, code::BUNDLE_SIGNER_REVOKED),
        (&stranger, code::BUNDLE_SIGNER_UNKNOWN),
        (&elsewhere.device(), code::BUNDLE_OTHER_SYSTEM),
    ] {
        let file = resigned(&good, maker, |header| header.to = central.device());
        assert_eq!(code_of(here.0.load_bundle(file).await), expected);
    }
    // Somebody else's certificate, and one's own signature.
    let file = resigned(&good, &other, |header| header.from = site.device());
    assert_eq!(code_of(here.0.load_bundle(file).await), code::BUNDLE_TAMPERED);
    assert_eq!(code_of(here.0.save_bundle(stranger.device()).await), code::BUNDLE_RECIPIENT_UNKNOWN);
    assert_eq!(code_of(here.0.save_bundle(central.device()).await), code::BUNDLE_OWN);
    assert!(here.notes().is_empty() && here.0.status().peers.is_empty(), "nothing was changed");
    here.0.load_bundle(good).await.expect("and the good one is taken");
    assert_eq!(here.notes(), ["a note"]);
    here.0.shutdown().await;
    maker.0.shutdown().await;
}

/// The same frames under another key.
fn resigned(file: &[u8], maker: &Identity, change: impl FnOnce(&mut Header)) -> Vec<u8> {
    let bundle = Bundle::read(file.to_vec()).expect("well-formed");
    let mut header = Header {
        from: maker.device(),
        certificate: maker.certificate.to_vec(),
        to: bundle.header().to,
        made: now(),
    };
    change(&mut header);
    let mut writer = Writer::new(&header);
    writer.put_all(bundle.raw_frames(), bundle.frame_count());
    writer.finish(|digest| rcgen::SigningKey::sign(maker.key.pair(), digest)).expect("signed")
}

#[tokio::test(flavor = "multi_thread")]
async fn no_byte_of_a_signed_file_can_be_changed() {
    let authority = Authority::new();
    let (central, site) = (authority.central(), authority.device());
    let maker = place(&site, false, registry(&central, None, &[])).await;
    maker.write("a note").await.expect("written");
    let file = maker.0.save_bundle(central.device()).await.expect("saved").file;
    maker.0.shutdown().await;
    let courier = Courier { identity: central.clone(), registry: registry(&central, None, &[&site]) };
    let clock = Clock::start();
    courier.inspect(file.clone(), &clock).expect("as it was signed");
    let mut runner = TestRunner::new(Config::with_cases(512));
    let tampering = (any::<prop::sample::Index>(), 1..=255u8);
    runner
        .run(&tampering, |(at, flip)| {
            let mut changed = file.clone();
            changed[at.index(file.len())] ^= flip;
            prop_assert!(courier.inspect(changed, &clock).is_err());
            Ok(())
        })
        .expect("every change is noticed");
}

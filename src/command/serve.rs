//! `tributary serve`: runs the node of a directory.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use http_api::AppState;
use replication::shell::{Congestion, Contact, Lan, PORT, Profile};

use crate::cli::{Link, Serve};
use crate::exit::Failure;
use crate::installation::Installation;
use crate::interface::{Interface, listen};
use crate::running::{
    Belonging, CentralNetwork, SiteNeighbours, SiteNetwork, announce, asked_to_stop, block_on, retract,
    start_central_with, start_site,
};

/// Neighbours that may be named: each is dialled for as long as the node runs.
const NAMED_MAX: usize = 16;

/// Runs until asked to stop.
pub fn run(options: Serve) -> Result<ExitCode, Failure> {
    block_on(serve(options))
}

async fn serve(options: Serve) -> Result<ExitCode, Failure> {
    let installation = Installation::at(&options.directory.dir);
    let belonging = Belonging::of(&installation)?;
    let http = SocketAddr::new(options.http_address, options.http_port);
    let listener = listen(http, "--http-port", "--http-address").await?;
    let started = match belonging {
        Belonging::Central(system) => {
            start_central_with(&installation, &system, central_network(&options)).await?
        }
        Belonging::Site(membership) => {
            start_site(&installation, membership, None, site_network(&options)?).await?
        }
    };
    let interface = Interface::open(listener, AppState::new(started.node.clone(), started.settings.clone()))?;
    let stop = asked_to_stop();
    announce(&installation, &started, &interface)?;
    say!("«{}» answers at {}", started.settings.site_name, interface.url());
    if let (true, Some(quic)) = (started.settings.role == domain::Role::Central, started.quic()) {
        say!("Sites enrol at quic://HOST:{} where HOST is this machine's name or address.", quic.port());
    }
    say!("Stop with Ctrl-C.");
    let failure = tokio::select! {
        () = stop => None,
        failure = started.node.stopped() => Some(failure),
    };
    retract(&installation);
    interface.close().await;
    started.node.shutdown().await;
    match failure {
        Some(failure) => {
            Err(Failure::failed("node-stopped", failure.unwrap_or_else(|| "the node stopped".to_owned())))
        }
        None => Ok(ExitCode::SUCCESS),
    }
}

fn central_network(options: &Serve) -> CentralNetwork {
    let bind = SocketAddr::new(options.quic_address, options.quic_port.unwrap_or(PORT));
    CentralNetwork { bind, tcp: !options.no_tcp, congestion: Congestion::default() }
}

/// A site that people use finds its neighbours by itself: two tablets of a store should merge without anybody knowing
/// what an address is.
fn site_network(options: &Serve) -> Result<SiteNetwork, Failure> {
    if options.neighbour.len() > NAMED_MAX {
        let message = format!("{} neighbours are named, more than {NAMED_MAX}", options.neighbour.len());
        return Err(Failure::rejected("too-many-neighbours", message));
    }
    let neighbours =
        SiteNeighbours { named: options.neighbour.clone(), lan: (!options.no_lan).then(Lan::default) };
    Ok(SiteNetwork {
        bind: SocketAddr::new(options.quic_address, options.quic_port.unwrap_or(0)),
        tcp: !options.no_tcp,
        profile: match options.link {
            Link::Fast => Profile::Fast,
            Link::Slow => Profile::Slow,
        },
        contact: match options.visit_every {
            Some(minutes) => Contact::Visits { every: Duration::from_secs(60 * minutes) },
            None => Contact::Held,
        },
        neighbours: Some(neighbours),
    })
}

//! `tributary enrol`: joins this device to a central server.

use std::process::ExitCode;
use std::time::Duration;

use replication::enrolment::{EnrolmentCode, EnrolmentRefusal};
use replication::shell::{Approach, DeviceKey, Membership, Wish};

use crate::cli::Enrol;
use crate::exit::Failure;
use crate::installation::Installation;
use crate::running::{System, block_on};

/// How often somebody who waits is told that it goes on.
const REMINDER: Duration = Duration::from_secs(5);

/// Proves the site's password to central and keeps the certificate that it gives.
pub fn run(options: Enrol) -> Result<ExitCode, Failure> {
    let installation = Installation::at(&options.directory.dir);
    let directory = installation.directory().display().to_string();
    if System::load(&installation)?.is_some() {
        return Err(Failure::rejected(
            "is-central",
            format!("{directory} is a central server's; choose another --dir"),
        ));
    }
    if let Some(membership) = Membership::load(installation.directory())? {
        let message = format!(
            "this device is enrolled already, at site «{}» of {}; start it with: tributary serve --dir {directory}",
            membership.grant.site_name, membership.central
        );
        return Err(Failure::rejected("already-enrolled", message));
    }
    let wish = Wish {
        central: options.url.parse().map_err(|error| Failure::rejected("central-address", error))?,
        site_name: options.site,
        password: options.password,
        patience: Duration::from_secs(options.wait),
    };
    eprintln!("Trying {} for up to {} s …", wish.central, wish.patience.as_secs());
    let membership = block_on(async {
        tokio::select! {
            joined = join(&installation, &wish) => joined,
            never = remind(&wish) => never,
        }
    })?;
    say!(
        "Enrolled at site «{}». Start it with: tributary serve --dir {directory}",
        membership.grant.site_name
    );
    Ok(ExitCode::SUCCESS)
}

/// Says now and then that it is still being tried; never ends.
async fn remind<T>(wish: &Wish) -> T {
    let mut ticks = tokio::time::interval(REMINDER);
    ticks.tick().await;
    loop {
        ticks.tick().await;
        eprintln!("Trying {} …", wish.central);
    }
}

/// Enrols the device of a directory and keeps what it was given.
///
/// The directory is made when central is found, so that a wrong address leaves nothing behind; and before anything is
/// proven to central, because the device that central then knows must not be lost with the answer.
pub async fn join(installation: &Installation, wish: &Wish) -> Result<Membership, Failure> {
    let approach = Approach::begin(wish).await.map_err(refused)?;
    installation.make_directory()?;
    // The key of a database that is there already must be there, too.
    let key = match installation.database().exists() {
        true => DeviceKey::load(installation.directory())?,
        false => DeviceKey::load_or_create(installation.directory())?,
    };
    drop(installation.create_store(&key, false)?);
    let membership = approach.enrol(&key).await.map_err(refused)?;
    // Last: a directory with this file is a device that belongs to a site.
    membership.save(installation.directory())?;
    Ok(membership)
}

fn refused(refusal: EnrolmentRefusal) -> Failure {
    match refusal.code {
        EnrolmentCode::Unreachable | EnrolmentCode::CentralFailed => {
            Failure::failed(refusal.code.as_str(), &refusal)
        }
        code => Failure::rejected(code.as_str(), &refusal),
    }
}

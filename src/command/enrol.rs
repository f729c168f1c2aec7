//! `tributary enrol`: joins this device to a central server.

use std::process::ExitCode;

use replication::enrolment::EnrolmentRefusal;
use replication::shell::{DeviceKey, Membership, PATIENCE, Wish, enrol};

use crate::cli::Enrol;
use crate::exit::Failure;
use crate::installation::Installation;
use crate::running::{System, block_on};

/// Proves the site's password to central and keeps the certificate that it gives.
pub fn run(options: Enrol) -> Result<ExitCode, Failure> {
    let installation = Installation::at(&options.directory.dir)?;
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
        patience: PATIENCE,
    };
    let membership = block_on(join(&installation, &wish))?;
    say!(
        "Enrolled at site «{}». Start it with: tributary serve --dir {directory}",
        membership.grant.site_name
    );
    Ok(ExitCode::SUCCESS)
}

/// Enrols the device of a directory and keeps what it was given.
pub async fn join(installation: &Installation, wish: &Wish) -> Result<Membership, Failure> {
    let key = DeviceKey::load_or_create(installation.directory())?;
    let membership = enrol(&key, wish).await.map_err(refused)?;
    membership.save(installation.directory())?;
    Ok(membership)
}

fn refused(refusal: EnrolmentRefusal) -> Failure {
    Failure::rejected(refusal.code.as_str(), &refusal)
}

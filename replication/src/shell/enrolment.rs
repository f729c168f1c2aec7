//! Enrolment on the wire: the device's side, and central's, over one bidirectional stream of a QUIC connection.
//!
//! The exchange is drawn in [`pake`](super::pake). Each message is CBOR behind a length of two bytes.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use crdt_store::{Author, Reader, Rejection, Timestamp};
use quinn::{ConnectionError, RecvStream, SendStream, VarInt};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use tokio::time::Instant;

use super::address::CentralAddress;
use super::clock::Clock;
use super::close::CloseCode;
use super::handle::{ExecuteError, NodeHandle};
use super::identity::{DeviceKey, Membership};
use super::pake::{self, Context, EXPORTER_LABEL, Exchange, Proofs};
use super::quic::{self, Congestion, Profile};
use super::tls;
use crate::enrolment::{
    Admission, EnrolmentCode, EnrolmentDesk, EnrolmentRefusal, Grant, Invitation, Salt, SiteVerifier,
    SystemId,
};

/// Versions of this exchange that this program speaks; the highest common one is used.
const VERSIONS: [u16; 1] = [1];
/// The longest message is a grant: two certificates of 400 bytes and a name.
const MESSAGE_LENGTH_MAX: usize = 8 * 1024;
/// Longest name of a site, in bytes: what a person types.
const SITE_NAME_LENGTH_MAX: usize = 200;
/// A device of which the next message is not heard for so long is gone; it costs central memory until then.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);
/// How long the device stays to say that it is done.
const GOODBYE_MAX: Duration = Duration::from_millis(200);
/// How long [`Wish::patience`] is by custom: a 2G link needs seconds for the handshake alone.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What somebody typed to enrol a device.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Where central is.
    pub central: CentralAddress,
    /// The site's name.
    pub site_name: String,
    /// The site's password.
    pub password: String,
    /// How long all of it may take; by custom [`PATIENCE`].
    pub patience: Duration,
}

#[derive(Serialize, Deserialize)]
struct Hello {
    versions: Vec<u16>,
    site_name: String,
}

#[derive(Serialize, Deserialize)]
enum Answer {
    Challenge(Challenge),
    Granted(Granted),
    Refused { code: String, detail: String, retry_after_ms: Option<u64> },
}

#[derive(Serialize, Deserialize)]
struct Challenge {
    version: u16,
    system: SystemId,
    salt: Salt,
    share: ByteBuf,
}

#[derive(Serialize, Deserialize)]
struct Proof {
    share: ByteBuf,
    request: ByteBuf,
    mac: ByteBuf,
}

#[derive(Serialize, Deserialize)]
struct Granted {
    grant: ByteBuf,
    mac: ByteBuf,
}

/// Enrols the device that holds `key`: proves the site's password to central and has central prove it, too.
///
/// The membership is to be [saved](Membership::save) by the caller; until then nothing has changed on this device.
///
/// # Errors
/// Every way in which it may not happen, each with its code. A wrong password and somebody in between are the same
/// code: neither end can tell them apart.
pub async fn enrol(key: &DeviceKey, wish: &Wish) -> Result<Membership, EnrolmentRefusal> {
    Approach::begin(wish).await?.enrol(key).await
}

/// A central that was found and waits for the proof. Before it, nothing need be there on this device; from the proof on
/// central knows the device, whose key must be kept by then, because the answer may be lost on the way.
pub struct Approach<'w> {
    wish: &'w Wish,
    deadline: Instant,
    endpoint: quinn::Endpoint,
    connection: quinn::Connection,
    send: SendStream,
    receive: RecvStream,
    challenge: Challenge,
}

impl<'w> Approach<'w> {
    /// Finds central and hears whether it takes devices for the site.
    ///
    /// # Errors
    /// Why it does not, or that nothing answers.
    pub async fn begin(wish: &'w Wish) -> Result<Self, EnrolmentRefusal> {
        let deadline = Instant::now() + wish.patience;
        in_time(wish, deadline, async {
            let unreachable = |error: std::io::Error| {
                EnrolmentRefusal::new(EnrolmentCode::Unreachable, format!("{}: {error}", wish.central))
            };
            let addresses = wish.central.resolve().await.map_err(unreachable)?;
            let mut refusal = None;
            for address in addresses {
                match Self::at(wish, deadline, address).await {
                    Err(unreached) if unreached.code == EnrolmentCode::Unreachable => {
                        refusal = Some(unreached);
                    }
                    answered => return answered,
                }
            }
            Err(refusal.expect("a name that resolves has an address"))
        })
        .await
    }

    async fn at(wish: &'w Wish, deadline: Instant, address: SocketAddr) -> Result<Self, EnrolmentRefusal> {
        let local: SocketAddr = match address {
            SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
            SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
        };
        let failed = |error: &dyn std::fmt::Display| {
            EnrolmentRefusal::new(EnrolmentCode::Unreachable, format!("cannot dial {address}: {error}"))
        };
        let endpoint = quinn::Endpoint::client(local).map_err(|error| failed(&error))?;
        let tls = tls::enrolment_client(&Clock::start()).map_err(|error| failed(&error))?;
        let config =
            quic::client_config(std::sync::Arc::new(tls), Profile::Slow, Congestion::default(), None);
        let connecting =
            endpoint.connect_with(config, address, tls::CENTRAL_NAME).map_err(|error| failed(&error))?;
        let connection = connecting.await.map_err(|error| lost(&error))?;
        match greet(&connection, wish).await {
            Ok((send, receive, challenge)) => {
                Ok(Self { wish, deadline, endpoint, connection, send, receive, challenge })
            }
            Err(refusal) => {
                leave(&connection, &endpoint).await;
                Err(refusal)
            }
        }
    }

    /// Proves the site's password for the device that holds `key`.
    ///
    /// # Errors
    /// As [`enrol`].
    pub async fn enrol(mut self, key: &DeviceKey) -> Result<Membership, EnrolmentRefusal> {
        let (wish, deadline) = (self.wish, self.deadline);
        let outcome = in_time(wish, deadline, self.prove(key)).await;
        leave(&self.connection, &self.endpoint).await;
        Ok(Membership { central: wish.central.to_string(), grant: outcome? })
    }

    async fn prove(&mut self, key: &DeviceKey) -> Result<Grant, EnrolmentRefusal> {
        let Self { wish, connection, send, receive, challenge, .. } = self;
        let verifier = derive_verifier(challenge.salt, wish.password.clone()).await?;
        let exchange = Exchange::device(&verifier);
        let share = exchange.share();
        let context = Context {
            exporter: exporter(connection)?,
            version: challenge.version,
            system: challenge.system,
            salt: challenge.salt.as_bytes(),
            site_name: &wish.site_name,
        };
        let proofs =
            exchange.finish(&challenge.share, &context).map_err(|error| malformed(&error.to_string()))?;
        let request = key
            .certificate_request()
            .map_err(|error| EnrolmentRefusal::new(EnrolmentCode::Malformed, error.to_string()))?;
        let mac = ByteBuf::from(proofs.of_device(&request));
        write(send, &Proof { share, request: ByteBuf::from(request.clone()), mac }).await?;
        match read(receive).await? {
            Answer::Granted(granted) => accept(&granted, &proofs, &request, key, challenge.system),
            Answer::Refused { code, detail, retry_after_ms } => Err(refusal(&code, detail, retry_after_ms)),
            Answer::Challenge(_) => Err(malformed("a second challenge")),
        }
    }
}

async fn in_time<T>(
    wish: &Wish,
    deadline: Instant,
    work: impl Future<Output = Result<T, EnrolmentRefusal>>,
) -> Result<T, EnrolmentRefusal> {
    tokio::time::timeout_at(deadline, work).await.unwrap_or_else(|_| {
        let detail = format!("nothing came of {} within {} s", wish.central, wish.patience.as_secs_f32());
        Err(EnrolmentRefusal::new(EnrolmentCode::Unreachable, detail))
    })
}

async fn greet(
    connection: &quinn::Connection,
    wish: &Wish,
) -> Result<(SendStream, RecvStream, Challenge), EnrolmentRefusal> {
    let (mut send, mut receive) = connection.open_bi().await.map_err(|error| lost(&error))?;
    let hello = Hello { versions: VERSIONS.to_vec(), site_name: wish.site_name.clone() };
    write(&mut send, &hello).await?;
    match read(&mut receive).await? {
        Answer::Challenge(challenge) if VERSIONS.contains(&challenge.version) => {
            Ok((send, receive, challenge))
        }
        Answer::Challenge(_) => Err(malformed("a version that was not offered")),
        Answer::Refused { code, detail, retry_after_ms } => Err(refusal(&code, detail, retry_after_ms)),
        Answer::Granted(_) => Err(malformed("a grant before the proof")),
    }
}

async fn leave(connection: &quinn::Connection, endpoint: &quinn::Endpoint) {
    connection.close(CloseCode::Done.into(), b"");
    // So that central need not wait for a device that has what it wants; it would, but only for a while.
    let _ = tokio::time::timeout(GOODBYE_MAX, endpoint.wait_idle()).await;
}

/// Reads a grant, after its proof: before it, these bytes are anybody's.
fn accept(
    granted: &Granted,
    proofs: &Proofs,
    request: &[u8],
    key: &DeviceKey,
    system: SystemId,
) -> Result<Grant, EnrolmentRefusal> {
    if !pake::holds(&proofs.of_central(request, &granted.grant), &granted.mac) {
        let detail = "what answered does not know the site's password: it is not central";
        return Err(EnrolmentRefusal::new(EnrolmentCode::WrongPassword, detail));
    }
    let grant: Grant =
        ciborium::from_reader(&granted.grant[..]).map_err(|error| malformed(&error.to_string()))?;
    match grant.device == key.device() && grant.system == system {
        true => Ok(grant),
        false => Err(malformed("the grant is for another device or system")),
    }
}

/// Serves one connection for enrolment, to its answer.
///
/// # Errors
/// The refusal that was sent, for the log and the counters.
pub(crate) async fn serve(
    connection: &quinn::Connection,
    desk: &Arc<EnrolmentDesk>,
    node: &NodeHandle,
) -> Result<Grant, EnrolmentRefusal> {
    let patience = |_| malformed("the device did not answer in time");
    let streams = tokio::time::timeout(ANSWER_WITHIN, connection.accept_bi()).await.map_err(patience)?;
    let (mut send, mut receive) = streams.map_err(|error| lost(&error))?;
    let outcome = admit(connection, &mut send, &mut receive, desk, node).await;
    let answer = match &outcome {
        Ok((_, granted)) => Answer::Granted(Granted { grant: granted.0.clone(), mac: granted.1.clone() }),
        Err(refusal) => Answer::Refused {
            code: refusal.code.as_str().to_owned(),
            detail: refusal.detail.clone(),
            retry_after_ms: refusal.retry_after_ms,
        },
    };
    if write(&mut send, &answer).await.is_ok() {
        // An error means that the device has gone already.
        let _ = send.finish();
    }
    outcome.map(|(grant, _)| grant)
}

/// Waits for the device to close, which it does when it has read the answer: closing first could overtake it.
pub(crate) async fn linger(connection: &quinn::Connection) {
    let _ = tokio::time::timeout(ANSWER_WITHIN, connection.closed()).await;
}

async fn admit(
    connection: &quinn::Connection,
    send: &mut SendStream,
    receive: &mut RecvStream,
    desk: &Arc<EnrolmentDesk>,
    node: &NodeHandle,
) -> Result<(Grant, (ByteBuf, ByteBuf)), EnrolmentRefusal> {
    let Hello { versions, site_name } = read_in_time(receive).await?;
    let version = VERSIONS.into_iter().rev().find(|version| versions.contains(version)).ok_or_else(|| {
        EnrolmentRefusal::new(EnrolmentCode::IncompatibleVersion, format!("central speaks {VERSIONS:?}"))
    })?;
    if site_name.len() > SITE_NAME_LENGTH_MAX {
        return Err(EnrolmentRefusal::new(EnrolmentCode::UnknownSite, "no site has so long a name"));
    }
    let invitation = invite(desk, node.reader(), site_name.clone(), node.wall_now()).await?;
    let exchange = Exchange::central(&invitation.verifier);
    let challenge =
        Challenge { version, system: desk.system, salt: invitation.salt, share: exchange.share() };
    write(send, &Answer::Challenge(challenge)).await?;

    let Proof { share, request, mac } = read_in_time(receive).await?;
    let context = Context {
        exporter: exporter(connection)?,
        version,
        system: desk.system,
        salt: invitation.salt.as_bytes(),
        site_name: &site_name,
    };
    let proofs = exchange.finish(&share, &context).map_err(|error| malformed(&error.to_string()))?;
    if !pake::holds(&proofs.of_device(&request), &mac) {
        return Err(EnrolmentRefusal::new(EnrolmentCode::WrongPassword, "the password was not proven"));
    }
    let admission = Admission { site: invitation.site, certificate_request: request.to_vec() };
    let author = Author { message: Some("enrolment".to_owned()) };
    let deciding = desk.clone();
    let grant = node
        .execute(None, author, move |txn| (deciding.admit)(txn, &admission))
        .await
        .map_err(not_admitted)?;
    let mut bytes = Vec::new();
    ciborium::into_writer(&grant, &mut bytes).map_err(|error| malformed(&error.to_string()))?;
    let mac = ByteBuf::from(proofs.of_central(&request, &bytes));
    Ok((grant, (ByteBuf::from(bytes), mac)))
}

/// Looks the site up on a thread that may wait for the disk.
async fn invite(
    desk: &Arc<EnrolmentDesk>,
    reader: Reader,
    site_name: String,
    now: Timestamp,
) -> Result<Invitation, EnrolmentRefusal> {
    let desk = desk.clone();
    let failed = |error: &dyn std::fmt::Display| {
        tracing::error!(%error, "enrolment cannot read the sites");
        EnrolmentRefusal::new(EnrolmentCode::CentralFailed, "central cannot read its sites")
    };
    tokio::task::spawn_blocking(move || {
        let snapshot = reader.snapshot().map_err(|error| failed(&error))?;
        (desk.invite)(&snapshot, &site_name, now)
    })
    .await
    .map_err(|error| failed(&error))?
}

fn not_admitted(error: ExecuteError) -> EnrolmentRefusal {
    match error {
        ExecuteError::Rejected(Rejection { code, message, .. }) => refusal(&code, message, None),
        other => {
            tracing::error!(error = %other, "enrolment could not be carried out");
            EnrolmentRefusal::new(EnrolmentCode::CentralFailed, "central could not store the device")
        }
    }
}

async fn derive_verifier(salt: Salt, password: String) -> Result<SiteVerifier, EnrolmentRefusal> {
    tokio::task::spawn_blocking(move || SiteVerifier::derive(salt, &password))
        .await
        .map_err(|error| EnrolmentRefusal::new(EnrolmentCode::Malformed, error.to_string()))
}

fn exporter(connection: &quinn::Connection) -> Result<[u8; 32], EnrolmentRefusal> {
    let mut exported = [0; 32];
    match connection.export_keying_material(&mut exported, EXPORTER_LABEL, b"") {
        Ok(()) => Ok(exported),
        Err(_) => Err(malformed("the TLS session exports no key")),
    }
}

fn malformed(detail: &str) -> EnrolmentRefusal {
    EnrolmentRefusal::new(EnrolmentCode::Malformed, detail)
}

fn refusal(code: &str, detail: String, retry_after_ms: Option<u64>) -> EnrolmentRefusal {
    EnrolmentRefusal { code: EnrolmentCode::from_code(code), detail, retry_after_ms }
}

/// Names what ended a connection.
fn lost(error: &ConnectionError) -> EnrolmentRefusal {
    /// TLS alert 120, as QUIC carries it (RFC 9001 §4.8): the other end speaks no ALPN of ours.
    const NO_APPLICATION_PROTOCOL: u64 = 0x100 + 120;
    let code = match error {
        ConnectionError::VersionMismatch => EnrolmentCode::IncompatibleVersion,
        ConnectionError::ConnectionClosed(close)
            if u64::from(close.error_code) == NO_APPLICATION_PROTOCOL =>
        {
            EnrolmentCode::IncompatibleVersion
        }
        ConnectionError::ApplicationClosed(close) => {
            CloseCode::from_wire(close.error_code).map_or(EnrolmentCode::Malformed, CloseCode::of_enrolment)
        }
        ConnectionError::TimedOut | ConnectionError::Reset | ConnectionError::LocallyClosed => {
            EnrolmentCode::Unreachable
        }
        _ => EnrolmentCode::Malformed,
    };
    EnrolmentRefusal::new(code, error.to_string())
}

async fn write<T: Serialize>(send: &mut SendStream, message: &T) -> Result<(), EnrolmentRefusal> {
    let mut bytes = vec![0; 2];
    ciborium::into_writer(message, &mut bytes).map_err(|error| malformed(&error.to_string()))?;
    let length =
        u16::try_from(bytes.len() - 2).ok().filter(|length| usize::from(*length) <= MESSAGE_LENGTH_MAX);
    let length = length.ok_or_else(|| malformed("a message longer than allowed"))?;
    bytes[..2].copy_from_slice(&length.to_be_bytes());
    send.write_all(&bytes).await.map_err(|error| match error {
        quinn::WriteError::ConnectionLost(error) => lost(&error),
        other => malformed(&other.to_string()),
    })
}

async fn read_in_time<T: DeserializeOwned>(receive: &mut RecvStream) -> Result<T, EnrolmentRefusal> {
    tokio::time::timeout(ANSWER_WITHIN, read(receive))
        .await
        .unwrap_or_else(|_| Err(malformed("the device did not answer in time")))
}

async fn read<T: DeserializeOwned>(receive: &mut RecvStream) -> Result<T, EnrolmentRefusal> {
    let failed = |error| match error {
        quinn::ReadExactError::ReadError(quinn::ReadError::ConnectionLost(error)) => lost(&error),
        other => malformed(&other.to_string()),
    };
    let mut length = [0; 2];
    receive.read_exact(&mut length).await.map_err(failed)?;
    let length = usize::from(u16::from_be_bytes(length));
    if length > MESSAGE_LENGTH_MAX {
        let _ = receive.stop(VarInt::from_u32(0));
        return Err(malformed("a message longer than allowed"));
    }
    let mut message = vec![0; length];
    receive.read_exact(&mut message).await.map_err(failed)?;
    ciborium::from_reader(&message[..]).map_err(|error| malformed(&error.to_string()))
}

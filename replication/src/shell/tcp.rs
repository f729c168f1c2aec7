//! TLS over TCP, for networks that let no UDP pass: the same certificates, the same frames, on the port of the same number.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector, TlsStream};

use super::carrier::{Counted, TcpCarrier, TcpLine, counted};
use super::close::Ending;
use super::socket::Gate;
use super::tls::{self, Purpose};
use crate::code;
use crate::codec::{encode, short};
use crate::frame::{Goaway, Message};

/// How long a refusal may take to be told.
const REFUSAL_WITHIN: Duration = Duration::from_secs(5);

/// Listens at an address; nothing is taken yet.
pub(crate) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = std::net::TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}

/// Dials somebody who is called `name` in the handshake, and finishes it.
pub(crate) async fn dial(
    address: SocketAddr,
    name: &'static str,
    config: Arc<rustls::ClientConfig>,
    gate: Arc<Gate>,
) -> Result<(TcpCarrier, Purpose), Ending> {
    let unreachable =
        |error: io::Error| Ending::new(code::UNREACHABLE, format!("{address} over TCP: {error}"));
    let stream = TcpStream::connect(address).await.map_err(unreachable)?;
    let (stream, line) = prepared(stream, gate).map_err(unreachable)?;
    let name = ServerName::try_from(name).expect("a name");
    let stream = TlsConnector::from(config).connect(name, stream).await.map_err(|error| failed(&error))?;
    let purpose = {
        let (_, session) = stream.get_ref();
        tls::purpose_of(session.alpn_protocol(), session.peer_certificates())
    };
    Ok((TcpCarrier { stream: Box::new(TlsStream::Client(stream)), line }, purpose))
}

/// Finishes the handshake of somebody who has come.
pub(crate) async fn shake_hands(
    stream: TcpStream,
    config: Arc<rustls::ServerConfig>,
    gate: Arc<Gate>,
) -> Result<(TcpCarrier, Purpose), Ending> {
    let lost = |error: io::Error| Ending::new(code::DISCONNECTED, error.to_string());
    let (stream, line) = prepared(stream, gate).map_err(lost)?;
    let stream = TlsAcceptor::from(config).accept(stream).await.map_err(|error| failed(&error))?;
    let purpose = {
        let (_, session) = stream.get_ref();
        tls::purpose_of(session.alpn_protocol(), session.peer_certificates())
    };
    Ok((TcpCarrier { stream: Box::new(TlsStream::Server(stream)), line }, purpose))
}

fn prepared(stream: TcpStream, gate: Arc<Gate>) -> io::Result<(Counted, Arc<TcpLine>)> {
    // Frames are written whole; waiting for more of them would hold acknowledgements back.
    stream.set_nodelay(true)?;
    let line = TcpLine::new(stream.peer_addr()?, gate);
    Ok((counted(stream, &line), line))
}

/// Tells somebody who is not let in why, in the frame that ends every conversation.
pub(crate) async fn refuse(mut carrier: TcpCarrier, code: &str) {
    let goaway = Goaway { code: short(code), reason: String::new(), retry_after_millis: None };
    let Some(frame) = encode(&Message::Goaway(goaway)) else { return };
    let telling = async {
        carrier.stream.write_all(&frame).await?;
        carrier.stream.shutdown().await?;
        // A socket closed over unread bytes is reset, and the frame would be thrown away at the other end.
        let mut unread = [0; 4096];
        while carrier.stream.read(&mut unread).await? > 0 {}
        std::io::Result::Ok(())
    };
    // Who does not want to hear it is not waited for.
    let _ = tokio::time::timeout(REFUSAL_WITHIN, telling).await;
}

/// What a failed handshake says: TLS alerts have the codes that they have over QUIC.
fn failed(error: &io::Error) -> Ending {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match tls {
        Some(tls) => Ending::of_tls(tls),
        None => Ending::new(code::DISCONNECTED, format!("the handshake ended: {error}")),
    }
}

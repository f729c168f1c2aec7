//! `tributary bundle …`: what a node has for another as a file, and files that somebody brought.
//!
//! A running node is asked over its own address, with the key that lies beside its database; of one that does not run, the
//! node is started here without a network, so that both take the same road.

use std::fs::File;
use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use axum::http::Method;
use http_api::{AppState, BundleAbout, BundleLoaded, Problem};
use indicatif::ProgressBar;
use replication::bundle::BUNDLE_BYTES_MAX;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::import::read;
use crate::cli::{Bundle, BundleExport, BundleFile};
use crate::exit::{Exit, Failure};
use crate::installation::{Installation, RunningNode};
use crate::running::{Belonging, block_on, start_alone};
use crate::web_client::{Answer, WebClient};

/// How long a running node may take to answer that it is there.
const ANSWER_MAX: Duration = Duration::from_secs(5);
/// How often the sign of life on a terminal moves.
const TICK: Duration = Duration::from_millis(120);

/// Carries out one of the commands.
pub fn run(command: Bundle) -> Result<ExitCode, Failure> {
    match command {
        Bundle::Export(options) => block_on(export(options)),
        Bundle::Import(options) => block_on(import(options)),
        Bundle::Show(options) => block_on(show(options)),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Exported {
    file: PathBuf,
    #[serde(flatten)]
    about: BundleAbout,
    /// Whether that was all.
    complete: bool,
}

async fn export(options: BundleExport) -> Result<ExitCode, Failure> {
    let installation = Installation::at(&options.directory.dir);
    let to = match (options.to, Belonging::of(&installation)?) {
        (Some(to), _) => to,
        (None, Belonging::Site(_)) => "central".to_owned(),
        (None, Belonging::Central(_)) => {
            let message = "say which site the file is for: --to SITE";
            return Err(Failure::rejected(replication::code::BUNDLE_RECIPIENT_UNKNOWN, message));
        }
    };
    let life = sign_of_life(options.json, "Saving");
    let mut door = Door::find(&installation).await?;
    let made = door.save(&to).await;
    let exported = match made {
        Ok((bytes, complete)) => write(&options.file, &bytes)
            .map(|()| (bytes, complete))
            .map_err(|error| Failure::failed("bundle-file", format!("{}: {error}", options.file.display()))),
        Err(failure) => Err(failure),
    };
    let about = match exported {
        Ok((bytes, complete)) => door.show(bytes).await.map(|about| (about, complete)),
        Err(failure) => Err(failure),
    };
    door.close().await;
    life.finish_and_clear();
    let (about, complete) = about?;
    let exported = Exported { file: options.file, about, complete };
    match options.json {
        true => say!("{}", text_of(&exported)?),
        false => print_exported(&exported),
    }
    Ok(exit(complete))
}

async fn import(options: BundleFile) -> Result<ExitCode, Failure> {
    let bytes = read_bundle(&options.file)?;
    let life = sign_of_life(options.json, "Loading");
    let mut door = Door::find(&Installation::at(&options.directory.dir)).await?;
    let loaded = door.load(bytes).await;
    door.close().await;
    life.finish_and_clear();
    let Some(loaded) = loaded? else {
        say!(
            "{}",
            if options.json { "null" } else { "It is large and is being loaded; see `tributary status`" }
        );
        return Ok(ExitCode::SUCCESS);
    };
    match options.json {
        true => say!("{}", text_of(&loaded)?),
        false => print_loaded(&loaded),
    }
    Ok(exit(loaded.refused + loaded.left_out == 0 && !loaded.gap))
}

async fn show(options: BundleFile) -> Result<ExitCode, Failure> {
    let bytes = read_bundle(&options.file)?;
    let mut door = Door::find(&Installation::at(&options.directory.dir)).await?;
    let about = door.show(bytes).await;
    door.close().await;
    let about = about?;
    match options.json {
        true => say!("{}", text_of(&about)?),
        false => print_about(&about),
    }
    Ok(ExitCode::SUCCESS)
}

/// Whoever answers for a directory.
enum Door {
    /// Its node, which runs.
    Running(Box<WebClient>),
    /// A node started here, for this command.
    Alone(AppState),
}

impl Door {
    async fn find(installation: &Installation) -> Result<Self, Failure> {
        let belonging = Belonging::of(installation)?;
        if let Some(client) = running(installation).await {
            return Ok(Self::Running(Box::new(client)));
        }
        let started = start_alone(installation, belonging).await?;
        Ok(Self::Alone(AppState::new(started.node, started.settings)))
    }

    /// The file, and whether it holds all there is.
    async fn save(&mut self, to: &str) -> Result<(Vec<u8>, bool), Failure> {
        match self {
            Self::Running(client) => {
                let path = format!("/api/v1/sync/bundles/save?to={}", encoded(to));
                let answer = client.send(Method::POST, &path, None).await?;
                let complete = !answer.is_partial;
                Ok((answered(answer)?, complete))
            }
            Self::Alone(state) => {
                let file = http_api::save_bundle(state, to).await.map_err(refused)?;
                Ok((file.saved.file, file.saved.complete))
            }
        }
    }

    async fn load(&mut self, bytes: Vec<u8>) -> Result<Option<BundleLoaded>, Failure> {
        match self {
            Self::Running(client) => upload(client, "load", bytes).await,
            Self::Alone(state) => http_api::load_whole_bundle(state, bytes).await.map(Some).map_err(refused),
        }
    }

    async fn show(&mut self, bytes: Vec<u8>) -> Result<BundleAbout, Failure> {
        match self {
            Self::Running(client) => upload(client, "show", bytes).await,
            Self::Alone(state) => http_api::show_bundle(state, bytes).await.map_err(refused),
        }
    }

    /// What is known of the peer is written when the node stops.
    async fn close(self) {
        if let Self::Alone(state) = self {
            state.node().clone().shutdown().await;
        }
    }
}

/// The node that runs on a directory, if one answers.
async fn running(installation: &Installation) -> Option<WebClient> {
    let announced: RunningNode = serde_json::from_slice(&std::fs::read(installation.running()).ok()?).ok()?;
    let address: SocketAddr = announced.url.trim_start_matches("http://").parse().ok()?;
    let asked = async {
        let mut client =
            WebClient::connect_with_key(address, &announced.key.unwrap_or_default()).await.ok()?;
        client.send(Method::GET, "/statusz", None).await.ok()?.expect_success().ok()?;
        Some(client)
    };
    tokio::time::timeout(ANSWER_MAX, asked).await.ok().flatten()
}

async fn upload<T: DeserializeOwned>(
    client: &mut WebClient,
    act: &str,
    bytes: Vec<u8>,
) -> Result<T, Failure> {
    let answer = client.upload(&format!("/api/v1/sync/bundles/{act}"), bytes).await?;
    serde_json::from_slice(&answered(answer)?).map_err(|error| Failure::failed("no-answer", error))
}

/// The body of an answer; what it says, where it is a refusal.
fn answered(answer: Answer) -> Result<Vec<u8>, Failure> {
    match (answer.status, serde_json::from_slice::<Problem>(&answer.body)) {
        (200..=299, _) => Ok(answer.body),
        (_, Ok(problem)) => Err(refused(problem)),
        (_, Err(_)) => Err(Failure::failed("no-answer", answer.text())),
    }
}

/// What cannot be taken is the file's fault; what is tried again, the world's.
fn refused(problem: Problem) -> Failure {
    match problem.status {
        500.. => Failure::failed(problem.code, problem.detail),
        _ => Failure::rejected(problem.code, problem.detail),
    }
}

/// A name in an address.
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let letter = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(letter).collect()
}

fn read_bundle(path: &Path) -> Result<Vec<u8>, Failure> {
    let is_larger = std::fs::metadata(path).is_ok_and(|file| file.len() > BUNDLE_BYTES_MAX as u64);
    if is_larger {
        let message = format!("{} is longer than {} MiB", path.display(), BUNDLE_BYTES_MAX >> 20);
        return Err(Failure::rejected(replication::code::BUNDLE_TOO_LARGE, message));
    }
    read(path, "file")
}

/// A file that is there is whole, and on the stick: it may be pulled out as soon as the command has ended.
fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    let part = path.with_file_name(name);
    let written = File::create(&part)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| std::fs::rename(&part, path));
    if written.is_err() {
        // What is left of it is of no use; the reason is told in any case.
        let _ = std::fs::remove_file(&part);
    }
    written
}

fn exit(in_order: bool) -> ExitCode {
    if in_order { ExitCode::SUCCESS } else { ExitCode::from(Exit::NotInOrder as u8) }
}

/// Something that moves on a terminal, nothing elsewhere.
fn sign_of_life(quiet: bool, what: &'static str) -> ProgressBar {
    if quiet || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let life = ProgressBar::new_spinner().with_message(what);
    life.enable_steady_tick(TICK);
    life
}

fn text_of(value: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(value).map_err(|error| Failure::failed("report", error))
}

fn print_exported(exported: &Exported) {
    let Exported { file, about, complete } = exported;
    say!(
        "{}: {} documents for {}, {} bytes",
        file.display(),
        about.documents,
        name(&about.to_name, about.to),
        about.bytes
    );
    if !complete {
        say!("more did not fit: it follows in the next file, when the other side has sent one back");
    }
}

fn print_about(about: &BundleAbout) {
    let from = name(&about.from_name, about.from);
    say!("from {from}{}", if about.from_central { ", the central server" } else { "" });
    say!(
        "for {}{}",
        name(&about.to_name, about.to),
        if about.for_this_device { ", this device" } else { "" }
    );
    say!("made {}", domain::instant::text(about.made_at));
    say!("{} documents, {} bytes; the signature is good", about.documents, about.bytes);
}

fn print_loaded(loaded: &BundleLoaded) {
    let BundleLoaded { about, news, refused, parked, left_out, gap, outdated, nothing_to_return } = loaded;
    let from = name(&about.from_name, about.from);
    say!("{} documents from {from}, {news} with something new", about.documents);
    if refused + parked > 0 {
        say!("{refused} changes were refused, {parked} wait for others");
    }
    if *gap || *left_out > 0 {
        say!("something before it is missing here: save a file for {from} and bring it there");
    }
    if *outdated {
        say!("it was made before {from} was restored");
    }
    if !nothing_to_return {
        say!("save a file for {from} to tell it what has arrived");
    }
}

fn name(name: &Option<String>, device: crdt_store::DeviceId) -> String {
    name.clone().unwrap_or_else(|| device.to_string())
}

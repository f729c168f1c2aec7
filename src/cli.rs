//! The words of the command line.

use std::io::IsTerminal;
use std::net::IpAddr;
use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use replication::shell::CentralAddress;
use tracing_subscriber::EnvFilter;

use crate::exit::EXIT_CODES;

/// Offline-first records of medicines, vaccines and cold-chain equipment, merged between sites without conflict.
#[derive(Debug, Parser)]
#[command(name = "tributary", version, max_term_width = 100)]
pub struct Cli {
    /// Say more on standard error: -v for what happens, -vv for everything
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    pub verbose: u8,
    /// Write the log as JSON lines
    #[arg(long, global = true)]
    pub log_json: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// What was typed; wrong usage ends the program.
    pub fn read() -> Self {
        let matches = explain_exit_codes(Self::command()).get_matches();
        Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
    }
}

/// Puts the exit codes below the help of a command and of all that are below it.
fn explain_exit_codes(command: clap::Command) -> clap::Command {
    command.after_help(EXIT_CODES).mut_subcommands(explain_exit_codes)
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start a central and two sites with data, on this machine, to try everything
    #[command(
        long_about = "Starts a central and two sites, each a full node with its own database, its own QUIC endpoint \
        and its own web address, filled with medicines, vaccines, stock and three months of movements.\n\n\
        The first start makes certificates and data and takes some seconds; later starts go on with the data. \
        Stop with Ctrl-C. The network of each site can be cut and restored on its sync page."
    )]
    Demo(Demo),
    /// Make this directory a new central server
    #[command(
        long_about = "Makes a new central server in a directory: its key, its certificate authority, its database and \
        a first administrator. Then start it with `tributary serve`."
    )]
    Init(Init),
    /// Join this device to a central server, with the site's name and password
    #[command(
        long_about = "Joins this device to a central server. The site and its password are made on central. The device \
        makes its own key, proves the password without sending it, and receives a certificate. Then start it with \
        `tributary serve`: it receives what its stores need and works offline from then on."
    )]
    Enrol(Enrol),
    /// Run the node of a directory, with its web interface
    Serve(Serve),
    /// Bring data in from files
    #[command(subcommand)]
    Import(Import),
    /// Run the same nodes in virtual time with cuts and crashes, and check that nothing is lost
    #[command(
        long_about = "Runs a central and its sites in virtual time over simulated networks and disks, with random \
        commands, cuts, power failures and retries, all drawn from one seed; then heals everything and checks that all \
        replicas agree and nothing acknowledged is lost. The same seed gives the same run. A violated invariant ends \
        with exit code 4 and the line that replays it."
    )]
    Simulate(Simulate),
    /// Measure this machine: commits, HTTP, lists, bytes on the wire, memory
    #[command(
        long_about = "Prints a table of measurements, so that the same figures can be had on a tablet as on a server. \
        Without a name, runs all of them; `--list` names them."
    )]
    Bench(Bench),
    /// Say how a node is: documents, peers, what is left to send
    #[command(
        long_about = "Says how the node of a directory is. A running node is asked over its own address; of a node that \
        does not run, the database is opened. Exit code 4 when a running node is not proven to be in sync with \
        central (or central with a site), or a stopped one has something to send there."
    )]
    Status(Status),
    /// Check who wrote what, from the signatures in a database that nobody runs
    #[command(
        long_about = "Checks the audit trail of a database: every signature against its author's key, every chain of \
        signatures for its continuity, every change of every document against what its author signed. Nothing is \
        written, so it can be done with a copy. The node must not be running. Exit code 4 when something contradicts \
        what was signed."
    )]
    Verify(Verify),
    /// Carry data between nodes that no network connects, in a file
    #[command(
        subcommand,
        long_about = "Saves what a node has for another as a signed file, and loads files that other nodes saved for this \
        one: for a USB stick or a memory card between a site and central. A file may be loaded twice, late, or not at all; \
        each holds all that the other side has not acknowledged, and tells it what has arrived. It is signed and not \
        encrypted: whoever finds the stick can read it. The node may be running on the directory, or not."
    )]
    Bundle(Bundle),
}

/// `tributary bundle …`.
#[derive(Debug, Subcommand)]
pub enum Bundle {
    /// Save all that another node has not acknowledged
    Export(BundleExport),
    /// Load a file that another node saved for this one
    #[command(
        long_about = "Loads a file that another node saved for this one. A file that is refused changes nothing. \
        Exit code 4 when something in it was refused, or something before it is missing here."
    )]
    Import(BundleFile),
    /// Say who made a file, for whom, and when; verifies its signature
    Show(BundleFile),
}

/// `tributary bundle export`.
#[derive(Debug, Args)]
pub struct BundleExport {
    /// The file to write, such as /media/stick/boda.tributary
    pub file: PathBuf,
    #[command(flatten)]
    pub directory: Directory,
    /// Whom it is for: «central», a device, or the name of a site; at a site, central unless told otherwise
    #[arg(long, value_name = "PEER")]
    pub to: Option<String>,
    /// Print JSON on standard output
    #[arg(long)]
    pub json: bool,
}

/// `tributary bundle import` and `show`.
#[derive(Debug, Args)]
pub struct BundleFile {
    /// The file
    pub file: PathBuf,
    #[command(flatten)]
    pub directory: Directory,
    /// Print JSON on standard output
    #[arg(long)]
    pub json: bool,
}

/// Where a node's files are.
#[derive(Debug, Args)]
pub struct Directory {
    /// Directory of the node's database and keys
    #[arg(long, env = "TRIBUTARY_DIR", default_value = "tributary-data", value_name = "DIR")]
    pub dir: PathBuf,
}

/// `tributary demo`.
#[derive(Debug, Args)]
pub struct Demo {
    /// Directory of the demo's data; delete it to begin anew
    #[arg(long, env = "TRIBUTARY_DEMO_DIR", default_value = "demo-data", value_name = "DIR")]
    pub dir: PathBuf,
    /// Web port of central; the sites take the two ports after it; 0 takes any free ones
    #[arg(long, default_value_t = 8100, value_name = "PORT")]
    pub port: u16,
    /// Print one JSON line per node on standard output: role, store, URLs, users and passwords
    #[arg(long)]
    pub json: bool,
}

/// `tributary init`.
#[derive(Debug, Args)]
pub struct Init {
    #[command(flatten)]
    pub directory: Directory,
    /// Name of the whole system, such as «Essential medicines programme»
    #[arg(long, value_name = "NAME")]
    pub name: String,
    /// User name of the first administrator
    #[arg(long, default_value = "admin", value_name = "NAME")]
    pub admin: String,
    /// The administrator's password; better given by the environment variable than on the command line
    #[arg(long, env = "TRIBUTARY_ADMIN_PASSWORD", hide_env_values = true, value_name = "PASSWORD")]
    pub admin_password: String,
}

/// `tributary enrol`.
#[derive(Debug, Args)]
pub struct Enrol {
    #[command(flatten)]
    pub directory: Directory,
    /// Address of central, such as quic://central.example.org:7443
    #[arg(long, value_name = "URL")]
    pub url: String,
    /// Name of the site, as made on central
    #[arg(long, value_name = "NAME")]
    pub site: String,
    /// The site's password; better given by the environment variable than on the command line
    #[arg(long, env = "TRIBUTARY_SITE_PASSWORD", hide_env_values = true, value_name = "PASSWORD")]
    pub password: String,
    /// How long to try, in seconds
    #[arg(long, default_value_t = replication::shell::PATIENCE.as_secs(), value_name = "SECONDS",
        value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub wait: u64,
}

/// `tributary serve`.
#[derive(Debug, Args)]
pub struct Serve {
    #[command(flatten)]
    pub directory: Directory,
    /// Address of the web interface; loopback unless the network is trusted or a TLS proxy stands in front
    #[arg(long, env = "TRIBUTARY_HTTP_ADDRESS", default_value = "127.0.0.1", value_name = "IP")]
    pub http_address: IpAddr,
    /// Port of the web interface
    #[arg(long, env = "TRIBUTARY_HTTP_PORT", default_value_t = 8100, value_name = "PORT")]
    pub http_port: u16,
    /// Address that connections of other nodes are taken on
    #[arg(long, env = "TRIBUTARY_QUIC_ADDRESS", default_value = "0.0.0.0", value_name = "IP")]
    pub quic_address: IpAddr,
    /// UDP port that connections of other nodes are taken on [default: 7443 for central, any free one for a site]
    #[arg(long, env = "TRIBUTARY_QUIC_PORT", value_name = "PORT")]
    pub quic_port: Option<u16>,
    /// Neither listen on TCP nor try it where nothing comes back over UDP
    #[arg(long, env = "TRIBUTARY_NO_TCP", value_parser = FalseyValueParser::new())]
    pub no_tcp: bool,
    /// The link a site reaches central over: `slow` is patient with 2G and satellites, and saves their bytes
    #[arg(long, env = "TRIBUTARY_LINK", default_value = "fast", value_name = "LINK")]
    pub link: Link,
    /// At a site with a metered link: visit central every so many minutes, and at once for what is urgent, and hang up when all
    /// is said; otherwise it stays connected
    #[arg(long, env = "TRIBUTARY_VISIT_EVERY", value_name = "MINUTES", value_parser = clap::value_parser!(u64).range(1..=10_080))]
    pub visit_every: Option<u64>,
    /// At a site: do not announce this device on the local network, nor look for others there
    #[arg(long, env = "TRIBUTARY_NO_LAN", value_parser = FalseyValueParser::new())]
    pub no_lan: bool,
    /// At a site: another device to exchange with directly, where the local network does not tell of it; repeatable
    #[arg(long, env = "TRIBUTARY_NEIGHBOURS", value_name = "HOST:PORT", value_delimiter = ',')]
    pub neighbour: Vec<CentralAddress>,
}

/// What kind of link a site reaches central over.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum Link {
    /// A local network, fibre, or 3G and better
    Fast,
    /// 2G, satellite, metered
    Slow,
}

/// `tributary import …`.
#[derive(Debug, Subcommand)]
pub enum Import {
    /// Import deliveries from a CSV file, as items, partners, stores and shipments, on central
    #[command(
        long_about = "Reads a CSV file of deliveries through a mapping file (see docs/IMPORT.md) and makes of it items, \
        partners, stores and verified shipments in central's database. Every row is accepted or listed with a reason; \
        exit code 4 when not one was accepted. Importing the same file twice changes nothing. Central must not be \
        running on the directory."
    )]
    Deliveries(ImportDeliveries),
    /// Import items from a table (CSV, XLSX, ODS), on central
    #[command(
        long_about = "Reads a table of items, whose columns are recognised by their headings, and makes or changes \
        items by their codes, by the same rules as at the interface, where the import can be taken back. Importing \
        the same rows twice changes nothing. Central must not be running on the directory."
    )]
    Items(ImportTable),
    /// Import the opening stock of a store from a table (CSV, XLSX, ODS)
    #[command(
        long_about = "Reads a table of batches, whose columns are recognised by their headings, and opens them as \
        stock of a store, by the same rules as at the interface, where the import can be taken back. Importing the \
        same rows twice changes nothing. The node must not be running on the directory."
    )]
    Stock(ImportStock),
}

/// What stands between whole part and fraction.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum Mark {
    /// 1,234.5
    Point,
    /// 1.234,5
    Comma,
}

/// What comes first in a day such as 03/04/2027.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum Order {
    /// 3 April
    DayFirst,
    /// March 4
    MonthFirst,
}

/// `tributary import items`.
#[derive(Debug, Args)]
pub struct ImportTable {
    /// The table; its first row is the heading
    pub file: PathBuf,
    #[command(flatten)]
    pub directory: Directory,
    /// Import the rows without errors; otherwise one error keeps all from being imported
    #[arg(long)]
    pub leave_out_errors: bool,
    /// The decimal mark, where cells can be read in two ways
    #[arg(long, value_name = "MARK")]
    pub decimal_mark: Option<Mark>,
    /// The order of day and month, where cells can be read in two ways
    #[arg(long, value_name = "ORDER")]
    pub day_order: Option<Order>,
    /// Print the report as JSON on standard output
    #[arg(long)]
    pub json: bool,
}

/// `tributary import stock`.
#[derive(Debug, Args)]
pub struct ImportStock {
    #[command(flatten)]
    pub table: ImportTable,
    /// Code of the store
    #[arg(long, value_name = "CODE")]
    pub store: String,
}

/// `tributary import deliveries`.
#[derive(Debug, Args)]
pub struct ImportDeliveries {
    /// The CSV file
    pub file: PathBuf,
    /// The mapping file, such as docs/mappings/scms-deliveries.toml
    #[arg(long, value_name = "FILE")]
    pub mapping: PathBuf,
    #[command(flatten)]
    pub directory: Directory,
    /// Print the report as JSON on standard output
    #[arg(long)]
    pub json: bool,
    /// Also write the report, with every rejected row, to this file as JSON
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
}

/// `tributary simulate`.
#[derive(Debug, Args)]
pub struct Simulate {
    /// Everything is drawn from this number
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// How many sites there are beside central
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=200))]
    pub sites: u32,
    /// How many days pass
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub days: u32,
    /// Print the report as JSON on standard output
    #[arg(long)]
    pub json: bool,
}

/// `tributary bench`.
#[derive(Debug, Args)]
pub struct Bench {
    /// Which one; all without a name
    pub name: Option<String>,
    /// Name the benchmarks and end
    #[arg(long)]
    pub list: bool,
    /// Print the figures as JSON on standard output
    #[arg(long)]
    pub json: bool,
    /// Where the databases of the benchmarks are made, on the disk that is to be measured; removed afterwards
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// The file of deliveries that the import is measured with; without it, that benchmark is left out
    #[arg(long, env = "TRIBUTARY_DELIVERIES_CSV", value_name = "FILE")]
    pub deliveries: Option<PathBuf>,
    /// Instead of measuring: train the dictionary that frames are compressed with, on what simulated countries write, and
    /// write it to this file. It becomes part of the program in its next build, and of its frame format
    #[arg(long, value_name = "FILE", hide = true)]
    pub train: Option<PathBuf>,
}

/// `tributary status`.
#[derive(Debug, Args)]
pub struct Status {
    #[command(flatten)]
    pub directory: Directory,
    /// Print JSON on standard output
    #[arg(long)]
    pub json: bool,
}

/// `tributary verify`.
#[derive(Debug, Args)]
pub struct Verify {
    #[command(flatten)]
    pub directory: Directory,
    /// A database file, in place of a node's directory
    #[arg(long, value_name = "FILE", conflicts_with = "dir")]
    pub file: Option<PathBuf>,
    /// Print JSON on standard output
    #[arg(long)]
    pub json: bool,
}

/// Logs go to standard error; standard output is for what was asked for.
pub fn init_logging(verbose: u8, json: bool) {
    let default = match verbose {
        0 => "warn",
        1 => "info",
        2 => "debug,quinn=info,rustls=info,automerge=info",
        _ => "trace",
    };
    let filter = EnvFilter::try_from_env("TRIBUTARY_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match json {
        true => builder.json().init(),
        false => builder.init(),
    }
}

//! The job: documents like the stock lines of a district store, and a day's edits of them. The same bytes on every
//! machine and for every system.

/// Documents edited in a day …
pub const DAY_DOCUMENTS: usize = 200;
/// … and how often each.
pub const DAY_EDITS_EACH: usize = 3;
/// The field that edits replace.
pub const NOTE: &str = "note";

/// Items that the stock lines are batches of, shelves they lie on, and partners they came from.
const ITEMS: u64 = 400;
const LOCATIONS: u64 = 30;
const SUPPLIERS: u64 = 12;

/// What a field holds.
#[derive(Clone, Debug)]
pub enum Value {
    /// Text that is replaced whole.
    Text(String),
    /// A whole number.
    Number(i64),
    /// True or false.
    Flag(bool),
    /// The id of something else.
    Id([u8; 16]),
}

/// Names and values of one document, by name.
pub type Fields = Vec<(&'static str, Value)>;

/// One edit: the note of a document is replaced, in a change of its own.
#[derive(Clone, Debug)]
pub struct Edit {
    /// Which document, by its place in the job.
    pub document: usize,
    /// The new note.
    pub note: String,
}

/// How much there is to do.
#[derive(Clone, Copy, Debug)]
pub struct Job {
    /// How many documents there are; at least [`DAY_DOCUMENTS`].
    pub documents: usize,
}

impl Job {
    /// All documents.
    pub fn all(self) -> impl Iterator<Item = Fields> {
        (0..self.documents as u64).map(document)
    }

    /// The edits of a day, in their order: each document once, then each again. They lie evenly among all documents.
    pub fn day(self) -> impl Iterator<Item = Edit> {
        let distance = self.documents / DAY_DOCUMENTS;
        (0..DAY_DOCUMENTS * DAY_EDITS_EACH).map(move |number| Edit {
            document: number % DAY_DOCUMENTS * distance,
            note: format!("seen {number}"),
        })
    }

    /// One more edit, of a document that nobody touched that day if there is one.
    pub fn afterthought(self) -> Edit {
        Edit { document: 1, note: "counted again".to_owned() }
    }
}

fn document(number: u64) -> Fields {
    let batch = scramble(number);
    let expiry = format!("{}-{:02}-{:02}", 2026 + batch % 4, 1 + (batch >> 8) % 12, 1 + (batch >> 16) % 28);
    let cost = 50 + (batch >> 24) as i64 % 20_000;
    vec![
        ("batch", Value::Text(format!("B{:07}", batch % 10_000_000))),
        ("class", Value::Text("stock_line".to_owned())),
        ("cost_price", Value::Number(cost)),
        ("expiry", Value::Text(expiry)),
        ("item", id("item", batch % ITEMS)),
        ("location", id("location", (batch >> 12) % LOCATIONS)),
        (NOTE, Value::Text(String::new())),
        ("on_hold", Value::Flag(batch.is_multiple_of(50))),
        ("opening", Value::Number((batch >> 32) as i64 % 5_000)),
        ("pack_size", Value::Number([1, 10, 100, 1_000][(batch >> 40) as usize % 4])),
        ("sell_price", Value::Number(cost + cost / 4)),
        ("supplier", id("supplier", (batch >> 48) % SUPPLIERS)),
    ]
}

/// The id of the thing of a kind with a number.
fn id(kind: &str, number: u64) -> Value {
    let salt = kind.bytes().fold(0, |salt, byte| (salt << 5) ^ u64::from(byte));
    let mut id = [0; 16];
    id[..8].copy_from_slice(&scramble(salt).to_be_bytes());
    id[8..].copy_from_slice(&scramble(salt ^ scramble(number)).to_be_bytes());
    Value::Id(id)
}

/// A number that looks random and is not: the finalizer of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom
/// number generators, 2014).
fn scramble(number: u64) -> u64 {
    let mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

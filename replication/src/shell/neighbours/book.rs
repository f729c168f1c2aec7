//! What the local network says of devices: read with suspicion, kept within bounds. No sockets, no time.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use crdt_store::DeviceId;

use crate::enrolment::SystemId;
use crate::frame::PROTOCOL_VERSION;

/// Devices kept of those that are found: a large warehouse has a dozen; beyond that somebody makes them up.
pub(super) const FOUND_MAX: usize = 64;
/// Addresses kept of one device: cable, wireless, and two that are left over.
pub(super) const ADDRESSES_MAX: usize = 4;
/// Longest value that is looked at: an id as text has 36 bytes.
const VALUE_LENGTH_MAX: usize = 40;
/// Longest name of a record: what the domain name system allows.
const INSTANCE_LENGTH_MAX: usize = 255;

/// Names of the values in a record (RFC 6763 §6).
pub(super) const KEY_VERSION: &str = "v";
pub(super) const KEY_SYSTEM: &str = "s";
pub(super) const KEY_DEVICE: &str = "d";

/// What a node says of itself on the local network, and measures others by: nothing that names people or places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Announcement {
    /// Its system.
    pub system: SystemId,
    /// Its device.
    pub device: DeviceId,
    /// Where its socket is bound.
    pub address: SocketAddr,
}

/// A record as it came: anybody on the network may have made it up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record<'a> {
    pub instance: &'a str,
    pub port: u16,
    pub addresses: &'a [IpAddr],
    pub version: Option<&'a str>,
    pub system: Option<&'a str>,
    pub device: Option<&'a str>,
}

/// A device of our system seems to be at these addresses. Whether it is one, its certificate will have to prove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sighting {
    /// The name of its record, by which the network takes it back.
    pub instance: String,
    pub device: DeviceId,
    pub addresses: Vec<SocketAddr>,
}

impl Announcement {
    /// The name of its record.
    pub(super) fn instance(&self) -> String {
        self.device.to_string()
    }

    /// The values in its record.
    pub(super) fn values(&self) -> [(&'static str, String); 3] {
        [
            (KEY_VERSION, PROTOCOL_VERSION.to_string()),
            (KEY_SYSTEM, self.system.to_string()),
            (KEY_DEVICE, self.device.to_string()),
        ]
    }

    /// The device of a record; nothing if it is ourselves, of another system, of another version of the protocol, or
    /// absurd.
    pub(super) fn read(&self, record: &Record<'_>) -> Option<Sighting> {
        let value =
            |text: Option<&str>| text.filter(|text| text.len() <= VALUE_LENGTH_MAX).map(str::to_owned);
        let is_ours = value(record.version)?.parse() == Ok(PROTOCOL_VERSION)
            && value(record.system)?.parse() == Ok(self.system);
        let device: DeviceId = value(record.device)?.parse().ok()?;
        if !is_ours
            || device == self.device
            || record.port == 0
            || record.instance.len() > INSTANCE_LENGTH_MAX
        {
            return None;
        }
        let mut addresses: Vec<SocketAddr> = record
            .addresses
            .iter()
            .filter(|address| self.reaches(**address))
            .map(|address| SocketAddr::new(*address, record.port))
            .collect();
        // In an order of their own, so that the same record always reads the same.
        addresses.sort_unstable();
        addresses.dedup();
        addresses.truncate(ADDRESSES_MAX);
        let instance = record.instance.to_owned();
        (!addresses.is_empty()).then_some(Sighting { instance, device, addresses })
    }

    /// Whether our socket can send to an address, and there may be one device behind it.
    fn reaches(&self, address: IpAddr) -> bool {
        let own = self.address.ip();
        let is_one_device = match address {
            IpAddr::V4(v4) => !v4.is_broadcast() && !v4.is_link_local(),
            // Link-local addresses mean nothing without their interface, which the record does not tell.
            IpAddr::V6(v6) => !v6.is_unicast_link_local(),
        };
        let is_near = own.is_unspecified() || own.is_loopback() == address.is_loopback();
        is_one_device
            && is_near
            && own.is_ipv4() == address.is_ipv4()
            && !address.is_unspecified()
            && !address.is_multicast()
    }
}

/// Devices that the local network tells of, those that are let in and those that are not.
#[derive(Debug, Default)]
pub(super) struct Book {
    found: BTreeMap<DeviceId, Found>,
}

#[derive(Debug, PartialEq, Eq)]
struct Found {
    instance: String,
    addresses: Vec<SocketAddr>,
    let_in: bool,
}

/// What a sighting came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Noted {
    /// It is in the book, in place of this stranger, if of anybody.
    Kept { instead_of: Option<DeviceId> },
    /// The book is full.
    Full,
}

impl Book {
    /// Takes note of a device. The latest word counts; where the book is full, whoever is let in takes the place of
    /// somebody who is not.
    pub(super) fn note(&mut self, sighting: Sighting, let_in: bool) -> Noted {
        let Sighting { instance, device, addresses } = sighting;
        let mut instead_of = None;
        if !self.found.contains_key(&device) && self.found.len() >= FOUND_MAX {
            let stranger = self.found.iter().find(|(_, found)| !found.let_in).map(|(device, _)| *device);
            match stranger.filter(|_| let_in) {
                Some(stranger) => self.found.remove(&stranger),
                None => return Noted::Full,
            };
            instead_of = stranger;
        }
        self.found.insert(device, Found { instance, addresses, let_in });
        Noted::Kept { instead_of }
    }

    /// Takes note of whether a device is let in.
    pub(super) fn judge(&mut self, device: DeviceId, let_in: bool) {
        if let Some(found) = self.found.get_mut(&device) {
            found.let_in = let_in;
        }
    }

    /// Forgets the device of a record that was taken back.
    pub(super) fn lose(&mut self, instance: &str) -> Option<DeviceId> {
        let device =
            self.found.iter().find(|(_, found)| found.instance == instance).map(|(device, _)| *device)?;
        self.found.remove(&device);
        Some(device)
    }

    /// Forgets everybody.
    pub(super) fn clear(&mut self) -> Vec<DeviceId> {
        std::mem::take(&mut self.found).into_keys().collect()
    }

    /// Everybody, with what is known of their addresses.
    pub(super) fn devices(&self) -> Vec<DeviceId> {
        self.found.keys().copied().collect()
    }

    /// Where a device is said to be; nothing if it is not in the book.
    pub(super) fn addresses(&self, device: DeviceId) -> &[SocketAddr] {
        self.found.get(&device).map_or(&[], |found| &found.addresses)
    }

    /// Those that are let in.
    pub(super) fn let_in(&self) -> impl Iterator<Item = DeviceId> {
        self.found.iter().filter(|(_, found)| found.let_in).map(|(device, _)| *device)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(number: u8) -> DeviceId {
        DeviceId::from_bytes([number; 16])
    }

    fn own() -> Announcement {
        let system = SystemId::from_bytes([7; 16]);
        Announcement { system, device: device(1), address: ([0, 0, 0, 0], 4000).into() }
    }

    /// What `of` announces, as it would come to others, changed by `change`.
    fn read(of: Announcement, change: impl FnOnce(&mut Record<'_>)) -> Option<Sighting> {
        let values = of.values();
        let value = |key: &str| values.iter().find(|(name, _)| *name == key).map(|(_, value)| value.as_str());
        let addresses = [IpAddr::from([10, 0, 0, 2])];
        let instance = format!("{}._tributary._udp.local.", of.instance());
        let mut record = Record {
            instance: &instance,
            port: of.address.port(),
            addresses: &addresses,
            version: value(KEY_VERSION),
            system: value(KEY_SYSTEM),
            device: value(KEY_DEVICE),
        };
        change(&mut record);
        own().read(&record)
    }

    fn other() -> Announcement {
        Announcement { device: device(2), address: ([0, 0, 0, 0], 5000).into(), ..own() }
    }

    #[test]
    fn a_device_of_our_system_is_found_where_it_says() {
        let found = read(other(), |_| ()).expect("found");
        assert_eq!(found.device, device(2));
        assert_eq!(found.addresses, [([10, 0, 0, 2], 5000).into()]);
    }

    #[test]
    fn a_record_names_nobody_and_no_place() {
        let keys = own().values().map(|(key, _)| key);
        assert_eq!(keys, [KEY_VERSION, KEY_SYSTEM, KEY_DEVICE]);
        let longest = own().values().into_iter().map(|(_, value)| value.len()).max();
        assert!(longest <= Some(VALUE_LENGTH_MAX));
    }

    #[test]
    fn ourselves_other_systems_and_other_versions_are_not_found() {
        assert_eq!(read(own(), |_| ()), None);
        let stranger = Announcement { system: SystemId::from_bytes([8; 16]), ..other() };
        assert_eq!(read(stranger, |_| ()), None);
        let next = (PROTOCOL_VERSION + 1).to_string();
        assert_eq!(read(other(), |record| record.version = Some(Box::leak(next.into_boxed_str()))), None);
    }

    #[test]
    fn absurd_records_are_no_devices() {
        let long = "a".repeat(10_000);
        let long: &'static str = Box::leak(long.into_boxed_str());
        for nonsense in
            [None, Some(""), Some("x"), Some("-2"), Some("99999999999999"), Some("\u{0}"), Some(long)]
        {
            assert_eq!(read(other(), |record| record.version = nonsense), None);
            assert_eq!(read(other(), |record| record.system = nonsense), None);
            assert_eq!(read(other(), |record| record.device = nonsense), None);
        }
        assert_eq!(read(other(), |record| record.port = 0), None);
        assert_eq!(read(other(), |record| record.instance = long), None);
        assert_eq!(read(other(), |record| record.addresses = &[]), None);
    }

    #[test]
    fn addresses_that_lead_nowhere_or_to_everybody_are_left_out() {
        let addresses = [
            [0, 0, 0, 0],
            [127, 0, 0, 1],
            [224, 0, 0, 251],
            [255, 255, 255, 255],
            [169, 254, 3, 4],
            [10, 0, 0, 2],
            [10, 0, 0, 2],
        ];
        let mut addresses: Vec<IpAddr> = addresses.map(IpAddr::from).to_vec();
        addresses.extend(
            ["::1", "fe80::1", "2001:db8::1"].map(|text| text.parse::<IpAddr>().expect("an address")),
        );
        let addresses: &'static [IpAddr] = Vec::leak(addresses);
        let bound = |ip: &str| Announcement { address: SocketAddr::new(ip.parse().expect("ip"), 1), ..own() };
        let reached = |ip: &str| -> Vec<String> {
            let reaches = |address: &&IpAddr| bound(ip).reaches(**address);
            addresses.iter().filter(reaches).map(IpAddr::to_string).collect()
        };
        assert_eq!(
            reached("127.0.0.1"),
            ["127.0.0.1"],
            "on the loopback nobody is reached but by the loopback"
        );
        assert_eq!(reached("10.0.0.9"), ["10.0.0.2", "10.0.0.2"]);
        assert_eq!(reached("::"), ["::1", "2001:db8::1"]);
        let found = read(other(), |record| record.addresses = addresses).expect("found");
        assert_eq!(found.addresses.len(), 2, "each once: {:?}", found.addresses);
    }

    #[test]
    fn a_device_has_few_addresses_whatever_is_said() {
        let many: Vec<IpAddr> = (1..=255).map(|last| IpAddr::from([10, 0, 0, last])).collect();
        let many: &'static [IpAddr] = Vec::leak(many);
        assert_eq!(
            read(other(), |record| record.addresses = many).expect("found").addresses.len(),
            ADDRESSES_MAX
        );
    }

    fn sighting(number: u16) -> Sighting {
        let mut id = [0; 16];
        id[..2].copy_from_slice(&number.to_be_bytes());
        let addresses = vec![([10, 0, 0, 2], number).into()];
        Sighting { instance: format!("record {number}"), device: DeviceId::from_bytes(id), addresses }
    }

    #[test]
    fn the_book_stays_small_and_strangers_make_room_for_those_who_are_let_in() {
        let mut book = Book::default();
        for number in 0..10_000 {
            book.note(sighting(number), false);
        }
        assert_eq!(book.devices().len(), FOUND_MAX);
        assert_eq!(book.note(sighting(20_000), false), Noted::Full);
        let stranger = sighting(0).device;
        assert_eq!(book.note(sighting(20_001), true), Noted::Kept { instead_of: Some(stranger) });
        for number in 30_000..30_100 {
            book.note(sighting(number), true);
        }
        assert_eq!(book.let_in().count(), FOUND_MAX);
        assert_eq!(
            book.note(sighting(40_000), true),
            Noted::Full,
            "nobody who is let in is forgotten for another"
        );
        assert_eq!(book.devices().len(), FOUND_MAX);
    }

    #[test]
    fn the_latest_word_counts_and_a_record_can_be_taken_back() {
        let mut book = Book::default();
        let device = sighting(1).device;
        assert_eq!(book.note(sighting(1), false), Noted::Kept { instead_of: None });
        let moved = Sighting { addresses: vec![([10, 0, 0, 3], 9).into()], ..sighting(1) };
        book.note(moved, false);
        assert_eq!(book.addresses(device), [([10, 0, 0, 3], 9).into()]);
        book.judge(device, true);
        assert_eq!(book.let_in().collect::<Vec<_>>(), [device]);
        assert_eq!(book.lose("record 2"), None);
        assert_eq!(book.lose("record 1"), Some(device));
        book.judge(device, true);
        assert!(book.addresses(device).is_empty() && book.devices().is_empty());
    }
}

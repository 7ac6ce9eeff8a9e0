//! How baselines are written down: JSON, with what is many and small as Base64.

use serde::{Deserialize, Deserializer, Serializer};

/// Bytes as Base64.
pub(crate) mod packed {
    use super::{Deserializer, Serializer, read, write};

    pub(crate) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        write(bytes, serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        read(deserializer)
    }
}

/// Entries of eight bytes as Base64.
pub(crate) mod entries {
    use super::{Deserializer, Serializer, read, write};
    use crate::known::Entry;

    pub(crate) fn serialize<S: Serializer>(entries: &[Entry], serializer: S) -> Result<S::Ok, S::Error> {
        let bytes: Vec<u8> = entries.iter().flat_map(|entry| to_bytes(*entry)).collect();
        write(&bytes, serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Entry>, D::Error> {
        Ok(read(deserializer)?.chunks_exact(8).filter_map(|bytes| Some(from_bytes(bytes.try_into().ok()?))).collect())
    }

    fn to_bytes(Entry { key, times, day }: Entry) -> [u8; 8] {
        let bytes = u64::from(key) << 32 | u64::from(times) << 16 | u64::from(day);
        bytes.to_be_bytes()
    }

    #[expect(clippy::cast_possible_truncation, reason = "each part has been shifted to its place")]
    fn from_bytes(bytes: [u8; 8]) -> Entry {
        let whole = u64::from_be_bytes(bytes);
        Entry { key: (whole >> 32) as u32, times: (whole >> 16) as u16, day: whole as u16 }
    }
}

/// Counts of two bytes as Base64.
pub(crate) mod packed_counts {
    use super::{Deserializer, Serializer, read, write};

    pub(crate) fn serialize<S: Serializer>(counts: &[u16], serializer: S) -> Result<S::Ok, S::Error> {
        let bytes: Vec<u8> = counts.iter().flat_map(|count| count.to_be_bytes()).collect();
        write(&bytes, serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u16>, D::Error> {
        let bytes = read(deserializer)?;
        Ok(bytes.chunks_exact(2).filter_map(|two| Some(u16::from_be_bytes(two.try_into().ok()?))).collect())
    }
}

/// Successions of eight bytes as Base64.
pub(crate) mod successions {
    use super::{Deserializer, Serializer, read, write};
    use crate::statistical::sequence::Succession;

    pub(crate) fn serialize<S: Serializer>(all: &[Succession], serializer: S) -> Result<S::Ok, S::Error> {
        let whole = |one: &Succession| u64::from(one.before) << 32 | u64::from(one.tool) << 16 | u64::from(one.times);
        let bytes: Vec<u8> = all.iter().flat_map(|one| whole(one).to_be_bytes()).collect();
        write(&bytes, serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Succession>, D::Error> {
        let bytes = read(deserializer)?;
        Ok(bytes.chunks_exact(8).filter_map(|eight| Some(from_bytes(eight.try_into().ok()?))).collect())
    }

    #[expect(clippy::cast_possible_truncation, reason = "each part has been shifted to its place")]
    fn from_bytes(bytes: [u8; 8]) -> Succession {
        let whole = u64::from_be_bytes(bytes);
        Succession { before: (whole >> 32) as u32, tool: (whole >> 16) as u16, times: whole as u16 }
    }
}

fn write<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    use base64::Engine as _;
    serializer.serialize_str(&base64::engine::general_purpose::STANDARD_NO_PAD.encode(bytes))
}

fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    use base64::Engine as _;
    let text = Box::<str>::deserialize(deserializer)?;
    base64::engine::general_purpose::STANDARD_NO_PAD.decode(&*text).map_err(serde::de::Error::custom)
}

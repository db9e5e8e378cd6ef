//! Zone files: what people write and providers export, read strictly enough to trust and kindly enough to repair.
//!
//! The reader knows RFC 1035's format with its later additions (`$TTL`, times such as `1h30m`, RFC 3597's `\#`), and
//! `$GENERATE`. It follows no `$INCLUDE` and takes class IN only. It finds all errors at once, each with its place.
//!
//! # Exports of Cloudflare
//!
//! A record whose comment has `cf_tags=cf-proxied:true` makes its set proxied. In such files a TTL of 1 means that
//! the provider chooses, so it is read as [`Ttl::Auto`](super::Ttl::Auto); they are known by a comment with
//! `cf_tags=`, by the heading `;; Exported:`, or by a SOA record whose owner lacks its final dot. In any other file,
//! and in all files when written with a unit (`1s`), one second is one second.
//!
//! ```
//! use howdah_core::dns::{Name, Ttl, zonefile};
//!
//! let text = "\
//! $TTL 1h
//! @    IN SOA ns1 hostmaster 1 2h 1h 2w 1h
//! www  1  A   192.0.2.1   ; cf_tags=cf-proxied:true
//! ";
//! let file = zonefile::read(text, &Name::parse("example.org")?)?;
//! assert!(file.warnings.is_empty());
//! let www = file.zone.iter().last().unwrap();
//! assert_eq!(www.ttl(), Ttl::Auto);
//! assert!(www.is_proxied());
//!
//! let errors = zonefile::read("www 300 IN A 192.0.2\nmail 300 MX ten", &Name::parse("example.org")?).unwrap_err();
//! assert_eq!(errors.iter().count(), 2);
//! assert_eq!(
//!     errors.iter().next().unwrap().to_string(),
//!     "line 1, column 14: `192.0.2` is not an IPv4 address (such as 192.0.2.1)"
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod generate;
mod reader;
mod writer;

use std::fmt;

use super::{Name, Zone};

/// A zone file that could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneFile {
    /// What the file says.
    pub zone: Zone,
    /// What was repaired, or is hardly meant as it stands, in the order of the file.
    pub warnings: Vec<Warning>,
}

/// Something in a zone file that its owner should look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Counted from 1.
    pub line: usize,
    /// Counted in characters from 1.
    pub column: usize,
    /// What was found and what was made of it.
    pub message: String,
}

/// Something in a zone file that keeps it from being read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct ZoneFileError {
    /// Counted from 1.
    pub line: usize,
    /// Counted in characters from 1.
    pub column: usize,
    /// What was found and what was expected.
    pub message: String,
}

/// Every error of a zone file, in the order of the file; at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneFileErrors {
    errors: Vec<ZoneFileError>,
}

/// Reads a zone file; `origin` is the zone's name, to which names without a final dot are relative.
///
/// A name or type that cannot go together with others in DNS (a CNAME beside other records) is a warning, since
/// providers do export such sets. A record outside of the zone is an error.
pub fn read(text: &str, origin: &Name) -> Result<ZoneFile, ZoneFileErrors> {
    reader::read(text, origin)
}

/// Writes a zone file: one line for each record, the SOA record first, then in canonical order.
///
/// The same zone always gives the same text, and [`read`] makes the same zone of it.
pub fn write(zone: &Zone) -> String {
    writer::write(zone)
}

impl ZoneFileErrors {
    /// The errors in the order of the file.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &ZoneFileError> {
        self.errors.iter()
    }
}

impl std::error::Error for ZoneFileErrors {}

impl fmt::Display for ZoneFileErrors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 20;
        match self.errors.as_slice() {
            [error] => write!(formatter, "the zone file has an error in {error}"),
            errors => {
                write!(formatter, "the zone file has {} errors:", errors.len())?;
                errors.iter().take(SHOWN).try_for_each(|error| write!(formatter, "\n  {error}"))?;
                match errors.len().saturating_sub(SHOWN) {
                    0 => Ok(()),
                    more => write!(formatter, "\n  and {more} more"),
                }
            }
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}, column {}: {}", self.line, self.column, self.message)
    }
}

#[cfg(test)]
mod tests;

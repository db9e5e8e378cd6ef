//! Geographical locations (RFC 1876).

use std::fmt;

use super::fields::{Fields, Rdata, Wire, digits};
use crate::dns::token::{Fault, Token};

const EQUATOR: u32 = 1 << 31;
const DEGREE: u32 = 3_600_000;
const SEA_LEVEL: i64 = 10_000_000;

/// A geographical location, in the units of the wire format.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Loc {
    /// The diameter of what is described: a digit in the upper four bits times a power of ten in the lower, in centimetres.
    pub size: u8,
    /// In the form of `size`.
    pub horizontal_precision: u8,
    /// In the form of `size`.
    pub vertical_precision: u8,
    /// Thousandths of a second of arc north of the equator, plus 2^31.
    pub latitude: u32,
    /// Thousandths of a second of arc east of the prime meridian, plus 2^31.
    pub longitude: u32,
    /// Centimetres above the reference spheroid, plus 10,000,000.
    pub altitude: u32,
}

impl fmt::Display for Loc {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        angle(self.latitude, ['N', 'S'], formatter)?;
        formatter.write_str(" ")?;
        angle(self.longitude, ['E', 'W'], formatter)?;
        let altitude = i64::from(self.altitude) - SEA_LEVEL;
        let sign = if altitude < 0 { "-" } else { "" };
        write!(formatter, " {sign}{}", metres(altitude.unsigned_abs()))?;
        for precision in [self.size, self.horizontal_precision, self.vertical_precision] {
            write!(formatter, " {}", metres(u64::from(precision >> 4) * 10_u64.pow(u32::from(precision & 15))))?;
        }
        Ok(())
    }
}

fn angle(value: u32, [positive, negative]: [char; 2], formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    let side = if value < EQUATOR { negative } else { positive };
    let value = value.abs_diff(EQUATOR);
    let (minutes, seconds) = (value / 60_000 % 60, value % 60_000);
    write!(formatter, "{} {minutes} {}.{:03} {side}", value / DEGREE, seconds / 1000, seconds % 1000)
}

fn metres(centimetres: u64) -> String {
    format!("{}.{:02}m", centimetres / 100, centimetres % 100)
}

impl Rdata for Loc {
    fn read(fields: &mut Fields<'_>) -> Result<Self, Fault> {
        let latitude = read_angle(fields, "latitude", 90, ["N", "S"])?;
        let longitude = read_angle(fields, "longitude", 180, ["E", "W"])?;
        let token = fields.token("the altitude")?;
        let (negative, unsigned) = match token.raw.strip_prefix('-') {
            Some(unsigned) => (true, unsigned),
            None => (false, token.raw),
        };
        let altitude = centimetres(unsigned)
            .and_then(|value| i64::try_from(value).ok())
            .and_then(|value| u32::try_from(SEA_LEVEL + if negative { -value } else { value }).ok())
            .ok_or_else(|| expected(token, "the altitude: metres from -100000.00 to 42849672.95 were expected"))?;
        let mut precisions = [0x12, 0x16, 0x13];
        for precision in &mut precisions {
            if let Some(token) = fields.next() {
                *precision = centimetres(token.raw)
                    .and_then(precision_byte)
                    .ok_or_else(|| expected(token, "a size: metres from 0 to 90000000.00 were expected"))?;
            }
        }
        let [size, horizontal_precision, vertical_precision] = precisions;
        Ok(Loc { size, horizontal_precision, vertical_precision, latitude, longitude, altitude })
    }

    fn decode(wire: &mut Wire<'_>) -> Option<Self> {
        if wire.u8()? != 0 {
            return None;
        }
        let mut precision = || {
            let byte = wire.u8()?;
            // Nought times any power of ten is nought.
            let byte = if byte >> 4 == 0 { 0 } else { byte };
            (byte >> 4 <= 9 && byte & 15 <= 9).then_some(byte)
        };
        let (size, horizontal_precision, vertical_precision) = (precision()?, precision()?, precision()?);
        let (latitude, longitude, altitude) = (wire.u32()?, wire.u32()?, wire.u32()?);
        let valid = latitude.abs_diff(EQUATOR) <= 90 * DEGREE && longitude.abs_diff(EQUATOR) <= 180 * DEGREE;
        valid.then_some(Loc { size, horizontal_precision, vertical_precision, latitude, longitude, altitude })
    }

    fn encode(&self, wire: &mut Vec<u8>) -> Option<()> {
        wire.extend([0, self.size, self.horizontal_precision, self.vertical_precision]);
        for value in [self.latitude, self.longitude, self.altitude] {
            wire.extend(value.to_be_bytes());
        }
        Some(())
    }
}

fn expected(token: &Token<'_>, what: &str) -> Fault {
    Fault::new(token.at, format!("{} is not {what}", token.shown()))
}

/// Degrees, then minutes and seconds if they are given, then the side.
fn read_angle(fields: &mut Fields<'_>, what: &str, largest: u32, sides: [&str; 2]) -> Result<u32, Fault> {
    let [positive, negative] = sides;
    let whole = |text: &str| digits(text).and_then(|value| value.checked_mul(1000));
    let mut value = 0;
    for (index, part, limit, factor) in [(0, "degrees", largest, 3600), (1, "minutes", 59, 60), (2, "seconds", 59, 1)] {
        let token = fields.token(&format!("the {what}"))?;
        if index > 0 && sides.iter().any(|side| side.eq_ignore_ascii_case(token.raw)) {
            return signed(value, negative.eq_ignore_ascii_case(token.raw), largest)
                .ok_or_else(|| expected(token, &format!("possible here: the {what} is more than {largest} degrees")));
        }
        let thousandths = if index == 2 { decimal(token.raw, 3) } else { whole(token.raw) };
        let thousandths = thousandths
            .and_then(|value| u32::try_from(value).ok())
            .filter(|value| value / 1000 <= limit)
            .ok_or_else(|| expected(token, &format!("the {part} of the {what}: 0 to {limit} was expected")))?;
        value += thousandths * factor;
    }
    let token = fields.token(&format!("{positive} or {negative}"))?;
    if !sides.iter().any(|side| side.eq_ignore_ascii_case(token.raw)) {
        return Err(expected(token, &format!("{positive} or {negative}, which ends the {what}")));
    }
    signed(value, negative.eq_ignore_ascii_case(token.raw), largest)
        .ok_or_else(|| expected(token, &format!("possible here: the {what} is more than {largest} degrees")))
}

fn signed(value: u32, negative: bool, largest: u32) -> Option<u32> {
    (value <= largest * DEGREE).then(|| if negative { EQUATOR - value } else { EQUATOR + value })
}

/// Metres with an optional `m`, in centimetres.
fn centimetres(text: &str) -> Option<u64> {
    decimal(text.strip_suffix(['m', 'M']).unwrap_or(text), 2)
}

/// A decimal number times ten to the power of `places`, if it has no more places than that.
fn decimal(text: &str, places: usize) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if whole.is_empty() || fraction.len() > places {
        return None;
    }
    digits(&format!("{whole}{fraction:0<places$}"))
}

/// The leading digit and the power of ten, which is all that the wire format has room for.
fn precision_byte(mut centimetres: u64) -> Option<u8> {
    let mut power = 0;
    while centimetres > 9 {
        centimetres /= 10;
        power += 1;
    }
    (power <= 9).then(|| u8::try_from(centimetres << 4 | power).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use crate::dns::{Name, RecordData, RecordType};

    fn read(text: &str) -> Result<String, String> {
        let loc = RecordData::parse(&RecordType::Loc, text, &Name::root());
        loc.map(|loc| loc.to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn reads_what_is_optional() {
        assert_eq!(
            read("52 22 23.5 n 4 53 32 E -2.00m 0.00m 10000m 10m").unwrap(),
            "52 22 23.500 N 4 53 32.000 E -2.00m 0.00m 10000.00m 10.00m"
        );
        assert_eq!(read("90 S 180 W 0").unwrap(), "90 0 0.000 S 180 0 0.000 W 0.00m 1.00m 10000.00m 10.00m");
        assert_eq!(
            read("0 1 N 0 0 0.001 E 42849672.95m 90000000m").unwrap(),
            "0 1 0.000 N 0 0 0.001 E 42849672.95m 90000000.00m 10000.00m 10.00m"
        );
    }

    #[test]
    fn says_what_is_wrong() {
        for (text, message) in [
            ("91 N 0 E 0", "degrees of the latitude"),
            ("90 0 1 N 0 E 0", "more than 90 degrees"),
            ("9 60 N 0 E 0", "minutes of the latitude"),
            ("9 5 5 5 N 0 E 0", "N or S"),
            ("9 N 0", "the longitude was expected"),
            ("9 N 0 E", "the altitude was expected"),
            ("9 N 0 E -100000.01", "-100000.00"),
            ("9 N 0 E 1.234m", "metres"),
            ("9 N 0 E 1m 1m 1m 1m 1m", "should end before"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(message), "{text}: {error}");
        }
    }
}

//! Who asks: signatures of version 4 in a header, in the query and of each chunk, and of version 2 in the query.

use std::{fmt::Write as _, io};

use aws_lc_rs::{constant_time::verify_slices_are_equal, digest, hmac};
use data_encoding::{BASE64, HEXLOWER};
use howdah_core::testing::Asked;
use jiff::{SignedDuration, Timestamp, civil, fmt::strtime, tz::TimeZone};

use super::{
    Keys,
    refused::{Refused, refused},
    request::Caller,
};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// What servers that know no regions are told, and what Spaces take as well as their own.
const ANY_REGION: &str = "us-east-1";

const SKEW: SignedDuration = SignedDuration::from_mins(15);
const LONGEST: i64 = 7 * 24 * 3600;

/// The parameters that version 2 signs, besides `response-*`.
const SIGNED_OF_OLD: [&str; 11] = [
    "acl",
    "cors",
    "delete",
    "lifecycle",
    "location",
    "partNumber",
    "policy",
    "uploadId",
    "uploads",
    "versionId",
    "versioning",
];

/// The SHA-256 of nothing.
const NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// What a request says of its body.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Payload {
    Unsigned,
    Sha256(String),
    /// In chunks, each with its length before it.
    Chunks(Option<Chain>),
}

/// What the signature of the next chunk hangs on.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Chain {
    key: Vec<u8>,
    date: String,
    scope: String,
    previous: String,
}

/// Who asks, and what is known of the body.
pub(super) struct Admitted {
    pub(super) caller: Caller,
    pub(super) payload: Payload,
}

pub(super) fn admit(
    asked: &Asked,
    path: &str,
    resource: &str,
    region: &str,
    now: Timestamp,
    keys: &Keys,
) -> Result<Admitted, Refused> {
    let request = Request { asked, path, region, now, keys };
    if let Some(sent) = asked.headers.get("authorization") {
        let sent = sent.to_str().map_err(|_| malformed())?;
        return match sent.strip_prefix(ALGORITHM) {
            Some(sent) => request.in_header(sent),
            // Version 2 is taken in the query only.
            None => Err(refused(400, "InvalidArgument")),
        };
    }
    if asked.parameter("X-Amz-Algorithm").is_some() {
        return request.in_query();
    }
    if asked.parameter("AWSAccessKeyId").is_some() {
        return request.in_old_query(resource);
    }
    Ok(Admitted { caller: Caller::Anyone, payload: payload(asked, None)? })
}

struct Request<'a> {
    asked: &'a Asked,
    path: &'a str,
    region: &'a str,
    now: Timestamp,
    keys: &'a Keys,
}

/// `key/date/region/s3/aws4_request`.
struct Credential<'a> {
    key: &'a str,
    date: &'a str,
    region: &'a str,
}

impl<'a> Credential<'a> {
    fn read(text: &'a str) -> Option<Self> {
        // A key's id may have slashes; the scope has none.
        let mut parts = text.rsplitn(5, '/');
        let (end, service, region) = (parts.next()?, parts.next()?, parts.next()?);
        let (date, key) = (parts.next()?, parts.next()?);
        (end == "aws4_request" && service == "s3").then_some(Self { key, date, region })
    }

    fn scope(&self) -> String {
        format!("{}/{}/s3/aws4_request", self.date, self.region)
    }

    fn signing_key(&self, secret: &str) -> Vec<u8> {
        let parts = [self.date, self.region, "s3", "aws4_request"];
        parts.iter().fold(format!("AWS4{secret}").into_bytes(), |key, part| hmac_sha256(&key, part.as_bytes()))
    }
}

impl Request<'_> {
    fn in_header(&self, sent: &str) -> Result<Admitted, Refused> {
        let field = |name: &str| {
            let mut fields = sent.split(',').map(str::trim);
            fields.find_map(|field| field.strip_prefix(name)?.strip_prefix('='))
        };
        let (Some(credential), Some(signed), Some(signature)) =
            (field("Credential"), field("SignedHeaders"), field("Signature"))
        else {
            return Err(malformed());
        };
        let credential = Credential::read(credential).ok_or_else(malformed)?;
        let date = match self.header("x-amz-date") {
            Some(date) => date,
            None => self.header("date").ok_or_else(|| refused(403, "AccessDenied"))?,
        };
        let moment = moment(&date).ok_or_else(|| refused(403, "AccessDenied"))?;
        if self.now.duration_since(moment).abs() > SKEW {
            return Err(refused(403, "RequestTimeTooSkewed"));
        }
        let hash = self.header("x-amz-content-sha256").ok_or_else(|| refused(400, "InvalidRequest"))?;
        self.check(&credential, &date, signed, &hash, signature)
    }

    fn in_query(&self) -> Result<Admitted, Refused> {
        let wrong = || refused(400, "AuthorizationQueryParametersError");
        let of = |name: &str| self.asked.parameter(name).ok_or_else(wrong);
        if of("X-Amz-Algorithm")? != ALGORITHM {
            return Err(wrong());
        }
        let (credential, date, signed) = (of("X-Amz-Credential")?, of("X-Amz-Date")?, of("X-Amz-SignedHeaders")?);
        let credential = Credential::read(&credential).ok_or_else(wrong)?;
        let lasts: i64 = of("X-Amz-Expires")?.parse().map_err(|_| wrong())?;
        if !(1..=LONGEST).contains(&lasts) {
            return Err(wrong());
        }
        let from = moment(&date).ok_or_else(wrong)?;
        let age = self.now.duration_since(from);
        if age > SignedDuration::from_secs(lasts) || age < -SKEW {
            return Err(refused(403, "AccessDenied"));
        }
        let hash = self.asked.parameter("X-Amz-Content-Sha256").or_else(|| self.header("x-amz-content-sha256"));
        let hash = hash.unwrap_or_else(|| "UNSIGNED-PAYLOAD".into());
        self.check(&credential, &date, &signed, &hash, &of("X-Amz-Signature")?)
    }

    /// Holds a signature of version 4 against what was to be signed.
    fn check(
        &self,
        credential: &Credential<'_>,
        date: &str,
        signed: &str,
        hash: &str,
        signature: &str,
    ) -> Result<Admitted, Refused> {
        let (secret, grants) = self.keys.find(credential.key).ok_or_else(|| refused(403, "InvalidAccessKeyId"))?;
        if ![self.region, ANY_REGION].contains(&credential.region) {
            return Err(malformed());
        }
        let day: String = moment(date).map(|moment| moment.strftime("%Y%m%d").to_string()).unwrap_or_default();
        if day != credential.date {
            return Err(malformed());
        }
        let names: Vec<_> = signed.split(';').collect();
        // What is not signed could have been changed by anyone on the way.
        let presigned = self.asked.headers.get("authorization").is_none();
        let loose = |name: &str| {
            name.starts_with("x-amz-") && !names.contains(&name) && !(presigned && name == "x-amz-content-sha256")
        };
        if !names.contains(&"host") || self.asked.headers.keys().any(|name| loose(name.as_str())) {
            return Err(refused(403, "AccessDenied"));
        }
        let canonical = format!(
            "{}\n{}\n{}\n{}\n{signed}\n{hash}",
            self.asked.method,
            encoded(&decoded(self.path), true),
            self.query(),
            self.headers(&names),
        );
        let scope = credential.scope();
        let to_sign = format!("{ALGORITHM}\n{date}\n{scope}\n{}", sha256(canonical.as_bytes()));
        let key = credential.signing_key(&secret);
        let expected = HEXLOWER.encode(&hmac_sha256(&key, to_sign.as_bytes()));
        if !equal(&expected, signature) {
            return Err(refused(403, "SignatureDoesNotMatch"));
        }
        let chain = Chain { key, date: date.to_owned(), scope, previous: expected };
        Ok(Admitted { caller: Caller::Key(grants), payload: payload(self.asked, Some((hash, chain)))? })
    }

    /// Version 2, which older tools still sign URLs with.
    fn in_old_query(&self, resource: &str) -> Result<Admitted, Refused> {
        let of = |name: &str| self.asked.parameter(name).ok_or_else(|| refused(403, "AccessDenied"));
        let (key, signature, expires) = (of("AWSAccessKeyId")?, of("Signature")?, of("Expires")?);
        let until: i64 = expires.parse().map_err(|_| refused(403, "AccessDenied"))?;
        let (secret, grants) = self.keys.find(&key).ok_or_else(|| refused(403, "InvalidAccessKeyId"))?;
        if self.now.as_second() > until {
            return Err(refused(403, "AccessDenied"));
        }
        let header = |name| self.header(name).unwrap_or_default();
        let (md5, content_type) = (header("content-md5"), header("content-type"));
        let mut to_sign = format!("{}\n{md5}\n{content_type}\n{expires}\n", self.asked.method);
        let mut names: Vec<_> = self.asked.headers.keys().map(http::HeaderName::as_str).collect();
        names.retain(|name| name.starts_with("x-amz-"));
        names.sort_unstable();
        for name in names {
            let _ = writeln!(to_sign, "{name}:{}", self.joined(name));
        }
        to_sign.push_str(&encoded(&decoded(resource), true));
        let text = |part: Vec<u8>| String::from_utf8_lossy(&part).into_owned();
        let mut sub: Vec<_> = pairs(&self.asked.query).map(|(name, value)| (text(name), text(value))).collect();
        sub.retain(|(name, _)| SIGNED_OF_OLD.contains(&name.as_str()) || name.starts_with("response-"));
        sub.sort_unstable();
        for (at, (name, value)) in sub.iter().enumerate() {
            to_sign.push(if at == 0 { '?' } else { '&' });
            to_sign.push_str(name);
            if !value.is_empty() {
                let _ = write!(to_sign, "={value}");
            }
        }
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret.as_bytes());
        if !equal(&BASE64.encode(hmac::sign(&key, to_sign.as_bytes()).as_ref()), &signature) {
            return Err(refused(403, "SignatureDoesNotMatch"));
        }
        Ok(Admitted { caller: Caller::Key(grants), payload: Payload::Unsigned })
    }

    fn header(&self, name: &str) -> Option<String> {
        self.asked.headers.get(name)?.to_str().ok().map(str::to_owned)
    }

    /// All values of a header, each with single spaces.
    fn joined(&self, name: &str) -> String {
        let values = self.asked.headers.get_all(name).iter().map(|value| {
            let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
            text.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
        });
        values.collect::<Vec<_>>().join(",")
    }

    fn headers(&self, names: &[&str]) -> String {
        names.iter().fold(String::new(), |mut all, name| {
            let _ = writeln!(all, "{name}:{}", self.joined(name));
            all
        })
    }

    fn query(&self) -> String {
        let mut pairs: Vec<_> = pairs(&self.asked.query)
            .filter(|(name, _)| name != b"X-Amz-Signature")
            .map(|(name, value)| format!("{}={}", encoded(&name, false), encoded(&value, false)))
            .collect();
        pairs.sort_unstable_by(|a, b| a.split('=').cmp(b.split('=')));
        pairs.join("&")
    }
}

/// What the request says of its body, as it was signed, or as nobody vouched for it.
fn payload(asked: &Asked, signed: Option<(&str, Chain)>) -> Result<Payload, Refused> {
    let sent = asked.headers.get("x-amz-content-sha256").and_then(|value| value.to_str().ok());
    let (hash, chain) = match signed {
        Some((hash, chain)) => (hash, Some(chain)),
        None => (sent.unwrap_or("UNSIGNED-PAYLOAD"), None),
    };
    match hash {
        "UNSIGNED-PAYLOAD" => Ok(Payload::Unsigned),
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER" => Ok(Payload::Chunks(None)),
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" | "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER" if chain.is_some() => {
            Ok(Payload::Chunks(chain))
        }
        hash if hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            Ok(Payload::Sha256(hash.to_ascii_lowercase()))
        }
        _ => Err(refused(400, "InvalidArgument")),
    }
}

fn malformed() -> Refused {
    refused(400, "AuthorizationHeaderMalformed")
}

/// `20260102T030405Z`, or a date as HTTP writes it.
fn moment(text: &str) -> Option<Timestamp> {
    if let Ok(parsed) = civil::DateTime::strptime("%Y%m%dT%H%M%SZ", text) {
        return parsed.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    }
    strtime::parse("%a, %d %b %Y %H:%M:%S GMT", text).ok()?.to_datetime().ok().and_then(|parsed| {
        let zoned = parsed.to_zoned(TimeZone::UTC).ok()?;
        Some(zoned.timestamp())
    })
}

fn equal(expected: &str, given: &str) -> bool {
    verify_slices_are_equal(expected.as_bytes(), given.as_bytes()).is_ok()
}

fn hmac_sha256(key: &[u8], message: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message).as_ref().to_vec()
}

pub(super) fn sha256(content: &[u8]) -> String {
    HEXLOWER.encode(digest::digest(&digest::SHA256, content).as_ref())
}

/// The parameters of a query, decoded. A plus sign is a space, as in a form.
fn pairs(query: &str) -> impl Iterator<Item = (Vec<u8>, Vec<u8>)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let plain = |text: &str| decoded(&text.replace('+', "%20"));
    pairs
        .map(move |pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(move |(name, value)| (plain(name), plain(value)))
}

/// The bytes that percent signs stand for.
pub(super) fn decoded(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let digit = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        match (bytes[at], digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                plain.push(u8::try_from(high << 4 | low).unwrap_or_default());
                at += 3;
            }
            (byte, ..) => {
                plain.push(byte);
                at += 1;
            }
        }
    }
    plain
}

/// Encoded as S3 signs it.
pub(super) fn encoded(bytes: &[u8], keep_slashes: bool) -> String {
    let mut text = String::with_capacity(bytes.len());
    for byte in bytes {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => text.push((*byte).into()),
            b'/' if keep_slashes => text.push('/'),
            _ => {
                let _ = write!(text, "%{byte:02X}");
            }
        }
    }
    text
}

/// Takes the chunks of a body apart, and checks their signatures if they have any.
pub(super) struct Chunks {
    chain: Option<Chain>,
    state: Reading,
    /// A line that has not all come.
    line: Vec<u8>,
    /// The signature that the chunk came with.
    claimed: String,
    hash: digest::Context,
    trailers: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Reading {
    Head,
    Data(u64),
    /// The line break behind the data.
    Behind,
    Trailer,
    End,
}

const LONGEST_LINE: usize = 4096;

impl Chunks {
    pub(super) fn new(chain: Option<Chain>) -> Self {
        let hash = digest::Context::new(&digest::SHA256);
        Self { chain, state: Reading::Head, line: vec![], claimed: String::new(), hash, trailers: vec![] }
    }

    /// Hands on what is data in the next bytes.
    pub(super) fn take(&mut self, mut bytes: &[u8], mut to: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        while !bytes.is_empty() {
            if let Reading::Data(left) = self.state {
                let now = usize::try_from(left).map_or(bytes.len(), |left| left.min(bytes.len()));
                let (data, rest) = bytes.split_at(now);
                self.hash.update(data);
                to(data)?;
                bytes = rest;
                let left = left - now as u64;
                self.state = if left == 0 { Reading::Behind } else { Reading::Data(left) };
                if left == 0 {
                    self.check()?;
                }
                continue;
            }
            let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else {
                self.line.extend_from_slice(bytes);
                return if self.line.len() > LONGEST_LINE { Err(broken()) } else { Ok(()) };
            };
            self.line.extend_from_slice(&bytes[..end]);
            bytes = &bytes[end + 1..];
            let line = String::from_utf8(std::mem::take(&mut self.line)).map_err(|_| broken())?;
            self.line(line.strip_suffix('\r').unwrap_or(&line))?;
        }
        Ok(())
    }

    fn line(&mut self, line: &str) -> io::Result<()> {
        match self.state {
            Reading::Head => {
                let (length, extension) = line.split_once(';').unwrap_or((line, ""));
                let length = u64::from_str_radix(length.trim(), 16).map_err(|_| broken())?;
                extension.trim().strip_prefix("chunk-signature=").unwrap_or_default().clone_into(&mut self.claimed);
                if length == 0 {
                    self.check()?;
                    self.state = Reading::Trailer;
                } else {
                    self.state = Reading::Data(length);
                }
            }
            Reading::Behind if line.is_empty() => self.state = Reading::Head,
            Reading::Trailer if line.is_empty() => self.state = Reading::End,
            Reading::Trailer => match line.strip_prefix("x-amz-trailer-signature:") {
                Some(signature) => self.check_trailers(signature.trim())?,
                None => self.trailers.extend_from_slice(format!("{line}\n").as_bytes()),
            },
            Reading::End if line.is_empty() => {}
            _ => return Err(broken()),
        }
        Ok(())
    }

    fn check(&mut self) -> io::Result<()> {
        let hash = std::mem::replace(&mut self.hash, digest::Context::new(&digest::SHA256)).finish();
        let Some(chain) = &mut self.chain else { return Ok(()) };
        let Chain { key, date, scope, previous } = chain;
        let hash = HEXLOWER.encode(hash.as_ref());
        let to_sign = format!("AWS4-HMAC-SHA256-PAYLOAD\n{date}\n{scope}\n{previous}\n{NOTHING}\n{hash}");
        let expected = HEXLOWER.encode(&hmac_sha256(key, to_sign.as_bytes()));
        if !equal(&expected, &self.claimed) {
            return Err(refused(403, "SignatureDoesNotMatch").into());
        }
        *previous = expected;
        Ok(())
    }

    fn check_trailers(&self, claimed: &str) -> io::Result<()> {
        let Some(Chain { key, date, scope, previous }) = &self.chain else { return Ok(()) };
        let hash = sha256(&self.trailers);
        let to_sign = format!("AWS4-HMAC-SHA256-TRAILER\n{date}\n{scope}\n{previous}\n{hash}");
        if equal(&HEXLOWER.encode(&hmac_sha256(key, to_sign.as_bytes())), claimed) {
            return Ok(());
        }
        Err(refused(403, "SignatureDoesNotMatch").into())
    }

    /// Whether the last chunk came.
    pub(super) fn is_whole(&self) -> bool {
        matches!(self.state, Reading::Trailer | Reading::End)
    }
}

fn broken() -> io::Error {
    refused(400, "IncompleteBody").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(chain: Option<&Chain>, body: &[u8], step: usize) -> Result<Vec<u8>, String> {
        let mut chunks = Chunks::new(chain.cloned());
        let mut data = Vec::new();
        for part in body.chunks(step) {
            let take = chunks.take(part, |bytes| {
                data.extend_from_slice(bytes);
                Ok(())
            });
            take.map_err(|error| error.to_string())?;
        }
        if chunks.is_whole() { Ok(data) } else { Err("there is no end".into()) }
    }

    #[test]
    fn chunks_are_taken_apart_however_they_come() {
        let body = b"3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n";
        for step in 1..body.len() {
            assert_eq!(taken(None, body, step).unwrap(), b"abc0123456789", "{step}");
        }
        for wrong in ["3\r\nabc\r\n", "3\r\nabcd\r\n0\r\n", "x\r\n", "-1\r\n"] {
            assert!(taken(None, wrong.as_bytes(), 2).is_err(), "{wrong}");
        }
    }

    /// The published example of a signed upload in chunks: 64 KiB, 1 KiB, and the end.
    #[test]
    fn chunks_are_signed_in_a_chain() {
        let credential = Credential { key: "AKIAIOSFODNN7EXAMPLE", date: "20130524", region: "us-east-1" };
        let chain = Chain {
            key: credential.signing_key("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
            date: "20130524T000000Z".into(),
            scope: credential.scope(),
            previous: "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9".into(),
        };
        let mut body = Vec::new();
        for (length, signature) in [
            (65536, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"),
            (1024, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"),
            (0, "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"),
        ] {
            body.extend_from_slice(format!("{length:x};chunk-signature={signature}\r\n").as_bytes());
            body.extend_from_slice(&vec![b'a'; length]);
            body.extend_from_slice(b"\r\n");
        }
        assert_eq!(taken(Some(&chain), &body, 1000).unwrap().len(), 66560);
        body[200] = b'b';
        assert!(taken(Some(&chain), &body, 1000).unwrap_err().contains("SignatureDoesNotMatch"));
    }

    #[test]
    fn dates_are_read() {
        let expected = "2013-05-24T00:00:00Z".parse().ok();
        assert_eq!(moment("20130524T000000Z"), expected);
        assert_eq!(moment("Fri, 24 May 2013 00:00:00 GMT"), expected);
        assert_eq!(moment("2013"), None);
    }

    #[test]
    fn what_is_encoded_is_what_s3_encodes() {
        assert_eq!(encoded(&decoded("/a%2Fb(c)+%20~é"), true), "/a/b%28c%29%2B%20~%C3%A9");
        assert_eq!(encoded(b"a/b", false), "a%2Fb");
        assert_eq!(decoded("%"), b"%");
    }
}

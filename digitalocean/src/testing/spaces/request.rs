//! Requests that are let in: who asks, what they may, and the content that comes.

use std::io;

use bytes::Bytes;
use data_encoding::BASE64;
use howdah_core::testing::{
    Asked,
    contents::{Received, Receiver},
};
use http::HeaderMap;
use jiff::Timestamp;
use md5::{Digest as _, Md5};
use serde::{Deserialize, Serialize};

use super::{
    Digests, Hashes, State,
    refused::{Refused, Reply, denied, not_implemented, refused},
    routing::{Operation, Place},
    signature::{self, Admitted, Chunks, Payload},
};
use crate::spaces_keys::{Grant, Permission};

/// What one request may bring.
const LARGEST: u64 = 5 << 30;

/// Who may read besides the owner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) enum Access {
    #[default]
    Private,
    PublicRead,
}

impl Access {
    /// As the header says it, if it does.
    pub(super) fn said(headers: &HeaderMap) -> Result<Option<Self>, Refused> {
        if headers.keys().any(|name| name.as_str().starts_with("x-amz-grant-")) {
            return Err(not_implemented("Grants to single accounts are not faked."));
        }
        let Some(value) = headers.get("x-amz-acl") else { return Ok(None) };
        match value.to_str().unwrap_or_default() {
            "private" | "bucket-owner-read" | "bucket-owner-full-control" => Ok(Some(Self::Private)),
            "public-read" => Ok(Some(Self::PublicRead)),
            other @ ("public-read-write" | "authenticated-read" | "aws-exec-read" | "log-delivery-write") => {
                Err(not_implemented(format!("The ACL `{other}` is not faked.")))
            }
            _ => Err(refused(400, "InvalidArgument")),
        }
    }
}

/// Who asks.
#[derive(Clone, Debug)]
pub(super) enum Caller {
    Anyone,
    Key(Vec<Grant>),
}

/// What an operation takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Right {
    /// A key that opens everything; the bucket need not be there.
    Account,
    /// A key that opens everything.
    Owner,
    Read,
    Write,
    /// To read, if it is not public; the handler looks.
    Public,
}

impl Caller {
    pub(super) fn may(&self, right: Right, bucket: &str) -> bool {
        let Self::Key(grants) = self else { return false };
        grants.iter().any(|grant| match grant.permission {
            Permission::Fullaccess => true,
            Permission::Readwrite => {
                grant.bucket == bucket && matches!(right, Right::Read | Right::Write | Right::Public)
            }
            Permission::Read => grant.bucket == bucket && matches!(right, Right::Read | Right::Public),
            Permission::Other(_) => false,
        })
    }
}

/// A request that was let in.
pub(super) struct Call<'a> {
    pub(super) asked: &'a Asked,
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) caller: Caller,
    pub(super) body: Bytes,
}

impl Call<'_> {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.asked.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        self.asked.parameter(name)
    }

    /// A number in the query.
    pub(super) fn number(&self, name: &str) -> Result<Option<usize>, Refused> {
        let text = self.parameter(name).filter(|text| !text.is_empty());
        text.map(|text| text.parse().map_err(|_| refused(400, "InvalidArgument"))).transpose()
    }
}

impl State {
    /// Finds out who asks, and whether they may.
    fn admit<'a>(&self, asked: &'a Asked, operation: &Operation) -> Result<(Call<'a>, Payload), Refused> {
        let Place { path, resource, bucket, key } = Place::of(asked);
        // What the fake put in is not part of what was sent.
        let sent = Asked { path: path.clone(), ..asked.clone() };
        let now = if self.machine_dates { Timestamp::now() } else { self.now };
        let Admitted { caller, payload } = signature::admit(&sent, &path, &resource, &self.region, now, &self.keys)?;
        if operation.right != Right::Account {
            self.bucket(&bucket)?;
        }
        let public = operation.right == Right::Public;
        if !public && !caller.may(operation.right, &bucket) {
            return Err(denied());
        }
        Ok((Call { asked, bucket, key, caller, body: Bytes::new() }, payload))
    }

    pub(super) fn carry_out(
        &mut self,
        asked: &Asked,
        operation: &Operation,
        handle: fn(&mut Self, &Call<'_>) -> Reply,
    ) -> Reply {
        let (mut call, payload) = self.admit(asked, operation)?;
        call.body = match payload {
            Payload::Unsigned => asked.body.clone(),
            Payload::Sha256(hash) if hash == signature::sha256(&asked.body) => asked.body.clone(),
            Payload::Sha256(_) => return Err(refused(400, "XAmzContentSHA256Mismatch")),
            Payload::Chunks(chain) => {
                let (mut chunks, mut body) = (Chunks::new(chain), Vec::new());
                chunks.take(&asked.body, |data| {
                    body.extend_from_slice(data);
                    Ok(())
                })?;
                body.into()
            }
        };
        if let Some(md5) = call.header("content-md5") {
            let expected: [u8; 16] = Md5::digest(&call.body).into();
            check_md5(md5, expected)?;
        }
        handle(self, &call)
    }

    /// Opens the place for the content that comes.
    pub(super) fn begin(
        &mut self,
        asked: &Asked,
        operation: &Operation,
        begin: fn(&mut Self, &Call<'_>) -> Result<(), Refused>,
    ) -> Result<Arriving, Refused> {
        let (call, payload) = self.admit(asked, operation)?;
        let of = |name| call.header(name).map(str::parse::<u64>);
        let length = match payload {
            Payload::Chunks(_) => of("x-amz-decoded-content-length"),
            _ => of("content-length"),
        };
        let length = length.and_then(Result::ok).ok_or_else(|| refused(411, "MissingContentLength"))?;
        if length > LARGEST {
            return Err(refused(400, "EntityTooLarge"));
        }
        begin(self, &call)?;
        let receiver = self.contents.receive(length, false)?;
        let (chunks, sha256) = match payload {
            Payload::Unsigned => (None, None),
            Payload::Sha256(hash) => (None, Some(hash)),
            Payload::Chunks(chain) => (Some(Chunks::new(chain)), None),
        };
        Ok(Arriving { receiver, chunks, sha256, length, caller: call.caller })
    }

    pub(super) fn end(
        &mut self,
        asked: &Asked,
        end: fn(&mut Self, &Call<'_>, Received<Digests>) -> Reply,
        read: io::Result<Arriving>,
    ) -> Reply {
        let Arriving { receiver, chunks, sha256, length, caller } = read?;
        let whole = receiver.len() == length && chunks.as_ref().is_none_or(Chunks::is_whole);
        let received = receiver.finish()?;
        let Place { bucket, key, .. } = Place::of(asked);
        let call = Call { asked, bucket, key, caller, body: Bytes::new() };
        let checked = match call.header("content-md5") {
            _ if !whole => Err(refused(400, "IncompleteBody")),
            _ if sha256.is_some_and(|hash| hash != received.digest.sha256) => {
                Err(refused(400, "XAmzContentSHA256Mismatch"))
            }
            Some(md5) => check_md5(md5, received.digest.md5),
            None => Ok(()),
        };
        if let Err(refusal) = checked {
            self.contents.free(received.content);
            return Err(refusal);
        }
        end(self, &call, received)
    }
}

fn check_md5(sent: &str, expected: [u8; 16]) -> Result<(), Refused> {
    match BASE64.decode(sent.as_bytes()) {
        Ok(sent) if sent.len() != 16 => Err(refused(400, "InvalidDigest")),
        Ok(sent) if sent == expected => Ok(()),
        Ok(_) => Err(refused(400, "BadDigest")),
        Err(_) => Err(refused(400, "InvalidDigest")),
    }
}

/// A content on its way in.
pub(super) struct Arriving {
    receiver: Receiver<Hashes>,
    chunks: Option<Chunks>,
    sha256: Option<String>,
    length: u64,
    caller: Caller,
}

impl io::Write for Arriving {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Self { receiver, chunks, length, .. } = self;
        let mut write = |data: &[u8]| {
            if receiver.len() + data.len() as u64 > *length {
                return Err(refused(400, "IncompleteBody").into());
            }
            receiver.write_all(data)
        };
        match chunks {
            Some(chunks) => chunks.take(bytes, write)?,
            None => write(bytes)?,
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

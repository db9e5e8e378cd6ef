//! Refusals.

use std::{error, fmt, io};

use howdah_core::testing::{Answer, Asked};
use http::{HeaderName, HeaderValue};

use super::{State, routing::Place, xml::Document};

/// The code of a refusal that has no body yet.
const CODE: HeaderName = HeaderName::from_static("x-fake-code");

/// A refusal.
#[derive(Clone, Debug)]
pub(super) struct Refused {
    status: u16,
    code: &'static str,
    message: String,
}

pub(super) type Reply = Result<Answer, Refused>;

pub(super) fn refused(status: u16, code: &'static str) -> Refused {
    Refused { status, code, message: String::new() }
}

/// What the fake does not do, and says so.
pub(super) fn not_implemented(what: impl Into<String>) -> Refused {
    Refused { status: 501, code: "NotImplemented", message: what.into() }
}

pub(super) fn denied() -> Refused {
    refused(403, "AccessDenied")
}

impl Refused {
    pub(super) fn answer(self) -> Answer {
        let mut answer = Answer::empty(self.status);
        answer.headers.insert(CODE, HeaderValue::from_static(self.code));
        Answer { body: self.message.into(), ..answer }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code)
    }
}

impl error::Error for Refused {}

impl From<Refused> for io::Error {
    fn from(refused: Refused) -> Self {
        Self::other(refused)
    }
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        let refusal = error.get_ref().and_then(|inner| inner.downcast_ref::<Self>()).cloned();
        refusal.unwrap_or_else(|| Self { status: 500, code: "InternalError", message: error.to_string() })
    }
}

/// What every answer has; a refusal gets its body.
pub(super) fn after(state: &mut State, asked: &Asked, mut answer: Answer) -> Answer {
    state.last_id += 1;
    let zone = format!("{}c", state.region);
    let request = format!("tx{:021x}-{:010x}-2f6a91e-{zone}", state.last_id, state.now.as_second());
    let code = match answer.status.as_u16() {
        429 => {
            answer = Answer::empty(503);
            Some("SlowDown".to_owned())
        }
        // No operation is done by this method.
        404 if !answer.headers.contains_key(CODE) => {
            answer = Answer::empty(501);
            Some("NotImplemented".to_owned())
        }
        _ => answer.headers.remove(CODE).and_then(|code| code.to_str().ok().map(str::to_owned)),
    };
    if let Some(code) = code {
        let own = String::from_utf8_lossy(&answer.body);
        let message = if own.is_empty() { meaning(&code) } else { &own };
        let mut document = Document::bare("Error");
        document.text("Code", &code).text("Message", message);
        let bucket = Place::of(asked).bucket;
        if !bucket.is_empty() {
            document.text("BucketName", bucket);
        }
        document.text("RequestId", &request).text("HostId", format!("2f6a91e-{zone}-{}-zg02", state.region));
        let headers = std::mem::take(&mut answer.headers);
        answer = Answer::text(answer.status.as_u16(), "application/xml", document.end());
        answer.headers.extend(headers);
    }
    answer.with_header("x-amz-request-id", request)
}

/// What a code means. The service leaves most of it to the code.
fn meaning(code: &str) -> &'static str {
    match code {
        "AccessDenied" => "Whoever asks has no right to this, or the signed URL has expired.",
        "AuthorizationHeaderMalformed" => "The authorization is incomplete, or for another region, service or day.",
        "AuthorizationQueryParametersError" => "The signed URL is incomplete.",
        "BadDigest" => "The content is not that of the MD5 that came with it.",
        "BucketAlreadyExists" => "The name is taken, or was until a few days ago.",
        "BucketNotEmpty" => "There are objects in the bucket.",
        "EntityTooLarge" => "More than 5 GB come in parts only.",
        "EntityTooSmall" => "A part that is not the last has less than 5 MB.",
        "IncompleteBody" => "The body is shorter or longer than announced, or its chunks are broken.",
        "InvalidAccessKeyId" => "There is no such access key.",
        "InvalidArgument" => "A parameter or a header has a value that it cannot have.",
        "InvalidBucketName" => "A name has 3 to 63 small letters, digits, hyphens and dots.",
        "InvalidDigest" => "The MD5 that came is none.",
        "InvalidLocationConstraint" => "Buckets are made in the region of the endpoint.",
        "InvalidObjectName" => "The key is too long.",
        "InvalidPart" => "A part is missing, or has another ETag.",
        "InvalidPartOrder" => "The parts are not in the order of their numbers.",
        "InvalidRange" => "The object has nothing there.",
        "InvalidRequest" => "The request contradicts itself, or lacks something.",
        "InvalidStorageClass" => "There is one storage class, STANDARD.",
        "MalformedACLError" | "MalformedPolicy" | "MalformedXML" => "The body is not what it should be.",
        "MethodNotAllowed" => "That cannot be done here.",
        "MissingContentLength" => "The length is to be announced.",
        "NoSuchBucket" => "There is no such bucket.",
        "NoSuchBucketPolicy" | "NoSuchCORSConfiguration" | "NoSuchLifecycleConfiguration" => "The bucket has none.",
        "NoSuchKey" => "There is no such object.",
        "NoSuchUpload" => "There is no such upload, or it has ended.",
        "NotImplemented" => "This is not faked.",
        "PreconditionFailed" => "The object is not as the request wants it.",
        "RequestTimeTooSkewed" => "The clocks differ by more than 15 minutes.",
        "SignatureDoesNotMatch" => "The signature is not that of this request with the key's secret.",
        "SlowDown" => "Please reduce your request rate.",
        "TooManyBuckets" => "There are as many buckets as there may be.",
        "XAmzContentSHA256Mismatch" => "The content is not that of the SHA-256 that was signed.",
        _ => "",
    }
}

//! Buckets, and lists of what is in them.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    ops::Bound,
};

use data_encoding::BASE64URL_NOPAD;
use howdah_core::testing::{Answer, contents::Content};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    OWNER, State, in_xml,
    multipart::Upload,
    objects::Object,
    quoted,
    refused::{Refused, Reply, denied, not_implemented, refused},
    request::{Access, Call, Right},
    signature, xml as answer,
    xml::{Document, Element},
};

/// How many buckets an account may have.
const MOST_BUCKETS: usize = 100;

/// A page of a list.
const PAGE: usize = 1000;

/// How long the name of a deleted bucket is not to be had.
const BLOCKED: SignedDuration = SignedDuration::from_hours(7 * 24);

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Bucket {
    created: Timestamp,
    access: Access,
    pub(super) objects: BTreeMap<String, Object>,
    pub(super) uploads: BTreeMap<String, Upload>,
    cors: Option<String>,
    lifecycle: Option<String>,
    policy: Option<String>,
}

impl Bucket {
    pub(super) fn new(created: Timestamp) -> Self {
        Self {
            created,
            access: Access::default(),
            objects: BTreeMap::new(),
            uploads: BTreeMap::new(),
            cors: None,
            lifecycle: None,
            policy: None,
        }
    }

    pub(super) fn keys(&self) -> Vec<String> {
        self.objects.keys().cloned().collect()
    }

    pub(super) fn contents_mut(&mut self) -> impl Iterator<Item = &mut Content> {
        let uploads = self.uploads.values_mut().flat_map(Upload::contents_mut);
        self.objects.values_mut().map(|object| &mut object.content).chain(uploads)
    }

    /// Takes out the uploads that have ended, and what came of them.
    pub(super) fn give_up(&mut self, ended: impl Fn(Timestamp) -> bool) -> Vec<Content> {
        let gone: Vec<_> =
            self.uploads.iter().filter(|(_, upload)| ended(upload.begun)).map(|(id, _)| id.clone()).collect();
        gone.iter().filter_map(|id| self.uploads.remove(id)).flat_map(Upload::into_contents).collect()
    }

    /// Whether everyone may see its list.
    pub(super) fn is_listed(&self) -> bool {
        self.access == Access::PublicRead || self.policy_allows("s3:ListBucket")
    }

    /// Whether the policy lets everyone read its objects.
    pub(super) fn is_open(&self) -> bool {
        self.policy_allows("s3:GetObject")
    }

    fn policy_allows(&self, action: &str) -> bool {
        let Some(policy) = self.policy.as_ref().and_then(|policy| serde_json::from_str::<Value>(policy).ok()) else {
            return false;
        };
        many(&policy["Statement"]).iter().flat_map(|statement| many(&statement["Action"])).any(|it| it == action)
    }
}

/// One or several, as policies have it.
fn many(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(values) => values.iter().collect(),
        Value::Null => Vec::new(),
        value => vec![value],
    }
}

fn owner(document: &mut Document) {
    document.within("Owner", |it| {
        it.text("ID", OWNER).text("DisplayName", OWNER);
    });
}

pub(super) fn list(state: &mut State, _: &Call<'_>) -> Reply {
    let mut document = Document::new("ListAllMyBucketsResult");
    owner(&mut document);
    document.within("Buckets", |all| {
        for (name, bucket) in &state.buckets {
            all.within("Bucket", |it| {
                it.text("Name", name).text("CreationDate", in_xml(bucket.created));
            });
        }
    });
    Ok(answer(document))
}

pub(super) fn create(state: &mut State, call: &Call<'_>) -> Reply {
    let name = call.bucket.as_str();
    let usual = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let inner = |c: char| usual(c) || c == '-' || c == '.';
    let named = (3..=63).contains(&name.len())
        && name.chars().all(inner)
        && name.starts_with(usual)
        && name.ends_with(usual)
        && !name.contains("..");
    if !named {
        return Err(refused(400, "InvalidBucketName"));
    }
    if !call.body.is_empty() {
        let configuration = Element::read(&call.body).ok_or_else(|| refused(400, "MalformedXML"))?;
        let place = configuration.text_of("LocationConstraint").unwrap_or_default();
        if !place.is_empty() && place != state.region {
            return Err(refused(400, "InvalidLocationConstraint"));
        }
    }
    if state.buckets.contains_key(name) || state.blocked.contains_key(name) {
        return Err(refused(409, "BucketAlreadyExists"));
    }
    if state.buckets.len() >= MOST_BUCKETS {
        return Err(refused(400, "TooManyBuckets"));
    }
    let access = Access::said(&call.asked.headers)?.unwrap_or_default();
    let bucket = Bucket { access, ..Bucket::new(state.now) };
    if let Entry::Vacant(free) = state.buckets.entry(name.to_owned()) {
        free.insert(bucket);
    }
    Ok(Answer::empty(200).with_header("location", format!("/{name}")))
}

pub(super) fn head(_: &mut State, _: &Call<'_>) -> Reply {
    Ok(Answer::empty(200))
}

pub(super) fn delete(state: &mut State, call: &Call<'_>) -> Reply {
    if !state.bucket(&call.bucket)?.objects.is_empty() {
        return Err(refused(409, "BucketNotEmpty"));
    }
    if let Some(mut bucket) = state.buckets.remove(&call.bucket) {
        let contents = bucket.give_up(|_| true);
        state.free(contents);
        let until = state.now.checked_add(BLOCKED).unwrap_or(Timestamp::MAX);
        state.blocked.insert(call.bucket.clone(), until);
    }
    Ok(Answer::empty(204))
}

pub(super) fn location(state: &mut State, _: &Call<'_>) -> Reply {
    let mut document = Document::new("LocationConstraint");
    document.raw(&state.region);
    Ok(answer(document))
}

pub(super) fn versioning(_: &mut State, _: &Call<'_>) -> Reply {
    Ok(answer(Document::new("VersioningConfiguration")))
}

pub(super) fn acl(state: &mut State, call: &Call<'_>) -> Reply {
    Ok(tell_acl(state.bucket(&call.bucket)?.access))
}

pub(super) fn set_acl(state: &mut State, call: &Call<'_>) -> Reply {
    let access = read_acl(call)?;
    state.bucket_mut(&call.bucket)?.access = access;
    Ok(Answer::empty(200))
}

const EVERYONE: &str = "http://acs.amazonaws.com/groups/global/AllUsers";

pub(super) fn tell_acl(access: Access) -> Answer {
    const TYPE: &str = "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type";
    let mut document = Document::new("AccessControlPolicy");
    owner(&mut document);
    document.within("AccessControlList", |list| {
        if access == Access::PublicRead {
            list.raw(&format!(
                "<Grant><Grantee {TYPE}=\"Group\"><URI>{EVERYONE}</URI></Grantee><Permission>READ</Permission></Grant>"
            ));
        }
        list.raw(&format!(
            "<Grant><Grantee {TYPE}=\"CanonicalUser\"><ID>{OWNER}</ID><DisplayName>{OWNER}</DisplayName></Grantee>\
             <Permission>FULL_CONTROL</Permission></Grant>"
        ));
    });
    answer(document)
}

pub(super) fn read_acl(call: &Call<'_>) -> Result<Access, Refused> {
    if call.body.is_empty() {
        return Access::said(&call.asked.headers)?.ok_or_else(|| refused(400, "MalformedACLError"));
    }
    let malformed = || refused(400, "MalformedACLError");
    let policy = Element::read(&call.body).ok_or_else(malformed)?;
    let list = policy.child("AccessControlList").ok_or_else(malformed)?;
    let mut access = Access::Private;
    for grant in list.all("Grant") {
        let grantee = grant.child("Grantee").ok_or_else(malformed)?;
        let permission = grant.text_of("Permission").ok_or_else(malformed)?;
        match (grantee.text_of("URI"), grantee.text_of("ID"), permission) {
            (Some(EVERYONE), _, "READ") => access = Access::PublicRead,
            (None, Some(OWNER), _) => {}
            _ => return Err(not_implemented("Only the owner and everyone are granted something here.")),
        }
    }
    Ok(access)
}

/// The text of a document that is kept as it came.
fn kept(call: &Call<'_>, root: &str) -> Result<String, Refused> {
    let malformed = || refused(400, "MalformedXML");
    let element = Element::read(&call.body).filter(|it| it.name == root).ok_or_else(malformed)?;
    if element.children.is_empty() {
        return Err(malformed());
    }
    Ok(String::from_utf8_lossy(&call.body).into_owned())
}

fn told(kept: Option<&String>, content_type: &'static str, missing: &'static str) -> Reply {
    let kept = kept.ok_or_else(|| refused(404, missing))?;
    Ok(Answer::text(200, content_type, kept.clone()))
}

pub(super) fn cors(state: &mut State, call: &Call<'_>) -> Reply {
    told(state.bucket(&call.bucket)?.cors.as_ref(), "application/xml", "NoSuchCORSConfiguration")
}

pub(super) fn set_cors(state: &mut State, call: &Call<'_>) -> Reply {
    state.bucket_mut(&call.bucket)?.cors = Some(kept(call, "CORSConfiguration")?);
    Ok(Answer::empty(200))
}

pub(super) fn delete_cors(state: &mut State, call: &Call<'_>) -> Reply {
    state.bucket_mut(&call.bucket)?.cors = None;
    Ok(Answer::empty(204))
}

pub(super) fn lifecycle(state: &mut State, call: &Call<'_>) -> Reply {
    told(state.bucket(&call.bucket)?.lifecycle.as_ref(), "application/xml", "NoSuchLifecycleConfiguration")
}

pub(super) fn set_lifecycle(state: &mut State, call: &Call<'_>) -> Reply {
    let rules = kept(call, "LifecycleConfiguration")?;
    if rules.contains("<Tag>") {
        return Err(not_implemented("Rules that go by tags are not supported."));
    }
    state.bucket_mut(&call.bucket)?.lifecycle = Some(rules);
    Ok(Answer::empty(200))
}

pub(super) fn delete_lifecycle(state: &mut State, call: &Call<'_>) -> Reply {
    state.bucket_mut(&call.bucket)?.lifecycle = None;
    Ok(Answer::empty(204))
}

pub(super) fn policy(state: &mut State, call: &Call<'_>) -> Reply {
    told(state.bucket(&call.bucket)?.policy.as_ref(), "application/json", "NoSuchBucketPolicy")
}

/// What is kept has its effect: that everyone may read or list. Any other policy is refused.
pub(super) fn set_policy(state: &mut State, call: &Call<'_>) -> Reply {
    let policy: Value = serde_json::from_slice(&call.body).map_err(|_| refused(400, "MalformedPolicy"))?;
    let statements = many(&policy["Statement"]);
    if statements.is_empty() {
        return Err(refused(400, "MalformedPolicy"));
    }
    let (bucket, inside) = (format!("arn:aws:s3:::{}", call.bucket), format!("arn:aws:s3:::{}/*", call.bucket));
    for statement in statements {
        let everyone = [&statement["Principal"], &statement["Principal"]["AWS"]];
        let everyone = everyone.iter().any(|principal| many(principal).contains(&&Value::from("*")));
        let fits = many(&statement["Action"]).iter().all(|action| {
            let about = match action.as_str() {
                Some("s3:GetObject") => &inside,
                Some("s3:ListBucket") => &bucket,
                _ => return false,
            };
            many(&statement["Resource"]).iter().any(|resource| *resource == about)
        });
        if statement["Effect"] != "Allow" || !everyone || !fits || statement.get("Condition").is_some() {
            return Err(not_implemented("Only policies that let everyone read or list a whole bucket are faked."));
        }
    }
    state.bucket_mut(&call.bucket)?.policy = Some(String::from_utf8_lossy(&call.body).into_owned());
    Ok(Answer::empty(204))
}

pub(super) fn delete_policy(state: &mut State, call: &Call<'_>) -> Reply {
    state.bucket_mut(&call.bucket)?.policy = None;
    Ok(Answer::empty(204))
}

/// What a list is to have.
pub(super) struct Wanted {
    pub(super) prefix: String,
    pub(super) delimiter: String,
    /// It begins behind this.
    pub(super) after: String,
    pub(super) most: usize,
}

/// A page of names: those in a folder are told by the folder.
pub(super) struct Listed<'a, T> {
    pub(super) items: Vec<(&'a str, &'a T)>,
    pub(super) folders: Vec<String>,
    /// Where the next page begins, if there is one.
    pub(super) next: Option<String>,
}

impl Wanted {
    pub(super) fn of(call: &Call<'_>, after: String, most: &str) -> Result<Self, Refused> {
        let of = |name| call.parameter(name).unwrap_or_default();
        let most = call.number(most)?.unwrap_or(PAGE).min(PAGE);
        Ok(Self { prefix: of("prefix"), delimiter: of("delimiter"), after, most })
    }

    /// The folder, below the prefix, that a name is in.
    fn folder<'a>(&self, name: &'a str) -> Option<&'a str> {
        let rest = name.get(self.prefix.len()..).filter(|_| !self.delimiter.is_empty())?;
        let at = rest.find(&self.delimiter)?;
        name.get(..self.prefix.len() + at + self.delimiter.len())
    }

    pub(super) fn list<'a, T>(&self, all: &'a BTreeMap<String, T>) -> Listed<'a, T> {
        let mut listed = Listed { items: Vec::new(), folders: Vec::<String>::new(), next: None };
        let from = if self.after >= self.prefix {
            Bound::Excluded(self.after.as_str())
        } else {
            Bound::Included(self.prefix.as_str())
        };
        let mut last = "";
        for (name, item) in all.range::<str, _>((from, Bound::Unbounded)) {
            if !name.starts_with(&self.prefix) {
                break;
            }
            let folder = self.folder(name);
            // A folder that the list goes on behind, or behind something in it, was told before.
            if folder
                .is_some_and(|it| self.after.starts_with(it) || listed.folders.last().is_some_and(|last| last == it))
            {
                continue;
            }
            if listed.items.len() + listed.folders.len() >= self.most {
                listed.next = Some(last.to_owned());
                break;
            }
            match folder {
                Some(folder) => listed.folders.push(folder.to_owned()),
                None => listed.items.push((name, item)),
            }
            last = folder.unwrap_or(name);
        }
        // Nothing at all was wanted.
        listed.next = listed.next.filter(|_| self.most > 0);
        listed
    }
}

/// How a key is told.
pub(super) fn told_key(call: &Call<'_>) -> Result<fn(&str) -> String, Refused> {
    match call.parameter("encoding-type").as_deref() {
        None | Some("") => Ok(str::to_owned),
        Some("url") => Ok(|key| signature::encoded(key.as_bytes(), false)),
        Some(_) => Err(refused(400, "InvalidArgument")),
    }
}

pub(super) fn list_objects(state: &mut State, call: &Call<'_>) -> Reply {
    let marker = call.parameter("marker").unwrap_or_default();
    let wanted = Wanted::of(call, marker.clone(), "max-keys")?;
    let key = told_key(call)?;
    let bucket = readable(state, call)?;
    let listed = wanted.list(&bucket.objects);
    let mut document = begin(call, &wanted, listed.next.is_some(), key);
    document.text("Marker", key(&marker));
    if let Some(next) = &listed.next {
        document.text("NextMarker", key(next));
    }
    tell(&mut document, &listed, key, true);
    Ok(answer(document))
}

pub(super) fn list_objects_v2(state: &mut State, call: &Call<'_>) -> Reply {
    if call.parameter("list-type").as_deref() != Some("2") {
        return Err(refused(400, "InvalidArgument"));
    }
    let invalid = || refused(400, "InvalidArgument");
    let token = call.parameter("continuation-token").filter(|token| !token.is_empty());
    let start_after = call.parameter("start-after").unwrap_or_default();
    let after = match &token {
        Some(token) => {
            let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).map_err(|_| invalid())?;
            String::from_utf8(bytes).map_err(|_| invalid())?
        }
        None => start_after.clone(),
    };
    let wanted = Wanted::of(call, after, "max-keys")?;
    let key = told_key(call)?;
    let bucket = readable(state, call)?;
    let listed = wanted.list(&bucket.objects);
    let mut document = begin(call, &wanted, listed.next.is_some(), key);
    if let Some(token) = &token {
        document.text("ContinuationToken", token);
    }
    if let Some(next) = &listed.next {
        document.text("NextContinuationToken", BASE64URL_NOPAD.encode(next.as_bytes()));
    }
    document.number("KeyCount", listed.items.len() + listed.folders.len());
    if !start_after.is_empty() {
        document.text("StartAfter", key(&start_after));
    }
    tell(&mut document, &listed, key, call.parameter("fetch-owner").as_deref() == Some("true"));
    Ok(answer(document))
}

/// The bucket, if the caller may see its list.
fn readable<'a>(state: &'a State, call: &Call<'_>) -> Result<&'a Bucket, Refused> {
    let bucket = state.bucket(&call.bucket)?;
    let may = call.caller.may(Right::Read, &call.bucket) || bucket.is_listed();
    if may { Ok(bucket) } else { Err(denied()) }
}

fn begin(call: &Call<'_>, wanted: &Wanted, truncated: bool, key: fn(&str) -> String) -> Document {
    let mut document = Document::new("ListBucketResult");
    document.text("Name", &call.bucket).text("Prefix", key(&wanted.prefix)).number("MaxKeys", wanted.most);
    if !wanted.delimiter.is_empty() {
        document.text("Delimiter", key(&wanted.delimiter));
    }
    if let Some(encoding) = call.parameter("encoding-type") {
        document.text("EncodingType", encoding);
    }
    document.text("IsTruncated", truncated.to_string());
    document
}

fn tell(document: &mut Document, listed: &Listed<'_, Object>, key: fn(&str) -> String, owned: bool) {
    for (name, object) in &listed.items {
        document.within("Contents", |it| {
            it.text("Key", key(name)).text("LastModified", in_xml(object.modified)).text("ETag", quoted(&object.etag));
            it.number("Size", object.content.len()).text("StorageClass", "STANDARD");
            if owned {
                owner(it);
            }
            it.text("Type", "Normal");
        });
    }
    for folder in &listed.folders {
        document.within("CommonPrefixes", |it| {
            it.text("Prefix", folder);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keys, folders, and where it goes on.
    fn listed(prefix: &str, after: &str, most: usize) -> String {
        let names = ["a", "b/1", "b/2", "b/c/3", "d", "e/1"];
        let all: BTreeMap<String, bool> = names.iter().map(|name| ((*name).to_owned(), true)).collect();
        let wanted = Wanted { prefix: prefix.into(), delimiter: "/".into(), after: after.into(), most };
        let listed = wanted.list(&all);
        let items: Vec<_> = listed.items.iter().map(|(name, _)| *name).collect();
        format!("{} | {} | {}", items.join(" "), listed.folders.join(" "), listed.next.unwrap_or_default())
    }

    #[test]
    fn folders_are_told_once_over_all_pages() {
        assert_eq!(listed("", "", 1000), "a d | b/ e/ | ");
        assert_eq!(listed("", "", 2), "a | b/ | b/");
        assert_eq!(listed("", "b/", 2), "d | e/ | ");
        assert_eq!(listed("", "b/1", 1), "d |  | d");
        assert_eq!(listed("b/", "", 9), "b/1 b/2 | b/c/ | ");
        assert_eq!(listed("b", "", 9), " | b/ | ");
        assert_eq!(listed("x", "", 9), " |  | ");
        assert_eq!(listed("", "", 0), " |  | ");
    }
}

//! Who asks: keys are authorized, tokens expire, caps are reached.

use std::collections::BTreeMap;

use howdah_core::testing::{Answer, Asked, Fake};
use http::header;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ACCOUNT, Cap, KEY, KEY_ID, bad_request, error, versions};
use crate::{
    PRODUCTION,
    account::{AUTHORIZE, Allowed, AllowedBucket, ApiInfo, Authorization, Capability, StorageApi, TEST_MODE, TestMode},
    buckets::BucketId,
};

/// Everything that a key may do.
pub(super) const CAPABILITIES: [Capability; 30] = [
    Capability::ListKeys,
    Capability::WriteKeys,
    Capability::DeleteKeys,
    Capability::ListBuckets,
    Capability::ListAllBucketNames,
    Capability::ReadBuckets,
    Capability::WriteBuckets,
    Capability::DeleteBuckets,
    Capability::ReadBucketEncryption,
    Capability::WriteBucketEncryption,
    Capability::ReadBucketRetentions,
    Capability::WriteBucketRetentions,
    Capability::ReadBucketReplications,
    Capability::WriteBucketReplications,
    Capability::ReadBucketNotifications,
    Capability::WriteBucketNotifications,
    Capability::ReadBucketLogging,
    Capability::WriteBucketLogging,
    Capability::ReadBucketLifecycleRules,
    Capability::WriteBucketLifecycleRules,
    Capability::ListFiles,
    Capability::ReadFiles,
    Capability::ShareFiles,
    Capability::WriteFiles,
    Capability::DeleteFiles,
    Capability::ReadFileLegalHolds,
    Capability::WriteFileLegalHolds,
    Capability::ReadFileRetentions,
    Capability::WriteFileRetentions,
    Capability::BypassGovernance,
];

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    /// By themselves.
    tokens: BTreeMap<String, Token>,
    storage: Meter,
    transactions: Meter,
    downloads: Meter,
    /// How often a client asked for trouble.
    troubled: u64,
}

#[derive(Debug, Serialize, Deserialize)]
struct Token {
    key_id: String,
    expires: Timestamp,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Meter {
    used: u64,
    cap: Option<u64>,
}

/// Whoever makes a request, and what they may do.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) key_id: String,
    pub(super) capabilities: Vec<Capability>,
    /// `None`: all buckets.
    pub(super) buckets: Option<Vec<BucketId>>,
    pub(super) name_prefix: Option<String>,
    /// When the key itself expires.
    pub(super) expires: Option<Timestamp>,
}

impl Caller {
    /// The account's owner.
    pub(super) fn master() -> Self {
        Self {
            key_id: KEY_ID.to_owned(),
            capabilities: CAPABILITIES.to_vec(),
            buckets: None,
            name_prefix: None,
            expires: None,
        }
    }

    pub(super) fn may(
        &self,
        capability: &Capability,
        bucket: Option<&BucketId>,
        name: Option<&str>,
    ) -> Result<(), Answer> {
        let unauthorized = |message: String| Err(error(401, "unauthorized", message));
        if !self.capabilities.contains(capability) {
            return unauthorized(format!("the key has not the capability {}", capability.as_str()));
        }
        if let (Some(buckets), Some(bucket)) = (&self.buckets, bucket)
            && !buckets.contains(bucket)
        {
            return unauthorized(format!("the key is not for the bucket {bucket}"));
        }
        if let (Some(prefix), Some(name)) = (&self.name_prefix, name)
            && !name.starts_with(prefix.as_str())
        {
            return unauthorized(format!("the key is only for names that begin with {prefix}"));
        }
        Ok(())
    }
}

pub(super) fn serve(fake: Fake<super::State>) -> Fake<super::State> {
    fake.on(&AUTHORIZE, |state, [], ()| {
        // The gate has seen the key.
        let Some(caller) = state.caller.clone() else {
            return Err(error(401, "unauthorized", "no key was sent"));
        };
        let token = format!("4_{}_{}", caller.key_id, state.next_id("acct"));
        let expires = state.expiry();
        state.account.tokens.insert(token.clone(), Token { key_id: caller.key_id.clone(), expires });
        let named = |id: &BucketId| AllowedBucket {
            id: id.clone(),
            name: state.buckets.get(id).map(|bucket| bucket.bucket_name.clone()),
        };
        Ok(Authorization {
            account_id: ACCOUNT.to_owned().into(),
            authorization_token: token.into(),
            api_info: ApiInfo {
                storage_api: StorageApi {
                    absolute_minimum_part_size: state.settings.absolute_minimum_part_size,
                    recommended_part_size: state.settings.recommended_part_size,
                    api_url: state.origin.clone(),
                    download_url: state.origin.clone(),
                    s3_api_url: Some(state.origin.clone()),
                    allowed: Allowed {
                        buckets: caller.buckets.map(|ids| ids.iter().map(named).collect()),
                        capabilities: caller.capabilities,
                        name_prefix: caller.name_prefix,
                    },
                },
                groups_api: None,
            },
            application_key_expiration_timestamp: caller.expires,
        })
    })
}

pub(super) fn expire_tokens(state: &mut super::State) {
    let now = state.now;
    state.account.tokens.values_mut().for_each(|token| token.expires = now);
}

impl State {
    pub(super) fn set_cap(&mut self, cap: Cap) {
        match cap {
            Cap::Storage(bytes) => self.storage.cap = Some(bytes),
            Cap::Transactions(calls) => self.transactions = Meter { used: 0, cap: Some(calls) },
            Cap::Downloads(bytes) => self.downloads = Meter { used: 0, cap: Some(bytes) },
        }
    }

    pub(super) fn spend(&mut self, cost: Cap) -> Result<(), Answer> {
        let (meter, amount, code) = match cost {
            Cap::Storage(bytes) => (&mut self.storage, bytes, "storage_cap_exceeded"),
            Cap::Transactions(calls) => (&mut self.transactions, calls, "transaction_cap_exceeded"),
            Cap::Downloads(bytes) => (&mut self.downloads, bytes, "download_cap_exceeded"),
        };
        let used = meter.used.saturating_add(amount);
        if meter.cap.is_some_and(|cap| used > cap) {
            return Err(error(403, code, "the account's cap is reached; see its Caps & Alerts page"));
        }
        meter.used = used;
        Ok(())
    }

    pub(super) fn release(&mut self, bytes: u64) {
        self.storage.used = self.storage.used.saturating_sub(bytes);
    }
}

/// What calls are for, as far as the gate needs to know.
#[derive(Clone, Copy, PartialEq)]
enum Group {
    Authorize,
    Upload,
    Download,
    Other { costs: bool },
}

/// The calls that cost nothing.
const FREE: [&str; 10] = [
    "b2_cancel_large_file",
    "b2_delete_bucket",
    "b2_delete_file_version",
    "b2_delete_key",
    "b2_finish_large_file",
    "b2_get_upload_part_url",
    "b2_get_upload_url",
    "b2_hide_file",
    "b2_start_large_file",
    "b2_update_file_legal_hold",
];

fn group(path: &str) -> Group {
    let operation = path.strip_prefix("/b2api/v4/").unwrap_or_default().split('/').next().unwrap_or_default();
    match operation {
        "b2_authorize_account" => Group::Authorize,
        "b2_upload_file" | "b2_upload_part" => Group::Upload,
        "b2_download_file_by_id" => Group::Download,
        _ if path.starts_with("/file/") => Group::Download,
        "b2_update_file_retention" => Group::Other { costs: false },
        other => Group::Other { costs: !FREE.contains(&other) },
    }
}

/// Finds out who asks. Uploads have tokens of their own, downloads may, and some downloads need none.
pub(super) fn gate(state: &mut super::State, asked: &Asked) -> Result<(), Answer> {
    state.origin = origin(asked);
    (state.caller, state.token) = (None, None);
    if let Some(refused) = versions::refused(asked) {
        return Err(bad_request(refused));
    }
    let group = group(&asked.path);
    let sent = asked.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).map(str::to_owned);
    match group {
        Group::Authorize => {
            let caller = by_key(state, sent.as_deref().unwrap_or_default())?;
            versions::check_key(asked, caller.buckets.as_deref())?;
            state.caller = Some(caller);
        }
        Group::Upload => state.token = sent,
        Group::Download => {
            let token = sent.or_else(|| asked.parameter("Authorization"));
            match token {
                Some(token) if state.account.tokens.contains_key(&token) => {
                    state.caller = Some(by_token(state, &token)?);
                }
                other => state.token = other,
            }
        }
        Group::Other { .. } => {
            let Some(token) = sent else {
                return Err(error(401, "unauthorized", "the header Authorization is missing"));
            };
            state.caller = Some(by_token(state, &token)?);
        }
    }
    make_trouble(state, asked, group)?;
    match group {
        Group::Other { costs: false } | Group::Upload => Ok(()),
        _ => state.spend(Cap::Transactions(1)),
    }
}

/// Where the client sees the fake. In process there is no other host than the one that it believes to talk to.
fn origin(asked: &Asked) -> String {
    match asked.headers.get(header::HOST).and_then(|host| host.to_str().ok()) {
        Some(host) => format!("http://{host}"),
        None => PRODUCTION.to_owned(),
    }
}

fn by_key(state: &super::State, header: &str) -> Result<Caller, Answer> {
    let wrong = || error(401, "bad_auth_token", "the application key or its id is wrong");
    let encoded = header.strip_prefix("Basic ").ok_or_else(wrong)?;
    let decoded = data_encoding::BASE64.decode(encoded.trim().as_bytes()).map_err(|_| wrong())?;
    let pair = String::from_utf8(decoded).map_err(|_| wrong())?;
    let (id, secret) = pair.split_once(':').ok_or_else(wrong)?;
    // The id of an account stands for its owner's key, as it once did.
    if [KEY_ID, ACCOUNT].contains(&id) && secret == KEY {
        return Ok(Caller::master());
    }
    let caller = state.keys.caller(id, Some(secret)).ok_or_else(wrong)?;
    if caller.expires.is_some_and(|expires| expires <= state.now) {
        return Err(error(401, "unauthorized", "the application key has expired"));
    }
    Ok(caller)
}

fn by_token(state: &super::State, token: &str) -> Result<Caller, Answer> {
    let bad = || error(401, "bad_auth_token", "the authorization token is not valid");
    let Token { key_id, expires } = state.account.tokens.get(token).ok_or_else(bad)?;
    let caller = if key_id == KEY_ID { Some(Caller::master()) } else { state.keys.caller(key_id, None) };
    let caller = caller.ok_or_else(bad)?;
    let ends = caller.expires.map_or(*expires, |ends| ends.min(*expires));
    if ends <= state.now {
        return Err(error(401, "expired_auth_token", "the authorization token has expired"));
    }
    Ok(caller)
}

/// What a client asked for by the header, to see whether it bears it: every third upload fails, every fifth call finds its
/// token expired.
fn make_trouble(state: &mut super::State, asked: &Asked, group: Group) -> Result<(), Answer> {
    let mode = asked.headers.get(&TEST_MODE).and_then(|mode| mode.to_str().ok()).map(TestMode::from);
    let (Some(mode), false) = (mode, group == Group::Authorize) else {
        return Ok(());
    };
    let mut every = |n: u64| {
        state.account.troubled += 1;
        state.account.troubled.is_multiple_of(n)
    };
    match mode {
        TestMode::FailSomeUploads if group == Group::Upload && every(3) => {
            Err(error(503, "service_unavailable", "no tomes available"))
        }
        TestMode::ExpireSomeAccountAuthorizationTokens if matches!(group, Group::Other { .. }) && every(5) => {
            let token = asked.headers.get(header::AUTHORIZATION).and_then(|token| token.to_str().ok());
            let token = token.unwrap_or_default();
            if let Some(token) = state.account.tokens.get_mut(token) {
                token.expires = state.now;
            }
            Err(error(401, "expired_auth_token", "the authorization token has expired"))
        }
        TestMode::ForceCapExceeded => {
            let code = match group {
                Group::Upload => "storage_cap_exceeded",
                Group::Download => "download_cap_exceeded",
                _ => "transaction_cap_exceeded",
            };
            Err(error(403, code, "the account's cap is reached, since the client wished it"))
        }
        _ => Ok(()),
    }
}

/// Whether an input is about this account.
pub(super) fn check(account: &impl Serialize) -> Result<(), Answer> {
    match serde_json::to_value(account) {
        Ok(Value::String(id)) if id == ACCOUNT => Ok(()),
        _ => Err(bad_request("accountId is not that of the account")),
    }
}

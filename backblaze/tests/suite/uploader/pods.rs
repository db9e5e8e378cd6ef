//! As much of the service as uploads meet, with every fault that the tests ask for.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use howdah_backblaze::{Backblaze, Sha1, Uploader, buckets::BucketId};
use howdah_core::{
    Clock,
    http::{Body, Incoming, RetryPolicy, Transport, TransportError, TransportErrorKind},
};
use http::HeaderMap;
use serde_json::{Value, json};

/// What a request meets.
#[derive(Clone, Debug)]
pub enum Fault {
    /// An answer, after the body was read.
    Answer(u16, &'static str),
    /// The same with a `Retry-After`.
    Later(u16, &'static str, u64),
    NotSent,
    /// The connection breaks behind the body; the request was carried out, or was not.
    Lost(bool),
    /// The connection breaks in the middle of the body.
    Cut,
    /// Nothing ever comes.
    Silence,
    /// Nothing gets through any more; this one was carried out, or was not.
    Killed(bool),
}

#[derive(Debug, Default)]
pub struct State {
    /// The operations asked for, in their order.
    pub asked: Vec<String>,
    /// What the next request of an operation meets.
    pub faults: Vec<(&'static str, Fault)>,
    /// Newest last.
    pub versions: Vec<Value>,
    pub contents: BTreeMap<String, Vec<u8>>,
    pub unfinished: BTreeMap<String, (Value, BTreeMap<u32, Vec<u8>>)>,
    /// The parts that were stored, in their order.
    pub stored: Vec<u32>,
    pub part_headers: Vec<HeaderMap>,
    /// Tokens in use, and those that met a failure.
    busy: BTreeSet<String>,
    spent: BTreeSet<String>,
    /// The most uploads at once.
    pub most: usize,
    killed: bool,
    ids: usize,
}

impl State {
    pub fn count(&self, operation: &str) -> usize {
        self.asked.iter().filter(|asked| *asked == operation).count()
    }

    fn id(&mut self) -> String {
        self.ids += 1;
        format!("4_z{}", self.ids)
    }

    fn fault(&mut self, operation: &str) -> Option<Fault> {
        let index = self.faults.iter().position(|(wanted, _)| *wanted == operation)?;
        Some(self.faults.remove(index).1)
    }
}

#[derive(Clone, Debug)]
pub struct Pods {
    state: Arc<Mutex<State>>,
    pub clock: Clock,
}

pub const LEAST: u64 = 5;
pub const RECOMMENDED: u64 = 10;

impl Pods {
    pub fn new() -> Self {
        let clock = Clock::starting_at("2022-12-04T03:00:00Z".parse().unwrap());
        Self { state: Arc::default(), clock }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub fn count(&self, operation: &str) -> usize {
        self.state().count(operation)
    }

    pub fn versions(&self) -> usize {
        self.state().versions.len()
    }

    pub fn unfinished(&self) -> usize {
        self.state().unfinished.len()
    }

    pub fn backblaze(&self, retry: RetryPolicy) -> Backblaze {
        Backblaze::builder("id", "key").transport(self.clone()).clock(self.clock.clone()).retry(retry).build().unwrap()
    }

    /// An uploader that cuts from eleven bytes on.
    pub fn uploader(&self) -> Uploader {
        let mut retry = RetryPolicy::default().with_attempts(8).with_total(Duration::from_secs(300));
        (retry.first_wait, retry.longest_wait) = (Duration::from_secs(1), Duration::from_secs(64));
        self.backblaze(retry).uploader(&bucket()).with_cutoff(1)
    }

    pub fn fault(&self, operation: &'static str, fault: Fault) -> &Self {
        self.state().faults.push((operation, fault));
        self
    }

    /// Another run of the program: the network is back.
    pub fn revive(&self) {
        let mut state = self.state();
        (state.killed, state.most) = (false, 0);
        state.faults.clear();
        state.busy.clear();
        state.asked.clear();
    }

    fn now(&self) -> i64 {
        self.clock.now().as_millisecond()
    }

    fn api(&self, operation: &str, input: &Value) -> Result<Value, (u16, &'static str)> {
        let (mut state, now) = (self.state(), self.now());
        let state = &mut *state;
        let text = |name: &str| input[name].as_str().unwrap_or_default().to_owned();
        Ok(match operation {
            "b2_authorize_account" => {
                json!({ "accountId": "a", "authorizationToken": "4_session", "apiInfo": { "storageApi": {
                "absoluteMinimumPartSize": LEAST, "recommendedPartSize": RECOMMENDED,
                "apiUrl": "https://api.example.com", "downloadUrl": "https://f.example.com" } } })
            }
            "b2_get_upload_url" => {
                let id = state.id();
                json!({ "bucketId": "b", "authorizationToken": id, "uploadUrl": format!("https://pod.example.com/b2_upload_file/{id}") })
            }
            "b2_get_upload_part_url" => {
                if !state.unfinished.contains_key(&text("fileId")) {
                    return Err((400, "bad_request"));
                }
                let (id, file) = (state.id(), text("fileId"));
                json!({ "fileId": file, "authorizationToken": id,
                    "uploadUrl": format!("https://pod.example.com/b2_upload_part/{file}/{id}") })
            }
            "b2_start_large_file" => {
                let id = state.id();
                let mut file = json!({ "action": "start", "fileId": id, "uploadTimestamp": now });
                for name in ["fileName", "contentType", "fileInfo", "serverSideEncryption"] {
                    file[name] = input[name].clone();
                }
                state.unfinished.insert(id, (file.clone(), BTreeMap::new()));
                file
            }
            "b2_finish_large_file" => {
                let id = text("fileId");
                let Some((mut file, parts)) = state.unfinished.remove(&id) else { return Err((400, "bad_request")) };
                let sha1s: Vec<_> = parts.values().map(|part| Sha1::of(part)).collect();
                if json!(sha1s) != input["partSha1Array"] || !parts.keys().copied().eq(1..=parts.len() as u32) {
                    state.unfinished.insert(id, (file, parts));
                    return Err((400, "part_sha1_mismatch"));
                }
                let content = parts.into_values().flatten().collect::<Vec<_>>();
                file["action"] = "upload".into();
                file["contentLength"] = content.len().into();
                file["contentSha1"] = "none".into();
                state.contents.insert(id, content);
                state.versions.push(file.clone());
                file
            }
            "b2_cancel_large_file" => {
                let id = text("fileId");
                let Some((file, _)) = state.unfinished.remove(&id) else { return Err((400, "bad_request")) };
                json!({ "fileId": id, "accountId": "a", "bucketId": "b", "fileName": file["fileName"] })
            }
            "b2_get_file_info" => {
                let id = text("fileId");
                let finished = state.versions.iter().find(|file| file["fileId"] == id.as_str());
                let file = finished.or_else(|| state.unfinished.get(&id).map(|(file, _)| file));
                file.ok_or((404, "not_found"))?.clone()
            }
            "b2_list_unfinished_large_files" => {
                let prefix = text("namePrefix");
                let named = |file: &&Value| file["fileName"].as_str().unwrap().starts_with(&prefix);
                let files: Vec<_> = state.unfinished.values().map(|(file, _)| file).filter(named).collect();
                json!({ "files": files, "nextFileId": null })
            }
            "b2_list_parts" => {
                let id = text("fileId");
                let (_, parts) = state.unfinished.get(&id).ok_or((404, "not_found"))?;
                let part = |(number, part): (&u32, &Vec<u8>)| part_of(&id, *number, part);
                json!({ "parts": parts.iter().map(part).collect::<Vec<_>>(), "nextPartNumber": null })
            }
            "b2_list_file_versions" => {
                let named = |file: &&Value| file["fileName"].as_str().unwrap().starts_with(&text("prefix"));
                json!({ "files": state.versions.iter().rev().filter(named).collect::<Vec<_>>() })
            }
            other => panic!("{other} is not there"),
        })
    }

    /// The whole of what is uploaded, or `None` where the connection breaks or the service does not take it.
    fn store(&self, path: &[&str], headers: &HeaderMap, mut content: Vec<u8>) -> Result<Value, (u16, &'static str)> {
        let text = |name: &str| headers.get(name).map_or("", |value| value.to_str().unwrap());
        let sha1 = match text("x-bz-content-sha1") {
            "hex_digits_at_end" => String::from_utf8(content.split_off(content.len() - 40)).unwrap(),
            given => given.to_owned(),
        };
        if sha1 != "do_not_verify" && sha1 != Sha1::of(&content) {
            return Err((400, "bad_request"));
        }
        let (mut state, now) = (self.state(), self.now());
        if path[0] == "b2_upload_file" {
            let mut file = json!({ "action": "upload", "fileId": state.id(), "uploadTimestamp": now,
                "fileName": text("x-bz-file-name"), "contentType": text("content-type"),
                "contentLength": content.len(), "contentSha1": sha1, "fileInfo": {} });
            for (name, value) in headers {
                if let Some(name) = name.as_str().strip_prefix("x-bz-info-") {
                    file["fileInfo"][name] = value.to_str().unwrap().into();
                }
            }
            state.contents.insert(file["fileId"].as_str().unwrap().to_owned(), content);
            state.versions.push(file.clone());
            return Ok(file);
        }
        let number = text("x-bz-part-number").parse().unwrap();
        let answer = part_of(path[1], number, &content);
        state.stored.push(number);
        state.part_headers.push(headers.clone());
        state.unfinished.get_mut(path[1]).ok_or((400, "bad_request"))?.1.insert(number, content);
        Ok(answer)
    }
}

pub fn bucket() -> BucketId {
    BucketId::new("b".into())
}

fn part_of(id: &str, number: u32, content: &[u8]) -> Value {
    json!({ "fileId": id, "partNumber": number, "contentLength": content.len(), "contentSha1": Sha1::of(content) })
}

fn broken(kind: TransportErrorKind) -> TransportError {
    TransportError::new(kind, "broken")
}

fn answer(result: Result<Value, (u16, &str)>, later: Option<u64>) -> http::Response<Incoming> {
    let (status, body) = match result {
        Ok(body) => (200, body),
        Err((status, code)) => (status, json!({ "status": status, "code": code, "message": "as the test asked" })),
    };
    let mut answer = http::Response::builder().status(status).header("content-type", "application/json");
    if let Some(seconds) = later {
        answer = answer.header("retry-after", seconds);
    }
    answer.body(Bytes::from(body.to_string()).into()).unwrap()
}

#[async_trait]
impl Transport for Pods {
    async fn send(&self, request: http::Request<Body>) -> Result<http::Response<Incoming>, TransportError> {
        let (head, body) = request.into_parts();
        let path = head.uri.path().trim_start_matches('/').to_owned();
        let path: Vec<_> = path.trim_start_matches("b2api/v4/").split('/').collect();
        let token = head.headers.get("authorization").map_or("", |token| token.to_str().unwrap()).to_owned();
        let pod = head.uri.host() == Some("pod.example.com");
        let fault = {
            let mut state = self.state();
            if state.killed {
                return Err(broken(TransportErrorKind::NotSent));
            }
            state.asked.push(path[0].to_owned());
            if pod {
                assert!(state.busy.insert(token.clone()), "two uploads at once at {}", path.join("/"));
                assert!(!state.spent.contains(&token), "an upload at {}, which failed before", path.join("/"));
                state.most = state.most.max(state.busy.len());
            }
            let fault = state.fault(path[0]);
            // Whatever comes of it from here on, the URL is good for nothing, unless it succeeds.
            if pod && !matches!(fault, Some(Fault::Answer(429, _) | Fault::Later(429, ..))) {
                state.spent.insert(token.clone());
            }
            fault
        };
        if matches!(fault, Some(Fault::NotSent)) {
            self.state().busy.remove(&token);
            return Err(broken(TransportErrorKind::NotSent));
        }
        let length = body.len();
        let (mut stream, mut content) = (body.into_stream(), Vec::new());
        while let Some(chunk) = stream.next().await {
            let Ok(chunk) = chunk else {
                self.state().busy.remove(&token);
                return Err(broken(TransportErrorKind::Lost));
            };
            content.extend_from_slice(&chunk);
            if matches!(fault, Some(Fault::Cut)) {
                self.state().busy.remove(&token);
                return Err(broken(TransportErrorKind::Lost));
            }
        }
        assert_eq!(content.len() as u64, length);
        if pod {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        if self.state().killed {
            std::future::pending::<()>().await;
        }
        self.state().busy.remove(&token);
        let carry_out = || {
            if pod {
                self.store(&path, &head.headers, content)
            } else {
                self.api(path[0], &serde_json::from_slice(&content).unwrap_or_default())
            }
        };
        match fault {
            None => {
                let done = carry_out();
                if done.is_ok() {
                    self.state().spent.remove(&token);
                }
                Ok(answer(done, None))
            }
            Some(Fault::Answer(status, code)) => Ok(answer(Err((status, code)), None)),
            Some(Fault::Later(status, code, seconds)) => Ok(answer(Err((status, code)), Some(seconds))),
            Some(Fault::Lost(applied)) => {
                if applied {
                    carry_out().unwrap();
                }
                Err(broken(TransportErrorKind::Lost))
            }
            Some(Fault::Killed(applied)) => {
                if applied {
                    carry_out().unwrap();
                }
                self.state().killed = true;
                Err(broken(TransportErrorKind::Lost))
            }
            Some(Fault::Silence) => std::future::pending().await,
            Some(Fault::NotSent | Fault::Cut) => Err(broken(TransportErrorKind::NotSent)),
        }
    }
}

//! A folder published as a site.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    future::{Future, IntoFuture},
    io::{self, Read},
    path::{Path, PathBuf},
    pin::Pin,
};

use aws_lc_rs::digest::{self, Context};
use data_encoding::HEXLOWER;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use howdah_core::{
    Error, ErrorKind, Outcome, Result,
    http::{Body, Call},
};

use super::{
    Deploy, DeployFiles, DeployFilter, DeployId, DeployOptions, DeployState, Deploys, FunctionOptions, UpdateOptions,
};
use crate::sites::SiteId;

/// A folder to publish. Await it, or set it up further before.
///
/// All files of the folder are in the deploy, but for those whose name, or that of a folder they are in, begins with a dot;
/// `.well-known` is the exception. Each deploy is named after what it consists of, so that a run after one that was killed
/// finds what that had begun and uploads the rest, and one after a run that was not has nothing to do.
#[derive(Clone, Debug)]
#[must_use = "nothing is published before it is awaited"]
pub struct Publication {
    deploys: Deploys,
    site: SiteId,
    folder: PathBuf,
    functions: Option<PathBuf>,
    title: String,
    draft: bool,
    at_a_time: usize,
}

/// A deploy that can be seen, and what it took.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Published {
    /// The deploy.
    pub deploy: Deploy,
    /// The paths of the files and the names of the functions that were uploaded.
    pub uploaded: Vec<String>,
    /// Whether all of this was to be seen before.
    pub unchanged: bool,
}

impl std::ops::Deref for Published {
    type Target = Deploy;

    fn deref(&self) -> &Deploy {
        &self.deploy
    }
}

/// From so many files on, what is missing is found out after the answer.
const MANY: usize = 100;

impl Publication {
    pub(super) fn new(deploys: Deploys, site: SiteId, folder: PathBuf) -> Self {
        Self { deploys, site, folder, functions: None, title: "Howdah".to_owned(), draft: false, at_a_time: 5 }
    }

    /// A folder of archives, `name.zip` for the function `name`.
    pub fn with_functions(mut self, folder: impl Into<PathBuf>) -> Self {
        self.functions = Some(folder.into());
        self
    }

    /// What the deploy is called; what it consists of is added.
    pub fn with_title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// To be seen at an address of its own alone, until it is [restored](Deploys::restore).
    pub fn draft(mut self) -> Self {
        self.draft = true;
        self
    }

    /// How many files are uploaded at a time; five if it is not said.
    pub fn with_files_at_a_time(mut self, files: usize) -> Self {
        self.at_a_time = files.max(1);
        self
    }

    async fn run(self) -> Result<Published> {
        let (folder, functions) = (self.folder.clone(), self.functions.clone());
        let contents = tokio::task::spawn_blocking(move || Contents::read(&folder, functions.as_deref()));
        let contents =
            contents.await.map_err(|error| Error::invalid("the folder was not read").with_source(error))??;
        let title = format!("{} [{}]", self.title, contents.fingerprint());

        let deploy = match self.earlier(&title).await? {
            Some(deploy) if deploy.state == Some(DeployState::Ready) => {
                return Ok(Published { deploy, uploaded: Vec::new(), unchanged: true });
            }
            Some(deploy) => self.again(&deploy.id, &contents).await?,
            None => self.begin(&title, &contents).await?,
        };
        let deploy = self.prepared(deploy).await?;
        let mut uploaded = self.upload(&deploy, &contents).await?;
        uploaded.sort_unstable();
        let deploy = self.deploys.follow(&deploy.id).await?;
        Ok(Published { deploy, uploaded, unchanged: false })
    }

    /// A deploy of the same contents that is seen, or that goes on.
    async fn earlier(&self, title: &str) -> Result<Option<Deploy>> {
        let mut deploys = self.deploys.list(&self.site, DeployFilter::new());
        let mut newest = true;
        while let Some(deploy) = deploys.try_next().await? {
            let is_ours = deploy.title.as_deref() == Some(title);
            match &deploy.state {
                // What was seen once and is not any more is deployed anew: that is cheap, and the order stays right.
                Some(DeployState::Ready) => return Ok(Some(deploy).filter(|_| is_ours && newest)),
                Some(DeployState::Error | DeployState::Rejected) => {}
                _ if is_ours => return Ok(Some(deploy)),
                _ => newest = false,
            }
        }
        Ok(None)
    }

    async fn begin(&self, title: &str, contents: &Contents) -> Result<Deploy> {
        let options = DeployOptions::new().with_title(title);
        let files = contents.request().with_draft(self.draft);
        match self.deploys.create(&self.site, options, files).await {
            // It may have been begun all the same; then it is there.
            Err(error) if error.outcome() == Outcome::Unknown => match self.earlier(title).await? {
                Some(deploy) => self.again(&deploy.id, contents).await,
                None => Err(error),
            },
            begun => begun,
        }
    }

    /// Says once more what a deploy consists of; the answer names what is still missing of it.
    fn again(&self, deploy: &DeployId, contents: &Contents) -> Call<Deploy> {
        self.deploys.update(&self.site, deploy, UpdateOptions::new(), contents.request().with_draft(self.draft))
    }

    /// Waits until it is known what is missing.
    async fn prepared(&self, deploy: Deploy) -> Result<Deploy> {
        let (deploys, id) = (self.deploys.clone(), deploy.id.clone());
        let mut latest = deploy;
        let mut wait = std::time::Duration::from_millis(500);
        loop {
            match &latest.state {
                Some(DeployState::New | DeployState::Enqueued | DeployState::Preparing) => {
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(std::time::Duration::from_secs(5));
                    latest = deploys.get(&id).await?;
                }
                Some(DeployState::Error | DeployState::Rejected) => {
                    let why = latest.error_message.unwrap_or_else(|| "it was not said why".to_owned());
                    let message = format!("the deploy {id} failed: {why}");
                    return Err(Error::new(ErrorKind::Other, message).with_outcome(Outcome::Refused));
                }
                _ => return Ok(latest),
            }
        }
    }

    async fn upload(&self, deploy: &Deploy, contents: &Contents) -> Result<Vec<String>> {
        let required: BTreeSet<&str> = deploy.required.iter().map(String::as_str).collect();
        let mut files = BTreeMap::new();
        for (path, file) in &contents.files {
            if required.contains(file.digest.as_str()) {
                // Several paths may have the same content, which is uploaded for one of them.
                files.entry(file.digest.as_str()).or_insert((path, file));
            }
        }
        let mut uploads: Vec<Call<String>> = Vec::new();
        for (path, file) in files.into_values() {
            let (deploys, id, path, file) = (self.deploys.clone(), deploy.id.clone(), path.clone(), file.clone());
            uploads.push(Call::new(async move {
                deploys.upload_file(&id, &path, file.content()?).await?;
                Ok(path)
            }));
        }
        let required: BTreeSet<&str> = deploy.required_functions.iter().map(String::as_str).collect();
        for (name, file) in contents.functions.iter().filter(|(_, file)| required.contains(file.digest.as_str())) {
            let (deploys, id, name, file) = (self.deploys.clone(), deploy.id.clone(), name.clone(), file.clone());
            uploads.push(Call::new(async move {
                let options = FunctionOptions::new().with_runtime("js");
                deploys.upload_function(&id, &name, options, file.content()?).await?;
                Ok(name)
            }));
        }
        stream::iter(uploads).buffer_unordered(self.at_a_time).try_collect().await
    }
}

impl IntoFuture for Publication {
    type Output = Result<Published>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// What a folder holds, hashed.
struct Contents {
    /// By path, from `/` on.
    files: BTreeMap<String, Hashed>,
    /// By name.
    functions: BTreeMap<String, Hashed>,
}

#[derive(Clone)]
struct Hashed {
    place: PathBuf,
    digest: String,
    length: u64,
}

impl Contents {
    fn read(folder: &Path, functions: Option<&Path>) -> Result<Self> {
        let mut places = Vec::new();
        walk(folder, "", &mut places)?;
        if places.is_empty() {
            return Err(Error::invalid(format!("{} has no files to publish", folder.display())));
        }
        let mut files = BTreeMap::new();
        for (path, place) in places {
            if path.contains(['#', '?']) {
                return Err(Error::invalid(format!("`{path}`: the name of a file may have neither `#` nor `?`")));
            }
            files.insert(path, Hashed::read(place, &digest::SHA1_FOR_LEGACY_USE_ONLY)?);
        }
        let mut archives = BTreeMap::new();
        if let Some(folder) = functions {
            for entry in entries(folder)? {
                let is_archive = entry.extension().is_some_and(|extension| extension == "zip");
                let name = entry.file_stem().and_then(|name| name.to_str()).filter(|_| is_archive);
                if let Some(name) = name.map(str::to_owned) {
                    archives.insert(name, Hashed::read(entry, &digest::SHA256)?);
                }
            }
        }
        Ok(Self { files, functions: archives })
    }

    fn request(&self) -> DeployFiles {
        let digests = |hashed: &BTreeMap<String, Hashed>| -> BTreeMap<String, String> {
            hashed.iter().map(|(name, file)| (name.clone(), file.digest.clone())).collect()
        };
        DeployFiles::new()
            .with_files(digests(&self.files))
            .with_functions(digests(&self.functions))
            .with_is_async(self.files.len() > MANY)
    }

    /// What distinguishes it from other contents.
    fn fingerprint(&self) -> String {
        let mut context = Context::new(&digest::SHA256);
        for (name, file) in self.files.iter().chain(&self.functions) {
            context.update(format!("{name}\0{}\n", file.digest).as_bytes());
        }
        HEXLOWER.encode(&context.finish().as_ref()[..8])
    }
}

impl Hashed {
    fn read(place: PathBuf, algorithm: &'static digest::Algorithm) -> Result<Self> {
        let hashed = (|| {
            let mut file = fs::File::open(&place)?;
            let mut context = Context::new(algorithm);
            let mut buffer = vec![0; 64 * 1024];
            let mut length = 0;
            loop {
                let read = file.read(&mut buffer)?;
                if read == 0 {
                    return Ok((HEXLOWER.encode(context.finish().as_ref()), length));
                }
                context.update(&buffer[..read]);
                length += read as u64;
            }
        })();
        let (digest, length) = hashed.map_err(|error| unreadable(&place, error))?;
        Ok(Self { place, digest, length })
    }

    /// The content, read when it is sent, as often as it is.
    fn content(&self) -> Result<Body> {
        let content = fs::read(&self.place).map_err(|error| unreadable(&self.place, error))?;
        if content.len() as u64 != self.length {
            let place = self.place.display();
            return Err(Error::invalid(format!("{place} has changed since it was hashed: publish once more")));
        }
        Ok(content.into())
    }
}

/// The files below a folder, by their paths from `/` on.
fn walk(folder: &Path, path: &str, found: &mut Vec<(String, PathBuf)>) -> Result<()> {
    for place in entries(folder)? {
        let Some(name) = place.file_name().and_then(|name| name.to_str()) else {
            return Err(Error::invalid(format!("the name of {} is not Unicode", place.display())));
        };
        if name.starts_with('.') && name != ".well-known" {
            continue;
        }
        let path = format!("{path}/{name}");
        if place.is_dir() {
            walk(&place, &path, found)?;
        } else {
            found.push((path, place));
        }
    }
    Ok(())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let read = fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>());
    read.map_err(|error| unreadable(folder, error))
}

fn unreadable(place: &Path, error: io::Error) -> Error {
    Error::invalid(format!("{} cannot be read", place.display())).with_source(error)
}

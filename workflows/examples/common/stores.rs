//! Object stores by their URLs on the command line.

use std::{path::PathBuf, sync::Arc, time::Duration};

use howdah_backblaze::{
    Backblaze, RetentionMode,
    buckets::{BucketType, NewBucket},
    object_store::{B2, Deletion},
};
use howdah_core::{
    http::RetryPolicy,
    store::{
        Acl, S3,
        object_store::{local::LocalFileSystem, path::Path},
    },
};
use howdah_digitalocean::{spaces::Spaces, testing::spaces};
use howdah_workflows::offsite_copy::{Place, SourceTime};
use url::Url;

use super::{
    Failure,
    demo::{Demo, SPACES_REGION},
};

/// What a URL can be, for the help of a command.
pub const URLS: &str = "\
URLs:
  s3://BUCKET[/PREFIX][?endpoint=URL&region=NAME&acl=public-read&virtual-hosted=true&credentials=NAME]
      Keys come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, the endpoint and the region from AWS_ENDPOINT_URL_S3 and
      AWS_REGION where the URL does not say them. With credentials=NAME all these begin with NAME_ instead of AWS_.
  spaces://BUCKET[/PREFIX][?region=NAME&acl=public-read&endpoint=URL&credentials=NAME]
      The key comes from SPACES_ACCESS_KEY_ID and SPACES_SECRET_ACCESS_KEY, the region from SPACES_REGION where the URL does
      not say it; with credentials=NAME these begin with NAME_ instead of SPACES_. What is written is private: media that
      browsers fetch wants acl=public-read, also when it is restored.
  b2://BUCKET[/PREFIX][?delete=hide|versions&lock=governance:30&part-size=BYTES]
      The key comes from B2_APPLICATION_KEY_ID and B2_APPLICATION_KEY. Deleting hides, unless delete=versions is said.
      lock retains each new version for so many days, in governance or compliance mode; the bucket must have file lock
      enabled. B2_ENVIRONMENT may be a base URL.
  file:///DIRECTORY
      Keeps no attributes: those of the objects are in the manifest of a copy, and taken from there when it is restored.
      Files whose names end in # and digits are left out: so are files called that are not written to their end.";

/// Refuses places of which one is in another: a copy in its own source would be copied again by the next run, and what is in
/// another copy would be deleted there.
pub fn apart<'a>(urls: impl IntoIterator<Item = &'a String>) -> Result<(), Failure> {
    // What is no URL is refused when it is opened.
    let places: Vec<_> = urls.into_iter().filter_map(|text| Some((text, Url::parse(text).ok()?))).collect();
    for (index, (text, one)) in places.iter().enumerate() {
        if let Some((other, _)) = places[..index].iter().find(|(_, other)| holds(one, other) || holds(other, one)) {
            return Err(Failure::new(format!(
                "`{other}` and `{text}` overlap: a copy is to be apart from its source and from other copies"
            )));
        }
    }
    Ok(())
}

/// Whether the one is the other, or has it somewhere below.
fn holds(outer: &Url, inner: &Url) -> bool {
    let service = |url: &Url| {
        let options = Options::of(url).0.into_iter();
        options.filter(|(name, _)| ["endpoint", "region", "credentials"].contains(&name.as_str())).collect::<Vec<_>>()
    };
    let path = |url: &Url| url.path().split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    (outer.scheme(), outer.host_str()) == (inner.scheme(), inner.host_str())
        && service(outer) == service(inner)
        && path(inner).starts_with(&path(outer))
}

/// Where credentials and fakes are found.
pub struct Stores<'a> {
    /// The environment.
    pub env: &'a (dyn Fn(&str) -> Option<String> + Sync),
    /// Fakes instead of the real services.
    pub demo: Option<&'a Demo>,
}

impl Stores<'_> {
    /// The store that a URL names.
    pub async fn open(&self, text: &str) -> Result<Place, Failure> {
        let wrong = |why: &str| Failure::new(format!("`{text}` is no place of objects: {why}"));
        let url = Url::parse(text)
            .map_err(|error| wrong(&format!("{error}; s3://, spaces://, b2:// or file:// is meant")))?;
        let mut options = Options::of(&url);
        let place = match url.scheme() {
            "s3" if self.demo.is_some() => return Err(wrong("the demo has no S3: take a directory, file:///…")),
            "s3" => self.s3(&url, &mut options)?,
            "spaces" => self.spaces(&url, &mut options)?,
            "b2" => self.b2(&url, &mut options).await?,
            "file" => file(&url)?,
            scheme => return Err(wrong(&format!("`{scheme}` is not s3, spaces, b2 or file"))),
        };
        options.none_left().map_err(|why| wrong(&why))?;
        Ok(place)
    }

    fn s3(&self, url: &Url, options: &mut Options) -> Result<Place, Failure> {
        let bucket = bucket(url)?;
        let owner = options.take("credentials").unwrap_or_else(|| "AWS".to_owned());
        let variable = |name: &str| self.optional(&format!("{owner}_{name}"));
        let endpoint =
            options.take("endpoint").or_else(|| variable("ENDPOINT_URL_S3")).or_else(|| variable("ENDPOINT_URL"));
        let region = options.take("region").or_else(|| variable("REGION")).unwrap_or_else(|| "us-east-1".to_owned());
        let endpoint = endpoint.unwrap_or_else(|| format!("https://s3.{region}.amazonaws.com"));
        let missing = |name: &str| Failure::new(format!("{owner}_{name} is not set: it is needed for {url}"));
        let mut builder = S3::builder(endpoint.clone(), bucket.clone()).region(region.clone()).access_key(
            variable("ACCESS_KEY_ID").ok_or_else(|| missing("ACCESS_KEY_ID"))?,
            variable("SECRET_ACCESS_KEY").ok_or_else(|| missing("SECRET_ACCESS_KEY"))?,
        );
        if let Some(token) = variable("SESSION_TOKEN") {
            builder = builder.session_token(token);
        }
        if let Some(acl) = acl(options) {
            builder = builder.acl(acl);
        }
        builder = match options.take("virtual-hosted").as_deref() {
            None | Some("false") => builder,
            Some("true") => builder.virtual_hosted(),
            Some(other) => return Err(Failure::new(format!("virtual-hosted is true or false, and not `{other}`"))),
        };
        let host = Url::parse(&endpoint).ok().and_then(|endpoint| endpoint.host_str().map(str::to_owned));
        let store = Arc::new(builder.retry(patient()).build()?);
        Ok(Place::new(shown(url), store)
            .below(prefix(url)?)
            .at_provider(host.unwrap_or(endpoint), Some(region))
            .with_parallel_listing()
            .with_source_time(SourceTime::Seconds("mtime".into())))
    }

    fn spaces(&self, url: &Url, options: &mut Options) -> Result<Place, Failure> {
        let bucket = bucket(url)?;
        let owner = options.take("credentials").unwrap_or_else(|| "SPACES".to_owned());
        let variable = |name: &str| self.optional(&format!("{owner}_{name}"));
        let missing = |name: &str| Failure::new(format!("{owner}_{name} is not set: it is needed for {url}"));
        let region = options.take("region").or_else(|| variable("REGION"));
        let (mut builder, region) = if let Some(demo) = self.demo {
            demo.spaces.create_bucket(&bucket);
            (demo.spaces.builder(&bucket, spaces::ACCESS_KEY, spaces::SECRET_KEY), SPACES_REGION.to_owned())
        } else {
            let region = region.ok_or_else(|| Failure::new(format!("`{url}` names no region: say ?region=NAME")))?;
            let id = variable("ACCESS_KEY_ID").ok_or_else(|| missing("ACCESS_KEY_ID"))?;
            let secret = variable("SECRET_ACCESS_KEY").ok_or_else(|| missing("SECRET_ACCESS_KEY"))?;
            (Spaces::builder(region.as_str(), bucket.as_str()).access_key(id, secret), region)
        };
        if let Some(acl) = acl(options) {
            builder = builder.acl(acl);
        }
        if let Some(endpoint) = options.take("endpoint") {
            builder = builder.endpoint(endpoint);
        }
        Ok(Place::new(shown(url), Arc::new(builder.retry(patient()).build()?))
            .below(prefix(url)?)
            .at_provider("digitalocean", Some(region))
            .with_parallel_listing()
            .with_source_time(SourceTime::Seconds("mtime".into())))
    }

    async fn b2(&self, url: &Url, options: &mut Options) -> Result<Place, Failure> {
        let bucket = bucket(url)?;
        let backblaze = self.backblaze()?;
        if self.demo.is_some() && backblaze.buckets().find(&bucket).await?.is_none() {
            backblaze.buckets().create(NewBucket::new(bucket.as_str(), BucketType::AllPrivate)).await?;
        }
        let mut store = B2::open(&backblaze, &bucket).await?.with_source_times().with_resume();
        store = match options.take("delete").as_deref() {
            None | Some("hide") => store,
            Some("versions") => store.with_deletion(Deletion::AllVersions),
            Some(other) => return Err(Failure::new(format!("delete is hide or versions, and not `{other}`"))),
        };
        if let Some(lock) = options.take("lock") {
            let (mode, period) = retention(&lock)?;
            store = store.with_retention(mode, period);
        }
        if let Some(bytes) = options.take("part-size") {
            let bytes =
                bytes.parse().map_err(|_| Failure::new(format!("part-size is no number of bytes: `{bytes}`")))?;
            store = store.with_part_size(bytes);
        }
        Ok(Place::new(shown(url), Arc::new(store))
            .below(prefix(url)?)
            .at_provider("backblaze", None)
            .with_parallel_listing()
            .with_source_time(SourceTime::Millis("src_last_modified_millis".into()))
            .with_content_sha1("large_file_sha1"))
    }

    /// Backblaze: `B2_APPLICATION_KEY_ID` and `B2_APPLICATION_KEY`; `B2_ENVIRONMENT` for another base URL, as its own command
    /// line tool has it.
    fn backblaze(&self) -> Result<Backblaze, Failure> {
        if let Some(demo) = self.demo {
            return Ok(demo.backblaze.client());
        }
        let missing = |name: &str| Failure::new(format!("{name} is not set: it holds a part of the application key"));
        let id = self.optional("B2_APPLICATION_KEY_ID").ok_or_else(|| missing("B2_APPLICATION_KEY_ID"))?;
        let key = self.optional("B2_APPLICATION_KEY").ok_or_else(|| missing("B2_APPLICATION_KEY"))?;
        let builder = Backblaze::builder(id, key);
        Ok(match self.optional("B2_ENVIRONMENT").filter(|base| base.starts_with("http")) {
            Some(base) => builder.base_url(base).build()?,
            None => builder.build()?,
        })
    }

    fn optional(&self, name: &str) -> Option<String> {
        (self.env)(name).filter(|text| !text.is_empty())
    }
}

/// A night is long: a service that is away for some minutes is waited for.
fn patient() -> RetryPolicy {
    RetryPolicy::default().with_attempts(10).with_total(Duration::from_secs(600))
}

fn file(url: &Url) -> Result<Place, Failure> {
    let wrong = || Failure::new(format!("`{url}` is no directory of this machine: file:///DIRECTORY is meant"));
    let directory: PathBuf = url.to_file_path().map_err(|()| wrong())?;
    if !directory.is_dir() {
        return Err(Failure::new(format!("there is no directory {}", directory.display())));
    }
    let store = Arc::new(LocalFileSystem::new_with_prefix(&directory)?);
    Ok(Place::new(shown(url), store).without_attributes())
}

fn bucket(url: &Url) -> Result<String, Failure> {
    let bucket = url.host_str().filter(|bucket| !bucket.is_empty());
    bucket.map(str::to_owned).ok_or_else(|| Failure::new(format!("`{url}` names no bucket")))
}

fn prefix(url: &Url) -> Result<Path, Failure> {
    Path::from_url_path(url.path())
        .map_err(|error| Failure::new(format!("`{url}` has a prefix that cannot be: {error}")))
}

fn shown(url: &Url) -> String {
    url.as_str().split('?').next().unwrap_or_default().trim_end_matches('/').to_owned()
}

fn acl(options: &mut Options) -> Option<Acl> {
    options.take("acl").map(|acl| match acl.as_str() {
        "private" => Acl::Private,
        "public-read" => Acl::PublicRead,
        _ => Acl::Other(acl),
    })
}

/// `governance:30` or `compliance:30`.
fn retention(text: &str) -> Result<(RetentionMode, Duration), Failure> {
    let wrong = || Failure::new(format!("lock is governance:DAYS or compliance:DAYS, and not `{text}`"));
    let (mode, days) = text.split_once(':').ok_or_else(wrong)?;
    let mode = match mode {
        "governance" => RetentionMode::Governance,
        "compliance" => RetentionMode::Compliance,
        _ => return Err(wrong()),
    };
    let days: u32 = days.parse().ok().filter(|days| (1..=3000).contains(days)).ok_or_else(wrong)?;
    Ok((mode, Duration::from_secs(u64::from(days) * 24 * 60 * 60)))
}

/// What follows the question mark.
struct Options(Vec<(String, String)>);

impl Options {
    fn of(url: &Url) -> Self {
        Self(url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    fn take(&mut self, name: &str) -> Option<String> {
        let index = self.0.iter().position(|(present, _)| present == name)?;
        Some(self.0.remove(index).1)
    }

    fn none_left(self) -> Result<(), String> {
        match self.0.first() {
            None => Ok(()),
            Some((name, _)) => Err(format!("`{name}` is not known there")),
        }
    }
}

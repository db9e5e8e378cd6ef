//! Uploads a file: `cargo run --release --example upload -- BUCKET FILE [NAME] [--whole]`.
//!
//! The key comes from `B2_APPLICATION_KEY_ID` and `B2_APPLICATION_KEY`, and `B2_ENVIRONMENT` may be a base URL. A large file
//! goes up in parts, several at once; a run that was interrupted is taken up by the same command. `--whole` sends up to 5 GB
//! in one piece, which is less work and as fast as one connection is.

use std::{env, error::Error, path::PathBuf};

use howdah_backblaze::{Backblaze, FileInfo, uploads::NewFile};
use howdah_core::http::Body;

#[tokio::main]
#[allow(clippy::print_stdout)]
async fn main() -> Result<(), Box<dyn Error>> {
    let whole = env::args().any(|arg| arg == "--whole");
    let mut args = env::args().skip(1).filter(|arg| arg != "--whole");
    let (Some(bucket_name), Some(path)) = (args.next(), args.next().map(PathBuf::from)) else {
        return Err("what to upload is not said: upload BUCKET FILE [NAME] [--whole]".into());
    };
    let name = match args.next() {
        Some(name) => name,
        None => path.file_name().map(|name| name.to_string_lossy().into_owned()).ok_or("the file has no name")?,
    };
    let mut builder = Backblaze::builder(env::var("B2_APPLICATION_KEY_ID")?, env::var("B2_APPLICATION_KEY")?);
    if let Some(base) = env::var("B2_ENVIRONMENT").ok().filter(|base| base.starts_with("http")) {
        builder = builder.base_url(base);
    }
    let backblaze = builder.build()?;
    let bucket = backblaze.buckets().find(&bucket_name).await?.ok_or("there is no such bucket")?;

    let info = FileInfo::new().with_source_time(path.metadata()?.modified()?.try_into()?);
    let content = Body::file(path).await?;
    let file = NewFile::new(name).with_info(info);
    let mut uploader = backblaze.uploader(&bucket.bucket_id);
    if whole {
        uploader = uploader.with_cutoff(u64::MAX);
    }
    let version = uploader.upload(file, content).await?;
    println!("{} is there, {} bytes", version.file_name, version.content_length);
    Ok(())
}

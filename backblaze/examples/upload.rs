//! Uploads a file: `cargo run --release --example upload -- BUCKET FILE [NAME]`.
//!
//! The key comes from `B2_APPLICATION_KEY_ID` and `B2_APPLICATION_KEY`, and `B2_ENVIRONMENT` may be a base URL. A large file
//! goes up in parts, several at once; a run that was interrupted is taken up by the same command.

use std::{env, error::Error, path::PathBuf};

use bytes::BytesMut;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use howdah_backblaze::{Backblaze, FileInfo, uploads::NewFile};
use howdah_core::http::{Body, ByteStream};
use tokio::{fs::File, io::AsyncReadExt as _};

const CHUNK: usize = 256 * 1024;

#[tokio::main]
#[allow(clippy::print_stdout)]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = env::args().skip(1);
    let (Some(bucket_name), Some(path)) = (args.next(), args.next().map(PathBuf::from)) else {
        return Err("what to upload is not said: upload BUCKET FILE [NAME]".into());
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

    let metadata = tokio::fs::metadata(&path).await?;
    let info = FileInfo::new().with_source_time(metadata.modified()?.try_into()?);
    let content = Body::replayable(move || chunks(path.clone()), metadata.len());
    let file = NewFile::new(name).with_info(info);
    let uploaded = backblaze.uploader(&bucket.bucket_id).upload(file, content).await?;
    println!("{} is there, {} bytes", uploaded.file_name, uploaded.content_length);
    Ok(())
}

/// The file's content.
fn chunks(path: PathBuf) -> ByteStream {
    let open = File::open(path);
    let read = |mut file: File| async move {
        let mut chunk = BytesMut::with_capacity(CHUNK);
        while chunk.len() < CHUNK && file.read_buf(&mut chunk).await? > 0 {}
        Ok((!chunk.is_empty()).then(|| (chunk.freeze(), file)))
    };
    stream::once(open).map_ok(move |file| stream::try_unfold(file, read)).try_flatten().boxed()
}

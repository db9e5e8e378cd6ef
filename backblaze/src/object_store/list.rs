//! Listing objects: pages of names, of which only what an object store tells is decoded.

use std::time::SystemTime;

use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt, stream, stream::BoxStream};
use howdah_core::{
    Error, ErrorKind, Outcome,
    http::{Endpoint, Route},
    store::object_store::{
        ListResult, ObjectMeta, Result,
        list::{PaginatedListOptions, PaginatedListResult, PaginatedListStore},
        path::{DELIMITER, Path},
    },
};
use http::Extensions;
use jiff::Timestamp;
use serde::Deserialize;

use super::{B2, errors};
use crate::{FileId, files::NameFilter, models::or_default, session::API_URL};

/// [`files::LIST_NAMES`](crate::files::LIST_NAMES), of which less is kept.
const LIST: Endpoint<NameFilter, Page, 0> =
    Endpoint::new("LIST", Route::post("/b2api/v4/b2_list_file_names").base(API_URL).safe());

/// Names on the first page, which is all that some callers read. Billed as one transaction.
const FIRST: u32 = 1000;
/// Names on the others: fewer round trips, and not much memory.
const MORE: u32 = 5000;
/// The most that B2 gives.
const MOST: u32 = 10_000;

impl B2 {
    /// All objects below a prefix, in the order of their names, from behind an offset on.
    pub(super) fn list_from(
        &self,
        prefix: Option<&Path>,
        offset: Option<&Path>,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        let (store, source_times) = (self.clone(), self.source_times);
        let after = offset.map_or_else(String::new, ToString::to_string);
        let filter = self.filter(folder(prefix)).with_max_file_count(FIRST);
        let first = Some((store, starting(filter, &after)));
        let pages = stream::try_unfold(first, |next| async move {
            let Some((store, filter)) = next else {
                return Ok(None);
            };
            let (page, next) = store.page(filter).await?;
            let next = next.map(|next| (store, next.with_max_file_count(MORE)));
            Ok::<_, howdah_core::store::object_store::Error>(Some((page, next)))
        });
        let objects = pages.map_ok(move |rows| {
            let after = after.clone();
            // An offset is not in what is behind it.
            let rows = rows.into_iter().filter(move |row| row.file_name > after);
            stream::iter(rows.filter_map(move |row| row.object(source_times).transpose()))
        });
        objects.try_flatten().boxed()
    }

    /// The objects and folders right below a prefix.
    pub(super) async fn list_folder(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let mut found = ListResult { objects: Vec::new(), common_prefixes: Vec::new(), extensions: Extensions::new() };
        let mut next = Some(self.filter(folder(prefix)).with_delimiter(DELIMITER).with_max_file_count(FIRST));
        while let Some(filter) = next {
            let (page, following) = self.page(filter).await?;
            self.sort_into(&mut found, page, "")?;
            next = following.map(|filter| filter.with_max_file_count(MORE));
        }
        Ok(found)
    }

    fn filter(&self, prefix: Option<String>) -> NameFilter {
        let filter = NameFilter::new(self.bucket_id.clone());
        match prefix.filter(|prefix| !prefix.is_empty()) {
            Some(prefix) => filter.with_prefix(prefix),
            None => filter,
        }
    }

    /// A page, and what lists the one after it.
    async fn page(&self, filter: NameFilter) -> Result<(Vec<Row>, Option<NameFilter>)> {
        let at = filter.prefix.clone().unwrap_or_default();
        let page = self.backblaze.api().send(&LIST, [], filter.clone()).await;
        let page = page.map_err(|error| errors::of(&at, error))?;
        let Some(next) = page.next_file_name else {
            return Ok((page.files, None));
        };
        if filter.start_file_name.as_ref().is_some_and(|start| *start >= next) {
            let error = Error::new(ErrorKind::Decode, format!("the listing does not go on: it came back to `{next}`"));
            let error = error.with_provider("backblaze").with_outcome(Outcome::Refused);
            return Err(errors::of(&at, error));
        }
        Ok((page.files, Some(filter.with_start_file_name(next))))
    }

    fn sort_into(&self, found: &mut ListResult, rows: Vec<Row>, after: &str) -> Result<()> {
        for row in rows {
            if row.file_id.is_none() {
                let folder = Path::parse(&row.file_name)?;
                // One that goes on on the next page is still one.
                if found.common_prefixes.last() != Some(&folder) {
                    found.common_prefixes.push(folder);
                }
            } else if row.file_name.as_str() > after {
                found.objects.extend(row.object(self.source_times)?);
            }
        }
        Ok(())
    }
}

#[async_trait]
impl PaginatedListStore for B2 {
    /// The token of a page is the name that it begins with.
    async fn list_paginated(&self, prefix: Option<&str>, options: PaginatedListOptions) -> Result<PaginatedListResult> {
        let most = options.max_keys.map_or(FIRST, |most| u32::try_from(most).unwrap_or(MOST).clamp(1, MOST));
        let after = options.offset.unwrap_or_default();
        let mut filter = self.filter(prefix.map(str::to_owned)).with_max_file_count(most);
        if let Some(delimiter) = options.delimiter.filter(|delimiter| !delimiter.is_empty()) {
            filter = filter.with_delimiter(delimiter);
        }
        filter = match options.page_token {
            Some(token) => filter.with_start_file_name(token),
            None => starting(filter, &after),
        };
        let (page, next) = self.page(filter).await?;
        let mut result = ListResult { objects: Vec::new(), common_prefixes: Vec::new(), extensions: Extensions::new() };
        self.sort_into(&mut result, page, &after)?;
        Ok(PaginatedListResult { result, page_token: next.and_then(|next| next.start_file_name) })
    }
}

/// What names below a path begin with.
fn folder(prefix: Option<&Path>) -> Option<String> {
    prefix.filter(|prefix| !prefix.is_root()).map(|prefix| format!("{prefix}{DELIMITER}"))
}

/// From an offset on, unless all names with the prefix are behind it anyway.
fn starting(filter: NameFilter, offset: &str) -> NameFilter {
    let prefix = filter.prefix.as_deref().unwrap_or_default();
    if offset > prefix { filter.with_start_file_name(offset) } else { filter }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    files: Vec<Row>,
    #[serde(default)]
    next_file_name: Option<String>,
}

/// A file, or a folder.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    file_name: String,
    /// A folder has none.
    #[serde(default)]
    file_id: Option<FileId>,
    #[serde(default, deserialize_with = "or_default")]
    content_length: u64,
    #[serde(default, deserialize_with = "or_default")]
    upload_timestamp: i64,
    #[serde(default, deserialize_with = "or_default")]
    file_info: SourceTime,
}

#[derive(Debug, Default, Deserialize)]
struct SourceTime {
    #[serde(default, rename = "src_last_modified_millis")]
    millis: Option<String>,
}

impl Row {
    /// The object, unless this is the empty file by which tools mark a directory. A name that no path can have is an error.
    fn object(self, source_times: bool) -> Result<Option<ObjectMeta>> {
        if self.file_name.ends_with(DELIMITER) && self.content_length == 0 {
            return Ok(None);
        }
        let location = Path::parse(&self.file_name)?;
        if location.as_ref() != self.file_name {
            let message = format!("the name `{}` begins or ends with a slash, which no path does", self.file_name);
            let error = Error::new(ErrorKind::Unsupported, message).with_provider("backblaze");
            return Err(errors::of(location.as_ref(), error.with_outcome(Outcome::Refused)));
        }
        let source = if source_times { self.file_info.millis.and_then(|millis| millis.parse().ok()) } else { None };
        let time = Timestamp::from_millisecond(source.unwrap_or(self.upload_timestamp)).unwrap_or_default();
        let id = self.file_id.map(|id| id.get().clone());
        Ok(Some(ObjectMeta {
            location,
            last_modified: SystemTime::from(time).into(),
            size: self.content_length,
            e_tag: id.clone(),
            version: id,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(json: &str) -> Row {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_row_is_an_object() {
        let text = r#"{"action":"upload","fileName":"a/b","fileId":"4_z1","contentLength":7,"uploadTimestamp":2000,
            "fileInfo":{"src_last_modified_millis":"1000","other":"x"},"contentType":"text/plain","replicationStatus":null}"#;
        let object = |source_times| row(text).object(source_times).unwrap().unwrap();
        assert_eq!((object(false).last_modified.timestamp(), object(true).last_modified.timestamp()), (2, 1));
        assert_eq!((object(false).size, object(false).e_tag.as_deref()), (7, Some("4_z1")));
        let old = row(r#"{"fileName":"a","fileId":"4_z2","contentLength":1,"uploadTimestamp":3000,"fileInfo":null}"#);
        assert_eq!(old.object(true).unwrap().unwrap().last_modified.timestamp(), 3);
    }

    #[test]
    fn a_name_that_is_no_path_is_told() {
        let object = |name: &str, size: u64| {
            let row = Row {
                file_name: name.into(),
                file_id: None,
                content_length: size,
                upload_timestamp: 0,
                file_info: SourceTime::default(),
            };
            row.object(false)
        };
        assert!(object("a/", 0).unwrap().is_none());
        for name in ["a/", "a//b", "a/../b", "."] {
            assert!(object(name, 1).is_err(), "{name}");
        }
    }
}

//! Large files, part by part.

use howdah_backblaze::{
    Action, ContentSha1, CustomerKey, Encryption, FileId, FileInfo, Part, Sha1,
    account::Capability,
    buckets::BucketId,
    downloads::DownloadOptions,
    large_files::{NewLargeFile, NewPartCopy, PartFilter, UnfinishedFilter},
    testing::{Cap, FakeBackblaze},
    uploads::NewFile,
};
use howdah_core::{ErrorKind, Outcome, Result, testing::Fault};

use super::{Place, content, place, place_at, refused};

impl Place {
    async fn begin(&self, name: &str) -> FileId {
        let new = NewLargeFile::new(self.bucket.clone(), name, "video/mp4");
        self.client.large_files().start(new).await.unwrap().file_id.unwrap()
    }

    async fn part(&self, id: &FileId, number: u32, length: usize) -> Result<Part> {
        let uploads = self.client.uploads();
        let url = uploads.get_upload_part_url(id).await?;
        uploads.upload_part(&url, number, content(length).into(), Sha1::AtEnd, None).await
    }
}

fn sha1(length: usize) -> String {
    Sha1::of(&content(length))
}

#[tokio::test(start_paused = true)]
async fn a_large_file_is_its_parts_in_order() {
    let place = place();
    let large_files = place.client.large_files();
    let info =
        FileInfo::new().with("large_file_sha1", Sha1::of(&[content(1500), content(70_000), content(10)].concat()));
    let new = NewLargeFile::new(place.bucket.clone(), "big.mp4", "b2/x-auto").with_file_info(info.clone());
    let begun = large_files.start(new).await.unwrap();
    assert_eq!((begun.action, begun.content_length, begun.content_sha1), (Action::Start, 0, Some(ContentSha1::None)));
    assert_eq!(begun.content_type.as_deref(), Some("video/mp4"));
    let id = begun.file_id.unwrap();

    // Parts come in any order, and one that comes again replaces itself.
    place.part(&id, 3, 10).await.unwrap();
    let part = place.part(&id, 1, 1500).await.unwrap();
    assert_eq!((part.file_id, part.part_number, part.content_length), (id.clone(), 1, 1500));
    place.part(&id, 2, 90_000).await.unwrap();
    place.part(&id, 2, 70_000).await.unwrap();
    let parts = large_files.list_parts(PartFilter::new(id.clone()).with_max_part_count(2u32)).all().await.unwrap();
    let parts: Vec<_> = parts.into_iter().map(|part| (part.part_number, part.content_length)).collect();
    assert_eq!(parts, [(1, 1500), (2, 70_000), (3, 10)]);
    let rest = large_files.list_parts(PartFilter::new(id.clone()).with_start_part_number(3u32)).all().await.unwrap();
    assert_eq!(rest.len(), 1);
    assert_eq!(place.rows().await, [("big.mp4".to_owned(), "start".to_owned(), 0)]);

    let file = large_files.finish(&id, vec![sha1(1500), sha1(70_000), sha1(10)]).await.unwrap();
    assert_eq!(
        (file.action, file.content_length, file.content_sha1),
        (Action::Upload, 71_510, Some(ContentSha1::None))
    );
    assert_eq!((file.file_id, file.file_info), (Some(id.clone()), info));
    let got = place.client.downloads().by_id(&id, DownloadOptions::new()).await.unwrap();
    assert!(got.body.collect().await.unwrap() == [content(1500), content(70_000), content(10)].concat());
    let got = place.client.downloads().by_id(&id, DownloadOptions::new().with_range(1490..71_505)).await.unwrap();
    assert!(got.body.collect().await.unwrap() == [content(1500), content(70_000), content(10)].concat()[1490..71_505]);
    // It is not there a second time.
    refused(large_files.finish(&id, vec![sha1(1500)]).await, ErrorKind::NotFound, "no_such_file");
    refused(place.part(&id, 1, 1500).await, ErrorKind::NotFound, "no_such_file");
    let listed = large_files.list_parts(PartFilter::new(id)).all().await;
    refused(listed, ErrorKind::NotFound, "no_such_file");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_whole_is_not_finished() {
    let place = place();
    let id = place.begin("a").await;
    let finish = |sha1s: &[String]| place.client.large_files().finish(&id, sha1s.to_vec());
    refused(finish(&[]).await, ErrorKind::Invalid, "bad_request");
    refused(finish(&[sha1(1000)]).await, ErrorKind::Invalid, "missing_part");
    place.part(&id, 1, 1000).await.unwrap();
    place.part(&id, 3, 1000).await.unwrap();
    refused(finish(&[sha1(1000), sha1(1000)]).await, ErrorKind::Invalid, "missing_part");
    place.part(&id, 2, 999).await.unwrap();
    refused(finish(&[sha1(1000), sha1(999)]).await, ErrorKind::Invalid, "bad_request");
    let wrong = finish(&[sha1(1000), sha1(1000), sha1(1000)]).await;
    refused(wrong, ErrorKind::Invalid, "part_sha1_mismatch");
    // Only the last part may be as small.
    refused(finish(&[sha1(1000), sha1(999), sha1(1000)]).await, ErrorKind::Invalid, "bad_request");
    place.part(&id, 2, 1000).await.unwrap();
    finish(&[sha1(1000), sha1(1000), sha1(1000)]).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_to_finish_is_resolved_by_looking() {
    let place = place();
    let large_files = place.client.large_files();
    for applied in [true, false] {
        let id = place.begin("a").await;
        place.part(&id, 1, 10).await.unwrap();
        place.fake.world().fail_next(Fault::Lost { applied });
        let finished = large_files.finish(&id, vec![sha1(10)]).await;
        if applied {
            assert_eq!(finished.unwrap().content_length, 10);
        } else {
            assert_eq!(finished.unwrap_err().outcome(), Outcome::Refused);
            large_files.finish(&id, vec![sha1(10)]).await.unwrap();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_given_up_is_gone() {
    let place = place();
    let large_files = place.client.large_files();
    place.fake.set_cap(Cap::Storage(100_000));
    let (first, second) = (place.begin("x/1").await, place.begin("x/2").await);
    let third = place.begin("y").await;
    place.part(&first, 1, 80_000).await.unwrap();
    refused(place.part(&second, 1, 80_000).await, ErrorKind::QuotaExceeded, "storage_cap_exceeded");
    let unfinished = |prefix: &str, size: u32| {
        let filter = UnfinishedFilter::new(place.bucket.clone()).with_name_prefix(prefix).with_max_file_count(size);
        large_files.list_unfinished(filter).all()
    };
    let ids = |files: Vec<howdah_backblaze::FileVersion>| -> Vec<_> {
        files.into_iter().filter_map(|file| file.file_id).collect()
    };
    assert_eq!(ids(unfinished("", 1).await.unwrap()), [first.clone(), second.clone(), third.clone()]);
    assert_eq!(ids(unfinished("x/", 100).await.unwrap()), [first.clone(), second.clone()]);
    refused(unfinished("", 101).await, ErrorKind::Invalid, "out_of_range");

    let cancelled = large_files.cancel(&first).await.unwrap().unwrap();
    assert_eq!((cancelled.file_id, cancelled.file_name.as_str()), (first.clone(), "x/1"));
    refused(large_files.cancel(&first).await, ErrorKind::NotFound, "file_not_present");
    place.fake.world().fail_next(Fault::Lost { applied: true });
    assert_eq!(large_files.cancel(&third).await.unwrap(), None);
    place.part(&second, 1, 80_000).await.unwrap();
    assert_eq!(ids(unfinished("", 100).await.unwrap()), [second]);
    // Neither is what is begun a file that could be read or deleted.
    let begun = place.begin("z").await;
    let got = place.client.downloads().by_id(&begun, DownloadOptions::new()).await;
    refused(got.map(|got| got.file), ErrorKind::NotFound, "not_found");
    let deleted = howdah_backblaze::files::VersionRef::new("z", begun);
    refused(place.client.files().delete_version(deleted).await, ErrorKind::Invalid, "bad_request");
}

#[tokio::test(start_paused = true)]
async fn parts_are_copied() {
    let place = place();
    let large_files = place.client.large_files();
    let key = Encryption::Customer(CustomerKey::new(&[7; 32]));
    let source = place.upload(NewFile::new("a"), content(100_000)).await.unwrap().file_id.unwrap();
    let sealed = place.upload(NewFile::new("b").with_encryption(key.clone()), content(10)).await.unwrap();
    let sealed = sealed.file_id.unwrap();
    let id = place.begin("big").await;
    let copy = |source: &FileId, number: u32| NewPartCopy::new(source.clone(), id.clone(), number);
    let first = large_files.copy_part(copy(&source, 1).with_range("bytes=99000-")).await.unwrap();
    assert_eq!(first.content_sha1, Some(ContentSha1::Verified(Sha1::of(&content(100_000)[99_000..]))));
    let second = large_files.copy_part(copy(&source, 2)).await.unwrap();
    assert_eq!((second.content_length, second.content_sha1), (100_000, Some(sha1(100_000).as_str().into())));
    refused(large_files.copy_part(copy(&sealed, 3)).await, ErrorKind::Invalid, "bad_request");
    let third = copy(&sealed, 3).with_source_server_side_encryption(key);
    large_files.copy_part(third).await.unwrap();

    refused(large_files.copy_part(copy(&source, 0)).await, ErrorKind::Invalid, "out_of_range");
    let past = copy(&source, 4).with_range("bytes=100000-100001");
    refused(large_files.copy_part(past).await, ErrorKind::Invalid, "range_not_satisfiable");
    refused(large_files.copy_part(copy(&id, 4)).await, ErrorKind::NotFound, "file_not_present");
    let nowhere = NewPartCopy::new(source.clone(), source.clone(), 1u32);
    refused(large_files.copy_part(nowhere).await, ErrorKind::NotFound, "no_such_file");

    let sha1s = vec![Sha1::of(&content(100_000)[99_000..]), sha1(100_000), sha1(10)];
    assert_eq!(large_files.finish(&id, sha1s).await.unwrap().content_length, 101_010);
}

#[tokio::test(start_paused = true)]
async fn a_customers_key_goes_with_every_part() {
    let place = place();
    let key = |byte| Encryption::Customer(CustomerKey::new(&[byte; 32]));
    let new = NewLargeFile::new(place.bucket.clone(), "a", "b2/x-auto").with_server_side_encryption(key(7));
    let id = place.client.large_files().start(new).await.unwrap().file_id.unwrap();
    let uploads = place.client.uploads();
    let part = async |encryption: Option<Encryption>| {
        let url = uploads.get_upload_part_url(&id).await.unwrap();
        uploads.upload_part(&url, 1, content(10).into(), Sha1::AtEnd, encryption.as_ref()).await
    };
    refused(part(None).await, ErrorKind::Invalid, "bad_request");
    refused(part(Some(key(8))).await, ErrorKind::Forbidden, "access_denied");
    part(Some(key(7))).await.unwrap();
    place.client.large_files().finish(&id, vec![sha1(10)]).await.unwrap();
    let got = place.client.downloads().by_id(&id, DownloadOptions::new().with_encryption(key(7))).await.unwrap();
    assert_eq!(got.body.collect().await.unwrap(), content(10));
}

#[tokio::test(start_paused = true)]
async fn who_may_not_write_begins_nothing() {
    let place = place_at(FakeBackblaze::new());
    let reader = place.with_key(&[Capability::ReadFiles]).await.large_files();
    let id = place.begin("a").await;
    let new = |bucket: &BucketId, name: &str| NewLargeFile::new(bucket.clone(), name, "text/plain");
    refused(reader.start(new(&place.bucket, "a")).await, ErrorKind::Forbidden, "unauthorized");
    refused(reader.finish(&id, vec![sha1(1)]).await, ErrorKind::Forbidden, "unauthorized");
    refused(reader.cancel(&id).await, ErrorKind::Forbidden, "unauthorized");
    refused(reader.list_parts(PartFilter::new(id.clone())).all().await, ErrorKind::Forbidden, "unauthorized");
    let filter = UnfinishedFilter::new(place.bucket.clone());
    refused(reader.list_unfinished(filter).all().await, ErrorKind::Forbidden, "unauthorized");
    refused(reader.copy_part(NewPartCopy::new(id.clone(), id, 1u32)).await, ErrorKind::Forbidden, "unauthorized");
    let large_files = place.client.large_files();
    let nowhere = large_files.start(new(&BucketId::new("none".into()), "a")).await;
    refused(nowhere, ErrorKind::NotFound, "bad_bucket_id");
    assert!(large_files.start(new(&place.bucket, "a/")).await.unwrap_err().is_invalid());
}

//! Names and versions.

use howdah_backblaze::{
    Action, ContentSha1, CustomerKey, Encryption, EncryptionMode, FileId, FileInfo, Sha1,
    account::Capability,
    buckets::{BucketId, BucketType, NewBucket},
    downloads::DownloadOptions,
    files::{MetadataDirective, NameFilter, NewCopy, VersionFilter, VersionRef},
    keys::NewKey,
    testing::{Cap, FakeBackblaze, Settings},
    uploads::NewFile,
};
use howdah_core::{Clock, ErrorKind, testing::Fault};

use super::{content, place, refused};

#[tokio::test(start_paused = true)]
async fn a_file_is_listed_hidden_and_deleted() {
    let place = place();
    let files = place.client.files();
    let old = place.fake.put(&place.bucket, "a.txt", "old");
    let new = place.fake.put(&place.bucket, "a.txt", "newer");
    place.fake.put(&place.bucket, "b/c.jpg", "image");

    let names = || files.list_names(NameFilter::new(place.bucket.clone())).all();
    let listed = names().await.unwrap();
    let [a, b] = listed.as_slice() else { panic!("{listed:?}") };
    assert_eq!((a.file_id.as_ref(), a.content_length, a.action.clone()), (Some(&new), 5, Action::Upload));
    assert_eq!(a.content_sha1, Some(ContentSha1::Verified(Sha1::of(b"newer"))));
    assert_eq!((a.content_type.as_deref(), b.content_type.as_deref()), (Some("text/plain"), Some("image/jpeg")));
    assert_eq!(a.bucket_id.as_ref(), Some(&place.bucket));
    assert_eq!(files.get_info(&old).await.unwrap().content_length, 3);

    let marker = files.hide(&place.bucket, "a.txt").await.unwrap();
    assert_eq!((marker.action, marker.content_length, marker.content_sha1), (Action::Hide, 0, None));
    refused(files.hide(&place.bucket, "a.txt").await, ErrorKind::Conflict, "already_hidden");
    refused(files.hide(&place.bucket, "none").await, ErrorKind::NotFound, "no_such_file");
    refused(files.hide(&BucketId::new("none".into()), "a").await, ErrorKind::NotFound, "bad_bucket_id");
    assert!(files.hide(&place.bucket, "a//b").await.unwrap_err().is_invalid());
    assert_eq!(names().await.unwrap().len(), 1);
    let actions: Vec<_> = place.versions().await.into_iter().map(|one| one.action).collect();
    assert_eq!(actions, [Action::Hide, Action::Upload, Action::Upload, Action::Upload]);

    // The marker goes, and the content behind it is seen again.
    let id = marker.file_id.unwrap();
    let deleted = files.delete_version(VersionRef::new("a.txt", id.clone())).await.unwrap().unwrap();
    assert_eq!((deleted.file_id, deleted.file_name.as_str()), (id.clone(), "a.txt"));
    assert_eq!(names().await.unwrap()[0].file_id, Some(new.clone()));
    let again = files.delete_version(VersionRef::new("a.txt", id)).await;
    refused(again, ErrorKind::NotFound, "file_not_present");
    let other_name = files.delete_version(VersionRef::new("b.txt", new.clone())).await;
    refused(other_name, ErrorKind::NotFound, "file_not_present");
    refused(
        files.delete_version(VersionRef::new("a", FileId::new("x".into()))).await,
        ErrorKind::Invalid,
        "bad_request",
    );
    refused(files.get_info(&FileId::new("4_zx_f1".into())).await, ErrorKind::NotFound, "not_found");
    files.delete_version(VersionRef::new("a.txt", new)).await.unwrap();
    assert_eq!(names().await.unwrap()[0].file_id, Some(old));
}

#[tokio::test(start_paused = true)]
async fn what_a_lost_answer_did_is_found() {
    let place = place();
    let files = place.client.files();
    let id = place.fake.put(&place.bucket, "a", "content");
    files.get_info(&id).await.unwrap();
    place.fake.world().fail_next(Fault::Lost { applied: true });
    assert_eq!(files.hide(&place.bucket, "a").await.unwrap().action, Action::Hide);
    place.fake.world().fail_next(Fault::Lost { applied: true });
    assert_eq!(files.delete_version(VersionRef::new("a", id)).await.unwrap(), None);
    assert_eq!(place.versions().await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_copy_shares_content_and_has_metadata_of_its_own() {
    let place = place();
    let files = place.client.files();
    let info = FileInfo::new().with("author", "ada");
    let file = NewFile::new("a.png").with_content_type("image/x").with_info(info.clone());
    let source = place.upload(file, content(5000)).await.unwrap().file_id.unwrap();

    let copy = files.copy(NewCopy::new(source.clone(), "b")).await.unwrap();
    assert_eq!((copy.action.clone(), copy.content_type.as_deref()), (Action::Copy, Some("image/x")));
    assert_eq!((&copy.file_info, copy.content_length), (&info, 5000));
    assert_eq!(copy.content_sha1, Some(ContentSha1::Verified(Sha1::of(&content(5000)))));

    let other = place.fake.create_bucket("vmst-other");
    let replaced = NewCopy::new(source.clone(), "part.txt")
        .with_destination_bucket_id(other.clone())
        .with_metadata_directive(MetadataDirective::Replace)
        .with_content_type("b2/x-auto")
        .with_range("bytes=1000-1999");
    let part = files.copy(replaced).await.unwrap();
    assert_eq!((part.bucket_id, part.content_length), (Some(other), 1000));
    assert_eq!((part.content_type.as_deref(), part.file_info), (Some("text/plain"), FileInfo::new()));
    assert_eq!(part.content_sha1, Some(ContentSha1::Verified(Sha1::of(&content(5000)[1000..2000]))));

    // The source goes, the copy stays.
    files.delete_version(VersionRef::new("a.png", source.clone())).await.unwrap();
    let got = place.client.downloads().by_name("vmst-media", "b", DownloadOptions::new()).await.unwrap();
    assert_eq!(got.body.collect().await.unwrap(), content(5000));

    refused(files.copy(NewCopy::new(source, "c")).await, ErrorKind::NotFound, "file_not_present");
    let here = copy.file_id.unwrap();
    let beyond = files.copy(NewCopy::new(here.clone(), "c").with_range("bytes=5000-")).await;
    refused(beyond, ErrorKind::Invalid, "range_not_satisfiable");
    refused(files.copy(NewCopy::new(here.clone(), "c").with_range("x")).await, ErrorKind::Invalid, "bad_request");
    let nowhere = NewCopy::new(here.clone(), "c").with_destination_bucket_id(BucketId::new("none".into()));
    refused(files.copy(nowhere).await, ErrorKind::NotFound, "bad_bucket_id");

    let mut settings = Settings::default();
    settings.largest_copy = 4999;
    let _ = place.fake.clone().with_settings(settings);
    refused(files.copy(NewCopy::new(here.clone(), "c")).await, ErrorKind::Invalid, "source_too_large");
    place.fake.clone().with_settings(Settings::default()).set_cap(Cap::Storage(1));
    refused(files.copy(NewCopy::new(here, "c")).await, ErrorKind::QuotaExceeded, "storage_cap_exceeded");
}

#[tokio::test(start_paused = true)]
async fn what_a_customers_key_encrypted_is_copied_with_it() {
    let place = place();
    let files = place.client.files();
    let with = |byte| Encryption::Customer(CustomerKey::new(&[byte; 32]));
    let source = place.upload(NewFile::new("a").with_encryption(with(7)), "secret").await.unwrap();
    assert_eq!(source.server_side_encryption.unwrap().mode, Some(EncryptionMode::Customer));
    let copy = || NewCopy::new(source.file_id.clone().unwrap(), "b");
    refused(files.copy(copy()).await, ErrorKind::Invalid, "bad_request");
    let wrong = copy().with_source_server_side_encryption(with(8));
    refused(files.copy(wrong).await, ErrorKind::Forbidden, "access_denied");
    let right = copy().with_source_server_side_encryption(with(7));
    let copied = files.copy(right.with_destination_server_side_encryption(Encryption::B2)).await.unwrap();
    assert_eq!(copied.server_side_encryption.unwrap().mode, Some(EncryptionMode::B2));
}

#[tokio::test(start_paused = true)]
async fn a_key_does_what_it_is_for() {
    let place = place();
    let id = place.fake.put(&place.bucket, "in/a", "content");
    let out = place.fake.put(&place.bucket, "out/a", "content");
    let nobody = place.with_key(&[Capability::ListBuckets]).await;
    let files = nobody.files();
    let forbidden = (ErrorKind::Forbidden, "unauthorized");
    refused(files.list_names(NameFilter::new(place.bucket.clone())).all().await, forbidden.0, forbidden.1);
    refused(files.list_versions(VersionFilter::new(place.bucket.clone())).all().await, forbidden.0, forbidden.1);
    refused(files.get_info(&id).await, forbidden.0, forbidden.1);
    refused(files.hide(&place.bucket, "in/a").await, forbidden.0, forbidden.1);
    refused(files.delete_version(VersionRef::new("in/a", id.clone())).await, forbidden.0, forbidden.1);
    refused(files.copy(NewCopy::new(id.clone(), "b")).await, forbidden.0, forbidden.1);

    let every = [Capability::ListFiles, Capability::ReadFiles, Capability::WriteFiles, Capability::DeleteFiles];
    let key = NewKey::new("in", every).with_bucket_ids([place.bucket.clone()]).with_name_prefix("in/");
    let inside = place.with_new_key(key).await;
    let files = inside.files();
    let list = |prefix: &str| files.list_names(NameFilter::new(place.bucket.clone()).with_prefix(prefix)).all();
    let listed = list("in/").await.unwrap();
    assert_eq!(listed.len(), 1);
    // What it may not see is said to be so.
    let (retention, hold) = (listed[0].file_retention.clone().unwrap(), listed[0].legal_hold.clone().unwrap());
    assert!(!retention.is_client_authorized_to_read && !hold.is_client_authorized_to_read);
    refused(list("").await, forbidden.0, forbidden.1);
    refused(files.get_info(&out).await, forbidden.0, forbidden.1);
    refused(files.copy(NewCopy::new(id.clone(), "out/b")).await, forbidden.0, forbidden.1);
    refused(files.hide(&place.bucket, "out/a").await, forbidden.0, forbidden.1);
    files.copy(NewCopy::new(id, "in/b")).await.unwrap();
}

#[tokio::test]
async fn files_outlive_the_fake_that_is_kept() {
    let directory = tempfile::tempdir().unwrap();
    let (bucket, small, large, gone) = {
        let fake = FakeBackblaze::kept_in(directory.path(), Clock::system()).unwrap();
        let bucket = fake.create_bucket("vmst-media");
        let client = fake.client();
        let small = fake.put(&bucket, "small", content(10));
        let large = fake.put(&bucket, "large", content(300_000));
        let gone = fake.put(&bucket, "gone", "content");
        client.files().copy(NewCopy::new(large.clone(), "copy")).await.unwrap();
        client.files().delete_version(VersionRef::new("gone", gone.clone())).await.unwrap();
        (bucket, small, large, gone)
    };
    let fake = FakeBackblaze::kept_in(directory.path(), Clock::system()).unwrap();
    let (files, downloads) = (fake.client().files(), fake.client().downloads());
    let listed = files.list_names(NameFilter::new(bucket.clone())).all().await.unwrap();
    let names: Vec<_> = listed.iter().map(|file| file.file_name.as_str()).collect();
    assert_eq!(names, ["copy", "large", "small"]);
    for (id, length) in [(&small, 10), (&large, 300_000)] {
        let got = downloads.by_id(id, DownloadOptions::new()).await.unwrap();
        assert!(got.body.collect().await.unwrap() == content(length), "{id}");
    }
    let kept = || std::fs::read_dir(directory.path().join("contents")).unwrap().count();
    assert_eq!(kept(), 2);
    refused(files.get_info(&gone).await, ErrorKind::NotFound, "not_found");
    // The content is gone with the last of those that share it.
    files.delete_version(VersionRef::new("large", large)).await.unwrap();
    assert_eq!(kept(), 2);
    let copy = listed[0].file_id.clone().unwrap();
    files.delete_version(VersionRef::new("copy", copy)).await.unwrap();
    assert_eq!(kept(), 1);
    // A new version is not mistaken for an old one.
    let new = fake.put(&bucket, "new", "new");
    assert!(![small, gone].contains(&new));
}

#[tokio::test(start_paused = true)]
async fn a_bucket_with_files_stays() {
    let place = place();
    let buckets = place.client.buckets();
    let id = place.fake.put(&place.bucket, "a", "content");
    refused(buckets.delete(place.bucket.clone()).await, ErrorKind::Conflict, "cannot_delete_non_empty_bucket");
    place.client.files().delete_version(VersionRef::new("a", id)).await.unwrap();
    buckets.delete(place.bucket.clone()).await.unwrap();
    let encrypted =
        NewBucket::new("vmst-sealed", BucketType::AllPrivate).with_default_server_side_encryption(Encryption::B2);
    let sealed = buckets.create(encrypted).await.unwrap().bucket_id;
    let file = place.upload_to(&sealed, NewFile::new("a"), "content").await.unwrap();
    assert_eq!(file.server_side_encryption.unwrap().mode, Some(EncryptionMode::B2));
}

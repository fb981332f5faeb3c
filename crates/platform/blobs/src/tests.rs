//! What every store of blobs promises.

use std::time::Duration;

use bytes::Bytes;
use kernel::{BlobName, Clock as _, SystemClock, Timestamp};

use super::{BlobStore, Directory, copy_all, name_of};

const HOUR: Duration = Duration::from_secs(3600);

fn blob(contents: &str) -> (BlobName, Bytes) {
    let bytes = Bytes::from(contents.to_owned());
    (name_of(&bytes, "jpg"), bytes)
}

async fn names(store: &dyn BlobStore) -> Vec<BlobName> {
    let mut all = Vec::new();
    loop {
        let page = store.list(all.last(), 2).await.unwrap();
        let is_last = page.len() < 2;
        all.extend(page.into_iter().map(|stored| stored.name));
        if is_last {
            return all;
        }
    }
}

/// The whole contract. Times of a bucket are its own, so only a deletion long ago or far ahead means the same to both stores.
async fn keeps_the_contract(store: &dyn BlobStore, now: Timestamp) {
    assert!(names(store).await.is_empty());
    let mut all: Vec<_> = (0..5)
        .map(|number| blob(&format!("blob {number}")))
        .collect();
    for (name, bytes) in &all {
        assert_eq!(store.get(name).await.unwrap(), None);
        for _ in 0..2 {
            store.put(name, bytes.clone(), now).await.unwrap();
        }
        assert_eq!(store.get(name).await.unwrap().as_ref(), Some(bytes));
    }
    all.sort();
    let stored: Vec<_> = all.iter().map(|(name, _)| name.clone()).collect();
    assert_eq!(
        names(store).await,
        stored,
        "each once, in order, page by page"
    );
    let (first, bytes) = &all[0];
    assert!(
        !store.delete(first, now.minus(HOUR)).await.unwrap(),
        "it is new"
    );
    assert_eq!(store.get(first).await.unwrap().as_ref(), Some(bytes));
    store.touch(first, now).await.unwrap();
    assert!(store.delete(first, now.plus(HOUR)).await.unwrap());
    assert!(
        !store.delete(first, now.plus(HOUR)).await.unwrap(),
        "it is gone"
    );
    store.touch(first, now).await.unwrap();
    assert_eq!(store.get(first).await.unwrap(), None);
    assert_eq!(names(store).await, stored[1..]);
    store.put(first, bytes.clone(), now).await.unwrap();
    store.tidy(now.minus(HOUR)).await.unwrap();
    assert_eq!(names(store).await, stored);
}

fn files(root: &std::path::Path) -> usize {
    let mut count = 0;
    for entry in std::fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        count += if path.is_dir() { files(&path) } else { 1 };
    }
    count
}

#[tokio::test]
async fn a_directory_keeps_the_contract() {
    let temp = tempfile::tempdir().unwrap();
    let store = Directory::at(temp.path().join("a/blobs"));
    keeps_the_contract(&store, SystemClock.now()).await;
    assert_eq!(files(temp.path()), 5, "nothing else is left");
}

/// With a server at `MARKETPLACE_TEST_S3` (`s3://BUCKET/PREFIX`) and its `AWS_…`; see scripts/test-s3.
#[cfg(feature = "s3")]
#[tokio::test]
async fn a_bucket_keeps_the_contract() {
    let Ok(place) = std::env::var("MARKETPLACE_TEST_S3") else {
        return;
    };
    let now = SystemClock.now();
    let store = super::open(&format!("{place}/{}", now.as_millis())).unwrap();
    keeps_the_contract(&*store, now).await;
    let temp = tempfile::tempdir().unwrap();
    let copies = Directory::at(temp.path().join("blobs"));
    assert_eq!(copy_all(&*store, &copies, now).await, Ok(5));
    assert_eq!(names(&copies).await, names(&*store).await);
}

#[tokio::test]
async fn a_blob_that_was_touched_lives_as_if_it_were_new() {
    let temp = tempfile::tempdir().unwrap();
    let store = Directory::at(temp.path().join("blobs"));
    let (name, bytes) = blob("again");
    let now = SystemClock.now();
    let long_ago = now.minus(HOUR * 5);
    store.put(&name, bytes.clone(), long_ago).await.unwrap();
    assert_eq!(store.list(None, 9).await.unwrap()[0].at, long_ago);
    store.put(&name, bytes.clone(), now).await.unwrap();
    assert!(!store.delete(&name, now.minus(HOUR)).await.unwrap());
    assert_eq!(store.list(None, 9).await.unwrap()[0].at, now);
}

#[tokio::test]
async fn what_a_crash_left_is_put_right() {
    let temp = tempfile::tempdir().unwrap();
    let store = Directory::at(temp.path().to_owned());
    let (name, bytes) = blob("deleted half");
    let now = SystemClock.now();
    store.put(&name, bytes.clone(), now).await.unwrap();
    // Killed between the two halves of a deletion, and in a write.
    std::fs::create_dir(temp.path().join("outgoing")).unwrap();
    std::fs::rename(
        store.path(&name),
        temp.path().join("outgoing").join(name.as_str()),
    )
    .unwrap();
    std::fs::write(temp.path().join("incoming/half"), "half").unwrap();
    assert_eq!(store.get(&name).await.unwrap(), None);
    store.tidy(now.minus(HOUR)).await.unwrap();
    assert_eq!(store.get(&name).await.unwrap(), Some(bytes));
    assert_eq!(files(temp.path()), 2, "a write may be under way");
    store.tidy(now.plus(HOUR)).await.unwrap();
    assert_eq!(files(temp.path()), 1);
}

/// Whoever stores a blob finds it there afterwards, however often it is deleted meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_blob_that_is_stored_while_it_is_deleted_is_there() {
    let temp = tempfile::tempdir().unwrap();
    let store = Directory::at(temp.path().join("blobs"));
    let (name, bytes) = blob("contended");
    let now = SystemClock.now();
    for _ in 0..300 {
        store
            .put(&name, bytes.clone(), now.minus(HOUR * 2))
            .await
            .unwrap();
        let (sweeper, swept) = (store.clone(), name.clone());
        let sweep = tokio::spawn(async move { sweeper.delete(&swept, now.minus(HOUR)).await });
        store.put(&name, bytes.clone(), now).await.unwrap();
        sweep.await.unwrap().unwrap();
        assert_eq!(store.get(&name).await.unwrap().as_ref(), Some(&bytes));
    }
}

#[tokio::test]
async fn a_copy_has_every_blob_and_may_be_repeated() {
    let temp = tempfile::tempdir().unwrap();
    let from = Directory::at(temp.path().join("from"));
    let to = Directory::at(temp.path().join("to"));
    let now = SystemClock.now();
    for number in 0..7 {
        let (name, bytes) = blob(&number.to_string());
        from.put(&name, bytes, now).await.unwrap();
    }
    for _ in 0..2 {
        assert_eq!(copy_all(&from, &to, now).await, Ok(7));
        assert_eq!(names(&to).await, names(&from).await);
    }
}

#[test]
fn a_place_is_a_directory_or_a_bucket() {
    for good in ["blobs", "/var/lib/marketplace/blobs"] {
        assert_eq!(super::check(good), Ok(()));
    }
    for wrong in ["", "s3://", "s3:///prefix"] {
        assert!(super::check(wrong).is_err(), "{wrong}");
    }
    assert_eq!(super::check("s3://bucket/a").is_ok(), cfg!(feature = "s3"));
}

//! What the use cases promise about images.

use std::time::Duration;

use images::{Format, Picture};
use kernel::{BlobName, Timestamp};
use store::idempotency::Answered;

use super::{LATER, NOW, Subject, change, draft, user};
use crate::app::{self, AddedImage};
use crate::domain::{AltText, Change, Image, ImageRefusal, Product, ProductImages, ProductRefusal};

const HOUR: Duration = Duration::from_hours(1);

fn pictures(contents: &str) -> Vec<Picture> {
    [320, 800]
        .map(|width| Picture {
            width,
            height: width / 2,
            format: Format::Jpeg,
            bytes: format!("{contents} {width}").into_bytes(),
        })
        .to_vec()
}

async fn add_at(
    subject: &Subject,
    change: Change<(AltText, Vec<Picture>)>,
    now: Timestamp,
) -> Result<AddedImage, ImageRefusal> {
    let app = subject.at(now);
    let added = app::add_image(&app, &subject.blobs, change, None).await;
    added.unwrap().map(|answered| match answered {
        Answered::First(added) => added,
        Answered::Before(_) => panic!("there was no key"),
    })
}

async fn add(subject: &Subject, product: &Product, contents: &str) -> AddedImage {
    let to = (AltText::parse(contents).unwrap(), pictures(contents));
    add_at(subject, change(product, to), LATER).await.unwrap()
}

async fn images(subject: &Subject, product: &Product) -> Vec<Image> {
    let of = app::images_of(&subject.app, vec![product.id])
        .await
        .unwrap();
    let of = of.into_values().next().unwrap_or_default();
    let alone = app::images_of_one(&subject.app, product.id).await;
    assert_eq!(alone.as_ref(), Ok(&of));
    of
}

async fn remove(
    subject: &Subject,
    product: &Product,
    image: &Image,
) -> Result<Product, ImageRefusal> {
    let change = change(product, image.id);
    app::remove_image(&subject.at(LATER), change).await.unwrap()
}

async fn stored(subject: &Subject) -> Vec<BlobName> {
    let listed = subject.blobs.list(None, 1000).await.unwrap();
    listed.into_iter().map(|stored| stored.name).collect()
}

fn blobs(images: &[Image]) -> Vec<BlobName> {
    let pictures = images.iter().flat_map(|image| &image.pictures);
    let mut blobs: Vec<_> = pictures.map(|picture| picture.blob.clone()).collect();
    blobs.sort();
    blobs.dedup();
    blobs
}

pub(crate) async fn an_image_is_shown_as_it_was_added_and_is_a_change_of_its_product(
    subject: Subject,
) {
    let product = subject.list(draft("Lamp", 100, 5)).await;
    let plain = subject.list(draft("Pen", 100, 5)).await;
    assert!(images(&subject, &product).await.is_empty());
    let first = add(&subject, &product, "front").await;
    assert_eq!(
        (first.product.version, first.product.updated_at),
        (2, LATER)
    );
    let second = add(&subject, &product, "back").await;
    assert_eq!(subject.get(product.id).await, second.product);
    assert_eq!(second.product.version, 3);
    let both = [first.image, second.image];
    assert_eq!(images(&subject, &product).await, both);
    assert_eq!(both[0].alt.as_str(), "front");
    assert_eq!(stored(&subject).await, blobs(&both));
    assert!(images(&subject, &plain).await.is_empty());
    let all = vec![plain.id, product.id];
    assert_eq!(app::images_of(&subject.app, all).await.unwrap().len(), 1);
    subject.assert_book_is_right(2).await;
}

pub(crate) async fn who_may_not_change_a_product_adds_no_image(subject: Subject) {
    let product = subject.list(draft("Lamp", 100, 5)).await;
    let to = || (AltText::parse("").unwrap(), pictures("x"));
    let stranger = Change {
        editor: user(),
        ..change(&product, to())
    };
    let stale = Change {
        guard: Box::new(|version| version == 7),
        ..change(&product, to())
    };
    for (change, refusal) in [
        (stranger, ProductRefusal::NotOwner),
        (stale, ProductRefusal::Changed { version: 1 }),
    ] {
        let refused = add_at(&subject, change, LATER).await.unwrap_err();
        assert_eq!(refused, ImageRefusal::Product(refusal));
    }
    subject.remove(change(&product, ()), LATER).await.unwrap();
    let refused = add_at(&subject, change(&product, to()), LATER).await;
    assert_eq!(
        refused.unwrap_err(),
        ImageRefusal::Product(ProductRefusal::NotFound)
    );
    assert!(images(&subject, &product).await.is_empty());
    assert_eq!(subject.get(product.id).await.version, 2);
}

pub(crate) async fn images_are_put_in_order_and_removed(subject: Subject) {
    let product = subject.list(draft("Lamp", 100, 5)).await;
    let a = add(&subject, &product, "a").await.image;
    let b = add(&subject, &product, "b").await.image;
    let arrange = async |placed| {
        let change = change(&product, placed);
        app::arrange_images(&subject.at(LATER), change)
            .await
            .unwrap()
    };
    let text = AltText::parse("another").unwrap();
    let arranged = arrange(vec![(b.id, None), (a.id, Some(text.clone()))]).await;
    assert_eq!(arranged.unwrap().version, 4);
    let renamed = Image {
        alt: text,
        ..a.clone()
    };
    assert_eq!(
        images(&subject, &product).await,
        [b.clone(), renamed.clone()]
    );
    let same = arrange(vec![(b.id, None), (a.id, None)]).await;
    assert_eq!(same.unwrap().version, 4, "nothing changed");
    assert_eq!(arrange(vec![(b.id, None)]).await, Err(ImageRefusal::Others));
    assert_eq!(remove(&subject, &product, &b).await.unwrap().version, 5);
    assert_eq!(images(&subject, &product).await, [renamed]);
    assert_eq!(
        remove(&subject, &product, &b).await,
        Err(ImageRefusal::NotFound)
    );
    assert_eq!(remove(&subject, &product, &a).await.unwrap().version, 6);
    assert!(images(&subject, &product).await.is_empty());
    let none = subject.app.store.get::<ProductImages>(&product.id).await;
    assert_eq!(none, Ok(None), "no row is left");
}

pub(crate) async fn of_many_images_at_once_no_more_than_twelve_are_added(subject: Subject) {
    let product = subject.list(draft("Lamp", 100, 5)).await;
    let adding = (0..20).map(|number| {
        let to = (AltText::parse("").unwrap(), pictures(&number.to_string()));
        add_at(&subject, change(&product, to), LATER)
    });
    let added = futures_util::future::join_all(adding).await;
    let refused = added.iter().filter(|one| one.is_err());
    assert_eq!(refused.count(), 20 - ProductImages::MAX);
    let shown = images(&subject, &product).await;
    assert_eq!(shown.len(), ProductImages::MAX);
    let named = subject
        .app
        .queries
        .named_blobs(stored(&subject).await)
        .await;
    assert_eq!(
        named.unwrap().len(),
        blobs(&shown).len(),
        "no row of those that were refused"
    );
    assert_eq!(subject.get(product.id).await.version, 13);
}

pub(crate) async fn pictures_that_no_image_has_are_swept_after_an_hour(subject: Subject) {
    let product = subject.list(draft("Lamp", 100, 5)).await;
    let kept = add(&subject, &product, "kept").await.image;
    let removed = add(&subject, &product, "removed").await.image;
    // An upload that was refused after its pictures were stored.
    let to = (AltText::parse("").unwrap(), pictures("refused"));
    let stranger = Change {
        editor: user(),
        ..change(&product, to)
    };
    add_at(&subject, stranger, NOW).await.unwrap_err();
    remove(&subject, &product, &removed).await.unwrap();
    let sweep_at = async |now| app::sweep_pictures(&subject.at(now)).await.unwrap();
    assert_eq!(stored(&subject).await.len(), 6);
    assert_eq!(sweep_at(NOW.plus(HOUR)).await, 0);
    assert_eq!(sweep_at(LATER.plus(HOUR)).await, 2, "the refused one");
    assert_eq!(sweep_at(LATER.plus(HOUR * 2)).await, 2, "the removed one");
    assert_eq!(stored(&subject).await, blobs(&[kept]));
    assert_eq!(sweep_at(LATER.plus(HOUR * 3)).await, 0);
}

pub(crate) async fn a_picture_of_two_products_goes_with_the_last_of_them(subject: Subject) {
    let one = subject.list(draft("Lamp", 100, 5)).await;
    let other = subject.list(draft("The same lamp", 100, 5)).await;
    let mine = add(&subject, &one, "alike").await.image;
    let theirs = add(&subject, &other, "alike").await.image;
    assert_eq!(mine.pictures, theirs.pictures);
    remove(&subject, &one, &mine).await.unwrap();
    let late = subject.at(LATER.plus(HOUR * 2));
    assert_eq!(app::sweep_pictures(&late).await, Ok(0));
    remove(&subject, &other, &theirs).await.unwrap();
    assert_eq!(app::sweep_pictures(&late).await, Ok(2));
    assert!(stored(&subject).await.is_empty());
}

//! /sell/products/{id}/images: the pictures of a product.

use actix_web::web::{Bytes, BytesMut};
use minijinja::context;
use serde_json::{Value, json};

use super::product::{own, version};
use crate::api::Call;
use crate::failure::{Failure, Faults};
use crate::visit::{Outcome, Reply, Visit};

async fn page(visit: &Visit, status: u16, faults: Faults) -> Outcome {
    let product = match own(visit).await? {
        Ok(product) => product,
        Err(reply) => return Ok(reply),
    };
    let page = context! {
        id => visit.part("id"), version => version(&product), images => product.get("images"), product, faults,
        alt => visit.form.get("alt"),
        key => visit.fresh_key(),
    };
    Ok(Reply::Page(status, "sell/images.html", page))
}

pub(crate) async fn show(visit: &mut Visit) -> Outcome {
    page(visit, 200, Faults::default()).await
}

/// What an answer says of a form of this page.
async fn sent(visit: &Visit, call: Call, done: &str) -> Outcome {
    match visit.ask(call).await? {
        Ok(_) => {
            let id = visit.part("id");
            Ok(Reply::see(format!(
                "/sell/products/{id}/images?done={done}"
            )))
        }
        Err(refusal) if refusal.status == 404 => Err(Failure::NotFound),
        Err(refusal) => page(visit, refusal.status, refusal.faults(visit.lang())).await,
    }
}

/// A form with a picture and what it shows, as the API takes it.
fn multipart(boundary: &str, alt: &str, file: &Bytes) -> Bytes {
    let head = |name: &str| {
        format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n")
    };
    let mut body = BytesMut::with_capacity(file.len() + alt.len() + 512);
    body.extend_from_slice(head("alt").as_bytes());
    body.extend_from_slice(alt.as_bytes());
    body.extend_from_slice(b"\r\n");
    body.extend_from_slice(head("file").as_bytes());
    body.extend_from_slice(file);
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    body.freeze()
}

/// Adds a picture.
pub(crate) async fn add(visit: &mut Visit) -> Outcome {
    visit.me()?;
    let Some(file) = visit.file.take() else {
        let faults = Faults::of_field(visit.lang(), "file", "no_file");
        return page(visit, 422, faults).await;
    };
    let id = visit.part("id");
    // Drawn at random, so that no file has it.
    let boundary = format!("form-{}", visit.fresh_key());
    let bytes = multipart(&boundary, visit.form.get("alt"), &file);
    let content_type = format!("multipart/form-data; boundary={boundary}");
    let call = Call::post_bytes(format!("/api/products/{id}/images"), content_type, bytes);
    sent(visit, call.once(visit.form.get("key")), "pictured").await
}

/// Changes the order and the texts of the pictures: `place.{image}` and `alt.{image}`.
pub(crate) async fn arrange(visit: &mut Visit) -> Outcome {
    visit.me()?;
    let mut images: Vec<(i64, &str)> = Vec::new();
    for (image, place) in visit.form.with_prefix("place.") {
        let Ok(place) = place.parse::<u32>() else {
            let at = format!("place.{image}");
            let faults = Faults::of_field(visit.lang(), &at, "not_a_number");
            return page(visit, 422, faults).await;
        };
        images.push((i64::from(place), image));
    }
    // The button of a picture that is to go first says so.
    if let Some(first) = visit.form.some("first") {
        let to_front = images.iter_mut().filter(|(_, image)| *image == first);
        to_front.for_each(|(place, _)| *place = -1);
    }
    images.sort_by_key(|(place, _)| *place);
    let images: Vec<Value> = images
        .iter()
        .map(|(_, image)| json!({"id": image, "alt": visit.form.get(&format!("alt.{image}"))}))
        .collect();
    let id = visit.part("id");
    let call = Call::put(
        format!("/api/products/{id}/images"),
        json!({"images": images}),
    );
    let call = call.if_version(visit.form.get("version"));
    sent(visit, call, "saved").await
}

pub(crate) async fn remove(visit: &mut Visit) -> Outcome {
    visit.me()?;
    let (id, image) = (visit.part("id"), visit.part("image"));
    let call = Call::delete(format!("/api/products/{id}/images/{image}"));
    sent(visit, call, "removed").await
}

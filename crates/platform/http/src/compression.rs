//! Compressed answers for clients that ask for them (gzip, RFC 9110 section 8.4). Left as they are:
//!
//! - Answers below [`WORTH_IT`], and images.
//! - Answers with an entity tag. A compressed one is another representation, so its tag would have to be weak or another one, and neither
//!   serves in `If-Match`.
//! - Answers that must not be stored: they hold tokens. The length of a compressed answer gives away what a secret beside a text of an
//!   attacker has in common with it (BREACH).

use std::io::{self, Write as _};

use actix_web::body::{BodySize, EitherBody, MessageBody};
use actix_web::dev::ServiceResponse;
use actix_web::http::header::{
    self, AcceptEncoding, ContentEncoding, Encoding, Header as _, HeaderMap, HeaderValue,
};
use actix_web::web::{Bytes, block};
use actix_web::{Error, HttpRequest};
use flate2::Compression;
use flate2::write::GzEncoder;

use super::problem::Problem;

/// The smallest body that is compressed, in bytes: a smaller one fits into a packet or two anyway.
const WORTH_IT: u64 = 1024;

/// The largest body that is compressed on the thread of the connection, in bytes. It takes about a millisecond.
const IN_PLACE: usize = 64 * 1024;

/// Beyond it, text becomes little smaller and takes much longer.
const LEVEL: Compression = Compression::new(4);

/// Compresses the body of `answer`, if the client asked for it and it pays.
pub(super) async fn compress<B: MessageBody + 'static>(
    mut answer: ServiceResponse<B>,
) -> Result<ServiceResponse<EitherBody<B, Bytes>>, Error> {
    let worth_it =
        matches!(answer.response().body().size(), BodySize::Sized(length) if length >= WORTH_IT);
    if !worth_it || !may_be_compressed(answer.headers()) {
        return Ok(answer.map_into_left_body());
    }
    let headers = answer.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    if !asks_for_gzip(answer.request()) {
        return Ok(answer.map_into_left_body());
    }
    let (request, answer) = answer.into_parts();
    let (mut answer, body) = answer.into_parts();
    Ok(match body.try_into_bytes() {
        Ok(plain) => {
            let compressed = if plain.len() > IN_PLACE {
                block(move || gzip(&plain)).await?
            } else {
                gzip(&plain)
            };
            let encoding = ContentEncoding::Gzip.to_header_value();
            answer
                .headers_mut()
                .insert(header::CONTENT_ENCODING, encoding);
            let compressed = compressed.map_err(Problem::internal)?;
            ServiceResponse::new(request, answer.set_body(EitherBody::right(compressed)))
        }
        Err(body) => ServiceResponse::new(request, answer.set_body(EitherBody::left(body))),
    })
}

fn may_be_compressed(answer: &HeaderMap) -> bool {
    let value = |name| answer.get(name).and_then(|value| value.to_str().ok());
    let is_text = value(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.starts_with("text/") || kind.starts_with("application/"));
    is_text
        && !answer.contains_key(header::ETAG)
        && !answer.contains_key(header::CONTENT_ENCODING)
        && value(header::CACHE_CONTROL) != Some("no-store")
}

fn asks_for_gzip(request: &HttpRequest) -> bool {
    let ours = [Encoding::gzip(), Encoding::identity()];
    request.headers().contains_key(header::ACCEPT_ENCODING)
        && AcceptEncoding::parse(request)
            .is_ok_and(|asked| asked.negotiate(ours.iter()) == Some(Encoding::gzip()))
}

fn gzip(plain: &[u8]) -> io::Result<Bytes> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 4), LEVEL);
    encoder.write_all(plain)?;
    encoder.finish().map(Bytes::from)
}

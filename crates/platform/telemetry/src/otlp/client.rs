//! The way to the collector: OTLP's protobuf over HTTP, through the client that services ask each other with.

use std::time::Duration;

use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, RetryPolicy, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanExporter as _;
use reqwest::Client;
use reqwest::redirect::Policy;

/// Time for a connection to the collector.
const CONNECT: Duration = Duration::from_secs(2);
/// Time for one batch.
const TOTAL: Duration = Duration::from_secs(5);

/// Sends spans to `url` as those of `resource`.
pub(super) fn exporter(url: &str, resource: &Resource) -> Result<SpanExporter, String> {
    let client = Client::builder()
        .connect_timeout(CONNECT)
        .timeout(TOTAL)
        .redirect(Policy::none())
        .no_proxy()
        .build()
        .map_err(|error| format!("no HTTP client can be made: {error}"))?;
    let mut exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(Posting(client))
        .with_endpoint(url)
        .with_protocol(Protocol::HttpBinary)
        .with_timeout(TOTAL)
        // A batch that does not get through is lost and counted: the queue behind it is short, and spans are no ledger.
        .with_retry_policy(RetryPolicy::disabled())
        .build()
        .map_err(|error| format!("telemetry.otlp_endpoint cannot be used: {error}"))?;
    exporter.set_resource(resource);
    Ok(exporter)
}

#[derive(Debug)]
struct Posting(Client);

#[async_trait]
impl HttpClient for Posting {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let answer = self.0.execute(request.try_into()?).await?;
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = answer.status();
        *response.headers_mut() = answer.headers().clone();
        *response.body_mut() = answer.bytes().await?;
        Ok(response)
    }
}

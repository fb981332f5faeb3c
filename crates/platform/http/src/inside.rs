//! Calls routes of this process as a client would over HTTP, without a connection: the same extractors, handlers and refusals answer.

use actix_http::{HttpMessage as _, Request, h1};
use actix_service::boxed::{self, BoxService};
use actix_service::{IntoServiceFactory as _, Service as _, ServiceFactory as _};
use actix_web::body::{self, BoxBody};
use actix_web::dev::{AppConfig, ServiceResponse};
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode, Uri};
use actix_web::web::{self, Bytes, PayloadConfig};
use actix_web::{App, Error};
use tokio::sync::OnceCell;

use super::client::Client;
use super::paths::not_found;
use super::problem::Problem;
use super::request::MAX_BODY;
use super::server::Routes;

/// Routes that can be called from within. Belongs to one thread, as the handlers of a worker do.
pub struct Inside {
    routes: Vec<Routes>,
    /// Built by the first call.
    service: OnceCell<BoxService<Request, ServiceResponse<BoxBody>, Error>>,
}

/// A request from within.
pub struct Asked {
    /// Its method.
    pub method: Method,
    /// Path and query.
    pub target: Uri,
    /// Its headers.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Its body; may be empty.
    pub body: Bytes,
    /// The client that it is made for.
    pub client: Option<Client>,
}

/// The answer to a request from within.
pub struct Answered {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Inside {
    /// Nothing is built before the first call.
    #[must_use]
    pub fn new(routes: Vec<Routes>) -> Self {
        Self {
            routes,
            service: OnceCell::new(),
        }
    }

    /// Answers a request.
    ///
    /// # Errors
    /// If the routes cannot be built, or a body breaks off.
    pub async fn call(&self, asked: Asked) -> Result<Answered, Problem> {
        let service = self.service.get_or_try_init(|| self.build()).await?;
        let (_, mut payload) = h1::Payload::create(true);
        payload.unread_data(asked.body);
        let mut request = Request::with_payload(payload.into());
        let head = request.head_mut();
        (head.method, head.uri) = (asked.method, asked.target);
        for (name, value) in asked.headers {
            head.headers_mut().append(name, value);
        }
        if let Some(client) = asked.client {
            request.extensions_mut().insert(client);
        }
        let answer = match service.call(request).await {
            Ok(answer) => answer.into_parts().1,
            Err(error) => error.error_response(),
        };
        let (head, answer_body) = answer.into_parts();
        let body = body::to_bytes(answer_body)
            .await
            .map_err(Problem::internal)?;
        Ok(Answered {
            status: head.status(),
            headers: head.headers().clone(),
            body,
        })
    }

    async fn build(&self) -> Result<BoxService<Request, ServiceResponse<BoxBody>, Error>, Problem> {
        let app = App::new()
            .app_data(PayloadConfig::new(MAX_BODY))
            .configure(|config| self.routes.iter().for_each(|declare| declare(config)))
            .default_service(web::route().to(not_found));
        let service = app.into_factory().new_service(AppConfig::default()).await;
        let service = service.map_err(|()| Problem::internal("the routes cannot be built"))?;
        Ok(boxed::service(service))
    }
}

//! API Gateway's HTTP API: routes of the template to functions, with payload format 2.0.

mod event;
mod response;
mod route;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{ConnectInfo, Request, State},
    response::Response,
};
use http::{HeaderValue, StatusCode, header};
use tokio::time::timeout;

use super::{
    clock,
    ids::Ids,
    lambda::{Functions, LARGEST_PAYLOAD},
    template::{Place, resources},
};
use route::Routes;

/// An HTTP API takes 10 MB.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html>
const LARGEST_BODY: usize = 10 * 1024 * 1024;
/// An integration has 30 s, whatever the function's own limit is.
const INTEGRATION: Duration = Duration::from_secs(30);

/// The HTTP API.
pub(super) struct Gateway {
    routes: Routes,
    functions: Arc<Functions>,
    ids: Arc<Ids>,
    place: Place,
}

impl Gateway {
    pub(super) fn new(
        routes: &[resources::Route],
        functions: &Arc<Functions>,
        ids: &Arc<Ids>,
        place: &Place,
    ) -> Arc<Self> {
        Arc::new(Self {
            routes: Routes::new(routes),
            functions: Arc::clone(functions),
            ids: Arc::clone(ids),
            place: place.clone(),
        })
    }

    /// The handler; it wants to know the client's address.
    pub(super) fn router(self: Arc<Self>) -> Router {
        Router::new().fallback(handle).with_state(self)
    }
}

async fn handle(
    State(gateway): State<Arc<Gateway>>,
    ConnectInfo(client): ConnectInfo<std::net::SocketAddr>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST_BODY).await else {
        return message(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large");
    };
    let path = event::raw_path(parts.uri.path());
    let Some(route) = gateway.routes.find(parts.method.as_str(), &path) else {
        return message(StatusCode::NOT_FOUND, "Not Found");
    };
    let request = event::Incoming {
        parts: &parts,
        body: &body,
        path: &path,
        route: &route,
        source_ip: client.ip(),
        place: &gateway.place,
        request_id: gateway.ids.uuid(),
        now: clock::now(),
    };
    let payload = Bytes::from(event::build(&request, &gateway.ids).to_string());
    if payload.len() > LARGEST_PAYLOAD {
        return message(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large");
    }
    match timeout(INTEGRATION, gateway.functions.invoke(route.function, payload)).await {
        Ok(invocation) if invocation.failed => {
            message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
        }
        Ok(invocation) => response::read(invocation.payload),
        Err(_) => message(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable"),
    }
}

/// An answer of the gateway's own.
fn message(status: StatusCode, text: &str) -> Response {
    let mut response = Response::new(Body::from(serde_json::json!({"message": text}).to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

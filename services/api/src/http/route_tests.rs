//! Every route with every scope: the table is what is enforced.

use super::tests::app_with;
use super::*;
use axum::body::Body;
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{Request, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jmip_projections::access::Scope;
use jmip_runtime::config::{Jwt, JwtAlgorithm};
use ring::hmac;
use routes::Route;
use serde_json::{Value, json};
use tower::ServiceExt;

const SECRET: &str = "an-issuer-s-secret-of-enough-bytes";

fn tokens() -> Tokens {
    Tokens::new(&Jwt {
        algorithm: JwtAlgorithm::Hs256,
        key: Secret::new(SECRET.to_owned()),
        issuer: "issuer".to_owned(),
        audience: "jmip".to_owned(),
    })
    .unwrap()
}

fn token(scope: &str) -> String {
    let encoded = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let claims = json!({
        "iss": "issuer", "aud": "jmip", "sub": "ada", "tenant": "acme", "scope": scope,
        "exp": jsonwebtoken::get_current_timestamp() + 600,
    });
    let message = format!("{}.{}", encoded(json!({"alg": "HS256"})), encoded(claims));
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    let signature = URL_SAFE_NO_PAD.encode(hmac::sign(&key, message.as_bytes()));
    format!("{message}.{signature}")
}

async fn ask(app: &Router, route: &Route, token: Option<&str>) -> Response<Body> {
    // What cannot be: the answer is about the request and not about what there is.
    let path = route.path.replace("{id}", "x").replace("{run_id}", "x");
    let mut request = Request::builder().method(route.method).uri(path);
    if let Some(token) = token {
        request = request.header(AUTHORIZATION, format!("Bearer {token}"));
    }
    let request = request.body(Body::from("{")).unwrap();
    app.clone().oneshot(request).await.unwrap()
}

#[tokio::test]
async fn every_route_lets_in_exactly_whom_the_table_says() {
    let app = app_with(Some(tokens())).await;
    for route in ROUTES {
        let name = format!("{} {}", route.method, route.path);
        let nobody = ask(&app, route, None).await.status().as_u16();
        let Needs::AnyOf(wanted) = route.needs else {
            assert!(![401, 403, 404, 405].contains(&nobody), "{name}: {nobody}");
            continue;
        };
        assert_eq!(nobody, 401, "{name}");
        for scope in Scope::ALL {
            let answer = ask(&app, route, Some(&token(scope.name()))).await;
            let status = answer.status().as_u16();
            if wanted.contains(&scope) {
                assert!(
                    ![401, 403, 404, 405].contains(&status),
                    "{name} {scope}: {status}"
                );
                continue;
            }
            assert_eq!(status, 403, "{name} {scope}");
            let challenge = answer.headers()[WWW_AUTHENTICATE].to_str().unwrap();
            assert!(challenge.contains("insufficient_scope"), "{challenge}");
        }
        let without = ask(&app, route, Some(&token("openid"))).await;
        assert_eq!(without.status(), 403, "{name}");
    }
}

#[tokio::test]
async fn a_token_is_refused_where_none_are_configured() {
    let app = app_with(None).await;
    let jobs = ROUTES
        .iter()
        .find(|route| route.path == "/v1/jobs")
        .unwrap();
    let answer = ask(&app, jobs, Some(&token("read"))).await;
    assert_eq!(answer.status(), 401);
}

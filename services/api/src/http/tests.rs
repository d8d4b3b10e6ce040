//! What is decided before a server is asked, and what is said when none answers.

use super::*;
use axum::body::{Body, to_bytes};
use axum::http::header::{ALLOW, AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{Request, Response};
use jmip_core::ids;
use jmip_runtime::Role;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tower::ServiceExt;

const KEY: &str = "0123456789abcdef0123456789abcdef";

/// A log that can be connected to and answers nothing: the tests here are about what is decided
/// before it is asked, and about what is said when it does not answer.
async fn silent_log() -> Log {
    const INFO: &str = concat!(
        r#"INFO {"server_id":"silent","server_name":"silent","version":"2.12.0","go":"","#,
        r#""host":"127.0.0.1","port":4222,"headers":true,"max_payload":8388608,"proto":1}"#,
        "\r\n"
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("nats://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            client.write_all(INFO.as_bytes()).await.unwrap();
            let mut heard = [0; 4096];
            while client.read(&mut heard).await.is_ok_and(|length| length > 0) {
                if client.write_all(b"PONG\r\n").await.is_err() {
                    break;
                }
            }
        }
    });
    Log::connect(&url, [Role::User, Role::Publisher])
        .await
        .unwrap()
}

async fn app() -> Router {
    app_with(None).await
}

pub(super) async fn app_with(tokens: Option<Tokens>) -> Router {
    // Nothing listens there: what needs the store fails at once.
    let nowhere = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = nowhere.local_addr().unwrap().port();
    drop(nowhere);
    router(Api {
        log: silent_log().await,
        store: Store::connect(&format!("postgres://secret@127.0.0.1:{port}/jmip")).unwrap(),
        statuses: Statuses::default(),
        key: Some(Secret::new(KEY.to_owned())),
        limits: Limits::default(),
        tokens,
        state_dir: None,
        import_profile: Arc::new(|_| Err("skills is missing".to_owned())),
        cut_record: |_, _| Err("there is nothing to cut".to_owned()),
    })
}

/// One answer, with its body read.
struct Answer {
    head: Response<()>,
    body: Vec<u8>,
}

impl Answer {
    fn status(&self) -> u16 {
        self.head.status().as_u16()
    }

    fn header(&self, name: impl axum::http::header::AsHeaderName) -> &str {
        let value = self.head.headers().get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }

    /// The body as a problem, after holding it against what every problem must be.
    fn problem(&self) -> Value {
        assert_eq!(self.header(CONTENT_TYPE), "application/problem+json");
        let problem: Value = serde_json::from_slice(&self.body).unwrap();
        assert_eq!(problem["status"], self.status());
        for field in ["type", "title", "detail", "code"] {
            assert!(
                problem[field].as_str().is_some_and(|text| !text.is_empty()),
                "{field}"
            );
        }
        problem
    }

    fn code(&self) -> String {
        self.problem()["code"].as_str().unwrap().to_owned()
    }

    fn detail(&self) -> String {
        self.problem()["detail"].as_str().unwrap().to_owned()
    }
}

async fn send(request: Request<Body>) -> Answer {
    let (head, body) = app().await.oneshot(request).await.unwrap().into_parts();
    Answer {
        head: Response::from_parts(head, ()),
        body: to_bytes(body, 1024 * 1024).await.unwrap().to_vec(),
    }
}

async fn ask(method: &str, path: &str, body: impl Into<Body>) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(AUTHORIZATION, format!("Bearer {KEY}"));
    send(request.body(body.into()).unwrap()).await
}

async fn get_with(path: &str, authorization: Option<&str>) -> Answer {
    let mut request = Request::builder().uri(path);
    if let Some(value) = authorization {
        request = request.header(AUTHORIZATION, value);
    }
    send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn nothing_under_v1_answers_without_the_key() {
    let other = format!("Bearer {}", KEY.replace('0', "1"));
    let half = format!("Bearer {}", &KEY[..16]);
    let basic = format!("Basic {KEY}");
    for offered in [
        None,
        Some("Bearer "),
        Some("Bearer"),
        Some(&*other),
        Some(&*half),
        Some(&*basic),
    ] {
        for path in ["/v1/jobs", "/v1/status", "/v1/nothing", "/v1/exports/zz"] {
            let answer = get_with(path, offered).await;
            assert_eq!(answer.status(), 401, "{path} {offered:?}");
            assert_eq!(answer.code(), "unauthorized");
            let challenge = answer.header(WWW_AUTHENTICATE);
            assert!(
                challenge.starts_with(r#"Bearer realm="jmip""#),
                "{challenge}"
            );
            let is_wrong = [&*other, &*half].iter().any(|wrong| offered == Some(wrong));
            assert_eq!(challenge.contains("invalid_token"), is_wrong, "{challenge}");
        }
    }
}

#[tokio::test]
async fn the_scheme_of_the_key_may_be_written_in_either_case() {
    let answer = get_with("/v1/nothing", Some(&format!("bearer {KEY}"))).await;
    assert_eq!(answer.status(), 404);
}

#[tokio::test]
async fn a_process_that_is_up_says_so_without_key_and_servers() {
    let answer = get_with("/healthz", None).await;
    assert_eq!(
        (answer.status(), answer.body.as_slice()),
        (200, &b"ok\n"[..])
    );
}

#[tokio::test]
async fn readiness_names_what_is_missing() {
    let answer = get_with("/readyz", None).await;
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(answer.status(), 503);
    assert_eq!(
        (&body["log"], &body["store"]),
        (&Value::Bool(false), &Value::Bool(false))
    );
}

#[tokio::test]
async fn an_unknown_path_is_a_problem() {
    for path in [
        "/",
        "/v1",
        "/v1/",
        "/v1/nothing",
        "/v1/jobs/a/b",
        "/nothing",
    ] {
        let answer = ask("GET", path, "").await;
        assert_eq!(
            (answer.status(), answer.code().as_str()),
            (404, "not_found"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn an_unknown_method_is_a_problem_that_names_the_known_ones() {
    for (method, path, allowed) in [
        ("DELETE", "/v1/jobs", "GET"),
        ("POST", "/v1/profile", "PUT"),
        ("GET", "/v1/ingest/upload", "POST"),
        ("PUT", "/healthz", "GET"),
    ] {
        let answer = ask(method, path, "").await;
        assert_eq!(answer.status(), 405, "{method} {path}");
        assert_eq!(answer.code(), "method_not_allowed");
        assert!(
            answer.header(ALLOW).contains(allowed),
            "{}",
            answer.header(ALLOW)
        );
    }
}

#[tokio::test]
async fn a_parameter_out_of_range_is_refused_by_name() {
    for (query, named) in [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=-1", "limit"),
        ("limit=ten", "limit"),
        ("workplace=moon", "workplace"),
        ("country=XX", "country"),
        ("country=", "country"),
        ("since=yesterday", "since"),
        ("since=2024-02-30", "since"),
        ("q=", "q must"),
        ("q=a%00b", "q must"),
        ("skill=%00", "skill"),
        ("platform=%20", "platform"),
        ("cursor=zz", "cursor"),
        ("cursor=", "cursor"),
        ("unknown=1", "unknown"),
        ("limit=1&limit=2", "limit"),
    ] {
        let answer = ask("GET", &format!("/v1/jobs?{query}"), "").await;
        assert_eq!(
            (answer.status(), answer.code().as_str()),
            (400, "bad_request"),
            "{query}"
        );
        assert!(
            answer.detail().contains(named),
            "{query}: {}",
            answer.detail()
        );
    }
}

#[tokio::test]
async fn an_id_that_cannot_be_one_is_refused() {
    let half = &ids::hex(&[7; 32])[..32];
    for path in [
        "/v1/jobs/1".to_owned(),
        "/v1/jobs/%FF".to_owned(),
        "/v1/recommendations/x".to_owned(),
        format!("/v1/exports/{half}"),
        "/v1/exports/xyz".to_owned(),
    ] {
        let answer = ask("GET", &path, "").await;
        assert_eq!(
            (answer.status(), answer.code().as_str()),
            (400, "bad_request"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn an_export_is_asked_for_by_numbers() {
    let id = ids::hex(&[7; 32]);
    for query in ["sequence=-1", "receipt=x", "nothing=1"] {
        let answer = ask("GET", &format!("/v1/exports/{id}?{query}"), "").await;
        assert_eq!(answer.status(), 400, "{query}");
    }
}

#[tokio::test]
async fn what_fails_here_is_told_without_its_inside() {
    for path in [
        "/v1/jobs",
        "/v1/profile",
        "/v1/recommendations/00000000-0000-4000-8000-000000000000",
    ] {
        let answer = ask("GET", path, "").await;
        assert_eq!(
            (answer.status(), answer.code().as_str()),
            (503, "store_unavailable"),
            "{path}"
        );
        assert_eq!(answer.header("retry-after"), "5");
        let told = String::from_utf8(answer.body).unwrap();
        for inside in ["127.0.0.1", "postgres", "secret", "refused"] {
            assert!(!told.contains(inside), "{told}");
        }
    }
}

#[tokio::test]
async fn a_run_out_of_range_is_refused_before_anything_is_asked() {
    for body in [
        r#"{"limit":0}"#,
        r#"{"on":"soon"}"#,
        r#"{"nothing":1}"#,
        "nothing",
    ] {
        let answer = ask("POST", "/v1/recommendations/runs", body).await;
        assert_eq!(
            (answer.status(), answer.code().as_str()),
            (400, "bad_request"),
            "{body}"
        );
    }
}

#[tokio::test]
async fn a_profile_that_cannot_be_read_is_refused_with_the_reason() {
    let answer = ask("PUT", "/v1/profile", "{}").await;
    assert_eq!(
        (answer.status(), answer.code().as_str()),
        (400, "bad_profile")
    );
    assert_eq!(answer.detail(), "skills is missing");
}

#[tokio::test]
async fn a_body_beyond_its_limit_is_a_problem() {
    for (method, path, size) in [
        ("PUT", "/v1/profile", profile::PROFILE_MAX_BYTES),
        (
            "POST",
            "/v1/recommendations/runs",
            recommendations::ASK_MAX_BYTES,
        ),
    ] {
        let answer = ask(method, path, vec![b' '; size + 1]).await;
        assert_eq!(
            (answer.status(), answer.code().as_str()),
            (413, "too_large"),
            "{path}"
        );
    }
}

async fn upload(query: &str, body: impl Into<Body>) -> Answer {
    ask("POST", &format!("/v1/ingest/upload?{query}"), body).await
}

#[tokio::test]
async fn an_upload_with_a_bad_claim_is_refused_by_name() {
    let long = format!("source=a&filename={}", "f".repeat(256));
    for (query, named) in [
        ("", "source"),
        ("source=", "source"),
        ("source=A", "source"),
        ("source=a.b", "source"),
        ("source=a&captured_at=yesterday", "captured_at"),
        ("source=a&captured_at=2024-09-07", "captured_at"),
        ("source=a&capturedat=2024-09-07T12:00:00Z", "capturedat"),
        (&*long, "filename"),
    ] {
        let answer = upload(query, "title\nx\n").await;
        assert_eq!(
            (answer.status(), answer.code().as_str()),
            (400, "bad_request"),
            "{query}"
        );
        assert!(
            answer.detail().contains(named),
            "{query}: {}",
            answer.detail()
        );
    }
}

#[tokio::test]
async fn an_empty_upload_is_refused() {
    let answer = upload("source=jobspy", "").await;
    assert_eq!(answer.status(), 400);
    assert!(answer.detail().contains("empty"));
}

#[tokio::test]
async fn an_upload_that_says_it_is_too_large_is_refused_before_it_is_sent() {
    let request = Request::builder()
        .method("POST")
        .uri("/v1/ingest/upload?source=jobspy")
        .header(AUTHORIZATION, format!("Bearer {KEY}"))
        .header("content-length", Limits::default().upload_max_bytes + 1);
    let never = futures::stream::pending::<Result<&'static [u8], std::io::Error>>();
    let answer = send(request.body(Body::from_stream(never)).unwrap()).await;
    assert_eq!(
        (answer.status(), answer.code().as_str()),
        (413, "too_large")
    );
}

#[tokio::test]
async fn an_upload_that_breaks_off_is_not_published() {
    let broken = futures::stream::iter([
        Ok(&b"title\n"[..]),
        Err(std::io::Error::other("connection lost")),
    ]);
    let answer = upload("source=jobspy", Body::from_stream(broken)).await;
    assert_eq!(answer.status(), 400);
    assert!(answer.detail().contains("broke off"));
}

/// A form of parts `(head, text)`.
async fn upload_form(parts: &[(&str, &str)]) -> Answer {
    let mut body = String::new();
    for (head, text) in parts {
        body += &format!("--b\r\ncontent-disposition: form-data; {head}\r\n\r\n{text}\r\n");
    }
    body += "--b--\r\n";
    let request = Request::builder()
        .method("POST")
        .uri("/v1/ingest/upload")
        .header(AUTHORIZATION, format!("Bearer {KEY}"))
        .header(CONTENT_TYPE, "Multipart/Form-Data; boundary=b");
    send(request.body(Body::from(body)).unwrap()).await
}

#[tokio::test]
async fn a_form_that_is_not_one_file_with_its_claims_is_refused() {
    let (source, file) = (
        ("name=source", "jobspy"),
        (r#"name=file; filename="x""#, "x"),
    );
    let long = "x".repeat(2000);
    for (parts, named) in [
        (&[][..], "file is missing"),
        (&[source][..], "file is missing"),
        (&[file][..], "source is missing"),
        (&[source, file, file][..], "once"),
        (&[source, file, ("name=other", "x")][..], "other"),
        (&[("name=source", "A"), file][..], "source must"),
        (&[("name=source", &*long), file][..], "at most"),
        (&[source, (r#"name=file; filename="x""#, "")][..], "empty"),
        (
            &[source, file, ("name=captured_at", "x")][..],
            "captured_at",
        ),
    ] {
        let answer = upload_form(parts).await;
        assert_eq!(answer.status(), 400, "{parts:?}");
        assert!(
            answer.detail().contains(named),
            "{parts:?}: {}",
            answer.detail()
        );
    }
}

#[tokio::test]
async fn a_request_keeps_a_plain_id_and_gets_one_otherwise() {
    let with = |id: &str| {
        let request = Request::builder()
            .uri("/healthz")
            .header("x-request-id", id);
        send(request.body(Body::empty()).unwrap())
    };
    assert_eq!(with("run-17").await.header("x-request-id"), "run-17");
    for id in ["", "a b", "<script>", &"a".repeat(65)] {
        let given = with(id).await;
        assert!(
            given.header("x-request-id").parse::<uuid::Uuid>().is_ok(),
            "{id}"
        );
    }
}

#[tokio::test]
async fn a_server_that_is_told_to_stop_stops() {
    let api = Api {
        log: silent_log().await,
        store: Store::connect("host=127.0.0.1 user=jmip").unwrap(),
        statuses: Statuses::default(),
        key: Some(Secret::new(KEY.to_owned())),
        limits: Limits::default(),
        tokens: None,
        state_dir: None,
        import_profile: Arc::new(|_| Ok(Profile::default())),
        cut_record: |_, _| Err("there is nothing to cut".to_owned()),
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let shutdown = CancellationToken::new();
    shutdown.cancel();
    assert!(serve(listener, api, shutdown).await.is_ok());
}

//! No credential, cookie or query secret is told by anything: logs, messages, captures, tables, files of the store.

use std::sync::Arc;

use quipu_loopback::{Reply, Server};
use quipu_tests::{Dir, Ended, Quipu, Tree};

/// Every secret of this test holds it.
const CANARY: &str = "canary7f3a";

/// A server that tells everything that it hears to everybody who asks.
fn parrot() -> Server {
    Server::start(|request| {
        let heard: Vec<String> = request.headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
        let heard = format!("{}\n{}", request.target, heard.concat());
        let reply = match request.path() {
            "/robots.txt" => Reply::status("404 Not Found"),
            "/refused" => Reply::of("403 Forbidden", heard),
            "/busy" => Reply::of("503 Service Unavailable", heard),
            "/broken" => Reply::ok(heard).stating(Some(1 << 20)).close(),
            // Where it leads has the secret under a name that says nothing.
            "/moved" => {
                Reply::status("302 Found").header("Location", &format!("/gone?x={CANARY}-query&y={CANARY}-header"))
            }
            "/scheme" => Reply::status("302 Found").header("Location", &format!("ftp://u:{CANARY}-query@h/")),
            "/loop" => Reply::status("302 Found").header("Location", &format!("/loop?token={CANARY}-echo")),
            "/page" => Reply::ok("alias,area\nBrasil,BRA\n".to_owned()),
            "/login" => Reply::ok("<html>log in</html>".to_owned()).header("Content-Type", "text/csv"),
            "/api" => Reply::ok(format!("{{\"items\": 5, \"next\": \"/api?code={CANARY}-query\"}}")),
            "/list" => Reply::ok(format!(
                "<html><li><a href='/gone?sid={CANARY}-list'>a</a><li><a href='/page?token={CANARY}-list'>b</a></html>"
            )),
            _ => Reply::of("404 Not Found", heard),
        };
        reply
            .header("Set-Cookie", &format!("session={CANARY}-cookie"))
            .header("ETag", "\"1\"")
            .header("X-Account", &format!("{CANARY}-header"))
    })
}

const ROWS: &str = "[source.rows]\ntable = \"area_alias\"\n[source.rows.columns]\n\
                    alias = { column = \"alias\" }\narea = { column = \"area\" }\n";

fn pipeline(server: &Server, dead: &str) -> String {
    let secrets = "secret_headers = { Authorization = \"Q_HEADER\" }, secret_query = { code = \"Q_QUERY\" }";
    let at = |path: &str| {
        let url = server.url(path).replace("http://", &format!("http://user:{CANARY}-password@"));
        format!("{url}?api_key={CANARY}-file&page=1#{CANARY}-fragment")
    };
    let mut parts = vec![
        "[pipeline]\nname = \"test\"\nreference = \"../data/reference\"\nstore = \"../quipu-store\"\n\
                    [hosts.\"127.0.0.1\"]\nprivate = true\nper_second = 0\n"
            .to_owned(),
    ];
    for path in ["refused", "busy", "broken", "moved", "scheme", "loop", "page", "login", "gone"] {
        let url = at(&format!("/{path}"));
        parts.push(format!("[[source]]\nid = \"{path}\"\nhttp = {{ url = \"{url}\", tries = 2, {secrets} }}\n{ROWS}"));
    }
    parts.push(format!(
        "[[source]]\nid = \"dead\"\nhttp = {{ url = \"{dead}?token={CANARY}-dead\", tries = 1, {secrets} }}\n{ROWS}"
    ));
    parts.push(format!(
        "[[source]]\nid = \"api\"\napi = {{ url = \"{}\", items = \"/items\", pages = {{ next = \"/next\" }}, {secrets} }}\n{ROWS}",
        at("/api")
    ));
    parts.push(format!(
        "[[source]]\nid = \"list\"\ncrawl = {{ url = \"{}\", item = \"li a\", tries = 1, {secrets} }}\n{ROWS}",
        at("/list")
    ));
    for (id, url, rest) in [
        (
            "s3",
            "s3://bucket/*.csv",
            "secrets = { access_key_id = \"Q_ID\", secret_access_key = \"Q_HEADER\", session_token = \"Q_TOKEN\" }",
        ),
        ("gs", "gs://bucket/a.csv", "secrets = { bearer_token = \"Q_TOKEN\" }"),
        ("az", "az://bucket/*.csv", "account = \"acct\", secrets = { sas_token = \"Q_SAS\" }"),
        ("key", "az://bucket/*.csv", "account = \"acct\", secrets = { access_key = \"Q_QUERY\" }"),
        ("service", "gs://bucket/*.csv", "secrets = { service_account_key = \"Q_HEADER\" }"),
    ] {
        parts.push(format!(
            "[[source]]\nid = \"{id}\"\nobject = {{ url = \"{url}\", endpoint = \"{}\", tries = 2, {rest} }}\n{ROWS}",
            server.url("").trim_end_matches('/')
        ));
    }
    parts.concat()
}

fn call(dir: &Dir, arguments: &[&str]) -> Ended {
    Quipu::new(dir.root(), arguments)
        .env("Q_HEADER", &format!("Bearer {CANARY}-header"))
        .env("Q_QUERY", &format!("{CANARY}-query"))
        .env("Q_ID", &format!("{CANARY}-id"))
        .env("Q_TOKEN", &format!("{CANARY}-token"))
        .env("Q_SAS", &format!("sv=2024&sp=r&sig={CANARY}%2Bsignature%3D"))
        .env("RUST_BACKTRACE", "full")
        .end()
}

#[test]
fn nothing_tells_a_secret() {
    let server = Arc::new(parrot());
    let dead = "http://127.0.0.1:9/x";
    let dir = Dir::with_pipeline(&pipeline(&server, dead));
    let calls: [&[&str]; 7] = [
        &["ingest", "pipelines/test.toml", "--log", "trace"],
        &["ingest", "pipelines/test.toml", "--log", "trace", "--format", "json"],
        &["run", "pipelines/test.toml"],
        &["plan", "pipelines/test.toml"],
        &["status", "--format", "json"],
        &["runs", "--format", "json"],
        &["check", "pipelines/test.toml"],
    ];
    for arguments in calls {
        let ended = call(&dir, arguments);
        for (stream, text) in [("stdout", &ended.stdout), ("stderr", &ended.stderr)] {
            let line = text.lines().find(|line| line.contains(CANARY));
            assert_eq!(line, None, "{arguments:?} tells a secret on {stream}");
        }
        if arguments.contains(&"trace") {
            assert!(ended.stderr.matches("trying again").count() > 1, "the log is on: {}", ended.stderr);
        }
    }
    // The server was asked with the secrets: the test would see nothing otherwise.
    let heard = |part: &str| {
        let of = |request: &quipu_loopback::Request| {
            request.target.contains(part) || request.headers.iter().any(|(_, value)| value.contains(part))
        };
        server.requests().iter().any(of)
    };
    for part in ["-header", "-query", "-id", "-token", "-file", "-list"] {
        assert!(heard(&format!("{CANARY}{part}")), "{part} was never sent");
    }
    // Bodies are kept as they came, and this server repeats what it hears in those of refusals alone, which nobody keeps.
    for place in ["quipu-store", "release"] {
        if !dir.path(place).exists() {
            continue;
        }
        for path in Tree::read(&dir.path(place)).paths() {
            // Documents are as the publisher sends them, those of `/api` and `/list` with what he wrote into them.
            let bytes = dir.read(&format!("{place}/{path}"));
            let is_document = path.starts_with("archive/");
            let holds = bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes());
            assert!(is_document || !holds, "{place}/{path} holds a secret");
        }
    }
}

//! The files for a gateway equal, byte for byte, what embedded mode serves.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use host::service::Deps;
use kernel::{Currency, SystemClock};
use marketplace::{DataDir, Marketplace, Services, Settings};

/// The files below `dir`, by relative path.
fn files(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            found.extend(
                files(&path)
                    .into_iter()
                    .map(|file| format!("{name}/{file}")),
            );
        } else {
            found.push(name);
        }
    }
    found
}

#[tokio::test]
async fn every_file_is_what_the_embedded_marketplace_serves_at_its_path() {
    let temp = tempfile::tempdir().unwrap();
    let out = temp.path().join("site");
    let written = Command::new(env!("CARGO_BIN_EXE_marketplace"))
        .args(["gateway-files", "--out", out.to_str().unwrap()])
        .output()
        .unwrap();
    assert!(written.status.success(), "{written:?}");

    let (settings, services) = (Settings::default(), Services::default());
    let dir = DataDir::create(&temp.path().join("data")).unwrap();
    let marketplace = {
        let deps = Deps::new(Arc::new(SystemClock), Currency::USD);
        let tokens = deps.clock.clone();
        Marketplace::build(&settings, &services, &dir, deps, tokens).unwrap()
    };
    let running = marketplace
        .start(
            TcpListener::bind("127.0.0.1:0").unwrap(),
            &Settings::default().server,
        )
        .unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let files = files(&out);
    assert!(files.len() > 40, "{files:?}");
    for file in files {
        let path = match file.as_str() {
            "api/docs.html" => "api/docs",
            problem if problem.starts_with("problems/") => problem.strip_suffix(".json").unwrap(),
            other => other,
        };
        let url = format!("http://{}/{path}", running.address);
        let served = client.get(url).send().await.unwrap();
        assert_eq!(served.status().as_u16(), 200, "{path}");
        let bytes = std::fs::read(out.join(&file)).unwrap();
        assert_eq!(served.bytes().await.unwrap(), bytes, "{path}");
    }
    running.stop().await.unwrap();
}

//! The pages in a real browser: `scripts/console/journey.py`, on the demo.

use std::path::Path;
use std::process::Command;

use e2e::{Launch, Run};

#[test]
fn the_pages_work_in_a_browser_without_an_error_a_foreign_request_or_a_finding_of_axe() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let scripts = root.join("scripts");
    let environment = Run::of(
        Command::new(scripts.join("python-env")).arg(scripts.join("console/requirements.txt")),
    );
    assert_eq!(environment.code, Some(0), "{environment:?}");
    let python = Path::new(environment.stdout.trim()).join("bin/python");
    let chromium = stack::debian("chromium", "chromium").unwrap();
    let (data, shots) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = Launch::on(data.path()).with("--demo").serve();
    let journey = Run::of(
        Command::new(python)
            .arg(scripts.join("console/journey.py"))
            .arg(server.url())
            .arg(shots.path())
            .arg(chromium),
    );
    assert_eq!(journey.code, Some(0), "{journey:?}");
}

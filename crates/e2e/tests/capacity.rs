//! Checks `docs/SCALING.md` against the measurement that it is computed from.

use std::path::Path;

use e2e::capacity::Measured;

#[test]
fn the_page_on_scaling_says_what_the_measurement_comes_to() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let read = |name: &str| std::fs::read_to_string(docs.join(name)).unwrap();
    let measured: Measured = serde_json::from_str(&read("capacity.json")).unwrap();
    let page = read("SCALING.md");
    assert_eq!(
        measured.into_page(&page).as_ref(),
        Ok(&page),
        "run ./scripts/capacity"
    );
    assert!(measured.order.per_second > 0.0 && measured.order.messages >= 4.0);
}

//! Records what this release leaves behind, for the next ones to be tested against. `scripts/record-release` starts the database
//! that it needs and calls it.

#[tokio::main]
async fn main() {
    let fixture = compat::record::record().await;
    println!(
        "Recorded release {} in {}.",
        fixture.release(),
        fixture.path("").display()
    );
}

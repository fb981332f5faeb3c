//! Writes the results computed from `docs/capacity.json` into `docs/SCALING.md`. With `--check` it only fails if they differ from the page.

use std::path::Path;

use anyhow::{Result, ensure};
use clap::Parser;
use e2e::capacity::Measured;

/// Writes into docs/SCALING.md what docs/capacity.json comes to.
#[derive(Parser)]
#[command(name = "capacity")]
struct Arguments {
    /// Write nothing; fail if that is not what stands there
    #[arg(long)]
    check: bool,
}

fn main() -> Result<()> {
    let Arguments { check } = Arguments::parse();
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let measured: Measured =
        serde_json::from_str(&std::fs::read_to_string(docs.join("capacity.json"))?)?;
    let path = docs.join("SCALING.md");
    let page = std::fs::read_to_string(&path)?;
    let computed = measured.into_page(&page).map_err(anyhow::Error::msg)?;
    if check {
        ensure!(
            page == computed,
            "docs/SCALING.md does not say what docs/capacity.json comes to; run ./scripts/capacity"
        );
    } else {
        std::fs::write(path, computed)?;
    }
    Ok(())
}

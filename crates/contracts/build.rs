//! Generates the message types from `proto-contracts` with protox (a protobuf compiler in Rust) and prost.

use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new("../../proto-contracts");
    let files = [
        root.join("marketplace/product/v1/product.proto"),
        root.join("marketplace/user/v1/user.proto"),
        root.join("marketplace/wallet/v1/wallet.proto"),
    ];
    println!("cargo:rerun-if-changed={}", root.display());
    let descriptors = protox::compile(&files, [root])?;
    prost_build::Config::new()
        .enable_type_names()
        .bytes(["."])
        .compile_fds(descriptors)?;
    Ok(())
}

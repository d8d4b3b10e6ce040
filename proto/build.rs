//! Compiles the contract without protoc and keeps its descriptors, comments included.

#[path = "build/said.rs"]
mod said;

use prost::Message;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=jmip");
    println!("cargo:rerun-if-changed=build");
    let descriptors = protox::compile(["jmip/event/v1/envelope.proto"], ["."])?;
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("descriptors.bin"), descriptors.encode_to_vec())?;
    std::fs::write(out.join("said.rs"), said::code(&descriptors)?)?;
    prost_build::Config::new()
        .btree_map(["."])
        .compile_fds(descriptors)?;
    Ok(())
}

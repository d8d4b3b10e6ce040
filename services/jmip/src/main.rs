//! jmip
fn main() {}

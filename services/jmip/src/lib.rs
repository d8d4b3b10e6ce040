//! jmip.

pub mod embedded;

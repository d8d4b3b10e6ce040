//! Cross-crate tests of JMIP.

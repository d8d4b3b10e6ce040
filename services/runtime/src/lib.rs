//! jmip-runtime.

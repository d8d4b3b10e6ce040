//! jmip-normalize.

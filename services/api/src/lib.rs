//! jmip-api.

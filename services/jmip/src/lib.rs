//! jmip.

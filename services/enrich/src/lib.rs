//! jmip-enrich.

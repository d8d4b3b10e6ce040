//! jmip-ingest.

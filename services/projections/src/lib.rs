//! jmip-projections.

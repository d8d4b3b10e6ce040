//! jmip-score.

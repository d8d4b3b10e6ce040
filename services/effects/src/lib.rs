//! jmip-effects.

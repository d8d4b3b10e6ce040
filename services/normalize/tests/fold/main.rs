//! The stage as a fold: golden cases, restarts, orders of arrival, and real exports.

mod golden;
mod older;
mod order;
mod real;
mod stage;

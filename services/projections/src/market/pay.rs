//! Pay as every table of the market has it.

use crate::column::{Column, bigints, stated, texts};
use crate::json;
use jmip_core::event::Pay;

/// The columns of pay.
pub(super) fn columns<'a, R>(
    rows: &'a [R],
    pay: impl Fn(&'a R) -> Option<&'a Pay> + Copy,
) -> [Column<'a>; 5] {
    [
        bigints("pay_min_minor", rows, move |r| pay(r)?.min_minor),
        bigints("pay_max_minor", rows, move |r| pay(r)?.max_minor),
        texts("pay_currency", rows, move |r| stated(&pay(r)?.currency)),
        texts("pay_unit", rows, move |r| json::pay_unit(pay(r)?.unit())),
        texts("pay_origin", rows, move |r| {
            json::pay_origin(pay(r)?.origin())
        }),
    ]
}

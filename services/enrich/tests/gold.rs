//! The facts of labelled postings, when they are staged beside the checkout. How often they are
//! right is measured by `jmip eval`.

mod gold_set;

use jmip_core::event::FactMethod;
use jmip_core::quote::{QUOTE_MAX_BYTES, clip, slice};
use jmip_enrich::knowledge;

#[test]
fn every_fact_of_a_labelled_posting_is_the_slice_it_quotes() {
    let dictionaries = knowledge().value;
    for line in gold_set::lines("facts.jsonl").unwrap_or_default() {
        let job = gold_set::job(&line);
        for fact in dictionaries.facts(&job) {
            // What follows from a column, or from the lack of a text, has no words of its own.
            let Some(span) = &fact.span else {
                assert_eq!(fact.method(), FactMethod::Column, "{}", line["id"]);
                continue;
            };
            let words = slice(&job, span).map(|words| clip(words, QUOTE_MAX_BYTES));
            assert_eq!(words, Some(fact.quote.as_str()), "{}", line["id"]);
        }
    }
}

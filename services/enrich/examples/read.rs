//! Prints the sections and the facts of a description given on standard input, one per line: for trying a rule.

use jmip_core::event::Job;
use std::io::Read;

fn main() {
    let mut description = String::new();
    std::io::stdin()
        .read_to_string(&mut description)
        .expect("standard input is UTF-8");
    let job = Job {
        description,
        ..Default::default()
    };
    let knowledge = jmip_enrich::knowledge();
    let reading = knowledge.value.reading(&job);
    let (mut at, mut section) = (0, None);
    while at < reading.description.folded().len() {
        let sentence = reading.description.sentence(at);
        if section != Some(reading.description.section(at)) {
            section = Some(reading.description.section(at));
            println!("{section:?} {:?}", reading.description.written(&sentence));
        }
        at = sentence.end;
    }
    for fact in knowledge.value.facts(&job) {
        println!("{} {:?} {:?}", fact.rule, fact.quote, fact.value);
    }
}

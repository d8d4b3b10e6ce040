//! Exports written for the tests.

use serde_json::json;
use std::fmt::Write as _;

/// A JobSpy file of `count` postings; `edition` changes what the first of them say.
pub fn jobspy(count: usize, edition: &str) -> Vec<u8> {
    let mut csv = String::from(
        "id,site,job_url,title,company,location,date_posted,job_type,interval,min_amount,\
         max_amount,currency,salary_source,is_remote,description\n",
    );
    for number in 0..count {
        let edition = if number == 0 {
            edition
        } else {
            "first edition"
        };
        let year = 2 + number % 6;
        writeln!(
            csv,
            "in-{number:08},indeed,https://nl.indeed.com/viewjob?jk={number:08},Data Engineer \
             {number},Windmill {} B.V.,\"Utrecht, UT, NL\",2024-09-0{},fulltime,monthly,{},{},EUR,\
             direct_data,False,\"**About us** We mill data ({edition}).\n\n**Requirements**\n\n* At \
             least {year} years of experience with Python\n* Rust is a plus\n\nHybrid: 2 days a \
             week in the office.\"",
            number % 7,
            1 + number % 9,
            4000 + number,
            5000 + number,
        )
        .unwrap();
    }
    csv.into_bytes()
}

/// A JMIP NDJSON file of at least so many bytes, and how many postings it holds.
pub fn ndjson_of(bytes: usize) -> (Vec<u8>, u64) {
    let filler = "We keep a large number of mills turning by the river. ".repeat(180);
    let mut lines = vec![];
    let mut count = 0;
    while lines.len() < bytes {
        let line = json!({
            "platform": "example",
            "id": format!("big-{count}"),
            "title": format!("Miller {count}"),
            "hiringOrganization": "Windmill",
            "location": "Utrecht, Netherlands",
            "description": format!("Number {count}. {filler}"),
        });
        lines.extend(line.to_string().into_bytes());
        lines.push(b'\n');
        count += 1;
    }
    (lines, count)
}

/// A profile that fits the postings of [`jobspy`].
pub fn profile() -> Vec<u8> {
    json!({
        "basics": {"label": "Data Engineer"},
        "skills": [{"name": "Programming", "keywords": ["Python", "Rust", "SQL"]}],
        "work": [{"name": "Acme", "startDate": "2016-01-01", "endDate": "2022-01-01"}],
        "projects": [{"name": "Log store", "description": "A log.", "keywords": ["Rust"]}],
        "x-jmip": {"preferences": {"countries": ["NL"]}},
    })
    .to_string()
    .into_bytes()
}

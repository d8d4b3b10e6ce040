//! What is paid and where the work is done: the same in the list, in the job and in a
//! recommendation, whatever columns and text say.

use jmip::system::System;
use jmip_api::append::{self, RunAsk};
use jmip_core::subjects;
use jmip_projections::desk::recommendation;
use jmip_projections::market::{job_detail, job_list};
use jmip_tests::{Servers, eventually, publish_and_wait};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const AT: &str = "2024-09-07T12:00:00Z";
const TENANT: &str = subjects::DEFAULT_TENANT;
const COLUMNS: &str = "id,site,job_url,title,company,location,date_posted,job_type,interval,\
    min_amount,max_amount,currency,salary_source,is_remote,description";

/// One record: what its columns say of pay and of remote work, and its text.
fn record(name: &str, pay: &str, remote: &str, text: &str) -> String {
    format!(
        "in-{name},indeed,https://www.indeed.com/viewjob?jk={name},{name},Canal Works,\
         \"Reno, NV, US\",2024-09-01,,{pay},direct_data,{remote},\"{text}\"\n"
    )
}

/// Pay and place as one line each way a person sees them: in the list, in the job.
async fn seen(system: &System) -> BTreeMap<String, String> {
    let reader = system.store.reader(TENANT);
    let all = job_list::JobQuestion::default().check().unwrap();
    let page = job_list::page(&reader, &all).await;
    let mut seen = BTreeMap::new();
    for row in page.unwrap().rows {
        let detail = job_detail::get(&reader, row.job_id).await;
        let detail = detail.unwrap().unwrap().job;
        assert_eq!((&row.pay, &row.workplace), (&detail.pay, &detail.workplace));
        let pay = row.pay.map_or("nothing".to_owned(), |pay| {
            let currency = pay.currency.unwrap_or_default();
            let unit = pay.unit.unwrap_or_default().to_lowercase();
            let (min, max) = (pay.min_minor.unwrap(), pay.max_minor.unwrap());
            format!("{currency} {} to {} per {unit}", min / 100, max / 100)
        });
        let place = row.workplace.unwrap_or_default().to_lowercase();
        seen.insert(row.title, format!("{pay}; {place}"));
    }
    seen
}

/// The same, as the reasons of a recommendation have it.
async fn recommended(system: &System, currency: &str) -> BTreeMap<String, String> {
    let wishes = json!({
        "basics": {"label": "Analyst"},
        "x-jmip": {"preferences": {
            "payMin": {"amount": 1, "currency": currency, "unit": "YEAR"},
            "workplaces": ["remote", "hybrid", "onsite"],
        }},
    });
    let profile = jmip::profile::import(wishes.to_string().as_bytes()).unwrap();
    append::save_profile(&system.log, TENANT, profile)
        .await
        .unwrap();
    let ask = RunAsk {
        on: "2024-09-08".into(),
        limit: 10,
    };
    let asked = append::request_run(&system.log, TENANT, ask).await.unwrap();
    let run = eventually(async || {
        let run = recommendation::run(&system.store.reader(TENANT), asked.run_id).await;
        run.ok()?.filter(|run| run.status == "RANKED")
    })
    .await;
    let text = |factor: &Value| {
        let first = factor["evidence"].as_array().unwrap().first();
        first
            .map_or("nothing", |one| one["text"].as_str().unwrap())
            .to_owned()
    };
    let line = |item: &recommendation::RunItem| {
        let factors = item.breakdown["factors"].as_array().unwrap();
        let reason = factors[2]["reason"].as_str().unwrap();
        let place = ["onsite", "hybrid", "remote"]
            .into_iter()
            .find(|place| reason.contains(&format!("{place} work is wanted")));
        format!("{}; {}", text(&factors[5]), place.unwrap_or_default())
    };
    run.items
        .iter()
        .map(|item| (item.title.clone().unwrap(), line(item)))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_pay_and_place_are_listed_shown_and_recommended() {
    let servers = Servers::start().await;
    let system = servers.system().await;
    let plain = "You keep the locks of a canal in order and count the boats.";
    let wages = "You keep the books. Salary: PKR 90,000 - 130,000 per month.";
    let days = "You keep the books. Hybrid: 2 days a week in the office.";
    let records = [
        record("hourly-as-yearly", "yearly,25,30,USD", "", plain),
        record("yearly-as-hourly", "hourly,80000,95000,USD", "", plain),
        record("contradicted", "yearly,90000,130000,USD", "", wages),
        record("plain", "yearly,75000,90000,USD", "", plain),
        record("badge", ",,,", "True", days),
    ];
    let csv = format!("{COLUMNS}\n{}", records.concat());
    publish_and_wait(&system, "jobspy", AT, csv.as_bytes()).await;

    let seen = seen(&system).await;
    let expected = [
        ("hourly-as-yearly", "nothing; "),
        ("yearly-as-hourly", "nothing; "),
        ("contradicted", "PKR 90000 to 130000 per month; "),
        ("plain", "USD 75000 to 90000 per year; "),
        ("badge", "nothing; hybrid"),
    ];
    let expected = expected.map(|(title, line)| (title.to_owned(), line.to_owned()));
    assert_eq!(seen, BTreeMap::from(expected));
    let (dollars, rupees) = (
        recommended(&system, "USD").await,
        recommended(&system, "PKR").await,
    );
    for title in ["hourly-as-yearly", "yearly-as-hourly", "plain", "badge"] {
        assert_eq!(dollars[title], seen[title], "{title}");
    }
    assert_eq!(rupees["contradicted"], seen["contradicted"]);
    assert_eq!(
        dollars["contradicted"], "nothing; ",
        "a false column is no pay"
    );
    system.stop().await;
    servers.stop().await;
}

//! The document says what the table of routes says, and the page shows all of it.

use super::super::routes::{Needs, ROUTES};
use super::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn document() -> Value {
    serde_json::from_str(OPENAPI).unwrap()
}

fn described(document: &Value) -> Vec<(String, String, &Value)> {
    let mut found = vec![];
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, spec) in methods.as_object().unwrap() {
            found.push((method.to_uppercase(), path.clone(), spec));
        }
    }
    found
}

#[test]
fn every_route_is_described_and_nothing_else_is() {
    let document = document();
    let described = described(&document);
    let there: BTreeSet<_> = described
        .iter()
        .map(|(m, p, _)| (m.as_str(), p.as_str()))
        .collect();
    let routes: BTreeSet<_> = ROUTES
        .iter()
        .map(|route| (route.method, route.path))
        .collect();
    assert_eq!(there, routes);
}

#[test]
fn the_document_asks_for_the_scopes_that_the_routes_ask_for() {
    let document = document();
    for route in ROUTES {
        let spec = &document["paths"][route.path][route.method.to_lowercase()];
        let scopes = match route.needs {
            Needs::Nothing => vec![],
            Needs::AnyOf(scopes) => scopes.to_vec(),
        };
        let wanted: Vec<_> = scopes
            .iter()
            .map(|s| json!({"bearer": [s.name()]}))
            .collect();
        assert_eq!(
            spec["security"],
            json!(wanted),
            "{} {}",
            route.method,
            route.path
        );
        for status in ["401", "403", "429", "503"] {
            let is_told = spec["responses"].get(status).is_some();
            let is_due = !scopes.is_empty() || status == "429";
            assert!(is_told || !is_due, "{} {status}", route.path);
        }
    }
}

#[test]
fn every_operation_has_a_name_of_its_own_and_every_answer_an_example() {
    let document = document();
    let mut names = BTreeSet::new();
    for (method, path, spec) in described(&document) {
        assert!(
            names.insert(spec["operationId"].as_str().unwrap()),
            "{path}"
        );
        for part in ["summary", "description"] {
            assert!(
                !spec[part].as_str().unwrap().is_empty(),
                "{method} {path}: {part}"
            );
        }
        for (status, response) in spec["responses"].as_object().unwrap() {
            let response = match response["$ref"].as_str() {
                Some(to) => document.pointer(to.trim_start_matches('#')).unwrap(),
                None => response,
            };
            for (media, content) in response["content"].as_object().unwrap() {
                assert!(
                    !content["example"].is_null(),
                    "{method} {path} {status} {media}"
                );
            }
        }
    }
}

#[test]
fn the_page_shows_every_route_and_every_link_in_it_leads_somewhere() {
    let page = &**PAGE;
    for route in ROUTES {
        assert!(
            page.contains(&route.path.replace('/', "/<wbr>")),
            "{}",
            route.path
        );
    }
    for link in page.split("href=\"#").skip(1) {
        let target = link.split('"').next().unwrap();
        let is_there = target.is_empty() || page.contains(&format!("id=\"{target}\""));
        assert!(is_there, "#{target}");
    }
    for outside in [
        "<script",
        "http://",
        "https://fonts",
        "<img",
        "<link",
        "url(",
        " style=",
        " on",
    ] {
        let in_markup = page.split('<').any(|tag| {
            let tag = tag.split('>').next().unwrap_or_default();
            format!("<{tag}").contains(outside) && !tag.starts_with("style")
        });
        assert!(!in_markup, "{outside}");
    }
}

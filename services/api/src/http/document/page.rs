//! The documentation page, rendered from the document.

use super::super::routes::ROUTES;
use super::words::{escaped, example, prose, referred, text, type_of};
use serde_json::{Map, Value};
use std::fmt::Write as _;

/// One method of one path.
struct Operation<'a> {
    method: String,
    path: &'static str,
    spec: &'a Value,
}

/// The whole page.
pub(super) fn of(document: &Value, style: &str) -> String {
    let title = escaped(text(&document["info"], "title"));
    let operations = operations(document);
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title} API</title>\n<style>{style}</style>\n</head>\n<body>\n"
    );
    page += &contents(document, &operations);
    page += "<main>\n";
    let info = &document["info"];
    page += &format!(
        "<h1>{title} API</h1>\n<p class=\"lead\">{}.</p>\n",
        prose(text(info, "summary"))
    );
    for paragraph in text(info, "description").split("\n\n") {
        page += &format!("<p>{}</p>\n", prose(paragraph));
    }
    page += &access(document);
    for tag in list(&document["tags"]) {
        let name = text(tag, "name");
        page += &format!(
            "<h2 id=\"{0}\">{0}</h2>\n<p>{1}</p>\n",
            escaped(name),
            prose(text(tag, "description"))
        );
        for operation in operations.iter().filter(|one| is_of(one, name)) {
            page += &section(operation);
        }
    }
    page += &errors(document);
    page += &schemas(document);
    page += "</main>\n</body>\n</html>\n";
    page
}

fn operations(document: &Value) -> Vec<Operation<'_>> {
    let described = ROUTES.iter().map(|route| {
        let method = route.method.to_lowercase();
        Operation {
            spec: &document["paths"][route.path][&method],
            path: route.path,
            method,
        }
    });
    described.collect()
}

fn is_of(operation: &Operation<'_>, tag: &str) -> bool {
    list(&operation.spec["tags"]).iter().any(|name| name == tag)
}

fn contents(document: &Value, operations: &[Operation<'_>]) -> String {
    let mut nav = String::from("<nav>\n<a class=\"home\" href=\"#\">JMIP API</a>\n");
    for tag in list(&document["tags"]) {
        let name = text(tag, "name");
        let _ = write!(
            nav,
            "<a class=\"group\" href=\"#{0}\">{0}</a>\n<ul>\n",
            escaped(name)
        );
        for one in operations.iter().filter(|one| is_of(one, name)) {
            let _ = writeln!(
                nav,
                "<li><a href=\"#{}\"><b class=\"{}\">{}</b> {}</a></li>",
                escaped(text(one.spec, "operationId")),
                one.method,
                one.method.to_uppercase(),
                escaped(text(one.spec, "summary")),
            );
        }
        nav += "</ul>\n";
    }
    nav += "<a class=\"group\" href=\"#errors\">Errors</a>\n\
            <a class=\"group\" href=\"#schemas\">Schemas</a>\n\
            <a class=\"group\" href=\"/openapi.json\">openapi.json</a>\n</nav>\n";
    nav
}

fn access(document: &Value) -> String {
    let schemes = &document["components"]["securitySchemes"];
    let told = members(schemes).map(|(_, scheme)| prose(text(scheme, "description")));
    format!("<aside>{}</aside>\n", told.collect::<String>())
}

fn section(operation: &Operation<'_>) -> String {
    let Operation { method, path, spec } = operation;
    let mut out = format!(
        "<section id=\"{}\">\n<h3>{}</h3>\n<p class=\"route\"><b class=\"{method}\">{}</b> \
         <code>{}</code>{}</p>\n<p>{}</p>\n",
        escaped(text(spec, "operationId")),
        escaped(text(spec, "summary")),
        method.to_uppercase(),
        path_of(path),
        scopes(spec),
        prose(text(spec, "description")),
    );
    out += &parameters(&spec["parameters"]);
    out += &body(&spec["requestBody"]);
    out += &format!("<pre class=\"call\">{}</pre>\n", escaped(&call(operation)));
    out += &answers(&spec["responses"]);
    out + "</section>\n"
}

/// Lines may break after a slash.
fn path_of(path: &str) -> String {
    escaped(path).replace('/', "/<wbr>")
}

fn scopes(spec: &Value) -> String {
    let any_of = list(&spec["security"]);
    if any_of.is_empty() {
        return " <span class=\"scope open\">no key</span>".to_owned();
    }
    let names = any_of.iter().flat_map(|one| list(&one["bearer"]));
    let names = names.filter_map(Value::as_str);
    names
        .map(|name| format!(" <span class=\"scope\">{}</span>", escaped(name)))
        .collect::<Vec<_>>()
        .join(" <small>or</small>")
}

fn parameters(parameters: &Value) -> String {
    if list(parameters).is_empty() {
        return String::new();
    }
    let mut out = String::from("<table>\n<tr><th>Parameter<th>Type<th>\n");
    for one in list(parameters) {
        let required = match one["required"] == true {
            true => " <em>required</em>",
            false => "",
        };
        let shown = match one.get("example") {
            Some(value) => format!(" <span class=\"such\">{}</span>", example(value)),
            None => String::new(),
        };
        let _ = writeln!(
            out,
            "<tr><td><code>{}</code> <small>{}</small>{required}<td>{}<td>{}{shown}",
            escaped(text(one, "name")),
            escaped(text(one, "in")),
            type_of(&one["schema"]),
            prose(text(one, "description")),
        );
    }
    out + "</table>\n"
}

fn body(body: &Value) -> String {
    let mut out = String::new();
    for (media, content) in members(&body["content"]) {
        let _ = writeln!(
            out,
            "<details><summary>Body as <code>{}</code>: {}</summary>",
            escaped(media),
            type_of(&content["schema"])
        );
        if content["schema"]["properties"].is_object() {
            out += &properties(&content["schema"]);
        }
        if let Some(value) = content.get("example") {
            let _ = writeln!(out, "<pre>{}</pre>", example(value));
        }
        out += "</details>\n";
    }
    out
}

/// How it is asked for by hand: with what is required and an example of it.
fn call(operation: &Operation<'_>) -> String {
    let Operation { method, path, spec } = operation;
    let mut path = (*path).to_owned();
    let mut query = vec![];
    for one in list(&spec["parameters"]) {
        let value = match &one["example"] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let name = text(one, "name");
        match text(one, "in") {
            "path" => path = path.replace(&format!("{{{name}}}"), &value),
            _ if one["required"] == true => query.push(format!("{name}={value}")),
            _ => {}
        }
    }
    let mut call = String::from("curl ");
    if !list(&spec["security"]).is_empty() {
        call += "-H \"Authorization: Bearer $KEY\" ";
    }
    let content = &spec["requestBody"]["content"];
    match method.as_str() {
        "get" => {}
        _ if content["application/json"].is_object() => {
            let json = &content["application/json"]["example"];
            let _ = write!(call, "-X {} -d '{json}' \\\n  ", method.to_uppercase());
        }
        _ => call += "--data-binary @jobs.csv \\\n  ",
    }
    let query = match query.is_empty() {
        true => String::new(),
        false => format!("?{}", query.join("&")),
    };
    let _ = write!(call, "\"$API{path}{query}\"");
    call
}

fn answers(responses: &Value) -> String {
    let mut out = String::from("<table>\n<tr><th>Answer<th>Content<th>\n");
    let (mut shown, mut failures) = (String::new(), vec![]);
    for (status, response) in members(responses) {
        // What many operations have in common is told once, at the end.
        if let Some(name) = referred(response) {
            let name = escaped(name);
            failures.push(format!("<a href=\"#error-{name}\">{status}</a>"));
            continue;
        }
        let mut content = members(&response["content"]);
        let Some((media, first)) = content.next() else {
            continue;
        };
        let what = match referred(&first["schema"]) {
            Some(_) => type_of(&first["schema"]),
            None => format!("<code>{}</code>", escaped(media)),
        };
        let _ = writeln!(
            out,
            "<tr><td><strong>{status}</strong><td>{what}<td>{}",
            prose(text(response, "description"))
        );
        let _ = writeln!(
            shown,
            "<details><summary>Example of {status}</summary><pre>{}</pre></details>",
            example(&first["example"])
        );
    }
    let _ = writeln!(
        out,
        "<tr><td colspan=\"3\">Errors: {}",
        failures.join(" · ")
    );
    out + "</table>\n" + &shown
}

fn errors(document: &Value) -> String {
    let mut out = String::from(
        "<h2 id=\"errors\">Errors</h2>\n<p>Every error is <code>application/problem+json</code>: \
         a <a href=\"#schema-Problem\">Problem</a>.</p>\n",
    );
    for (name, response) in members(&document["components"]["responses"]) {
        let problem = &response["content"]["application/problem+json"]["example"];
        let _ = writeln!(
            out,
            "<section id=\"error-{}\"><h4>{} <code>{}</code></h4><p>{}</p><pre>{}</pre></section>",
            escaped(name),
            problem["status"],
            escaped(text(problem, "code")),
            prose(text(response, "description")),
            example(problem),
        );
    }
    out
}

fn schemas(document: &Value) -> String {
    let mut out = String::from("<h2 id=\"schemas\">Schemas</h2>\n");
    for (name, schema) in members(&document["components"]["schemas"]) {
        let _ = writeln!(
            out,
            "<section id=\"schema-{0}\"><h4>{0}</h4><p>{1}</p>\n{2}</section>",
            escaped(name),
            prose(text(schema, "description")),
            properties(schema)
        );
    }
    out
}

fn properties(schema: &Value) -> String {
    let required = list(&schema["required"]);
    let mut out = String::from("<table>\n");
    for (name, property) in members(&schema["properties"]) {
        let optional = match required.iter().any(|one| one == name) {
            true => "",
            false => " <small>optional</small>",
        };
        let _ = writeln!(
            out,
            "<tr><td><code>{}</code>{optional}<td>{}<td>{}",
            escaped(name),
            type_of(property),
            prose(text(property, "description"))
        );
    }
    out + "</table>\n"
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn members(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let members = value.as_object().into_iter().flat_map(Map::iter);
    members.map(|(name, value)| (name.as_str(), value))
}

//! The description of the interface for other programs: it says what there is, and what there is does what it says.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};
use server::{
    cli::{self, Console},
    demo,
    qr::Paint,
};
use shared::role::Role;
use tests::{
    server::{Client, TestServer, routes},
    world::Rng,
};

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];
/// Requests that are made up for each operation.
const REQUESTS: usize = 60;

fn description() -> Json {
    let mut out = Vec::new();
    cli::run_from(["tiwizi", "openapi"], &mut Console { out: &mut out, paint: Paint::Plain }).unwrap();
    serde_json::from_slice(&out).unwrap()
}

/// Each operation: method, path, and what is said of it.
fn operations(description: &Json) -> Vec<(String, String, Json)> {
    let paths = description["paths"].as_object().unwrap();
    let all = paths.iter().flat_map(|(path, item)| {
        METHODS.iter().filter_map(|method| Some((method.to_uppercase(), path.clone(), item.get(*method)?.clone())))
    });
    all.collect()
}

#[test]
fn every_address_for_programs_is_described_and_no_other() {
    let there: BTreeSet<String> = routes()
        .into_iter()
        .filter(|(_, path)| path.starts_with("/api/v1/"))
        .map(|(method, path)| format!("{method} {path}"))
        .collect();
    let description = description();
    let said: BTreeSet<String> =
        operations(&description).into_iter().map(|(method, path, _)| format!("{method} {path}")).collect();
    assert_eq!(there, said);
    let server = TestServer::start();
    assert_eq!(server.stranger().get("/api/v1/openapi.json").json(), description, "printed and served alike");
}

#[test]
fn every_operation_says_what_it_takes_and_what_it_answers() {
    let description = description();
    assert!(description["components"]["securitySchemes"]["token"].is_object());
    for (method, path, operation) in operations(&description) {
        let name = format!("{method} {path}");
        assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{name}");
        assert!(operation["tags"][0].is_string(), "{name}");
        for code in ["200", "400", "401", "403", "429", "503"] {
            let answer = &operation["responses"][code];
            assert!(answer["description"].is_string() && answer["content"].is_object(), "{name}: {code}");
        }
        let security = operation["security"][0]["token"].as_array();
        assert!(security.is_some_and(|scopes| scopes.len() == 1) || path.ends_with("openapi.json"), "{name}");
    }
    // Every reference leads somewhere.
    let mut waiting = vec![&description];
    while let Some(value) = waiting.pop() {
        match value {
            Json::Object(object) => {
                if let Some(Json::String(to)) = object.get("$ref") {
                    let pointer = to.strip_prefix('#').unwrap();
                    assert!(description.pointer(pointer).is_some(), "{to}");
                }
                waiting.extend(object.values());
            }
            Json::Array(array) => waiting.extend(array),
            _ => {}
        }
    }
}

/// Whether a value is what a schema says. As far as ours go: references, types, lists, maps, alternatives, closed lists of words.
fn fits(description: &Json, schema: &Json, value: &Json) -> Result<(), String> {
    if let Some(to) = schema["$ref"].as_str() {
        return fits(description, description.pointer(&to[1..]).unwrap(), value);
    }
    for word in ["oneOf", "anyOf"] {
        if let Some(any) = schema[word].as_array() {
            let found = any.iter().any(|one| fits(description, one, value).is_ok());
            return if found { Ok(()) } else { Err(format!("{value} is none of {schema}")) };
        }
    }
    if let Some(all) = schema["allOf"].as_array() {
        return all.iter().try_for_each(|one| fits(description, one, value));
    }
    if let Some(words) = schema["enum"].as_array() {
        return if words.contains(value) { Ok(()) } else { Err(format!("{value} is not in {schema}")) };
    }
    let types: Vec<&str> = match &schema["type"] {
        Json::String(one) => vec![one],
        Json::Array(all) => all.iter().filter_map(Json::as_str).collect(),
        _ => return Ok(()),
    };
    let kind = match value {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(number) if number.is_f64() => "number",
        Json::Number(_) => "integer",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    };
    if !types.contains(&kind) {
        return Err(format!("{value} is no {types:?}"));
    }
    match value {
        Json::Array(items) => items.iter().try_for_each(|item| fits(description, &schema["items"], item)),
        Json::Object(object) => {
            for needed in schema["required"].as_array().into_iter().flatten().filter_map(Json::as_str) {
                if !object.contains_key(needed) {
                    return Err(format!("{needed} is missing in {value}"));
                }
            }
            object.iter().try_for_each(|(key, value)| match schema["properties"].get(key) {
                Some(property) => fits(description, property, value).map_err(|error| format!("{key}: {error}")),
                None => fits(description, &schema["additionalProperties"], value),
            })
        }
        _ => Ok(()),
    }
}

/// Something for a parameter, more often wrong than right.
fn made_up(rng: &mut Rng, known: &[String]) -> String {
    let words = [
        "",
        "0",
        "1",
        "-1",
        "1000",
        "1001",
        "99999999999999999999",
        "18446744073709551615",
        "9223372036854775808",
        "x",
        "null",
        "true",
        "2026-03-01",
        "2026-13-99",
        "%00",
        "%FF",
        "..%2F",
        "%27%20OR%201=1",
        "bnVsbA",
        "W10",
        "e30",
        "WyIiLCIiXQ",
        "00000000-0000-0000-0000-000000000000",
        "%E2%80%AE",
        "a%0D%0Ab",
        "draft",
        "granted",
    ];
    match words.get(rng.below(words.len() + 1)) {
        Some(word) => (*word).to_owned(),
        None => known.get(rng.below(known.len())).cloned().unwrap_or_default(),
    }
}

#[test]
fn whatever_is_asked_is_answered_as_described() {
    let server = TestServer::start();
    demo::fill(&server.state.store, &server.state.clock).unwrap().unwrap();
    let mut admin = server.enrolled(Role::Admin, "Amina");
    let scopes = [
        "read:directory",
        "read:figures",
        "read:events",
        "read:dossiers",
        "read:questions",
        "read:documents",
        "write:edits",
    ];
    let made = admin.post("/api/tokens", &json!({ "name": "Essai", "scopes": scopes, "days": 1 }));
    let mut program: Client = server.stranger();
    program.headers = vec![("authorization", format!("Bearer {}", made.json()["token"].as_str().unwrap()))];
    let changes = program.get("/api/v1/changes?limit=1000").json();
    // Of the kind of which an address is, where it is of one.
    let known_to = |path: &str| -> Vec<String> {
        let of = |item: &&Json| {
            // Only people are compared with people.
            if path.contains("/duplicates/") {
                return item["kind"] == "person";
            }
            !path.contains("{id}") || path.contains("/documents/") || path.contains(item["kind"].as_str().unwrap())
        };
        let items = changes["items"].as_array().unwrap().iter().filter(of);
        items.map(|item| item["document"].as_str().unwrap().to_owned()).collect()
    };
    assert!(known_to("").len() > 50);

    let description = description();
    for (method, path, operation) in operations(&description) {
        let known = known_to(&path);
        let mut answered = BTreeSet::new();
        for seed in 0..REQUESTS {
            // A token may ask so often and no oftener.
            server.time.pass(1_000);
            let mut rng = Rng::new(u64::try_from(seed).unwrap() * 31 + u64::try_from(path.len()).unwrap());
            let mut address = path.clone();
            while let Some(at) = address.find('{') {
                let end = at + address[at..].find('}').unwrap();
                let id = match &address[at..=end] {
                    _ if seed % 3 == 0 => made_up(&mut rng, &known),
                    "{code}" => "people".to_owned(),
                    _ => known[seed % known.len()].clone(),
                };
                address.replace_range(at..=end, &id);
            }
            let mut query = Vec::new();
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                if parameter["in"] == "query" && (parameter["required"] == true || rng.below(3) == 0) {
                    // One of the words that are described, or one that is not.
                    let schema = &parameter["schema"];
                    let value = match schema["enum"].as_array() {
                        _ if rng.below(3) == 0 => made_up(&mut rng, &known),
                        Some(words) => words[rng.below(words.len())].as_str().unwrap().to_owned(),
                        None if schema["format"] == "uuid" => known[rng.below(known.len())].clone(),
                        None => made_up(&mut rng, &known),
                    };
                    query.push(format!("{}={value}", parameter["name"].as_str().unwrap()));
                }
            }
            if !query.is_empty() {
                address = format!("{address}?{}", query.join("&"));
            }
            let bodies: [&[u8]; 6] = [
                b"",
                b"{}",
                br#"{"key":"a","edits":[{"do":"set_field"}]}"#,
                br#"{"key":"a","edits":[1,null,{"do":"look"}]}"#,
                br#"{"key":"\u0000","edits":[{}]}"#,
                br#"{"key":7,"edits":{}}"#,
            ];
            let body = (method != "GET").then(|| ("application/json", bodies[seed % bodies.len()]));
            let reply = program.send(&method, &address, body);
            let name = format!("{method} {address}: {} {:?}", reply.status, String::from_utf8_lossy(&reply.body));
            assert!(reply.status < 500, "{name}");
            answered.insert(reply.status);
            // An id that is none may make an address that is none.
            if reply.code() == "route.unknown" {
                continue;
            }
            let answer = &operation["responses"][reply.status.to_string()];
            assert!(answer.is_object(), "not described: {name}");
            let kind = reply.header("content-type").and_then(|kind| kind.split(';').next()).unwrap_or_default();
            let content = &answer["content"][kind];
            assert!(content.is_object(), "{kind} is not described: {name}");
            if kind != "application/json" {
                continue;
            }
            let schema = &content["schema"];
            if let Err(error) = fits(&description, schema, &reply.json()) {
                panic!("{error}\n{name}");
            }
        }
        // An organisation without an identifier publishes nothing.
        let right = if path.ends_with("/iati.xml") { 422 } else { 200 };
        assert!(answered.contains(&right), "nothing right was asked of {method} {path}: {answered:?}");
    }
}

//! What the description says of a value, and whether it is so.

use serde_json::Value;

/// Whether a value is as its schema says; as much of JSON Schema as the description uses.
pub(super) fn fits(document: &Value, schema: &Value, value: &Value, place: &str) {
    if let Some(reference) = schema["$ref"].as_str() {
        let pointer = reference.trim_start_matches('#');
        return fits(document, document.pointer(pointer).unwrap(), value, place);
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let null = choices.iter().any(|choice| choice["type"] == "null");
        if null && value.is_null() {
            return;
        }
        let other = choices
            .iter()
            .find(|choice| choice["type"] != "null")
            .unwrap();
        return fits(document, other, value, place);
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    // what is described as any object may be absent
    let any = schema.get("properties").is_none() && kinds == ["object"];
    assert!(
        kinds.contains(&kind) || kinds.is_empty() || any,
        "{place}: {value} is not {schema}"
    );
    if let Some(words) = schema["enum"].as_array() {
        assert!(
            words.contains(value),
            "{place}: {value} is none of {words:?}"
        );
    }
    if let (Some(members), Some(value)) = (schema["properties"].as_object(), value.as_object()) {
        for name in schema["required"].as_array().into_iter().flatten() {
            assert!(
                value.contains_key(name.as_str().unwrap()),
                "{place} lacks {name}"
            );
        }
        for (name, value) in value {
            let schema = members.get(name);
            let schema = schema.unwrap_or_else(|| panic!("{place}.{name} is not described"));
            fits(document, schema, value, &format!("{place}.{name}"));
        }
    }
    for (index, value) in value.as_array().into_iter().flatten().enumerate() {
        fits(
            document,
            &schema["items"],
            value,
            &format!("{place}[{index}]"),
        );
    }
}

pub(super) fn every_reference_leads_somewhere(document: &Value, part: &Value) {
    match part {
        Value::Object(members) => {
            if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
                let pointer = reference.trim_start_matches('#');
                assert!(
                    document.pointer(pointer).is_some(),
                    "{reference} is not there"
                );
            }
            members
                .values()
                .for_each(|part| every_reference_leads_somewhere(document, part));
        }
        Value::Array(parts) => parts
            .iter()
            .for_each(|part| every_reference_leads_somewhere(document, part)),
        _ => {}
    }
}

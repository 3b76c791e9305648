//! Secrets: where the file says they are, never what they are. Nothing here quotes a secret in a
//! message, and the place of a problem is the key, so that the value is not shown either.

use std::ops::Range;
use std::path::{Component, Path};

use secrecy::SecretString;
use toml::de::{DeTable, DeValue};

use super::nearest::nearest;
use super::reader::{Entry, Noted, Reader, kind_of};

const FORMS: &str = "`{ env = \"NAME\" }`, `{ file = \"path\" }` or `{ credential = \"name\" }`";

/// How a secret is treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// It must be there.
    Required,
    /// It may be absent, and so may the environment variable it names.
    Optional,
    /// It must be there, but it is no secret: it may stand in the file.
    Identifier,
}

/// The text of a key that is a secret; `None` where it is absent and may be.
pub(super) fn secret(
    reader: &Reader<'_>,
    key: &'static str,
    need: Need,
) -> Result<Option<String>, Noted> {
    let Some(entry) = reader.entry(key) else {
        if need == Need::Optional {
            return Ok(None);
        }
        reader.missing(key);
        return Err(Noted);
    };
    match entry.value.get_ref() {
        DeValue::String(text) => {
            if need != Need::Identifier {
                reader.sheet.warning(
                    &entry.key_span,
                    &entry.path,
                    format!("the secret stands in the file; better is {FORMS}"),
                );
            }
            cleaned(reader, &entry, text).map(Some)
        }
        DeValue::Table(table) => match fetch(reader, &entry, table, need)? {
            Some(text) => cleaned(reader, &entry, &text).map(Some),
            None => Ok(None),
        },
        other => {
            let message = format!("must be {FORMS}, not {}", kind_of(other));
            reader.sheet.problem(&entry.key_span, &entry.path, message);
            Err(Noted)
        }
    }
}

/// A secret that must be there.
pub(super) fn required(reader: &Reader<'_>, key: &'static str) -> Option<SecretString> {
    secret(reader, key, Need::Required)
        .ok()?
        .map(SecretString::from)
}

/// A secret that may be absent.
pub(super) fn optional(
    reader: &Reader<'_>,
    key: &'static str,
) -> Result<Option<SecretString>, Noted> {
    secret(reader, key, Need::Optional).map(|found| found.map(SecretString::from))
}

/// Gets a secret from where `table` says it is.
fn fetch(
    reader: &Reader<'_>,
    entry: &Entry<'_>,
    table: &DeTable<'_>,
    need: Need,
) -> Result<Option<String>, Noted> {
    let problem = |span: &Range<usize>, message: String| {
        reader.sheet.problem(span, &entry.path, message);
        Err(Noted)
    };
    let mut fields = table.iter();
    let (Some((kind, place)), None) = (fields.next(), fields.next()) else {
        return problem(&entry.key_span, format!("must be one of {FORMS}"));
    };
    let DeValue::String(named) = place.get_ref() else {
        let found = kind_of(place.get_ref());
        return problem(&kind.span(), format!("must be a text, not {found}"));
    };
    let found = match kind.get_ref().as_ref() {
        "env" => {
            let value = (reader.sheet.environment)(named).filter(|text| !text.is_empty());
            if value.is_none() && need == Need::Optional {
                return Ok(None);
            }
            value.ok_or_else(|| not_set(named))
        }
        "file" => read_file(reader, entry, &reader.sheet.folder.join(named.as_ref())),
        "credential" => read_credential(reader, named),
        other => {
            let near = nearest(other, ["env", "file", "credential"]).unwrap_or("env");
            let message = format!("`{other}` is unknown; the nearest is `{near}`; use {FORMS}");
            return problem(&kind.span(), message);
        }
    };
    match found {
        Ok(text) => Ok(Some(text)),
        Err(message) => problem(&entry.key_span, message),
    }
}

/// The name is quoted where it looks like one: a secret put there by mistake must not be shown.
fn not_set(name: &str) -> String {
    let plain =
        |letter: char| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_';
    if name.chars().all(plain) {
        format!("the environment variable `{name}` is not set")
    } else {
        "the environment variable named here is not set".to_owned()
    }
}

fn read_file(reader: &Reader<'_>, entry: &Entry<'_>, path: &Path) -> Result<String, String> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("the file `{}` cannot be read: {error}", path.display()))?;
    if is_open_to_all(path) {
        reader.sheet.warning(
            &entry.key_span,
            &entry.path,
            format!(
                "every user of this machine can read `{0}`: chmod 600 {0}",
                path.display()
            ),
        );
    }
    Ok(text)
}

#[cfg(unix)]
fn is_open_to_all(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).is_ok_and(|data| data.permissions().mode() & 0o004 != 0)
}

#[cfg(not(unix))]
fn is_open_to_all(_path: &Path) -> bool {
    false
}

fn read_credential(reader: &Reader<'_>, name: &str) -> Result<String, String> {
    let mut parts = Path::new(name).components();
    let (Some(Component::Normal(_)), None) = (parts.next(), parts.next()) else {
        return Err(
            "a credential is named as in systemd's `LoadCredential=`, without a path".to_owned(),
        );
    };
    let Some(folder) = (reader.sheet.environment)("CREDENTIALS_DIRECTORY") else {
        return Err(format!(
            "the credential `{name}` needs `$CREDENTIALS_DIRECTORY`, which systemd sets: add `LoadCredential={name}:/path/of/the/secret` to the unit"
        ));
    };
    let path = Path::new(&folder).join(name);
    std::fs::read_to_string(&path)
        .map_err(|error| format!("the credential `{name}` cannot be read: {error}"))
}

/// The secret without the line break that editors leave at the end of files.
fn cleaned(reader: &Reader<'_>, entry: &Entry<'_>, text: &str) -> Result<String, Noted> {
    let text = text.trim_end_matches(['\r', '\n']);
    let message = if text.trim().is_empty() {
        "the secret is empty"
    } else if text.chars().any(char::is_control) {
        "the secret has a line break or another control character in it"
    } else {
        return Ok(text.to_owned());
    };
    reader.sheet.problem(&entry.key_span, &entry.path, message);
    Err(Noted)
}

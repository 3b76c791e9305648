//! Lists as files for a spreadsheet: amounts plain, with a point.

use axum::http::header;
use axum::response::{IntoResponse, Response};

/// A file that is saved under this name.
pub(super) fn file(name: &str, text: String) -> Response {
    let name: String = name
        .chars()
        .map(|letter| match letter {
            'a'..='z' | '0'..='9' => letter,
            'A'..='Z' => letter.to_ascii_lowercase(),
            _ => '-',
        })
        .collect();
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}.csv\""),
        ),
    ];
    (headers, text).into_response()
}

/// One line; every cell in quotes.
pub(super) fn line(text: &mut String, cells: &[&str]) {
    for (index, cell) in cells.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push_str(&quoted(cell));
    }
    text.push_str("\r\n");
}

/// A cell in quotes; a spreadsheet takes none for a formula, and an amount for an amount.
pub(super) fn quoted(text: &str) -> String {
    let is_number = text.parse::<rust_decimal::Decimal>().is_ok();
    let risky = text.starts_with(['=', '+', '-', '@', '\t', '\r']) && !is_number;
    let guard = if risky { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::{line, quoted};

    #[test]
    fn no_name_becomes_a_formula_and_a_refund_stays_a_number() {
        assert_eq!(quoted("=HYPERLINK(1)"), "\"'=HYPERLINK(1)\"");
        assert_eq!(quoted("@sum"), "\"'@sum\"");
        assert_eq!(quoted("-58.20"), "\"-58.20\"");
        assert_eq!(quoted("-1+cmd"), "\"'-1+cmd\"");
        assert_eq!(quoted("Ana \"A\" Müller"), "\"Ana \"\"A\"\" Müller\"");
        let mut text = String::new();
        line(&mut text, &["1043", "58.20"]);
        assert_eq!(text, "\"1043\",\"58.20\"\r\n");
    }
}

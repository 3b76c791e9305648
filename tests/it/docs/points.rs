//! Every point that `daybook check` can find is explained in the operations page.

use daybook::domain::Point;

use super::{read, section};

#[test]
fn every_point_of_a_check_is_explained_and_none_that_is_not_made() {
    let page = read("docs/operations.md");
    let part = section(&page, "What to do when");
    let (_, table) = part
        .split_once("| point | what it means |\n|---|---|\n")
        .expect("the table of points");
    let rows: Vec<&str> = table
        .lines()
        .take_while(|row| row.starts_with("| "))
        .collect();
    let wanted: Vec<String> = Point::ALL
        .iter()
        .map(|(_, code, meaning)| format!("| `{code}` | {meaning} |"))
        .collect();
    assert_eq!(rows, wanted);
}

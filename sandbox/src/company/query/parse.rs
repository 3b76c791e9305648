//! From the text of a statement to its parts, with the position of what does
//! not fit. Faults as recorded in `query_fault_4000_*.json`.

use super::super::fault::Fault;
use super::tokens::{Kind, Token, tokens};

/// A statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Select {
    pub(super) columns: Columns,
    pub(super) entity: String,
    pub(super) conditions: Vec<Condition>,
    pub(super) order: Vec<(String, bool)>,
    pub(super) start: Option<i64>,
    pub(super) limit: Option<i64>,
}

/// What is asked of each row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Columns {
    All,
    Count,
    Listed(Vec<String>),
}

/// `property operator value…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Condition {
    pub(super) property: String,
    pub(super) operator: Operator,
    pub(super) values: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    Less,
    Greater,
    AtMost,
    AtLeast,
    In,
    Like,
}

/// The words a recorded fault says may follow a property.
const AFTER_PROPERTY: &str = "one of:\n    <EOF> \n    \".\" ...\n    <AND> ...\n    \"between\" ...\n    \
    \"contains\" ...\n    \"=\" ...\n    \"in\" ...\n    \"iterator\" ...\n    \"like\" ...\n    \
    \"maxresults\" ...\n    \"!=\" ...\n    <NOT> ...\n    <OR> ...\n    \"order\" ...\n    \
    \"orderby\" ...\n    \"startposition\" ...\n    ";
const IDENTIFIER: &str = ":\n    <IDENTIFIER> ...\n    ";

pub(super) fn parse(statement: &str) -> Result<Select, Fault> {
    let mut parser = Parser {
        tokens: tokens(statement)?,
        at: 0,
    };
    parser.select()
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn select(&mut self) -> Result<Select, Fault> {
        self.keyword("select", ":\n    \"select\" ...\n    ")?;
        let columns = self.columns()?;
        self.keyword("from", ":\n    \"from\" ...\n    ")?;
        let entity = self.identifier()?;
        let mut select = Select {
            columns,
            entity,
            conditions: Vec::new(),
            order: Vec::new(),
            start: None,
            limit: None,
        };
        if self.accept("where") {
            select.conditions.push(self.condition()?);
            while self.accept("and") {
                select.conditions.push(self.condition()?);
            }
            if self.is("or") {
                return Err(Fault::query_invalid("operator OR is not supported"));
            }
        }
        if self.accept("orderby") {
            select.order = self.order()?;
        } else if self.accept("order") {
            self.keyword("by", ":\n    \"by\" ...\n    ")?;
            select.order = self.order()?;
        }
        loop {
            if self.accept("startposition") {
                select.start = Some(self.number()?);
            } else if self.accept("maxresults") {
                select.limit = Some(self.number()?);
            } else {
                break;
            }
        }
        if self.peek().kind == Kind::End {
            Ok(select)
        } else {
            Err(self.unexpected(AFTER_PROPERTY))
        }
    }

    fn columns(&mut self) -> Result<Columns, Fault> {
        if self.accept("*") {
            return Ok(Columns::All);
        }
        if self.is("count") {
            self.at += 1;
            for symbol in ["(", "*", ")"] {
                self.keyword(symbol, ":\n    \"(*)\" ...\n    ")?;
            }
            return Ok(Columns::Count);
        }
        let mut listed = vec![self.identifier()?];
        while self.accept(",") {
            listed.push(self.identifier()?);
        }
        Ok(Columns::Listed(listed))
    }

    fn condition(&mut self) -> Result<Condition, Fault> {
        let property = self.identifier()?;
        let operator = match self.peek().text.to_ascii_lowercase().as_str() {
            "=" => Operator::Equal,
            "<" => Operator::Less,
            ">" => Operator::Greater,
            "<=" => Operator::AtMost,
            ">=" => Operator::AtLeast,
            "in" => Operator::In,
            "like" => Operator::Like,
            "!=" | "between" | "contains" | "not" => {
                let detail = format!("operator {} is not supported", self.peek().text);
                return Err(Fault::query_invalid(&detail));
            }
            _ => return Err(self.unexpected(AFTER_PROPERTY)),
        };
        self.at += 1;
        let mut values = Vec::new();
        if operator == Operator::In {
            self.keyword("(", ":\n    \"(\" ...\n    ")?;
            values.push(self.value()?);
            while self.accept(",") {
                values.push(self.value()?);
            }
            self.keyword(")", " one of:\n    \")\" ...\n    \",\" ...\n    ")?;
        } else {
            values.push(self.value()?);
        }
        Ok(Condition {
            property,
            operator,
            values,
        })
    }

    fn order(&mut self) -> Result<Vec<(String, bool)>, Fault> {
        let mut order = Vec::new();
        loop {
            let property = self.identifier()?;
            let descending = self.accept("desc");
            if !descending {
                self.accept("asc");
            }
            order.push((property, descending));
            if !self.accept(",") {
                return Ok(order);
            }
        }
    }

    fn value(&mut self) -> Result<String, Fault> {
        let token = self.peek().clone();
        let bare_word = matches!(token.text.to_ascii_lowercase().as_str(), "true" | "false");
        match token.kind {
            Kind::Text | Kind::Number => {}
            Kind::Word if bare_word => {}
            _ => {
                return Err(
                    self.unexpected(" one of:\n    <STRING_LITERAL> ...\n    <NUMBER> ...\n    ")
                );
            }
        }
        self.at += 1;
        Ok(token.text)
    }

    fn number(&mut self) -> Result<i64, Fault> {
        let parsed = self.peek().text.parse::<i64>();
        match (&self.peek().kind, parsed) {
            (Kind::Number, Ok(number)) => {
                self.at += 1;
                Ok(number)
            }
            _ => Err(self.unexpected(":\n    <NUMBER> ...\n    ")),
        }
    }

    fn identifier(&mut self) -> Result<String, Fault> {
        let token = self.peek().clone();
        if token.kind != Kind::Word || token.text.eq_ignore_ascii_case("null") {
            return Err(self.unexpected(IDENTIFIER));
        }
        self.at += 1;
        Ok(token.text)
    }

    fn peek(&self) -> &Token {
        const END: &Token = &Token {
            kind: Kind::End,
            text: String::new(),
            column: 0,
        };
        self.tokens
            .get(self.at)
            .or(self.tokens.last())
            .unwrap_or(END)
    }

    fn is(&self, keyword: &str) -> bool {
        let token = self.peek();
        matches!(token.kind, Kind::Word | Kind::Symbol) && token.text.eq_ignore_ascii_case(keyword)
    }

    fn accept(&mut self, keyword: &str) -> bool {
        let is = self.is(keyword);
        self.at += usize::from(is);
        is
    }

    fn keyword(&mut self, keyword: &str, expecting: &str) -> Result<(), Fault> {
        if self.accept(keyword) {
            Ok(())
        } else {
            Err(self.unexpected(expecting))
        }
    }

    fn unexpected(&self, expecting: &str) -> Fault {
        let token = self.peek();
        let encountered = match token.kind {
            Kind::End => "\"<EOF>\"".to_owned(),
            Kind::Symbol => format!("\" \"{0}\" \"{0} \"\"", token.text),
            Kind::Word if token.text.eq_ignore_ascii_case("null") => {
                format!("\" \"null\" \"{} \"\"", token.text)
            }
            Kind::Word => format!("\" <IDENTIFIER> \"{} \"\"", token.text),
            Kind::Text => format!("\" <STRING_LITERAL> \"\\'{}\\' \"\"", token.text),
            Kind::Number => format!("\" <NUMBER> \"{} \"\"", token.text),
        };
        let space = if expecting.starts_with("one") {
            " "
        } else {
            ""
        };
        Fault::query_syntax(format!(
            "QueryParserError: Encountered {encountered} at line 1, column {}.\nWas expecting{space}{expecting}",
            token.column
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_in_any_case_and_with_two_word_order_is_understood() {
        let select = parse(
            "Select * from Invoice Where Metadata.LastUpdatedTime>'2017-03-11T18:48:56.001Z' \
             Order By Metadata.LastUpdatedTime STARTPOSITION 1 MAXRESULTS 50",
        );
        assert!(select.is_ok_and(|select| {
            select.entity == "Invoice"
                && select.order == [("Metadata.LastUpdatedTime".to_owned(), false)]
                && select.start == Some(1)
                && select.limit == Some(50)
        }));
    }

    #[test]
    fn an_escaped_quote_is_part_of_the_value() {
        let select = parse(r"SELECT * FROM Customer WHERE DisplayName = 'Mickey O\'Neil'");
        let values = select.map(|select| {
            select
                .conditions
                .into_iter()
                .flat_map(|condition| condition.values)
                .collect::<Vec<_>>()
        });
        assert_eq!(values, Ok(vec!["Mickey O'Neil".to_owned()]));
    }

    #[test]
    fn the_recorded_parse_errors_name_token_and_column() {
        let fault = parse("select * from NULL").err();
        let detail = fault
            .as_ref()
            .and_then(|fault| fault.errors.first())
            .map(|e| e.detail.clone());
        let recorded = "QueryParserError: Encountered \" \"null\" \"NULL \"\" at line 1, column 15.\n\
             Was expecting:\n    <IDENTIFIER> ...\n    ";
        assert_eq!(detail.as_deref(), Some(recorded));
        let fault = parse("select * from Customer where PrimayEmailAddr>Address = 'x'").err();
        assert_eq!(
            fault
                .as_ref()
                .map(|fault| fault.code().to_owned())
                .as_deref(),
            Some("4000")
        );
    }
}

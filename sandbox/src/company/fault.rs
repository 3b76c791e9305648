//! Every way the company says no, in the recorded shapes and wordings.
//! FACTS: QuickBooks §5 and `recorded/`.

use serde_json::{Value, json};

use super::kind::Kind;

/// One error of a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultError {
    /// Digits: `6240`.
    pub code: String,
    /// The general sentence of the code.
    pub message: String,
    /// What it was in this case.
    pub detail: String,
    /// The member it is about; `None` leaves the member out of the answer.
    pub element: Option<String>,
}

/// A refusal: HTTP status, type and one or several errors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The HTTP status when it answers a call of its own.
    pub status: u16,
    /// `ValidationFault`, `SystemFault`, `SERVICE`, `AUTHENTICATION`.
    pub kind: String,
    /// What is wrong, at least one.
    pub errors: Vec<FaultError>,
    /// The gateway's shape: lower-case members and epoch milliseconds.
    pub from_gateway: bool,
}

impl Fault {
    /// A `ValidationFault` with status 400 and one error.
    pub fn validation(code: u32, message: &str, detail: impl Into<String>, element: &str) -> Self {
        Self::new(400, "ValidationFault", code, message, detail, Some(element))
    }

    /// Any fault with one error.
    pub fn new(
        status: u16,
        kind: &str,
        code: u32,
        message: &str,
        detail: impl Into<String>,
        element: Option<&str>,
    ) -> Self {
        let error = FaultError {
            code: code.to_string(),
            message: message.to_owned(),
            detail: detail.into(),
            element: element.map(str::to_owned),
        };
        Self {
            status,
            kind: kind.to_owned(),
            errors: vec![error],
            from_gateway: false,
        }
    }

    /// The code of its first error.
    pub fn code(&self) -> &str {
        self.errors.first().map_or("", |error| error.code.as_str())
    }

    /// The inner object of the service shape, to stand after `"Fault":`.
    pub(super) fn to_value(&self) -> Value {
        let errors: Vec<Value> = self.errors.iter().map(error_value).collect();
        json!({ "Error": errors, "type": self.kind })
    }

    /// 2020: a required member is missing.
    pub fn required(name: &str) -> Self {
        Self::required_at(name, name)
    }

    /// 2020 where the text names more than the element does.
    pub fn required_at(what: &str, element: &str) -> Self {
        let message = "Required param missing, need to supply the required value for the API";
        let detail = format!("Required parameter {what} is missing in the request");
        Self::validation(2020, message, detail, element)
    }

    /// 2010: a member the company does not know.
    pub fn unknown_property(name: &str) -> Self {
        let detail = format!("Property Name:{name} specified is unsupported or invalid");
        Self::validation(
            2010,
            "Request has invalid or unsupported property",
            detail,
            name,
        )
    }

    /// 2030: an id that is no number.
    pub fn invalid_id(supplied: &str) -> Self {
        let detail = format!("Id should be a valid number. Supplied value:{supplied}");
        Self::validation(2030, "Invalid ID", detail, "Id")
    }

    /// 2040: characters that are not allowed.
    pub fn invalid_characters(element: &str, supplied: &str) -> Self {
        let detail = format!("Invalid String, Invalid character in {element}: {supplied}");
        Self::validation(2040, "Invalid String", detail, element)
    }

    /// 2050: too long or too short.
    pub fn length(element: &str, minimum: usize, maximum: usize, supplied: usize) -> Self {
        let detail = format!(
            "String length specified does not match the supported length. \
             Min:{minimum} Max:{maximum} supported. Supplied length:{supplied}"
        );
        let message = "String length is either shorter or longer than supported by specification";
        Self::validation(2050, message, detail, element)
    }

    /// 2080: a number or date that cannot be read.
    pub fn invalid_value(element: &str, supplied: &str) -> Self {
        let detail = format!("Invalid value for {element}. Supplied value:{supplied}");
        Self::validation(2080, "Invalid Number or Date", detail, element)
    }

    /// 2170: not one of the values of an enumeration.
    pub fn invalid_enumeration(element: &str, supplied: &str) -> Self {
        let detail = format!("Invalid Enumeration : {supplied}");
        Self::validation(2170, "Invalid Enumeration", detail, element)
    }

    /// 2500: a reference to something that does not exist.
    pub fn invalid_reference(list: &str, id: &str, element: &str) -> Self {
        let detail = format!("Invalid Reference Id : {list} element id {id} not found");
        Self::validation(2500, "Invalid Reference Id", detail, element)
    }

    /// 610: not there, or made inactive.
    pub fn not_found() -> Self {
        let detail = "Object Not Found : Something you're trying to use has been made inactive. \
             Check the fields with accounts, customers, items, vendors or employees.";
        Self::validation(610, "Object Not Found", detail, "")
    }

    /// 610: an id read under another type.
    pub fn other_type(asked: Kind, found: Kind) -> Self {
        let detail = format!(
            "Object Not Found : TxnType does not match read: {} expected: {}",
            found.label(),
            asked.label()
        );
        Self::validation(610, "Object Not Found", detail, "")
    }

    /// 5010: the SyncToken is not the current one.
    pub fn stale(editor: &str) -> Self {
        let detail = format!(
            "Stale Object Error : You and {editor} were working on this at the same time. \
             {editor} finished before you did, so your work was not saved."
        );
        Self::validation(5010, "Stale Object Error", detail, "")
    }

    /// 6000: a rule of the trade; the text is all there is.
    pub fn business(text: &str) -> Self {
        let message = "A business validation error has occurred while processing your request";
        Self::validation(
            6000,
            message,
            format!("Business Validation Error: {text}"),
            "",
        )
    }

    /// 6070: Amount is not `Qty` times `UnitPrice`.
    pub fn amount(supplied: &str) -> Self {
        let detail = format!("Amount is not equal to UnitPrice * Qty. Supplied value:{supplied}");
        Self::validation(
            6070,
            "Amount calculation incorrect in the request",
            detail,
            "Line.Amount",
        )
    }

    /// 6100: a US line wants TAX or NON.
    pub fn line_tax_code(supplied: &str) -> Self {
        let detail =
            format!("Tax code should be TAX or NON for US companies. Supplied value:{supplied}");
        Self::validation(6100, "Invalid tax code", detail, "Line.TaxCodeRef")
    }

    /// 6140: the document number is taken.
    pub fn duplicate_number(number: &str, kind: Kind, id: u64) -> Self {
        let detail = format!(
            "Duplicate Document Number Error : You must specify a different number. \
             This number has already been used. DocNumber={number} is assigned to \
             TxnType={} with TxnId={id}",
            kind.label()
        );
        Self::validation(6140, "Duplicate Document Number Error", detail, "")
    }

    /// 6190: the subscription has ended; the company can only be read.
    pub fn subscription() -> Self {
        let message = "Invalid Company Status";
        let detail = "Subscription period has ended or canceled or there was a billing problem : \
             You can't add data to QuickBooks Online Plus because your trial or subscription \
             period ended, you canceled your subscription, or there was a billing problem.";
        Self::validation(6190, message, detail, "")
    }

    /// 6200 or 6210: dated in a closed period.
    pub fn closed_period(code: u32) -> Self {
        let detail = "The account period has closed and the account books cannot be updated \
             through the QBO Services API. Please use the QBO website to make these changes.";
        Self::validation(
            code,
            "Account Period Closed, Cannot Update Through Services",
            detail,
            "",
        )
    }

    /// 6240: another of the same list has that name.
    pub fn duplicate_name_same(list: &str) -> Self {
        let detail = format!(
            "The name supplied already exists. : Another {list} is already using this name.  \
             Please use a different name."
        );
        Self::validation(6240, "Duplicate Name Exists Error", detail, "")
    }

    /// 6240: one of the other name lists has that name.
    pub fn duplicate_name_elsewhere() -> Self {
        let detail = "The name supplied already exists. : Another customer, vendor or employee is \
             already using this name. Please use a different name.";
        Self::validation(6240, "Duplicate Name Exists Error", detail, "")
    }

    /// 6270: dated before the stock of an item began.
    pub fn before_inventory_start() -> Self {
        let message = "Transaction date is prior to start date for inventory item";
        let detail = "Transactions with inventory (QOH) products cant be dated earlier than the \
             Inventory Start Date for the product";
        Self::validation(6270, message, detail, "")
    }

    /// 6430: an account of a type that does not belong there.
    pub fn account_type(element: &str) -> Self {
        let detail = "Invalid account type used";
        Self::validation(6430, "Invalid account type", detail, element)
    }

    /// 6540: the transaction lies in a deposit.
    pub fn deposited() -> Self {
        let detail = "Deposited Transaction cannot be changed : If you want to modify this \
             transaction, you must first delete it from the deposit.";
        Self::validation(6540, "Deposited Transaction cannot be changed", detail, "")
    }

    /// 500: the operation does not exist for this kind.
    pub fn unsupported(operation: &str) -> Self {
        let detail = format!("Operation {operation} is not supported.");
        Self::validation(500, "Unsupported Operation", detail, "Operation")
    }

    /// 600: the request id was used with something else.
    pub fn duplicate_request_id() -> Self {
        let detail = "RequestId already exists, duplicate request detected";
        Self::validation(600, "Duplicate RequestId", detail, "RequestId")
    }

    /// 4000: the query cannot be parsed.
    pub fn query_syntax(detail: impl Into<String>) -> Self {
        Self::new(
            400,
            "ValidationFault",
            4000,
            "Error parsing query",
            detail,
            None,
        )
    }

    /// 4001: the query is understood and not allowed.
    pub fn query_invalid(detail: &str) -> Self {
        let detail = format!("QueryValidationError: {detail}");
        Self::new(400, "ValidationFault", 4001, "Invalid query", detail, None)
    }

    /// 10000: the system failed, HTTP 500.
    pub fn system() -> Self {
        let message = "An application error has occurred while processing your request";
        let detail = "System Failure Error: java.lang.NullPointerException";
        Self::new(500, "SystemFault", 10000, message, detail, None)
    }

    /// 3200 from the gateway, HTTP 401: no, an unknown or an expired token.
    pub fn authentication(detail: &str) -> Self {
        let message = "message=AuthenticationFailed; errorCode=003200; statusCode=401";
        let fault = Self::new(401, "AUTHENTICATION", 3200, message, detail, None);
        Self {
            from_gateway: true,
            ..fault
        }
    }

    /// 3100 from the gateway, HTTP 403: a company the app is not connected to.
    pub fn authorization() -> Self {
        let message = "message=ApplicationAuthorizationFailed; errorCode=003100; statusCode=403";
        let fault = Self::new(403, "SERVICE", 3100, message, "", None);
        Self {
            from_gateway: true,
            ..fault
        }
    }

    /// The body of an answer of the gateway. FACTS: QuickBooks §5.1, shape 2.
    pub(super) fn gateway_body(&self, epoch_milliseconds: i64) -> Value {
        let errors: Vec<Value> = self.errors.iter().map(gateway_error_value).collect();
        let fault = json!({ "error": errors, "type": self.kind });
        if self.status == 403 {
            return json!({ "fault": fault });
        }
        json!({
            "warnings": null,
            "intuitObject": null,
            "fault": fault,
            "report": null,
            "queryResponse": null,
            "batchItemResponse": [],
            "attachableResponse": [],
            "syncErrorResponse": null,
            "requestId": null,
            "time": epoch_milliseconds,
            "status": null,
            "cdcresponse": []
        })
    }
}

fn error_value(error: &FaultError) -> Value {
    let mut value = json!({
        "Message": error.message,
        "Detail": error.detail,
        "code": error.code,
    });
    if let (Some(element), Some(object)) = (&error.element, value.as_object_mut()) {
        object.insert("element".to_owned(), Value::from(element.as_str()));
    }
    value
}

fn gateway_error_value(error: &FaultError) -> Value {
    let detail = if error.detail.is_empty() {
        Value::Null
    } else {
        Value::from(error.detail.as_str())
    };
    json!({ "message": error.message, "detail": detail, "code": error.code, "element": null })
}

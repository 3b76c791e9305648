//! What the description of the API says beside its routes.

use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, InfoBuilder, OpenApi, Ref, ResponseBuilder,
};
use utoipa::{PartialSchema as _, ToSchema as _};

use super::problem::Problem;

/// Adds title, version, the token, and what every refusal looks like.
pub(super) fn complete(document: &mut OpenApi) {
    document.info = InfoBuilder::new()
        .title("daybook")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Runs, the journal and the books of a daybook. Times are RFC 3339 in UTC; money is text with its \
             currency beside it. Every refusal is a problem (RFC 9457) with a stable code.",
        ))
        .build();
    document.servers = None;
    let mut components = ComponentsBuilder::from(document.components.take().unwrap_or_default());
    components = components
        .schema(Problem::name(), Problem::schema())
        .security_scheme(
            "token",
            SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)),
        );
    document.components = Some(components.build());
    for (path, item) in &mut document.paths.paths {
        let open = matches!(path.as_str(), "/healthz" | "/readyz");
        let hook = path.starts_with("/hooks/");
        for operation in [&mut item.get, &mut item.post].into_iter().flatten() {
            let refusal = ResponseBuilder::new()
                .description("Refused")
                .content(
                    "application/problem+json",
                    ContentBuilder::new()
                        .schema(Some(Ref::from_schema_name(Problem::name())))
                        .build(),
                )
                .build();
            operation
                .responses
                .responses
                .insert("default".to_owned(), refusal.into());
            if !open && !hook {
                let token: [&str; 0] = [];
                operation.security = Some(vec![
                    SecurityRequirement::new("token", token),
                    SecurityRequirement::default(),
                ]);
            }
        }
    }
}

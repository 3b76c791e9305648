//! The words of the page to sign in.

pub(in super::super) const TITLE: &str = "Sign in";
pub(in super::super) const LABEL: &str = "Token";
pub(in super::super) const HINT: &str = "The operator's token reads and acts, the viewer's token only reads. They stand in \
     daybook's configuration as server.auth_token and server.viewer_token.";
pub(in super::super) const OPENS_NOTHING: &str = "this token opens nothing";

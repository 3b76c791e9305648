//! `daybook connect`: an administrator of the company gives consent in a browser, once.
//!
//! Intuit's page comes back to an address of the app. Where that is one of this machine, the command
//! listens there; any other (Intuit wants `https` for real books) only shows the answer in the
//! browser's address bar, from where it is pasted.

use std::future::IntoFuture;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::routing::get;
use kit::Target;
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::output::{Exit, Stopped, complain, line};
use super::{ConnectArguments, Global, setup};
use crate::domain::ConnectionName;
use crate::wiring;

/// How long somebody may take to sign in and choose the company.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// What the consent page sent back.
#[derive(Default)]
struct Answer {
    code: Option<String>,
    realm: Option<String>,
    state: Option<String>,
    error: Option<String>,
}

impl Answer {
    /// The answer in a query string.
    fn of(query: &str) -> Self {
        let mut answer = Self::default();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let place = match &*name {
                "code" => &mut answer.code,
                "realmId" => &mut answer.realm,
                "state" => &mut answer.state,
                "error" => &mut answer.error,
                _ => continue,
            };
            *place = Some(value.into_owned());
        }
        answer
    }

    /// The code and the company it is for, if the answer belongs to our question.
    fn accepted(self, state: &str) -> Result<(SecretString, String), Stopped> {
        if let Some(error) = self.error {
            return Err(
                Stopped::new(Exit::Credentials, format!("no consent was given: {error}"))
                    .with_remedy("run `daybook connect` again and choose the company"),
            );
        }
        match (self.code, self.realm) {
            (Some(code), Some(realm)) if self.state.as_deref() == Some(state) => {
                Ok((code.into(), realm))
            }
            _ => Err(Stopped::new(
                Exit::Credentials,
                "this is not the answer to the page that was just opened",
            )
            .with_remedy("run `daybook connect` again and use the address it prints then")),
        }
    }
}

pub(super) async fn run(global: &Global, arguments: &ConnectArguments) -> Result<Exit, Stopped> {
    let config = setup::config(global)?;
    let world = setup::world()?;
    let clock = world.clock.clone();
    let state = world.chance.id(clock.now());
    let store = wiring::open_store(&config, &world).await?;
    let name = ConnectionName::new(arguments.name.as_str());
    let Some(company) = wiring::company(&config, &name, &store, &world)? else {
        let companies: Vec<&str> = config.companies().map(ConnectionName::as_str).collect();
        return Err(Stopped::new(
            Exit::Usage,
            format!(
                "there is no QuickBooks connection `{name}`; there is {}",
                companies.join(", ")
            ),
        ));
    };
    let redirect = &arguments.redirect;
    let page = company.consent_page(redirect, &state);
    let stop = CancellationToken::new();
    let answer = tokio::select! {
        answer = ask(&page, redirect) => answer?,
        signal = setup::signalled(&stop) => return Ok(signal?.exit()),
        () = clock.sleep(PATIENCE) => {
            return Err(Stopped::new(Exit::Credentials, "nobody gave consent within 15 minutes")
                .with_remedy("run `daybook connect` again"));
        }
    };
    let (code, realm) = answer.accepted(&state)?;
    company.accept_consent(&code, &realm, redirect).await?;
    store
        .audit("command", "connect", name.as_str(), "consent was given")
        .await?;
    let found = company.check().await?;
    store.close().await;
    if global.json {
        let connected = serde_json::json!({ "connection": name, "realm": realm, "found": found });
        line(&connected.to_string());
    } else {
        line(&format!("connected `{name}`: {found}"));
    }
    Ok(Exit::Done)
}

/// Shows the page and waits for what it sends back.
async fn ask(page: &Url, redirect: &Url) -> Result<Answer, Stopped> {
    let Some(place) = listened_at(redirect) else {
        complain(&format!(
            "Open this page in your browser, sign in and choose the company:\n\n  {page}\n\n\
             Then paste the whole address that the browser shows at the end:",
        ));
        return pasted().await;
    };
    let listener = TcpListener::bind(place).await.map_err(|error| {
        Stopped::new(Exit::Failed, format!("cannot listen on {place}: {error}"))
            .with_remedy("end what uses the port, or name another with --redirect-uri")
    })?;
    complain(&format!(
        "Open this page in a browser on this machine, sign in and choose the company:\n\n  {page}\n",
    ));
    let (sender, mut receiver) = mpsc::channel(1);
    let pages = Router::new()
        .route(redirect.path(), get(received))
        .with_state(sender);
    let answered = CancellationToken::new();
    let last_page = answered.clone().cancelled_owned();
    let serving = axum::serve(listener, pages).with_graceful_shutdown(last_page);
    let receiving = async {
        let answer = receiver.recv().await;
        answered.cancel(); // the browser still gets its page
        answer.unwrap_or_default()
    };
    let (_, answer) = tokio::join!(serving.into_future(), receiving);
    Ok(answer)
}

async fn received(
    State(sender): State<mpsc::Sender<Answer>>,
    RawQuery(query): RawQuery,
) -> (StatusCode, &'static str) {
    // a second answer, as after a reload, changes nothing
    let _ = sender.try_send(Answer::of(&query.unwrap_or_default()));
    (
        StatusCode::OK,
        "daybook has the answer. Go back to the terminal; this page can be closed.",
    )
}

/// The address of this machine that `redirect` names, if it names one.
fn listened_at(redirect: &Url) -> Option<SocketAddr> {
    let local = redirect.scheme() == "http"
        && matches!(redirect.host_str(), Some("localhost" | "127.0.0.1"));
    let port = redirect.port_or_known_default()?;
    local.then(|| SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
}

async fn pasted() -> Result<Answer, Stopped> {
    let unreadable = |what: String| {
        Stopped::new(Exit::Usage, format!("this is not the address: {what}"))
            .with_remedy("paste all of the browser's address, beginning with https://")
    };
    let read = tokio::task::spawn_blocking(|| {
        let mut text = String::new();
        std::io::stdin().read_line(&mut text).map(|_| text)
    });
    let text = read
        .await
        .map_err(|error| unreadable(error.to_string()))?
        .map_err(|error| unreadable(error.to_string()))?;
    let address = Url::parse(text.trim()).map_err(|error| unreadable(error.to_string()))?;
    Ok(Answer::of(address.query().unwrap_or_default()))
}

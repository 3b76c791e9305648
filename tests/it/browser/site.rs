//! daybook as a browser reaches it: the whole program between a simulated store and company, behind a
//! line that can be cut.

use std::net::SocketAddr;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use daybook::domain::{PipelineName, RunOptions};
use daybook::engine::{RunHandle, Tripwire};
use daybook::http::{Access, router};
use daybook::wiring::{self, Program};
use sandbox::company::{Effect, Pause, When};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::support::{Setup, World, plain_store};

/// The program and its world. All of it ends when it is dropped.
pub(super) struct Site {
    pub(super) world: World,
    pub(super) program: Program,
    address: SocketAddr,
    whole: watch::Sender<bool>,
    events: watch::Sender<bool>,
    _work: JoinSet<()>,
}

impl Site {
    /// Before a store with so many plain orders, each read as a page of its own.
    pub(super) async fn with_orders(count: usize) -> Self {
        let mut setup = plain_store();
        "page_size = 1".clone_into(&mut setup.store_settings);
        Self::new(setup, count, Access::default()).await
    }

    /// Before this store, in which so many mugs are sold.
    pub(super) async fn new(mut setup: Setup, mugs: usize, access: Access) -> Self {
        // pages tell the browser's time
        setup.real_time = true;
        let world = setup.start().await;
        world.sell_mugs(mugs);
        let program = world.open(Tripwire::none()).await;
        let app = wiring::app(&program, access, world.clock.clone());
        let events = watch::Sender::new(true);
        let gate = from_fn_with_state(events.subscribe(), let_through);
        let service = router(app)
            .layer(gate)
            .into_make_service_with_connect_info::<SocketAddr>();
        let (behind, server) = listen().await;
        let (address, front) = listen().await;
        let whole = watch::Sender::new(true);
        let mut work = JoinSet::new();
        work.spawn(async move { axum::serve(server, service).await.unwrap() });
        work.spawn(forward(front, behind, whole.subscribe()));
        Self {
            world,
            program,
            address,
            whole,
            events,
            _work: work,
        }
    }

    /// The address of a page.
    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The line is cut: what is open ends, and nothing new gets through.
    pub(super) fn cut_the_line(&self) {
        self.whole.send_replace(false);
    }

    /// The line holds again.
    pub(super) fn mend_the_line(&self) {
        self.whole.send_replace(true);
    }

    /// Who asks for events waits from now on.
    pub(super) fn hold_events(&self) {
        self.events.send_replace(false);
    }

    /// Who asks for events, and who waits, is heard.
    pub(super) fn let_events_through(&self) {
        self.events.send_replace(true);
    }

    /// Stops the next write before its answer leaves.
    pub(super) fn hold_a_write(&self) -> Pause {
        self.world.books().hold_answer(When::write())
    }

    /// From now on each write takes a while, so that a run can be watched.
    pub(super) fn slow_down(&self) {
        let slowly = Effect::Delay(Duration::from_millis(250));
        let writes = When::matching(|request| request.is_write);
        self.world.books().plan_times(writes, slowly, u64::MAX);
    }

    /// A run that nobody in the browser started.
    pub(super) async fn begin(&self) -> RunHandle {
        let options = RunOptions::default();
        self.world.begin(&self.program, options).await
    }

    /// The same, to its end.
    pub(super) async fn sync(&self) {
        self.begin().await.wait().await;
    }

    /// Waits for the end of the active run, if there is one.
    pub(super) async fn run_is_over(&self) {
        if let Some(mut run) = self.program.engine.active(&pipeline()) {
            run.wait().await;
        }
    }
}

/// The world's only pipeline.
pub(super) fn pipeline() -> PipelineName {
    PipelineName::new("store-to-books")
}

async fn listen() -> (SocketAddr, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    (listener.local_addr().unwrap(), listener)
}

/// Holds requests for events back while the gate is closed.
async fn let_through(
    State(mut gate): State<watch::Receiver<bool>>,
    request: Request,
    next: Next,
) -> Response {
    if request.uri().path() == "/api/sync/progress" {
        gate.wait_for(|open| *open).await.unwrap();
    }
    next.run(request).await
}

/// Carries connections to the server while the line is whole.
async fn forward(front: TcpListener, behind: SocketAddr, whole: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    loop {
        let (mut near, _) = front.accept().await.unwrap();
        let mut whole = whole.clone();
        connections.spawn(async move {
            if !*whole.borrow_and_update() {
                return;
            }
            let mut far = TcpStream::connect(behind).await.unwrap();
            tokio::select! {
                _ = copy_bidirectional(&mut near, &mut far) => {}
                _ = whole.wait_for(|whole| !whole) => {}
            }
        });
        while connections.try_join_next().is_some() {}
    }
}

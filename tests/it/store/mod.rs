//! The store suite: one list of stories, told on SQLite and on PostgreSQL.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod calls;
mod crash;
mod fees;
mod forms;
mod journal;
mod leases;
mod lists;
mod opening;
mod pages;
mod plans;
mod runs;
mod tokens;
mod views;
mod world;

/// Tells each story (an `async fn(World)`) on both databases.
macro_rules! on_both {
    ($($story:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test] async fn $story() {
                super::$story($crate::store::world::World::sqlite()).await;
            })*
        }
        mod postgres {
            $(#[tokio::test] async fn $story() {
                if let Some(world) = $crate::store::world::World::postgres().await {
                    super::$story(world.clone()).await;
                    world.tear_down().await;
                }
            })*
        }
    };
}
use on_both;

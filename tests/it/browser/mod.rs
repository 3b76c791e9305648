//! The pages in a real browser: what people do, what changes under their eyes, and whether everybody
//! can use it.

mod accessible;
mod driver;
mod keyboard;
mod live;
mod pictures;
mod site;
mod together;
mod visitors;
mod walk;
mod work;

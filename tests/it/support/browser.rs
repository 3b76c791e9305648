//! As much of a browser as giving consent needs.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The whole answer to a browser that opens `address`.
pub(crate) async fn open(address: &str) -> String {
    let address: url::Url = address.parse().unwrap();
    let place = (address.host_str().unwrap(), address.port().unwrap());
    let mut line = TcpStream::connect(place).await.unwrap();
    let path = &address[url::Position::BeforePath..];
    let question = format!(
        "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
        address.authority()
    );
    line.write_all(question.as_bytes()).await.unwrap();
    let mut answer = String::new();
    line.read_to_string(&mut answer).await.unwrap();
    answer
}

/// Where a browser ends that opens `page` and gives consent.
pub(crate) async fn consented(page: &str) -> String {
    let answer = open(page).await;
    let header = answer
        .lines()
        .find_map(|line| line.strip_prefix("location: "));
    header.expect(&answer).to_owned()
}

//! The MCP fixture server as a process:
//! `conformance-fixture [--transport stdio|http|sse] [--era legacy|modern|both] [--port N]`.
//!
//! Over HTTP it prints `listening on http://127.0.0.1:PORT/mcp`, or `/sse`, once it accepts connections. `--stdio` is
//! short for `--transport stdio`. HTTP+SSE is old by itself: there is no other era to choose.

use std::error::Error;

use doorward_testkit::{
    fixture::{self, Era},
    net,
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let era = net::argument("--era").map_or(Ok(Era::Both), |era| era.parse())?;
    let stdio = net::has_argument("--stdio").then(|| "stdio".to_owned());
    let transport = stdio.or_else(|| net::argument("--transport")).unwrap_or_else(|| "http".to_owned());
    let port = net::argument("--port").map_or(Ok(0), |port| port.parse())?;
    match (transport.as_str(), era) {
        ("stdio", era) => Ok(fixture::serve_stdio(era).await?),
        ("http", era) => {
            let listener = net::listen(port).await?;
            net::announce(&listener, fixture::HTTP_PATH)?;
            Ok(fixture::serve_http_of(listener, era).await?)
        }
        ("sse", Era::Legacy | Era::Both) => {
            let listener = net::listen(port).await?;
            net::announce(&listener, fixture::SSE_PATH)?;
            Ok(fixture::serve_sse(listener).await?)
        }
        ("sse", Era::Modern) => Err("HTTP+SSE was never modern".into()),
        (unknown, _) => Err(format!("there is no transport {unknown:?}: stdio, http or sse").into()),
    }
}

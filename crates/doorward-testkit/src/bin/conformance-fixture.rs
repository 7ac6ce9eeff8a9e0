//! The MCP fixture server as a process: `conformance-fixture [--port N | --stdio]`.
//!
//! Over HTTP it prints `listening on http://127.0.0.1:PORT/mcp` once it accepts connections.

use std::error::Error;

use doorward_testkit::{fixture, net};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    if net::has_argument("--stdio") {
        return Ok(fixture::serve_stdio().await?);
    }
    let port = net::argument("--port").map_or(Ok(0), |port| port.parse())?;
    let listener = net::listen(port).await?;
    net::announce(&listener, fixture::HTTP_PATH)?;
    Ok(fixture::serve_http(listener).await?)
}

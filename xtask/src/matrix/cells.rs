//! Each client's visits to each server: directly, and on every way through the gateway.

use std::time::Duration;

use super::clients::{CLIENTS, Client};
use super::gateway::Gateway;
use super::play;
use super::report::{Report, Row};
use super::servers::{SERVERS, Server};
use super::visit::{Visit, visits};
use super::ways::{self, Way};
use super::{Choice, Stage, verdict};

/// How long a client may take for each of its visits; each step is bounded by the script.
const VISIT_LIMIT: Duration = Duration::from_secs(100);

/// A client, and the servers that it visits one after another in one process.
struct Tour {
    client: &'static Client,
    servers: Vec<&'static Server>,
}

/// Plays the cells of `choice`; without a gateway, directly alone.
pub(super) fn play_all(stage: &Stage, gateway: Option<&Gateway>, choice: &Choice) -> Report {
    let tours: Vec<Tour> = CLIENTS.iter().filter_map(|client| tour(client, choice)).collect();
    Report::of(play::each(&tours, choice.hands, |tour| visit_all(stage, gateway, tour)))
}

/// The names of all cells.
pub(super) fn names() -> Vec<String> {
    SERVERS.iter().flat_map(|server| CLIENTS.iter().map(|client| client.cell(server))).collect()
}

fn tour(client: &'static Client, choice: &Choice) -> Option<Tour> {
    let is_chosen =
        |server: &&Server| (!choice.quick || client.is_quick(server)) && client.cell(server).contains(&choice.only);
    let servers: Vec<&Server> = SERVERS.iter().filter(is_chosen).collect();
    (!servers.is_empty()).then_some(Tour { client, servers })
}

/// Plays a tour, and once more where it ended worse: some clients fail now and then by themselves, when a message comes
/// while they close. What is worse twice is worse; what went at the second try says so.
fn visit_all(stage: &Stage, gateway: Option<&Gateway>, tour: &Tour) -> Vec<Row> {
    let rows = visit_once(stage, gateway, tour, tour.client.name);
    let is_worse = |server: &&Server| rows.iter().any(|row| row.is_worse() && row.is_of(tour.client, server));
    let servers: Vec<&Server> = tour.servers.iter().copied().filter(is_worse).collect();
    if servers.is_empty() {
        return rows;
    }
    let again = Tour { client: tour.client, servers };
    let mut second = visit_once(stage, gateway, &again, &format!("{}-again", tour.client.name));
    let pick = |row: Row| match second.iter().position(|other| other.is_same(&row)) {
        Some(place) => second.swap_remove(place).after(row),
        None => row,
    };
    rows.into_iter().map(pick).collect()
}

fn visit_once(stage: &Stage, gateway: Option<&Gateway>, Tour { client, servers }: &Tour, name: &str) -> Vec<Row> {
    let of_server = |server: &&'static Server| {
        let server = *server;
        Way::between(client, server, gateway).into_iter().map(move |way| (server, way))
    };
    let visited: Vec<(&Server, Way)> = servers.iter().flat_map(of_server).collect();
    let count = u32::try_from(visited.len()).unwrap_or(u32::MAX);
    let plan = ways::plan(stage, gateway, client, servers).to_string();
    let played = play::play(stage, name, &client.script(stage), &[&plan], VISIT_LIMIT * count);
    let visits = visits(&played.output);
    let allowed = gateway.map(Gateway::allowed).unwrap_or_default();
    let silent = || Visit::failed(played.failure.as_deref().unwrap_or("the script said nothing about it"));
    let visit = |server: &Server, way: Way| visits.get(&way.visit(server)).cloned().unwrap_or_else(silent);
    let row = |(server, way): &(&Server, Way)| {
        let through = visit(server, *way);
        let ending = match way {
            Way::Direct => verdict::direct(client, server, &through),
            Way::Run | Way::Serve | Way::Sse | Way::Connect | Way::Joint => {
                let straight = allowed.narrowed(server, visit(server, Way::Direct));
                verdict::compare(client, server, *way, &straight, &through)
            }
        };
        Row::cell(client, server, *way, ending, &through, played.took / count)
    };
    visited.iter().map(row).collect()
}

//! What is said of the labels of tools.

use doorward_core::flow::Confidentiality;
use doorward_flow::nature::Act;

use super::*;
use crate::labels::{Labels, PackChoice};

const SERVER: &str = "[servers.s]\ncommand = [\"npx\", \"-y\", \"slack-mcp-server\"]\n";

fn server(name: &str, rest: &str) -> ServerConfig {
    let place = Place::new(name).file("project/doorward.toml", &format!("{SERVER}{rest}"));
    place.load().unwrap().config.servers[0].clone()
}

fn faults(name: &str, rest: &str) -> Vec<String> {
    errors(&Place::new(name).file("project/doorward.toml", &format!("{SERVER}{rest}")))
}

#[test]
fn a_pack_is_found_chosen_or_left_out() {
    let pack = |name: &str, rest: &str| Labels::of(&server(name, rest)).pack().map(|pack| &*pack.name);
    assert_eq!(pack("labels-usual", ""), Some("slack"));
    assert_eq!(pack("labels-auto", "labels = \"auto\"\n"), Some("slack"));
    assert_eq!(pack("labels-none", "labels = \"none\"\n"), None);
    assert_eq!(pack("labels-named", "labels = \"github\"\n"), Some("github"));
}

#[test]
fn what_the_operator_says_of_a_tool_is_read() {
    let text = "[servers.s.tools.read_page.labels]\nact = \"read\"\negress = true\nhide = true\n\
                result = { confidentiality = \"secret\", categories = [\"hr\"] }\nroles = { \"/url\" = \"target\" }\n";
    let server = server("labels-tool", text);
    let said = &server.labels.tools["read_page"];
    assert_eq!((said.act, said.egress, said.hide), (Some(Act::Read), Some(true), Some(true)));
    assert_eq!((said.result.confidentiality, said.roles.len()), (Some(Confidentiality::Secret), 1));
    assert_eq!(server.labels.pack, PackChoice::Auto);
}

#[test]
fn a_pack_that_is_not_there_is_an_error() {
    assert_eq!(
        faults("labels-unknown", "labels = \"slak\"\n"),
        ["./doorward.toml:3:10: there is no label pack 'slak'; did you mean 'slack'?"]
    );
    assert_eq!(
        faults("labels-kind", "labels = [\"slack\"]\n"),
        ["./doorward.toml:3:10: labels is a string, and here is an array; put the value in quotes"]
    );
}

#[test]
fn what_lowers_without_a_reason_is_an_error_in_its_place() {
    let text = "[servers.s.tools.send_mail.labels]\nact = \"read\"\nacts = \"read\"\n";
    assert_eq!(
        faults("labels-reason", text),
        [
            "./doorward.toml:5:1: [servers….tools.send_mail.labels] has no key 'acts'; its keys are act, egress, links, \
             makes, hide, result, roles, fields, because",
            "./doorward.toml:4:7: the name of send_mail is not that of a reader; add because = \"…\" that says why, or \
             leave it out",
        ]
    );
    let trusted =
        "[servers.s.tools.get.labels]\nresult = { integrity = \"internal\", because = \"It is ours alone.\" }\n";
    assert!(faults("labels-whole", trusted)[0].contains("4:10: a whole result cannot be trusted"));
}

//! A second implementation, in Python, judges what this one writes: it accepts what is right and refuses what was damaged.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorward_core::audit::entry::{Disclosure, Field};
use doorward_core::audit::export;
use doorward_core::audit::merkle::{consistency_proof, leaf_hash};
use doorward_core::audit::proof::Proof;
use doorward_core::audit::tiles::{Tile, TileHashes};
use serde_json::{Value, json};

use crate::log::{Export, Keys, ORIGIN, entries, entry, export, hashes, root_at};
use crate::mutations::{Numbers, case, read_all};

/// One question to the other implementation, and the answer that is right.
struct Job {
    name: String,
    question: Value,
    holds: bool,
}

#[test]
fn the_other_implementation_says_the_same() {
    let Some(python) = python() else { return };
    let mut jobs = Vec::new();
    of_exports(&mut jobs);
    of_proofs(&mut jobs);
    of_checkpoints(&mut jobs);
    of_consistency(&mut jobs);
    of_disclosures(&mut jobs);
    let questions: String = jobs.iter().map(|job| format!("{}\n", job.question)).collect();
    let answers = ask(python, questions);
    assert_eq!(answers.lines().count(), jobs.len(), "{answers}");
    for (job, answer) in jobs.iter().zip(answers.lines()) {
        assert_eq!(answer == "ok", job.holds, "{}: {answer}", job.name);
    }
}

fn python() -> Option<&'static str> {
    let found = ["python3", "python"].into_iter().find(|name| {
        Command::new(name)
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|s| s.success())
    });
    if found.is_none() {
        assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "python3 is needed where CI=true");
        let _ = writeln!(std::io::stderr(), "skipped: the second implementation needs python3");
    }
    found
}

fn ask(python: &str, questions: String) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/audit/tlog_verify.py");
    let mut child = Command::new(python)
        .args([script.as_os_str(), "jobs".as_ref()])
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(questions.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

fn raw(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

fn trusted(keys: &Keys) -> Value {
    json!({"logs": [keys.log.verifier().to_string()], "witnesses": [keys.witness.verifier().to_string()], "quorum": 1})
}

fn question(kind: &str, keys: &Keys, more: Value) -> Value {
    let mut question = trusted(keys);
    question["kind"] = json!(kind);
    for (name, value) in more.as_object().unwrap() {
        question[name] = value.clone();
    }
    question
}

fn of_exports(jobs: &mut Vec<Job>) {
    let keys = Keys::new(ORIGIN, 1);
    let mut add = |name: String, files: &Export, holds: bool| {
        let files: serde_json::Map<String, Value> =
            files.iter().map(|(name, file)| (name.clone(), json!(raw(file)))).collect();
        jobs.push(Job { name, question: question("export", &keys, json!({"files": files})), holds });
    };
    for size in [1, 2, 255, 256, 257, 300, 513] {
        add(format!("export of {size}"), &export(&entries(size, 0), &[1, size][usize::from(size == 1)..], &keys), true);
    }
    let mut shown = export(&entries(3, 0), &[3], &keys);
    shown.insert(export::openings_name(1), export::openings_file(&entry(1, 0).1.disclose_all()).into_bytes());
    add("export with openings".to_owned(), &shown, true);
    shown.insert(export::openings_name(1), export::openings_file(&entry(2, 0).1.disclose_all()).into_bytes());
    add("export with the openings of another".to_owned(), &shown, false);
    for number in 0..60 {
        let case = case(&mut Numbers::new(number));
        // What only an older checkpoint shows is not asked of the other implementation.
        if case.seen.is_empty() {
            add(format!("export with {} ({number})", case.name), &read_all(&case.files), false);
        }
    }
}

fn tile_reader(files: &Export) -> impl Fn(Tile) -> Option<Vec<u8>> + '_ {
    |tile| files.get(&tile.to_string()).cloned()
}

fn of_proofs(jobs: &mut Vec<Job>) {
    let keys = Keys::new(ORIGIN, 1);
    for size in [1_u64, 2, 7, 256, 300, 600] {
        let list = entries(size, 0);
        let (files, leaves) = (export(&list, &[size], &keys), hashes(&list));
        let source = TileHashes::new(size, tile_reader(&files));
        for index in [0, size / 3, size / 2, size - 1] {
            let note = keys.sign(ORIGIN, size, root_at(&leaves, size));
            let proof = Proof::make(&source, index, note).unwrap();
            let entry = &list[usize::try_from(index).unwrap()];
            proof.verify(&leaf_hash(entry), &keys.trusted()).unwrap();
            let mut add = |name: &str, proof: &Proof, entry: &[u8], holds| {
                let question =
                    question("proof", &keys, json!({"proof": raw(proof.to_string().as_bytes()), "entry": raw(entry)}));
                jobs.push(Job { name: format!("{name} {index} of {size}"), question, holds });
            };
            add("proof", &proof, entry, true);
            add("proof with extra data", &Proof { extra: Some(vec![1, 2, 3]), ..proof.clone() }, entry, true);
            add("proof of another entry", &proof, b"another", false);
            add("proof of another place", &Proof { index: index + 1, ..proof.clone() }, entry, false);
            let mut longer = proof.clone();
            longer.hashes.push(leaf_hash(b"more"));
            add("longer proof", &longer, entry, false);
            let stranger = Keys::new(ORIGIN, 9);
            let note = stranger.sign(ORIGIN, size, root_at(&leaves, size));
            add("proof by a stranger", &Proof { checkpoint: note, ..proof }, entry, false);
        }
    }
}

fn of_checkpoints(jobs: &mut Vec<Job>) {
    let keys = Keys::new(ORIGIN, 1);
    let note = keys.sign(ORIGIN, 5, leaf_hash(b"root")).to_string();
    let mut add = |name: &str, note: &[u8], holds| {
        jobs.push(Job {
            name: name.to_owned(),
            question: question("checkpoint", &keys, json!({"note": raw(note)})),
            holds,
        });
    };
    add("checkpoint", note.as_bytes(), true);
    add("checkpoint of another log", keys.sign("other", 5, leaf_hash(b"root")).to_string().as_bytes(), false);
    let lines: Vec<&str> = note.lines().collect();
    add("checkpoint without its witness", format!("{}\n", lines[..5].join("\n")).as_bytes(), false);
    let mut numbers = Numbers::new(5);
    for _ in 0..40 {
        let mut damaged = note.clone().into_bytes();
        let at = numbers.place(damaged.len());
        damaged[at] ^= 1 << numbers.below(8);
        assert!(doorward_core::audit::checkpoint::Checkpoint::open(&damaged, &keys.trusted()).is_err());
        add(&format!("checkpoint with byte {at} flipped"), &damaged, false);
    }
}

fn of_consistency(jobs: &mut Vec<Job>) {
    let list = entries(300, 0);
    let leaves = hashes(&list);
    let files = export(&list, &[300], &Keys::new(ORIGIN, 1));
    for (old, new) in [(0, 300), (1, 300), (3, 300), (128, 300), (256, 300), (299, 300), (300, 300)] {
        let proof = consistency_proof(&TileHashes::new(300, tile_reader(&files)), old, new).unwrap();
        let mut add = |name: &str, old_root: &[u8], hashes: &[String], holds| {
            let question = json!({"kind": "consistency", "old": old, "new": new, "old_root": raw(old_root),
                "new_root": raw(root_at(&leaves, new).as_bytes()), "proof": hashes});
            jobs.push(Job { name: format!("{name} {old} to {new}"), question, holds });
        };
        let hashes: Vec<String> = proof.iter().map(ToString::to_string).collect();
        let root = root_at(&leaves, old);
        add("consistency", root.as_bytes(), &hashes, true);
        add("consistency of another root", &[9; 32], &hashes, false);
        let more: Vec<String> = hashes.iter().cloned().chain([leaf_hash(b"").to_string()]).collect();
        add("longer consistency", root.as_bytes(), &more, false);
    }
}

fn of_disclosures(jobs: &mut Vec<Job>) {
    let (bytes, openings) = entry(7, 0);
    for field in Field::ALL {
        let shown = openings.disclose(field);
        let wrong = Disclosure { value: "\"another\"".to_owned(), ..shown.clone() };
        for (line, holds) in [(shown.to_string(), true), (wrong.to_string(), false)] {
            let question = json!({"kind": "disclosure", "line": line, "entry": raw(&bytes)});
            jobs.push(Job { name: format!("disclosure of {}", field.name()), question, holds });
        }
        let question = json!({"kind": "salt", "record_salt": raw(openings.salt().as_bytes()), "field": field.name(), "salt": raw(&shown.salt)});
        jobs.push(Job { name: format!("salt of {}", field.name()), question, holds: true });
    }
}

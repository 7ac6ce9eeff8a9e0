//! Proofs of possession: the right one, and each with one thing wrong.

use super::*;

const URL: &str = "https://gateway.example/s/notes/mcp";

struct Bench {
    issuers: Issuers,
    holder: Signer,
    token: String,
}

impl Bench {
    fn new(dpop: Dpop) -> Self {
        let (key, holder) = (Signer::ed(), Signer::ed());
        let issuers = issuers(&[key.named("one")], |corp| corp.dpop = dpop);
        let mut claims = claims();
        claims["cnf"] = json!({"jkt": holder.thumbprint()});
        let token = key.access("one", &claims);
        Self { issuers, holder, token }
    }

    async fn show(&self, scheme: Scheme, proofs: &[&str]) -> Result<Principal, Flaw> {
        self.show_at("gateway.example", scheme, proofs).await
    }

    async fn show_at(&self, host: &str, scheme: Scheme, proofs: &[&str]) -> Result<Principal, Flaw> {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_str(host).unwrap());
        for proof in proofs {
            headers.append("dpop", HeaderValue::from_str(proof).unwrap());
        }
        let uri = Uri::from_static("/s/notes/mcp?x=1");
        let token = self.token.as_str();
        let shown = Shown { scheme, token, method: &Method::POST, uri: &uri, headers: &headers, certificate: None };
        self.issuers.identify(&shown).await.map(|stands| stands.principal)
    }

    fn proof(&self, id: &str) -> String {
        self.holder.proof(&self.token, "POST", URL, id, now())
    }
}

#[tokio::test]
async fn a_bound_token_needs_its_proof_and_each_proof_serves_once() {
    let bench = Bench::new(Dpop::Accept);
    let proof = bench.proof("1");
    assert_eq!(bench.show(Scheme::Dpop, &[&proof]).await.map(|principal| principal.proof()), Ok(Proof::BoundToken));
    assert_eq!(bench.show(Scheme::Dpop, &[&proof]).await, Err(Flaw::Replay));
    assert_eq!(bench.show(Scheme::Bearer, &[&bench.proof("2")]).await, Err(Flaw::ProofMissing));
    assert_eq!(bench.show(Scheme::Dpop, &[]).await, Err(Flaw::ProofMissing));
    assert_eq!(bench.show(Scheme::Dpop, &[&bench.proof("3"), &bench.proof("4")]).await, Err(Flaw::Proof));
    assert!(bench.show(Scheme::Dpop, &[&bench.proof("5")]).await.is_ok());
}

#[tokio::test]
async fn proofs_with_one_thing_wrong() {
    let bench = Bench::new(Dpop::Accept);
    let other = Signer::ed();
    let (holder, token) = (&bench.holder, bench.token.as_str());
    let proof = |method: &str, url: &str, issued: i64| holder.proof(token, method, url, "id", issued);
    let changed = |change: &dyn Fn(&mut Value, &mut Value)| {
        let mut header = json!({"typ": "dpop+jwt", "alg": "EdDSA", "jwk": holder.jwk()});
        let hash = encoded(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, token.as_bytes()).as_ref());
        let mut claims = json!({"htm": "POST", "htu": URL, "iat": now(), "jti": "id", "ath": hash});
        change(&mut header, &mut claims);
        holder.sign(&header.to_string(), &claims.to_string())
    };
    for (name, proof) in [
        ("another method", proof("GET", URL, now())),
        ("another address", proof("POST", "https://gateway.example/s/files/mcp", now())),
        ("another host", proof("POST", "https://gateway.example.evil.test/s/notes/mcp", now())),
        ("in the clear", proof("POST", "http://gateway.example/s/notes/mcp", now())),
        ("old", proof("POST", URL, now() - 200)),
        ("of the future", proof("POST", URL, now() + 200)),
        ("another key", other.proof(token, "POST", URL, "id", now())),
        ("another token", holder.proof("other", "POST", URL, "id", now())),
        ("another type", changed(&|header, _| header["typ"] = json!("JWT"))),
        ("unsigned", changed(&|header, _| header["alg"] = json!("none"))),
        ("a private key", changed(&|header, _| header["jwk"]["d"] = json!("AA"))),
        ("another key shown", changed(&|header, _| header["jwk"] = other.jwk())),
        ("no id", changed(&|_, claims| claims["jti"] = Value::Null)),
        ("an empty id", changed(&|_, claims| claims["jti"] = json!(""))),
        ("a long id", changed(&|_, claims| claims["jti"] = json!("i".repeat(257)))),
        ("no time", changed(&|_, claims| claims["iat"] = Value::Null)),
        ("no token named", changed(&|_, claims| claims["ath"] = Value::Null)),
        ("crit", changed(&|header, _| header["crit"] = json!(["x"]))),
        ("no proof", "proof".to_owned()),
    ] {
        assert_eq!(bench.show(Scheme::Dpop, &[&proof]).await, Err(Flaw::Proof), "{name}");
    }
    // Each of them would have been the first of its id, so the honest one still serves.
    assert!(bench.show(Scheme::Dpop, &[&changed(&|_, _| {})]).await.is_ok());
}

#[tokio::test]
async fn addresses_a_client_may_know_us_by() {
    let bench = Bench::new(Dpop::Accept);
    for (host, url, taken) in [
        ("gateway.example", "https://GATEWAY.example:443/s/notes/mcp?other=query#part", true),
        ("127.0.0.1:8420", "http://127.0.0.1:8420/s/notes/mcp", true),
        ("127.0.0.1:8420", "http://127.0.0.1:8421/s/notes/mcp", false),
        ("gateway.example", "http://127.0.0.1:8420/s/notes/mcp", false),
        ("evil.test", "http://evil.test/s/notes/mcp", false),
    ] {
        let proof = bench.holder.proof(&bench.token, "POST", url, &format!("{host} {url}"), now());
        assert_eq!(bench.show_at(host, Scheme::Dpop, &[&proof]).await.is_ok(), taken, "{host} {url}");
    }
}

#[tokio::test]
async fn what_each_setting_takes() {
    let off = Bench::new(Dpop::Off);
    assert_eq!(off.show(Scheme::Dpop, &[&off.proof("1")]).await, Err(Flaw::ProofMissing));
    let require = Bench::new(Dpop::Require);
    assert!(require.show(Scheme::Dpop, &[&require.proof("1")]).await.is_ok());
    let key = Signer::ed();
    for (dpop, outcome) in [(Dpop::Off, Ok(())), (Dpop::Accept, Ok(())), (Dpop::Require, Err(Flaw::Unbound))] {
        let issuers = issuers(&[key.named("one")], |corp| corp.dpop = dpop);
        let unbound = key.access("one", &claims());
        assert_eq!(identify(&issuers, &unbound).await.map(|_| ()), outcome, "{dpop:?}");
    }
}

#[tokio::test]
async fn a_certificate_must_be_the_one_the_token_is_bound_to() {
    let key = Signer::ed();
    let issuers = issuers(&[key.named("one")], |_| {});
    let mut claims = claims();
    claims["cnf"] = json!({"x5t#S256": "thumbprint"});
    let token = key.access("one", &claims);
    for (certificate, outcome) in [
        (Some("thumbprint"), Ok(Proof::BoundToken)),
        (Some("another"), Err(Flaw::Certificate)),
        (None, Err(Flaw::Certificate)),
    ] {
        let (headers, uri) = (HeaderMap::new(), Uri::from_static("/s/notes/mcp"));
        let (scheme, method) = (Scheme::Bearer, &Method::POST);
        let shown = Shown { scheme, token: &token, method, uri: &uri, headers: &headers, certificate };
        assert_eq!(issuers.identify(&shown).await.map(|stands| stands.principal.proof()), outcome, "{certificate:?}");
    }
}

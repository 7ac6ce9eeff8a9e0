//! Client certificates: whom one stands for.
//!
//! TLS has checked before that somebody who may vouch for clients does (`client_ca`); here it is read who that is. A SPIFFE
//! id is taken from trust domains that are listed, any other name only where the configuration maps it. It must never go by
//! a common name, which nobody checks, nor choose between two names that mean two principals.

use std::collections::BTreeSet;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use doorward_core::principal::{Claims, Principal, Proof, Subject};
use doorward_core::time::Timestamp;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::limits::{CERTIFICATE_NAMES_MAX, SPIFFE_ID_MAX};

/// A client's certificate, as far as it says who that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientProof {
    thumbprint: String,
    fingerprint: String,
    names: Vec<Name>,
    kind: Kind,
    /// Seconds since 1970.
    not_before: i64,
    not_after: i64,
}

/// What a certificate may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// To prove who one is.
    Leaf,
    /// To vouch for others.
    Authority,
}

/// A name of a certificate (subject alternative name).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Name {
    Dns(String),
    Uri(String),
    Email(String),
}

/// Whom certificates stand for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CertificateRules {
    /// The SPIFFE trust domains whose ids are taken.
    pub trust_domains: BTreeSet<String>,
    /// Names and fingerprints of certificates, and whom they stand for.
    pub mappings: Vec<Mapping>,
}

/// One certificate or name, and whom it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    what: Mapped,
    subject: Subject,
    groups: BTreeSet<Arc<str>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Mapped {
    Fingerprint(String),
    Name(Name),
}

impl ClientProof {
    /// Reads a certificate; `None` for what is none, or names too many.
    #[must_use]
    pub fn read(der: &[u8]) -> Option<Self> {
        let (rest, certificate) = X509Certificate::from_der(der).ok()?;
        if !rest.is_empty() {
            return None;
        }
        let mut names = Vec::new();
        if let Some(alternative) = certificate.subject_alternative_name().ok()? {
            for name in &alternative.value.general_names {
                names.extend(match name {
                    GeneralName::DNSName(name) => Some(Name::Dns(name.to_ascii_lowercase())),
                    GeneralName::URI(uri) => Some(Name::Uri((*uri).to_owned())),
                    GeneralName::RFC822Name(address) => Some(Name::Email((*address).to_owned())),
                    GeneralName::OtherName(..)
                    | GeneralName::X400Address(_)
                    | GeneralName::DirectoryName(_)
                    | GeneralName::EDIPartyName(_)
                    | GeneralName::IPAddress(_)
                    | GeneralName::RegisteredID(_)
                    | GeneralName::Invalid(..) => None,
                });
            }
        }
        if names.len() > CERTIFICATE_NAMES_MAX {
            return None;
        }
        let sha256 = digest(&SHA256, der);
        let validity = certificate.validity();
        Some(Self {
            thumbprint: URL_SAFE_NO_PAD.encode(sha256.as_ref()),
            fingerprint: sha256.as_ref().iter().map(|byte| format!("{byte:02x}")).collect(),
            names,
            kind: if certificate.is_ca() { Kind::Authority } else { Kind::Leaf },
            not_before: validity.not_before.timestamp(),
            not_after: validity.not_after.timestamp(),
        })
    }

    /// The SHA-256 of the certificate in base64url, as tokens name it (`x5t#S256`, RFC 8705 §3.1).
    #[must_use]
    pub fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    /// Whether its time has come and is not over: a connection can outlive that.
    #[must_use]
    pub fn is_valid_at(&self, at: Timestamp) -> bool {
        let seconds = at.as_micros().div_euclid(1_000_000);
        (self.not_before..=self.not_after).contains(&seconds)
    }

    /// When its time is over.
    #[must_use]
    pub const fn ends(&self) -> Timestamp {
        Timestamp::from_micros(self.not_after.saturating_mul(1_000_000))
    }

    fn uris(&self) -> impl Iterator<Item = &str> {
        self.names.iter().filter_map(|name| match name {
            Name::Uri(uri) => Some(uri.as_str()),
            Name::Dns(_) | Name::Email(_) => None,
        })
    }
}

impl CertificateRules {
    /// Whom a certificate stands for; `None` when nobody is named, or two are.
    #[must_use]
    pub fn principal(&self, proof: &ClientProof, at: Timestamp) -> Option<Principal> {
        if proof.kind == Kind::Authority || !proof.is_valid_at(at) {
            return None;
        }
        let claims = self.workload(proof).or_else(|| self.mapped(proof))?;
        Principal::claimed(claims).ok()
    }

    /// A SPIFFE id stands alone among a certificate's URIs (X.509-SVID §2).
    fn workload(&self, proof: &ClientProof) -> Option<Claims> {
        let mut uris = proof.uris();
        let (only, None) = (uris.next()?, uris.next()) else { return None };
        let domain = trust_domain(only)?;
        self.trust_domains.contains(domain).then(|| Claims {
            issuer: Some(Arc::from(domain)),
            ..Claims::of(Subject::Agent(Arc::from(only)), Proof::Certificate)
        })
    }

    fn mapped(&self, proof: &ClientProof) -> Option<Claims> {
        let mut fitting = self.mappings.iter().filter(|mapping| mapping.what.fits(proof));
        let first = fitting.next()?;
        let mut groups = first.groups.clone();
        for other in fitting {
            if other.subject != first.subject {
                return None;
            }
            groups.extend(other.groups.iter().cloned());
        }
        Some(Claims { groups, ..Claims::of(first.subject.clone(), Proof::Certificate) })
    }
}

impl Mapped {
    fn fits(&self, proof: &ClientProof) -> bool {
        match self {
            Self::Fingerprint(fingerprint) => *fingerprint == proof.fingerprint,
            Self::Name(name) => proof.names.contains(name),
        }
    }
}

impl Mapping {
    /// Reads `dns:NAME=user:NAME`, with `uri:`, `email:` or `sha256:` for `dns:`, `agent:` for `user:`, and any number of
    /// `;group:NAME` behind.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        // A URI may have an equals sign; what stands behind the last one has none.
        let (what, whom) = text.rsplit_once('=')?;
        let (kind, name) = what.trim().split_once(':')?;
        let hex = |text: &str| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let what = match kind {
            "dns" if !name.is_empty() => Mapped::Name(Name::Dns(name.to_ascii_lowercase())),
            "uri" if name.contains(':') => Mapped::Name(Name::Uri(name.to_owned())),
            "email" if name.contains('@') => Mapped::Name(Name::Email(name.to_owned())),
            "sha256" if hex(&name.replace(':', "")) => Mapped::Fingerprint(name.replace(':', "").to_ascii_lowercase()),
            _ => return None,
        };
        let mut parts = whom.split(';').map(|part| part.trim().split_once(':'));
        let named = |name: &str| (!name.is_empty() && !name.contains('/')).then(|| Arc::<str>::from(name));
        let subject = match parts.next()?? {
            ("user", name) => Subject::User(named(name)?),
            ("agent", name) => Subject::Agent(named(name)?),
            _ => return None,
        };
        let group = |part: Option<(&str, &str)>| match part? {
            ("group", name) => named(name),
            _ => None,
        };
        let groups: BTreeSet<Arc<str>> = parts.map(group).collect::<Option<_>>()?;
        let claims = Claims { groups: groups.clone(), ..Claims::of(subject.clone(), Proof::Certificate) };
        Principal::claimed(claims).is_ok().then_some(Self { what, subject, groups })
    }
}

/// Whether `name` can be a SPIFFE trust domain (SPIFFE-ID §2.1).
#[must_use]
pub fn is_trust_domain(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'_');
    !name.is_empty() && name.len() <= 255 && name.bytes().all(plain)
}

/// The trust domain of a workload's SPIFFE id; `None` for what is no such id. Nothing is decoded or normalised: there is one
/// way to write each id.
fn trust_domain(uri: &str) -> Option<&str> {
    let (domain, path) = uri.strip_prefix("spiffe://")?.split_once('/')?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let segment = |segment: &str| !matches!(segment, "" | "." | "..") && segment.bytes().all(plain);
    let good = uri.len() <= SPIFFE_ID_MAX && is_trust_domain(domain) && path.split('/').all(segment);
    good.then_some(domain)
}

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, SanType};

    use super::*;
    use crate::clock::now;

    fn proof(names: &[(&str, &str)], change: impl FnOnce(&mut CertificateParams)) -> ClientProof {
        let mut params = CertificateParams::default();
        params.subject_alt_names = names
            .iter()
            .map(|(kind, name)| match *kind {
                "dns" => SanType::DnsName((*name).try_into().unwrap()),
                "email" => SanType::Rfc822Name((*name).try_into().unwrap()),
                _ => SanType::URI((*name).try_into().unwrap()),
            })
            .collect();
        change(&mut params);
        let certificate = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        ClientProof::read(certificate.der()).unwrap()
    }

    fn rules(mappings: &[&str]) -> CertificateRules {
        CertificateRules {
            trust_domains: BTreeSet::from(["prod.example".to_owned()]),
            mappings: mappings.iter().map(|mapping| Mapping::parse(mapping).unwrap()).collect(),
        }
    }

    fn who(rules: &CertificateRules, proof: &ClientProof) -> Option<Subject> {
        rules.principal(proof, now()).map(|principal| principal.subject().clone())
    }

    #[test]
    fn a_workload_is_an_agent_of_its_trust_domain() {
        let good = proof(&[("uri", "spiffe://prod.example/ns/a/sa/b"), ("dns", "b.a")], |_| {});
        let principal = rules(&[]).principal(&good, now()).unwrap();
        assert_eq!(*principal.subject(), Subject::Agent("spiffe://prod.example/ns/a/sa/b".into()));
        assert_eq!(
            (principal.proof(), principal.issuer().map(AsRef::as_ref)),
            (Proof::Certificate, Some("prod.example"))
        );
        let long = format!("spiffe://prod.example/{}", "a".repeat(2100));
        for bad in [
            "spiffe://other.example/a",
            "spiffe://prod.example",
            "spiffe://prod.example/",
            "spiffe://prod.example//a",
            "spiffe://prod.example/a/",
            "spiffe://prod.example/a/../b",
            "spiffe://prod.example/./a",
            "spiffe://prod.example/a%2fb",
            "spiffe://prod.example/a?b",
            "spiffe://prod.example/a#b",
            "spiffe://prod.example:1/a",
            "spiffe://u@prod.example/a",
            "spiffe://PROD.example/a",
            "SPIFFE://prod.example/a",
            "https://prod.example/a",
            &long,
        ] {
            assert_eq!(who(&rules(&[]), &proof(&[("uri", bad)], |_| {})), None, "{bad}");
        }
        let two = proof(&[("uri", "spiffe://prod.example/a"), ("uri", "spiffe://prod.example/b")], |_| {});
        assert_eq!(who(&rules(&[]), &two), None);
        let authority = |params: &mut CertificateParams| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        assert_eq!(who(&rules(&[]), &proof(&[("uri", "spiffe://prod.example/a")], authority)), None);
    }

    #[test]
    fn any_other_certificate_is_whom_it_is_mapped_to() {
        let build = proof(&[("dns", "build.example"), ("email", "ci@example")], |_| {});
        let agent = Some(Subject::Agent("builder".into()));
        for mapping in [
            "dns:build.example=agent:builder;group:ci",
            "email:ci@example=agent:builder",
            &format!("sha256:{}=agent:builder", build.fingerprint),
        ] {
            assert_eq!(who(&rules(&[mapping]), &build), agent, "{mapping}");
            assert_eq!(who(&rules(&[mapping]), &proof(&[("dns", "other.example")], |_| {})), None, "{mapping}");
        }
        // Two mappings that agree add their groups; two that do not agree are nobody.
        let both = rules(&["dns:build.example=agent:builder;group:ci", "email:ci@example=agent:builder;group:ops"]);
        assert_eq!(both.principal(&build, now()).unwrap().groups().len(), 2);
        let torn = rules(&["dns:build.example=agent:builder", "email:ci@example=user:builder"]);
        assert_eq!(who(&torn, &build), None);
        // The common name says nothing.
        let named = proof(&[], |params| params.distinguished_name.push(rcgen::DnType::CommonName, "build.example"));
        assert_eq!(who(&rules(&["dns:build.example=agent:builder"]), &named), None);
    }

    #[test]
    fn a_certificate_outside_of_its_time_is_nobodys() {
        let name = [("uri", "spiffe://prod.example/a")];
        let past = proof(&name, |params| params.not_after = rcgen::date_time_ymd(2020, 1, 1));
        let future = proof(&name, |params| params.not_before = rcgen::date_time_ymd(2999, 1, 1));
        for proof in [past, future] {
            assert_eq!(who(&rules(&[]), &proof), None);
        }
    }

    #[test]
    fn mappings_are_read_or_refused() {
        for bad in [
            "",
            "dns:a",
            "dns:=user:a",
            "dns:a=",
            "dns:a=user:",
            "dns:a=user:x/y",
            "dns:a=group:x",
            "cn:a=user:b",
            "sha256:12=user:a",
            "dns:a=user:b;group:",
            "dns:a=user:b;role:c",
            "uri:a=user:b",
            "email:a=user:b",
        ] {
            assert_eq!(Mapping::parse(bad), None, "{bad}");
        }
        assert!(Mapping::parse("uri:https://a/?b=c=user:d").is_some());
    }

    #[test]
    fn what_is_no_certificate_says_nothing() {
        for bytes in [&b""[..], b"x", &[0x30, 0x80], &[0x30, 0x82, 0xff, 0xff]] {
            assert_eq!(ClientProof::read(bytes), None);
        }
        let many: Vec<(&str, &str)> = vec![("dns", "a.example"); CERTIFICATE_NAMES_MAX + 1];
        let mut params = CertificateParams::default();
        params.subject_alt_names = many.iter().map(|(_, name)| SanType::DnsName((*name).try_into().unwrap())).collect();
        let certificate = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        assert_eq!(ClientProof::read(certificate.der()), None);
    }
}

//! `[listen.tls]` and `[identity.certificates]`.

use super::*;

fn loaded(name: &str, text: &str) -> Result<Loaded, ConfigErrors> {
    let server = "\n[servers.a]\ncommand = [\"/bin/a\"]\n";
    Place::new(name).file("project/doorward.toml", &format!("{text}{server}")).load()
}

#[test]
fn tls_is_read_with_paths_from_the_files_folder() {
    let text = "[listen]\nauth = \"identity\"\n[listen.tls]\ncertificate = \"c.pem\"\nkey = \"k.pem\"\nclient_ca = \"ca.pem\"\n\
        client = \"request\"\n[identity.certificates]\ntrust_domains = [\"prod.example\"]\nmap = [\"dns:a=agent:b;group:c\"]\n";
    let listen = loaded("tls", text).unwrap().config.listen;
    let tls = listen.tls.unwrap();
    assert!(tls.certificate.is_absolute() && tls.certificate.ends_with("project/c.pem"), "{tls:?}");
    assert_eq!(tls.clients.unwrap().wanted, ClientCertificate::Request);
    assert!(listen.certificates.trust_domains.contains("prod.example"));
    assert_eq!(listen.certificates.mappings.len(), 1);
    let plain = loaded("tls-none", "").unwrap().config.listen;
    assert_eq!((plain.tls, plain.certificates.mappings.len()), (None, 0));
}

#[test]
fn half_of_tls_is_an_error() {
    for (number, text) in [
        "[listen.tls]\ncertificate = \"c.pem\"\n",
        "[listen.tls]\nkey = \"k.pem\"\n",
        "[listen.tls]\nclient_ca = \"ca.pem\"\n",
        "[listen.tls]\nclient = \"require\"\n",
        "[listen.tls]\ncertificate = \"c.pem\"\nkey = \"k.pem\"\nclient = \"require\"\n",
        "[listen.tls]\ncertificate = \"c.pem\"\nkey = \"k.pem\"\nclient_ca = \"ca.pem\"\nclient = \"maybe\"\n",
        "[listen.tls]\ncertificat = \"c.pem\"\n",
        "[identity.certificates]\ntrust_domains = [\"spiffe://prod.example\"]\n",
        "[identity.certificates]\nmap = [\"cn:a=user:b\"]\n",
    ]
    .into_iter()
    .enumerate()
    {
        assert!(loaded(&format!("tls-half-{number}"), text).is_err(), "{text}");
    }
}

use fenming_wire::key::{Ed25519Signer, Signer, Verifier};
use fenming_wire::seal::Identity;
use fenming_wire::time::Timestamp;

use super::*;

#[test]
fn a_signer_survives_its_file_and_pem_has_short_lines() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("root.key");
    let (signer, pkcs8) = Ed25519Signer::generate().unwrap();
    write_signer(&path, &pkcs8).unwrap();
    let read = read_signer(&path).unwrap();
    assert_eq!(read.public(), signer.public());
    signer.public().verify(b"message", &read.sign(b"message").unwrap()).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.lines().all(|line| line.len() <= 64), "{text}");
    std::fs::write(folder.path().join("root.der"), pkcs8.as_slice()).unwrap();
    assert_eq!(read_signer(&folder.path().join("root.der")).unwrap().public(), signer.public());
}

#[test]
fn stock_openssl_reads_our_keys_and_we_read_those_that_it_makes() {
    if std::process::Command::new("openssl").arg("version").output().is_err() {
        assert!(std::env::var_os("FENMING_TOOLS").is_none(), "openssl is missing");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (ours, theirs) = (folder.path().join("ours.key"), folder.path().join("theirs.key"));
    let openssl = |args: &[&str]| {
        let output = std::process::Command::new("openssl").args(args).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    };
    let public = |path: &Path| {
        let der = openssl(&["pkey", "-in", path.to_str().unwrap(), "-pubout", "-outform", "DER"]);
        BASE64.encode(&der[der.len() - 32..])
    };
    let (signer, pkcs8) = Ed25519Signer::generate().unwrap();
    write_signer(&ours, &pkcs8).unwrap();
    assert_eq!(public(&ours), signer.public().to_string());
    openssl(&["genpkey", "-algorithm", "ed25519", "-out", theirs.to_str().unwrap()]);
    assert_eq!(public(&theirs), read_signer(&theirs).unwrap().public().to_string());
}

#[test]
fn an_identity_survives_its_file_which_names_date_and_public_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("custodian.key");
    let identity = Identity::generate();
    let made = Timestamp::from_millis(1_772_413_200_000);
    write_identity(&path, &identity, made).unwrap();
    let read = read_identities(&path).unwrap();
    assert_eq!(read[0].recipient(), identity.recipient());
    let text = std::fs::read_to_string(&path).unwrap();
    let head = format!(
        "# created: 2026-03-02T01:00:00Z\n# public key: {}\nAGE-SECRET-KEY-1",
        identity.recipient()
    );
    assert!(text.starts_with(&head), "{text}");
}

#[test]
fn a_file_may_hold_several_identities() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("both.key");
    let secrets = [Identity::generate().expose_secret(), Identity::generate().expose_secret()];
    let text = format!("# mine\n{}\n\n# and theirs\n{}\n", *secrets[0], *secrets[1]);
    std::fs::write(&path, text).unwrap();
    assert_eq!(read_identities(&path).unwrap().len(), 2);
}

#[test]
fn what_is_no_key_is_refused_by_file_and_line_and_never_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wrong.key");
    std::fs::write(&path, "# comment\nAGE-SECRET-KEY-1WRONGWRONG\n").unwrap();
    let identity = read_identities(&path).err().unwrap();
    assert!(identity.message().ends_with("line 2 is no age identity"));
    let signer = read_signer(&path).err().unwrap();
    let public = read_public(&path).err().unwrap();
    for error in [identity, signer, public] {
        assert!(!error.message().contains("WRONG") && error.next_step().is_some());
    }
    std::fs::write(&path, "# only a comment\n").unwrap();
    assert!(read_identities(&path).err().unwrap().message().ends_with("holds no identity"));
}

#[test]
fn a_public_key_is_given_as_text_or_as_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let public = Ed25519Signer::generate().unwrap().0.public();
    let path = folder.path().join("root.pub");
    std::fs::write(&path, format!("{public}\n")).unwrap();
    let of = |text: String| text.parse::<PublicKeyArg>().unwrap().key();
    assert_eq!(of(public.to_string()).unwrap(), public);
    assert_eq!(of(path.display().to_string()).unwrap(), public);
    assert!(of("nowhere".to_owned()).is_err());
}

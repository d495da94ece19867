//! A private certification authority, and the endpoint's certificate by it.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
};
use zeroize::Zeroizing;

use crate::error::CliError;

/// A private authority with the one certificate that it ever signs; its own key is forgotten.
pub struct PrivateCa {
    /// The authority's certificate, DER, for the profile's `tls_ca`.
    pub authority: Vec<u8>,
    /// The endpoint's certificate, PEM.
    pub chain: String,
    /// The endpoint's private key, PKCS #8 PEM.
    pub key: Zeroizing<String>,
}

impl PrivateCa {
    /// Makes an authority and a certificate for the host.
    ///
    /// # Errors
    /// [`CliError`] where the host is no DNS name or IP address.
    pub fn issue(host: &str) -> Result<Self, CliError> {
        Self::make(host).map_err(|_| CliError::input(format!("`{host}` is no host name")))
    }

    fn make(host: &str) -> Result<Self, rcgen::Error> {
        let root_key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut root = CertificateParams::new(Vec::new())?;
        root.distinguished_name.push(DnType::CommonName, "Fenming private CA");
        root.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        root.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let authority = root.self_signed(&root_key)?.der().to_vec();
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut leaf = CertificateParams::new(vec![host.to_owned()])?;
        leaf.distinguished_name.push(DnType::CommonName, host);
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let chain = leaf.signed_by(&key, &Issuer::from_params(&root, &root_key))?.pem();
        Ok(Self { authority, chain, key: Zeroizing::new(key.serialize_pem()) })
    }
}

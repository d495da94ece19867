//! TLS 1.3 to the endpoint and to nobody else: its key is pinned, or a private CA vouches for it,
//! or both.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use fenming_wire::id::Digest;
use fenming_wire::profile::Profile;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, ring, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::time_provider::TimeProvider;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, OtherError, PeerMisbehaved,
    RootCertStore, SignatureScheme,
};

use super::TransportFailure;
use crate::clock::Clock as _;
use crate::forward::endpoint_clock::EndpointClock;

/// The configuration of every connection.
///
/// # Errors
/// [`TransportFailure::Tls`] where the profile's CA certificate cannot be used.
pub(super) fn config(
    profile: &Profile,
    time: Arc<EndpointClock>,
) -> Result<ClientConfig, TransportFailure> {
    let provider = Arc::new(ring::default_provider());
    let verifier = EndpointVerifier::new(profile, &provider)?;
    let mut config = ClientConfig::builder_with_details(provider, Arc::new(Time(time)))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(|_| TransportFailure::Tls)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    // A ticket would let an onlooker link connections, and a profile may change in between.
    config.resumption = Resumption::disabled();
    Ok(config)
}

/// What a failed handshake means.
pub(super) fn failure(error: &Error) -> TransportFailure {
    let Error::InvalidCertificate(reason) = error else {
        return TransportFailure::Tls;
    };
    match reason {
        CertificateError::Other(OtherError(inner)) if inner.is::<WrongPin>() => {
            TransportFailure::WrongPin
        }
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => TransportFailure::CertificateDates,
        _ => TransportFailure::Tls,
    }
}

/// Checks the endpoint's certificate. With a CA, the chain and its dates; with pins, the key; the
/// name always.
#[derive(Debug)]
struct EndpointVerifier {
    roots: Option<RootCertStore>,
    pins: Vec<Digest>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl EndpointVerifier {
    fn new(profile: &Profile, provider: &CryptoProvider) -> Result<Self, TransportFailure> {
        let roots = profile.tls_ca.as_ref().map(|der| {
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::from(der.clone())).map(|()| roots)
        });
        let roots = roots.transpose().map_err(|_| TransportFailure::Tls)?;
        let pins = profile.tls_pins.clone();
        Ok(Self { roots, pins, algorithms: provider.signature_verification_algorithms })
    }

    fn check_pin(&self, certificate: &ParsedCertificate<'_>) -> Result<(), Error> {
        // Where neither a CA nor a pin is given, nothing is good.
        if self.pins.is_empty() && self.roots.is_some() {
            return Ok(());
        }
        let pin = Digest::of(certificate.subject_public_key_info().as_ref());
        if self.pins.contains(&pin) {
            return Ok(());
        }
        Err(Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(WrongPin)))))
    }
}

impl ServerCertVerifier for EndpointVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let certificate = ParsedCertificate::try_from(end_entity)?;
        self.check_pin(&certificate)?;
        if let Some(roots) = &self.roots {
            verify_server_cert_signed_by_trust_anchor(
                &certificate,
                roots,
                intermediates,
                now,
                self.algorithms.all,
            )?;
        }
        verify_server_name(&certificate, server_name)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        // Only TLS 1.3 is offered.
        Err(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme.into())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// Says that the endpoint's key is none of the pinned ones.
#[derive(Debug, thiserror::Error)]
#[error("the key is not pinned")]
struct WrongPin;

/// The best time that the phone knows, as rustls wants it.
struct Time(Arc<EndpointClock>);

impl TimeProvider for Time {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from(self.0.now().seconds()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Time")
    }
}

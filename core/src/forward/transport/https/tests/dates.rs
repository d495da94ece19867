//! Certificates and the time by which they are judged.

use super::*;

#[test]
fn another_ca_another_name_and_a_certificate_out_of_date_get_no_request() {
    let good = pki();
    let server = Server::start("127.0.0.1", &good, |_, _| OK.to_vec());
    let wrong_ca = to(&server, &pki());
    assert_eq!(wrong_ca.send(&get()), Err(TransportFailure::Tls));
    no_request_reached(&server);

    let other_name = Pki::new(&["other.example.cn"], 2020, 2040);
    let server = Server::start("127.0.0.1", &other_name, |_, _| OK.to_vec());
    assert_eq!(to(&server, &other_name).send(&get()), Err(TransportFailure::Tls));
    no_request_reached(&server);

    for (from, until) in [(2020, 2021), (2039, 2040)] {
        let dated = Pki::new(&[NAME], from, until);
        let server = Server::start("127.0.0.1", &dated, |_, _| OK.to_vec());
        assert_eq!(to(&server, &dated).send(&get()), Err(TransportFailure::PhoneClock));
        no_request_reached(&server);
    }
}

/// Sends one request by a phone with this clock and this knowledge of the endpoint's time.
fn sent_by(
    phone: &Arc<EndpointClock>,
    server: &Server,
    pki: &Pki,
) -> Result<u16, TransportFailure> {
    let profile = profile(NAME, server.address.port(), Some(&pki.ca), &[], "127.0.0.1/32");
    let (residency, resolver) = (Residency::before_trust(&profile), Script::new(&[&["127.0.0.1"]]));
    let transport = HttpsTransport::new(&profile, residency, resolver, Arc::clone(phone)).unwrap();
    transport.send(&get()).map(|answer| answer.status)
}

const TODAY: &str = "2026-03-02T01:00:00Z";

fn day(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn a_phone_whose_clock_is_wrong_connects_once_it_knows_the_endpoints_time() {
    let this_year = Pki::new(&[NAME], 2026, 2027);
    let server = Server::start("127.0.0.1", &this_year, |_, _| OK.to_vec());
    for wrong in ["2025-03-02T01:00:00Z", "2026-03-01T01:00:00Z", "2027-03-02T01:00:00Z"] {
        let phone = Arc::new(EndpointClock::new(Arc::new(ManualClock::at(day(wrong))), None));
        let strange = sent_by(&phone, &server, &this_year);
        let a_day_back = wrong.starts_with("2026");
        let expected = if a_day_back { Ok(200) } else { Err(TransportFailure::PhoneClock) };
        assert_eq!(strange, expected, "before it knows better: {wrong}");
        phone.learn(day(TODAY));
        assert_eq!(sent_by(&phone, &server, &this_year), Ok(200), "{wrong}");
    }
}

#[test]
fn a_clock_set_back_makes_no_certificate_valid_that_ended_before_the_last_receipt() {
    let last_year = Pki::new(&[NAME], 2025, 2026);
    let server = Server::start("127.0.0.1", &last_year, |_, _| OK.to_vec());
    let clock = Arc::new(ManualClock::at(day("2025-06-01T00:00:00Z")));
    let port: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
    let phone = Arc::new(EndpointClock::new(port, None));
    phone.learn(day("2025-06-01T00:00:00Z"));
    phone.learn_past(day(TODAY));
    // While the phone stays on, it is the certificate that is wrong beyond doubt.
    assert_eq!(sent_by(&phone, &server, &last_year), Err(TransportFailure::CertificateDates));
    clock.reboot(Span::hours(1));
    clock.set_wall(day("2025-06-02T00:00:00Z"));
    assert_eq!(sent_by(&phone, &server, &last_year), Err(TransportFailure::PhoneClock));
    no_request_reached(&server);
}

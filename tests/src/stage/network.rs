//! The network between phone and endpoint: the real HTTPS connector, with name look-ups that the
//! test sets, and faults that it asks for.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use fenming_core::agent::{Connector, HttpsConnector};
use fenming_core::forward::endpoint_clock::EndpointClock;
use fenming_core::forward::residency::Residency;
use fenming_core::forward::transport::{
    Answer, Method, Request, Resolver, Transport, TransportFailure,
};
use fenming_wire::api::BATCHES_PATH;
use fenming_wire::profile::Profile;
use fenming_wire::signature::Headers;

/// What the network does with a batch that is handed over.
#[derive(Clone)]
pub enum Fate {
    /// It arrives, and the answer comes back.
    Arrives,
    /// It is lost on its way.
    Lost,
    /// It arrives; the answer is lost.
    AnswerLost,
    /// It arrives twice; the second answer comes back.
    Twice,
    /// It is held up on its way, and arrives after the next one.
    Late,
    /// It is lost, and somebody on the way, who has read it, makes up the answer.
    Answered(Arc<Forger>),
}

/// Makes up the status and the body of an answer to a request with this body.
pub type Forger = dyn Fn(&[u8]) -> (u16, Vec<u8>) + Send + Sync;

/// The network. Every look-up and every request goes through it, and it remembers what was sent.
#[derive(Default)]
pub struct Network(Arc<State>);

#[derive(Default)]
struct State {
    fates: Mutex<VecDeque<Fate>>,
    late: Mutex<Vec<Request>>,
    sent: Mutex<Vec<(String, Vec<u8>)>>,
    answers: Mutex<Vec<Vec<u8>>>,
    served: Mutex<BTreeMap<String, Vec<u8>>>,
    addresses: Mutex<VecDeque<Vec<IpAddr>>>,
    lookups: Mutex<u32>,
    chunks_left: Mutex<Option<usize>>,
}

struct Names(Arc<State>);

struct Line(Box<dyn Transport>, Arc<State>);

impl Network {
    /// What becomes of the next batches, in their order; those after them arrive.
    ///
    /// # Panics
    /// After a panic inside the network.
    pub fn next_batches(&self, fates: &[Fate]) {
        self.0.fates.lock().unwrap().extend(fates.iter().cloned());
    }

    /// So many more chunks of attachments get through; those after them are lost on their way.
    ///
    /// # Panics
    /// After a panic inside the network.
    pub fn break_chunks_after(&self, chunks: usize) {
        *self.0.chunks_left.lock().unwrap() = Some(chunks);
    }

    /// From now on somebody on the way answers requests for this document, or nobody does.
    ///
    /// # Panics
    /// After a panic inside the network.
    pub fn serve(&self, path: &str, document: Option<Vec<u8>>) {
        let mut served = self.0.served.lock().unwrap();
        match document {
            Some(document) => drop(served.insert(path.to_owned(), document)),
            None => drop(served.remove(path)),
        }
    }

    /// From now on every look-up yields these addresses.
    pub fn resolve(&self, addresses: &[IpAddr]) {
        self.resolve_in_turn(&[addresses]);
    }

    /// The next look-ups yield these addresses, one set each; the last set stays.
    ///
    /// # Panics
    /// After a panic inside the network.
    pub fn resolve_in_turn(&self, sets: &[&[IpAddr]]) {
        *self.0.addresses.lock().unwrap() = sets.iter().map(|set| set.to_vec()).collect();
    }

    /// How many look-ups there were.
    ///
    /// # Panics
    /// After a panic inside the network.
    #[must_use]
    pub fn lookups(&self) -> u32 {
        *self.0.lookups.lock().unwrap()
    }

    /// Paths and bodies of all requests so far.
    ///
    /// # Panics
    /// After a panic inside the network.
    #[must_use]
    pub fn sent(&self) -> Vec<(String, Vec<u8>)> {
        self.0.sent.lock().unwrap().clone()
    }

    /// Bodies of the endpoint's answers to batches so far.
    ///
    /// # Panics
    /// After a panic inside the network.
    #[must_use]
    pub fn answers(&self) -> Vec<Vec<u8>> {
        self.0.answers.lock().unwrap().clone()
    }
}

impl Connector for Network {
    fn connect(
        &self,
        profile: &Profile,
        residency: Residency,
        time: &Arc<EndpointClock>,
    ) -> Result<Box<dyn Transport>, TransportFailure> {
        let resolver = Arc::new(Names(Arc::clone(&self.0)));
        let https = HttpsConnector { resolver };
        Ok(Box::new(Line(https.connect(profile, residency, time)?, Arc::clone(&self.0))))
    }
}

impl Resolver for Names {
    fn lookup(&self, _host: &str) -> io::Result<Vec<IpAddr>> {
        *self.0.lookups.lock().unwrap() += 1;
        let mut sets = self.0.addresses.lock().unwrap();
        let next = if sets.len() > 1 { sets.pop_front() } else { sets.front().cloned() };
        next.ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Transport for Line {
    fn send(&self, request: &Request) -> Result<Answer, TransportFailure> {
        let state = &self.1;
        state.sent.lock().unwrap().push((request.path.clone(), request.body.clone()));
        if let Some(body) = state.served.lock().unwrap().get(&request.path) {
            return Ok(Answer { status: 200, retry_after: None, body: body.clone() });
        }
        if request.method == Method::Put
            && let Some(left) = &mut *state.chunks_left.lock().unwrap()
        {
            *left = left.checked_sub(1).ok_or(TransportFailure::Interrupted)?;
        }
        if request.method != Method::Post || request.path != BATCHES_PATH {
            return self.0.send(request);
        }
        let fate = state.fates.lock().unwrap().pop_front().unwrap_or(Fate::Arrives);
        let answer = match fate {
            Fate::Arrives => self.0.send(request)?,
            Fate::Lost => return Err(TransportFailure::Interrupted),
            Fate::AnswerLost => {
                self.0.send(request)?;
                return Err(TransportFailure::TimedOut);
            }
            Fate::Twice => {
                self.0.send(request)?;
                self.0.send(request)?
            }
            Fate::Late => {
                state.late.lock().unwrap().push(copy(request));
                return Err(TransportFailure::TimedOut);
            }
            Fate::Answered(forge) => {
                let (status, body) = forge(&request.body);
                return Ok(Answer { status, retry_after: None, body });
            }
        };
        state.answers.lock().unwrap().push(answer.body.clone());
        for late in std::mem::take(&mut *state.late.lock().unwrap()) {
            // Whoever sent it does not wait for the answer any more.
            let _ = self.0.send(&late);
        }
        Ok(answer)
    }
}

fn copy(request: &Request) -> Request {
    let signature = request.signature.as_ref().map(|signature| Headers {
        content_digest: signature.content_digest.clone(),
        signature_input: signature.signature_input.clone(),
        signature: signature.signature.clone(),
    });
    Request {
        method: request.method,
        path: request.path.clone(),
        content_type: request.content_type,
        body: request.body.clone(),
        signature,
    }
}

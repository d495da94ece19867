//! The network between one phone and the endpoint, request by request.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use fenming_collector::{LocalAnswer, LocalCollector, LocalRequest};
use fenming_core::agent::Connector;
use fenming_core::clock::Span;
use fenming_core::forward::endpoint_clock::EndpointClock;
use fenming_core::forward::residency::Residency;
use fenming_core::forward::transport::{Answer, Request, Transport, TransportFailure};
use fenming_wire::profile::Profile;
use fenming_wire::signature::Headers;

/// What becomes of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mishap {
    /// It is lost on its way.
    Lost,
    /// It arrives; the answer is lost.
    AnswerLost,
    /// It arrives twice; the second answer comes back.
    Twice,
    /// It is held up, and arrives after a later one.
    Late,
    /// The endpoint answers with this status before it has looked.
    Status(u16),
}

/// The way of one phone to the endpoint.
pub struct Link {
    endpoint: Arc<Mutex<Option<LocalCollector>>>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    cut: bool,
    mishaps: VecDeque<Option<Mishap>>,
    late: Vec<Request>,
    sent: Vec<(String, Vec<u8>)>,
}

struct Line {
    endpoint: Arc<Mutex<Option<LocalCollector>>>,
    state: Arc<Mutex<State>>,
}

impl Link {
    pub(super) fn to(endpoint: Arc<Mutex<Option<LocalCollector>>>) -> Self {
        Self { endpoint, state: Arc::default() }
    }

    /// What becomes of the next requests; those after them arrive.
    ///
    /// # Panics
    /// After a panic inside the network.
    pub fn meet(&self, mishaps: &[Option<Mishap>]) {
        self.state.lock().unwrap().mishaps.extend(mishaps);
    }

    /// Cuts the link, or mends it. What was held up arrives when it is mended or never.
    ///
    /// # Panics
    /// After a panic inside the network.
    pub fn cut(&self, cut: bool) {
        self.state.lock().unwrap().cut = cut;
    }

    /// Forgets what was to go wrong.
    ///
    /// # Panics
    /// After a panic inside the network.
    pub fn calm(&self) {
        let mut state = self.state.lock().unwrap();
        state.cut = false;
        state.mishaps.clear();
    }

    /// Paths and bodies of the requests since this was last asked.
    ///
    /// # Panics
    /// After a panic inside the network.
    #[must_use]
    pub fn take_sent(&self) -> Vec<(String, Vec<u8>)> {
        std::mem::take(&mut self.state.lock().unwrap().sent)
    }
}

impl Connector for Link {
    fn connect(
        &self,
        _profile: &Profile,
        _residency: Residency,
        _time: &Arc<EndpointClock>,
    ) -> Result<Box<dyn Transport>, TransportFailure> {
        let (endpoint, state) = (Arc::clone(&self.endpoint), Arc::clone(&self.state));
        Ok(Box::new(Line { endpoint, state }))
    }
}

impl Transport for Line {
    fn send(&self, request: &Request) -> Result<Answer, TransportFailure> {
        let (cut, mishap) = {
            let mut state = self.state.lock().unwrap();
            state.sent.push((request.path.clone(), request.body.clone()));
            (state.cut, state.mishaps.pop_front().flatten())
        };
        if cut {
            return Err(TransportFailure::Offline);
        }
        let answer = match mishap {
            None => self.deliver(request)?,
            Some(Mishap::Lost) => return Err(TransportFailure::Interrupted),
            Some(Mishap::AnswerLost) => {
                self.deliver(request)?;
                return Err(TransportFailure::TimedOut);
            }
            Some(Mishap::Twice) => {
                self.deliver(request)?;
                self.deliver(request)?
            }
            Some(Mishap::Late) => {
                self.state.lock().unwrap().late.push(copy(request));
                return Err(TransportFailure::TimedOut);
            }
            Some(Mishap::Status(status)) => {
                return Ok(Answer { status, retry_after: None, body: Vec::new() });
            }
        };
        let late = std::mem::take(&mut self.state.lock().unwrap().late);
        for request in late {
            // Whoever sent it does not wait for the answer any more.
            let _ = self.deliver(&request);
        }
        Ok(answer)
    }
}

impl Line {
    fn deliver(&self, request: &Request) -> Result<Answer, TransportFailure> {
        let endpoint = self.endpoint.lock().unwrap();
        let endpoint = endpoint.as_ref().ok_or(TransportFailure::Offline)?;
        let LocalAnswer { status, retry_after, body } = endpoint.answer(LocalRequest {
            method: request.method.as_str(),
            path: &request.path,
            signature: request.signature.as_ref().map(headers),
            body: &request.body,
        });
        Ok(Answer { status, retry_after: retry_after.map(Span::seconds), body })
    }
}

fn copy(request: &Request) -> Request {
    Request {
        method: request.method,
        path: request.path.clone(),
        content_type: request.content_type,
        body: request.body.clone(),
        signature: request.signature.as_ref().map(headers),
    }
}

fn headers(signature: &Headers) -> Headers {
    Headers {
        content_digest: signature.content_digest.clone(),
        signature_input: signature.signature_input.clone(),
        signature: signature.signature.clone(),
    }
}

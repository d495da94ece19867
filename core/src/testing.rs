//! Ports for tests: keys in memory, a signer in software, a clock set by hand, repeatable
//! randomness. They work as the real ones do, and each has the switches of a phone's bad day.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use fenming_wire::key::DeviceKey;
use fenming_wire::time::{Span, Timestamp};
use ring::digest::{Context, SHA256};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use zeroize::Zeroizing;

use crate::clock::{Boot, Clock};
use crate::ports::{DeviceSigner, KeyError, KeyVault, Random};
use crate::vault::aead::DataKey;

/// Wrapping keys in memory. Keys outlive every store that is opened on them, as hardware does.
#[derive(Default)]
pub struct MemoryKeys(Mutex<KeyState>);

#[derive(Default)]
struct KeyState {
    keys: BTreeMap<String, [u8; 32]>,
    destroyed: BTreeSet<String>,
    refusal: Option<KeyError>,
}

/// A P-256 device key in software.
pub struct SoftwareSigner {
    pair: EcdsaKeyPair,
    refusal: Mutex<Option<KeyError>>,
}

/// A clock that moves only when it is told to.
pub struct ManualClock(Mutex<(Timestamp, Boot)>);

/// Random bytes that follow from a seed: the digests of seed and counter.
pub struct SeededRandom {
    seed: u64,
    counter: Mutex<u64>,
}

impl MemoryKeys {
    /// Without keys, and working.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Locks every key, as a phone that has not been unlocked since its start.
    pub fn lock(&self) {
        lock(&self.0).refusal = Some(KeyError::Locked);
    }

    /// Makes every call fail, as a key store that does not answer.
    pub fn fail(&self) {
        lock(&self.0).refusal = Some(KeyError::Failed);
    }

    /// Ends what [`Self::lock`] or [`Self::fail`] began.
    pub fn recover(&self) {
        lock(&self.0).refusal = None;
    }

    /// Loses every key, as some phones do when the screen lock is changed.
    pub fn lose_all(&self) {
        lock(&self.0).keys.clear();
    }

    /// The aliases of the keys that exist.
    #[must_use]
    pub fn aliases(&self) -> Vec<String> {
        lock(&self.0).keys.keys().cloned().collect()
    }

    /// The aliases that were destroyed on purpose.
    #[must_use]
    pub fn destroyed(&self) -> Vec<String> {
        lock(&self.0).destroyed.iter().cloned().collect()
    }

    fn state(&self) -> Result<MutexGuard<'_, KeyState>, KeyError> {
        let state = lock(&self.0);
        match state.refusal {
            Some(refusal) => Err(refusal),
            None => Ok(state),
        }
    }

    fn key(&self, alias: &str) -> Result<DataKey, KeyError> {
        let state = self.state()?;
        let bytes = state.keys.get(alias).ok_or(KeyError::Lost)?;
        DataKey::new(bytes)
    }
}

impl KeyVault for MemoryKeys {
    fn create(&self, alias: &str) -> Result<(), KeyError> {
        let mut bytes = [0; 32];
        crate::ports::SystemRandom.fill(&mut bytes)?;
        self.state()?.keys.entry(alias.to_owned()).or_insert(bytes);
        Ok(())
    }

    fn wrap(&self, alias: &str, plain: &[u8]) -> Result<Vec<u8>, KeyError> {
        self.key(alias)?.seal(&crate::ports::SystemRandom, alias.as_bytes(), plain)
    }

    fn unwrap(&self, alias: &str, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        self.key(alias)?.open(alias.as_bytes(), wrapped).map_err(|_| KeyError::Lost)
    }

    fn destroy(&self, alias: &str) -> Result<(), KeyError> {
        let mut state = self.state()?;
        state.keys.remove(alias);
        state.destroyed.insert(alias.to_owned());
        Ok(())
    }
}

impl SoftwareSigner {
    /// Makes a new key.
    ///
    /// # Errors
    /// [`KeyError::Failed`] where the system gives no randomness.
    pub fn generate() -> Result<Self, KeyError> {
        let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let made = EcdsaKeyPair::generate_pkcs8(algorithm, &random);
        let document = made.map_err(|_| KeyError::Failed)?;
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random);
        Ok(Self { pair: pair.map_err(|_| KeyError::Failed)?, refusal: Mutex::default() })
    }

    /// Makes every signature fail with this error, or none.
    pub fn refuse(&self, refusal: Option<KeyError>) {
        *lock(&self.refusal) = refusal;
    }
}

impl DeviceSigner for SoftwareSigner {
    fn public_key(&self) -> Result<DeviceKey, KeyError> {
        DeviceKey::from_point(self.pair.public_key().as_ref()).map_err(|_| KeyError::Failed)
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], KeyError> {
        if let Some(refusal) = *lock(&self.refusal) {
            return Err(refusal);
        }
        let signature = self.pair.sign(&SystemRandom::new(), message);
        signature.map_err(|_| KeyError::Failed)?.as_ref().try_into().map_err(|_| KeyError::Failed)
    }
}

impl ManualClock {
    /// Stands at a moment, ten minutes after the phone was started.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self(Mutex::new((now, Boot { id: [1; 16], elapsed: Span::minutes(10) })))
    }

    /// Lets time pass on both clocks.
    pub fn advance(&self, span: Span) {
        let mut state = lock(&self.0);
        state.0 = state.0 + span;
        state.1.elapsed = Span::millis(state.1.elapsed.as_millis() + span.as_millis());
    }

    /// Sets wall time as a person does in the settings. The steady clock does not notice.
    pub fn set_wall(&self, now: Timestamp) {
        lock(&self.0).0 = now;
    }

    /// Starts the phone anew after it was off for so long; the wall clock ran on.
    pub fn reboot(&self, off: Span) {
        let mut state = lock(&self.0);
        state.0 = state.0 + off;
        let next = state.1.id.map(|byte| byte.wrapping_add(1));
        state.1 = Boot { id: next, elapsed: Span::seconds(20) };
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        lock(&self.0).0
    }

    fn boot(&self) -> Boot {
        lock(&self.0).1
    }
}

impl SeededRandom {
    /// The same seed gives the same bytes.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed, counter: Mutex::new(0) }
    }
}

impl Random for SeededRandom {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), KeyError> {
        let mut counter = lock(&self.counter);
        for chunk in buffer.chunks_mut(32) {
            let mut context = Context::new(&SHA256);
            context.update(&self.seed.to_be_bytes());
            context.update(&counter.to_be_bytes());
            *counter = counter.wrapping_add(1);
            for (to, from) in chunk.iter_mut().zip(context.finish().as_ref()) {
                *to = *from;
            }
        }
        Ok(())
    }
}

/// A test that panicked must not hide behind a poisoned lock.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

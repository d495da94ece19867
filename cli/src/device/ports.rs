//! The agent's ports on a desktop: keys in files, and the system's clock.
//!
//! A phone keeps these keys in hardware. Here they are files that only their owner may read; the
//! demo, the tests and a developer use them, an employee's phone never does.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use data_encoding::{BASE64, HEXLOWER};
use fenming_core::clock::{Boot, Clock, Span, Timestamp};
use fenming_core::ports::{DeviceSigner, KeyError, KeyVault};
use fenming_wire::key::DeviceKey;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use zeroize::Zeroizing;

/// Wrapping keys as files in a folder, one file an alias.
pub struct FileKeys {
    dir: PathBuf,
    random: SystemRandom,
}

/// The device's P-256 key as a file.
pub struct FileSigner {
    key: EcdsaKeyPair,
    random: SystemRandom,
}

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl FileKeys {
    /// Uses a folder, which is made where it does not exist.
    ///
    /// # Errors
    /// Where the folder cannot be made.
    pub fn open(dir: &Path) -> io::Result<Arc<Self>> {
        make_private_dir(dir)?;
        Ok(Arc::new(Self { dir: dir.to_owned(), random: SystemRandom::new() }))
    }

    /// An alias may hold any character; its file name is the alias in hexadecimal.
    fn path(&self, alias: &str) -> PathBuf {
        self.dir.join(format!("{}.key", HEXLOWER.encode(alias.as_bytes())))
    }

    fn key(&self, alias: &str) -> Result<LessSafeKey, KeyError> {
        let bytes = match fs::read(self.path(alias)) {
            Ok(bytes) => Zeroizing::new(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(KeyError::Lost),
            Err(_) => return Err(KeyError::Failed),
        };
        UnboundKey::new(&AES_256_GCM, &bytes).map(LessSafeKey::new).map_err(|_| KeyError::Lost)
    }
}

impl KeyVault for FileKeys {
    fn create(&self, alias: &str) -> Result<(), KeyError> {
        let path = self.path(alias);
        if path.exists() {
            return Ok(());
        }
        let mut bytes = Zeroizing::new([0; 32]);
        self.random.fill(&mut *bytes).map_err(|_| KeyError::Failed)?;
        write_private(&path, &*bytes).map_err(|_| KeyError::Failed)
    }

    fn wrap(&self, alias: &str, plain: &[u8]) -> Result<Vec<u8>, KeyError> {
        let mut nonce = [0; NONCE_LEN];
        self.random.fill(&mut nonce).map_err(|_| KeyError::Failed)?;
        let mut sealed = plain.to_vec();
        let aad = Aad::from(alias.as_bytes());
        self.key(alias)?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut sealed)
            .map_err(|_| KeyError::Failed)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    fn unwrap(&self, alias: &str, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let (nonce, sealed) = wrapped.split_at_checked(NONCE_LEN).ok_or(KeyError::Lost)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| KeyError::Lost)?;
        let mut plain = Zeroizing::new(sealed.to_vec());
        let length = self
            .key(alias)?
            .open_in_place(nonce, Aad::from(alias.as_bytes()), &mut plain)
            .map_err(|_| KeyError::Lost)?
            .len();
        plain.truncate(length);
        Ok(plain)
    }

    fn destroy(&self, alias: &str) -> Result<(), KeyError> {
        match fs::remove_file(self.path(alias)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(KeyError::Failed),
            _ => sync_dir(&self.dir).map_err(|_| KeyError::Failed),
        }
    }
}

impl FileSigner {
    /// Reads the key, or makes one where there is none.
    ///
    /// # Errors
    /// Where the file cannot be read or written, or holds no such key.
    pub fn open(path: &Path) -> io::Result<Arc<Self>> {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let unusable = |_| io::Error::new(io::ErrorKind::InvalidData, "not a P-256 key");
        if !path.exists() {
            let made = EcdsaKeyPair::generate_pkcs8(algorithm, &random)
                .map_err(|_| io::Error::other("no randomness"))?;
            let text = Zeroizing::new(BASE64.encode(made.as_ref()));
            write_private(path, text.as_bytes())?;
        }
        let text = Zeroizing::new(fs::read(path)?);
        let bytes = BASE64
            .decode(&text)
            .map(Zeroizing::new)
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "not a P-256 key"))?;
        let key = EcdsaKeyPair::from_pkcs8(algorithm, &bytes, &random).map_err(unusable)?;
        Ok(Arc::new(Self { key, random }))
    }
}

impl DeviceSigner for FileSigner {
    fn public_key(&self) -> Result<DeviceKey, KeyError> {
        DeviceKey::from_point(self.key.public_key().as_ref()).map_err(|_| KeyError::Lost)
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], KeyError> {
        let signature = self.key.sign(&self.random, message).map_err(|_| KeyError::Failed)?;
        signature.as_ref().try_into().map_err(|_| KeyError::Failed)
    }
}

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "this is the port that reads the system's clock")]
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let millis = since.map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX));
        Timestamp::from_millis(millis)
    }

    fn boot(&self) -> Boot {
        let text = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        let digits: String = text.chars().filter(char::is_ascii_hexdigit).collect();
        let id = HEXLOWER.decode(digits.as_bytes()).ok().and_then(|b| b.try_into().ok());
        let uptime = fs::read_to_string("/proc/uptime").unwrap_or_default();
        let seconds = uptime.split('.').next().and_then(|s| s.parse().ok()).unwrap_or(0);
        Boot { id: id.unwrap_or_default(), elapsed: Span::seconds(seconds) }
    }
}

/// Makes a folder that only its owner may enter.
///
/// # Errors
/// Where it cannot be made.
pub fn make_private_dir(dir: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

/// Writes a file that only its owner may read, whole or not at all.
///
/// # Errors
/// Where it cannot be written.
pub fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let temporary = path.with_extension("tmp");
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    path.parent().map_or(Ok(()), sync_dir)
}

fn sync_dir(dir: &Path) -> io::Result<()> {
    fs::File::open(dir)?.sync_all()
}

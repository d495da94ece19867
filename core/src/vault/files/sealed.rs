//! Attachments on their way: sealed into the spool, received by the endpoint, gone.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;

use fenming_wire::id::Digest;
use fenming_wire::manifest::SealedFile;
use fenming_wire::time::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::{FileReader, WHOLE, secret_of};
use crate::error::AgentError;
use crate::vault::error::{counted, exact, from_io, stored};
use crate::vault::session::Session;
use crate::vault::{Pending, Vault};

/// An attachment in this store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileId(i64);

/// An attachment that has to be sealed before its batch.
pub struct ToSeal {
    /// Its id.
    pub id: FileId,
    /// Its bytes; none where they are gone, so that it can only be given up.
    pub bytes: Option<FileReader>,
}

impl Vault {
    /// The next attachment of these lines that is not sealed to these keys yet.
    ///
    /// # Errors
    /// As the store's.
    pub fn next_to_seal(
        &self,
        pending: &Pending,
        recipients: &Digest,
    ) -> Result<Option<ToSeal>, AgentError> {
        for line in pending.lines.iter().filter(|line| !line.files.is_empty()) {
            let found = self.read(|session| to_seal(session, line.id.0, recipients))?;
            let Some((id, name, size, secret)) = found else { continue };
            let path = self.file_folder().join(format!("{name}{WHOLE}"));
            let bytes = match File::open(path) {
                Ok(file) => Some(FileReader::new(file, &secret, name, size)?),
                Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                Err(error) => return Err(from_io(&error)),
            };
            return Ok(Some(ToSeal { id: FileId(id), bytes }));
        }
        Ok(None)
    }

    /// Notes that an attachment stands in the spool, sealed to these keys.
    ///
    /// # Errors
    /// As the store's.
    pub fn file_sealed(
        &mut self,
        id: FileId,
        file: &SealedFile,
        recipients: &Digest,
    ) -> Result<(), AgentError> {
        self.change(0, |session| {
            session
                .prepare(
                    "UPDATE attachments SET recipients = ?2, ciphertext = ?3, sealed = ?4,
                                            received = NULL WHERE id = ?1",
                )?
                .execute(params![
                    id.0,
                    recipients.as_bytes(),
                    file.ciphertext.as_bytes(),
                    stored(file.size)
                ])?;
            Ok(())
        })
    }

    /// Gives an attachment up whose bytes are gone or do not open. Its record says so.
    ///
    /// # Errors
    /// As the store's.
    pub fn file_lost(&mut self, id: FileId) -> Result<(), AgentError> {
        self.change(0, |session| {
            session
                .prepare(
                    "UPDATE attachments SET lost = 1, recipients = NULL, ciphertext = NULL,
                                            sealed = NULL, received = NULL WHERE id = ?1",
                )?
                .execute([id.0])?;
            Ok(())
        })
    }

    /// Forgets the sealed form of an attachment, which is then sealed again.
    ///
    /// # Errors
    /// As the store's.
    pub fn file_unsealed(&mut self, ciphertext: &Digest) -> Result<(), AgentError> {
        self.change(0, |session| {
            session
                .prepare(
                    "UPDATE attachments SET recipients = NULL, ciphertext = NULL, sealed = NULL,
                                            received = NULL WHERE ciphertext = ?1",
                )?
                .execute([ciphertext.as_bytes()])?;
            Ok(())
        })
    }

    /// Whether the endpoint has signed that it has this attachment.
    ///
    /// # Errors
    /// As the store's.
    pub fn is_file_received(&self, ciphertext: &Digest) -> Result<bool, AgentError> {
        self.read(|session| {
            Ok(session
                .prepare(
                    "SELECT 1 FROM attachments WHERE ciphertext = ?1 AND received IS NOT NULL",
                )?
                .exists([ciphertext.as_bytes()])?)
        })
    }

    /// Notes that the endpoint has this attachment, or, with none, that it must be asked again.
    ///
    /// # Errors
    /// As the store's.
    pub fn file_received(
        &mut self,
        ciphertext: &Digest,
        at: Option<Timestamp>,
    ) -> Result<(), AgentError> {
        self.change(0, |session| {
            session
                .prepare("UPDATE attachments SET received = ?2 WHERE ciphertext = ?1")?
                .execute(params![ciphertext.as_bytes(), at.map(Timestamp::millis)])?;
            Ok(())
        })
    }

    /// The names in the spool of all sealed attachments.
    pub(in crate::vault) fn sealed_files(&self) -> Result<BTreeSet<String>, AgentError> {
        self.read(|session| {
            let mut statement = session
                .prepare("SELECT ciphertext FROM attachments WHERE ciphertext IS NOT NULL")?;
            let mut rows = statement.query([])?;
            let mut names = BTreeSet::new();
            while let Some(row) = rows.next()? {
                let digest = Digest::from_bytes(exact(&row.get::<_, Vec<u8>>(0)?)?);
                names.insert(format!("{digest}.age"));
            }
            Ok(names)
        })
    }
}

/// The attachments of a record as they go into its line, in order; none for one that is lost or not
/// sealed.
pub(in crate::vault) fn of_record(
    session: &Session<'_>,
    record: i64,
) -> Result<Vec<Option<SealedFile>>, AgentError> {
    let mut statement = session
        .prepare("SELECT ciphertext, sealed FROM attachments WHERE record = ?1 ORDER BY place")?;
    let mut rows = statement.query([record])?;
    let mut files = Vec::new();
    while let Some(row) = rows.next()? {
        let (ciphertext, size): (Option<Vec<u8>>, Option<i64>) = (row.get(0)?, row.get(1)?);
        files.push(match (ciphertext, size) {
            (Some(bytes), Some(size)) => Some(SealedFile {
                ciphertext: Digest::from_bytes(exact(&bytes)?),
                size: counted(size)?,
            }),
            _ => None,
        });
    }
    Ok(files)
}

type Found = (i64, String, u64, zeroize::Zeroizing<Vec<u8>>);

fn to_seal(
    session: &Session<'_>,
    record: i64,
    recipients: &Digest,
) -> Result<Option<Found>, AgentError> {
    let found: Option<(i64, String, i64, Vec<u8>)> = session
        .prepare(
            "SELECT id, file, size, secret FROM attachments
             WHERE record = ?1 AND lost = 0 AND recipients IS NOT ?2 ORDER BY place LIMIT 1",
        )?
        .query_row(params![record, recipients.as_bytes()], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })
        .optional()?;
    let Some((id, file, size, secret)) = found else { return Ok(None) };
    let secret = session.open(secret_of(id), &secret)?;
    Ok(Some((id, file, counted(size)?, secret)))
}

//! Bytes too large for a message: spooled to disk here, kept in the object store there.

use crate::error::LogError;
use crate::log::Log;
use async_nats::jetstream::object_store::{GetErrorKind, InfoErrorKind, ObjectStore};
use jmip_core::{Located, ids, subjects};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::Path;
use tokio::io::AsyncReadExt;

const CHUNK: usize = 128 * 1024;

/// Takes bytes of any number and hashes them on the way to disk.
pub struct Spool {
    file: File,
    hasher: Sha256,
    size_bytes: u64,
}

/// Bytes on disk, with their name.
pub struct Spooled {
    pub(crate) file: File,
    /// SHA-256 of the bytes.
    pub sha256: [u8; 32],
    /// How many there are.
    pub size_bytes: u64,
}

impl Spool {
    /// An empty spool in a folder, or where the system keeps temporary files; it has no name and
    /// is gone with the process.
    ///
    /// Errors: [`LogError::File`].
    pub fn new(dir: Option<&Path>) -> Result<Self, LogError> {
        let file = match dir {
            Some(dir) => std::fs::create_dir_all(dir).and_then(|()| tempfile::tempfile_in(dir)),
            None => tempfile::tempfile(),
        };
        let file = file.map_err(|e| file_error("the spool", e))?;
        Ok(Self {
            file,
            hasher: Sha256::new(),
            size_bytes: 0,
        })
    }

    /// Adds bytes.
    ///
    /// Errors: [`LogError::File`], such as a full disk.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), LogError> {
        self.hasher.update(bytes);
        self.size_bytes += bytes.len() as u64;
        self.file
            .write_all(bytes)
            .map_err(|e| file_error("the spool", e))
    }

    /// No more bytes come.
    ///
    /// Errors: [`LogError::File`].
    pub fn finish(mut self) -> Result<Spooled, LogError> {
        self.file.rewind().map_err(|e| file_error("the spool", e))?;
        let sha256 = self.hasher.finalize().into();
        Ok(Spooled {
            file: self.file,
            sha256,
            size_bytes: self.size_bytes,
        })
    }
}

impl Spooled {
    pub(crate) fn read_all(&mut self) -> Result<Vec<u8>, LogError> {
        // From its start: an attempt before this one may have read it.
        let mut bytes = vec![];
        let read = self
            .file
            .rewind()
            .and_then(|()| self.file.read_to_end(&mut bytes));
        read.map_err(|e| file_error("the spool", e))?;
        Ok(bytes)
    }
}

fn file_error(path: &str, source: std::io::Error) -> LogError {
    LogError::File {
        path: path.to_owned(),
        source,
    }
}

impl Log {
    async fn blobs(&self) -> Result<ObjectStore, LogError> {
        let store = self.context.get_object_store(subjects::BLOBS).await;
        store.map_err(|e| LogError::request("binding the object store", e))
    }

    /// Puts bytes into the object store under the hex of their hash, unless they are there.
    pub(crate) async fn put_blob(&self, spooled: &mut Spooled) -> Result<String, LogError> {
        let name = ids::hex(&spooled.sha256);
        let blobs = self.blobs().await?;
        match blobs.info(&name).await {
            Ok(_) => return Ok(name),
            Err(e) if e.kind() == InfoErrorKind::NotFound => {}
            Err(e) => return Err(LogError::request("looking an object up", e)),
        }
        let failed = |e| file_error("the spool", e);
        spooled.file.rewind().map_err(failed)?;
        let mut file = tokio::fs::File::from_std(spooled.file.try_clone().map_err(failed)?);
        let put = blobs.put(name.as_str(), &mut file).await;
        put.map_err(|e| LogError::request("putting an object", e))?;
        Ok(name)
    }

    /// Fetches the bytes an input points at into a local file without a name, in a folder or where
    /// the system keeps temporary files; those of an object are checked against its name, the hash
    /// of what it should hold.
    ///
    /// Shape: the file stands at its beginning. Errors: [`LogError::NotFound`],
    /// [`LogError::File`], or as the server reports them.
    pub async fn fetch(&self, located: &Located, dir: Option<&Path>) -> Result<File, LogError> {
        self.ask(|| self.fetch_once(located, dir)).await
    }

    async fn fetch_once(&self, located: &Located, dir: Option<&Path>) -> Result<File, LogError> {
        let mut spool = Spool::new(dir)?;
        match located {
            Located::Message { stream, sequence } => {
                let found = self.raw_at(stream, *sequence).await?;
                let missing = || LogError::NotFound(format!("message {sequence} of {stream}"));
                let message = found.ok_or_else(missing)?;
                spool.write(&message.payload)?;
                Ok(spool.finish()?.file)
            }
            Located::Blob { name } => {
                let missing = || LogError::NotFound(format!("object {name}"));
                let mut object =
                    self.blobs()
                        .await?
                        .get(name)
                        .await
                        .map_err(|e| match e.kind() {
                            GetErrorKind::NotFound | GetErrorKind::InvalidName => missing(),
                            _ => LogError::request("reading an object", e),
                        })?;
                let mut chunk = vec![0; CHUNK];
                loop {
                    let read = object.read(&mut chunk).await;
                    match read.map_err(|e| LogError::request("reading an object", e))? {
                        0 => break,
                        length => spool.write(&chunk[..length])?,
                    }
                }
                let spooled = spool.finish()?;
                if ids::hex(&spooled.sha256) == *name {
                    Ok(spooled.file)
                } else {
                    Err(missing())
                }
            }
        }
    }
}

//! Knowledge as it is at a place of the log: the shipped one, and per tenant what was adopted.

use crate::blobs::Spool;
use crate::error::LogError;
use crate::log::Log;
use crate::role::Part;
use crate::selection::Selection;
use jmip_core::event::KnowledgeAdopted;
use jmip_core::stage::Extend;
use jmip_core::{Envelope, Event, Knowledge, Located, Stored, ids, subjects};
use std::collections::BTreeMap;
use std::io::Read;

/// Largest file that is adopted: a dictionary of some 100,000 entries.
pub const FILE_MAX_BYTES: u64 = 32 * 1024 * 1024;

/// What a stage knows: what is shipped, and on top of it what each tenant has adopted.
pub struct Learned<K> {
    stage: &'static str,
    shipped: Knowledge<K>,
    extend: Option<Extend<K>>,
    of_tenant: BTreeMap<String, Own<K>>,
}

/// What one tenant has adopted.
struct Own<K> {
    files: BTreeMap<String, String>,
    /// `None` while no file is in force, or these do not compile.
    knowledge: Option<Knowledge<K>>,
}

impl<K> Default for Own<K> {
    fn default() -> Self {
        Self {
            files: BTreeMap::new(),
            knowledge: None,
        }
    }
}

impl<K> Own<K> {
    fn listed(&self) -> Vec<(&str, &str)> {
        let files = self.files.iter();
        files
            .map(|(name, text)| (name.as_str(), text.as_str()))
            .collect()
    }
}

impl<K> Learned<K> {
    /// What a stage knows before anything is adopted.
    pub fn new(stage: &'static str, shipped: Knowledge<K>, extend: Option<Extend<K>>) -> Self {
        Self {
            stage,
            shipped,
            extend,
            of_tenant: BTreeMap::new(),
        }
    }

    /// What to decide a tenant's inputs with.
    pub fn of(&self, tenant: &str) -> &Knowledge<K> {
        let own = self.of_tenant.get(tenant);
        own.and_then(|own| own.knowledge.as_ref())
            .unwrap_or(&self.shipped)
    }

    /// What is in force at a place of the log, given as a sequence.
    ///
    /// Errors: as the server reports them.
    pub async fn restore(&mut self, log: &Log, until: u64) -> Result<(), LogError> {
        self.of_tenant.clear();
        if self.extend.is_none() {
            return Ok(());
        }
        // What was taken back or replaced since is not fetched, however often it was.
        for ((tenant, name), sha256) in log.in_force(self.stage, until).await? {
            let text = log.kept_knowledge(&sha256).await?;
            let own = self.of_tenant.entry(tenant).or_default();
            own.files.insert(name, text);
        }
        let tenants: Vec<String> = self.of_tenant.keys().cloned().collect();
        tenants.iter().for_each(|tenant| self.compile(tenant));
        Ok(())
    }

    /// Takes an event in, if it adopts knowledge of this stage.
    pub(crate) async fn take(&mut self, log: &Log, envelope: &Envelope) -> Result<(), LogError> {
        if self.extend.is_some() && self.note(log, envelope).await? {
            self.compile(&envelope.tenant);
        }
        Ok(())
    }

    /// Adds a file to those of a tenant, as if it were adopted.
    ///
    /// Errors: the files do not compile; the words say why.
    pub fn try_out(&mut self, tenant: &str, name: &str, text: String) -> Result<(), String> {
        let Some(extend) = self.extend else {
            return Err(format!("{} takes no files", self.stage));
        };
        let own = self.of_tenant.entry(tenant.to_owned()).or_default();
        own.files.insert(name.to_owned(), text);
        own.knowledge = Some(extend(&own.listed())?);
        Ok(())
    }

    async fn note(&mut self, log: &Log, envelope: &Envelope) -> Result<bool, LogError> {
        let Some(Event::KnowledgeAdopted(adopted)) = &envelope.event else {
            return Ok(false);
        };
        if adopted.stage != self.stage {
            return Ok(false);
        }
        let text = match adopted.sha256.as_slice() {
            [] => None,
            _ => Some(log.kept_knowledge(&adopted.sha256).await?),
        };
        let own = self.of_tenant.entry(envelope.tenant.clone());
        let own = own.or_default();
        match text {
            Some(text) => own.files.insert(adopted.name.clone(), text),
            None => own.files.remove(&adopted.name),
        };
        Ok(true)
    }

    /// Compiles a tenant's files. Whoever adopts a file checks it first; should one not compile
    /// all the same, as after an upgrade, the stage goes on with what is shipped, and says so.
    fn compile(&mut self, tenant: &str) {
        let (Some(extend), Some(own)) = (self.extend, self.of_tenant.get_mut(tenant)) else {
            return;
        };
        own.knowledge = match own.files.is_empty() {
            true => None,
            false => extend(&own.listed())
                .inspect_err(|error| {
                    tracing::error!(
                        stage = self.stage, tenant, error = %error,
                        "adopted knowledge does not compile; {} decides with what is shipped",
                        self.stage
                    );
                })
                .ok(),
        };
    }
}

impl Log {
    /// Keeps a knowledge file in the object store under its hash; what an adoption names.
    ///
    /// Errors: [`LogError::File`] when the temporary copy cannot be written,
    /// [`LogError::Forbidden`], or as the server reports them.
    pub async fn keep_knowledge(
        &self,
        stage: &str,
        name: &str,
        text: &str,
    ) -> Result<KnowledgeAdopted, LogError> {
        // Nobody else names such a file on the log.
        self.may_write(Part::Events("user"))?;
        let mut spool = Spool::new(None)?;
        spool.write(text.as_bytes())?;
        let mut spooled = spool.finish()?;
        let putting = self.put_blob(&mut spooled);
        self.on_this_connection(putting).await?;
        Ok(KnowledgeAdopted {
            stage: stage.to_owned(),
            name: name.to_owned(),
            sha256: spooled.sha256.to_vec(),
            size_bytes: spooled.size_bytes,
        })
    }

    /// The files that are in force for a stage and a tenant: name and SHA-256.
    ///
    /// Errors: as the server reports them.
    pub async fn adopted_knowledge(
        &self,
        tenant: &str,
        stage: &str,
    ) -> Result<BTreeMap<String, Vec<u8>>, LogError> {
        let all = self.in_force(stage, u64::MAX).await?.into_iter();
        let own = all.filter(|((of, _), _)| of == tenant);
        Ok(own.map(|((_, name), sha256)| (name, sha256)).collect())
    }

    /// The files that are in force for a stage at a sequence: SHA-256 by tenant and name.
    async fn in_force(
        &self,
        stage: &str,
        until: u64,
    ) -> Result<BTreeMap<(String, String), Vec<u8>>, LogError> {
        let adoptions = Selection::kinds(&[subjects::KNOWLEDGE_ADOPTED]);
        let mut files = BTreeMap::new();
        for Stored {
            sequence, envelope, ..
        } in self.history(&adoptions).await?
        {
            let Some(Event::KnowledgeAdopted(adopted)) = &envelope.event else {
                continue;
            };
            if sequence > until || adopted.stage != stage {
                continue;
            }
            let key = (envelope.tenant.clone(), adopted.name.clone());
            match adopted.sha256.is_empty() {
                true => files.remove(&key),
                false => files.insert(key, adopted.sha256.clone()),
            };
        }
        Ok(files)
    }

    /// The text of a kept file.
    ///
    /// Errors: [`LogError::NotFound`] when it is not there or not what its hash says,
    /// [`LogError::File`] when it is no text, or as the server reports them.
    pub async fn kept_knowledge(&self, sha256: &[u8]) -> Result<String, LogError> {
        let name = ids::hex(sha256);
        let located = Located::Blob { name: name.clone() };
        let mut text = String::new();
        let mut file = self.fetch(&located, None).await?.take(FILE_MAX_BYTES);
        file.read_to_string(&mut text)
            .map_err(|source| LogError::File { path: name, source })?;
        Ok(text)
    }
}

//! All services in one process, or some of them.

use crate::news::{self, Telling};
use anyhow::Context as _;
use clap::ValueEnum;
use clap::builder::PossibleValue;
use jmip_api::{Api, Tokens};
use jmip_projections::{Projection, Store, VIEWS, View, market};
use jmip_runtime::config::{Access, Secret};
use jmip_runtime::{
    CancellationToken, Context, Feed, Log, Role, Roles, Statuses, projection_loop, split_loop,
    stage_loop,
};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// One service: what a container may run alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Takes exports in.
    Effects,
    /// Cuts exports into postings.
    Ingest,
    /// Turns postings into jobs.
    Normalize,
    /// Reads facts out of jobs.
    Enrich,
    /// Ranks jobs for a profile.
    Score,
    /// Keeps a read model.
    Projection(&'static View),
    /// Answers queries over HTTP.
    Api,
}

/// Every service, in the order that data flows.
pub static ALL: LazyLock<Vec<Service>> = LazyLock::new(|| {
    let stages = [
        Service::Effects,
        Service::Ingest,
        Service::Normalize,
        Service::Enrich,
        Service::Score,
    ];
    let views = VIEWS.iter().map(|view| Service::Projection(view));
    stages
        .into_iter()
        .chain(views)
        .chain([Service::Api])
        .collect()
});

impl Service {
    /// As it is named on the command line, and what it does.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Effects => ("effects", "Takes exports in"),
            Self::Ingest => ("ingest", "Cuts exports into postings"),
            Self::Normalize => ("normalize", "Turns postings into jobs"),
            Self::Enrich => ("enrich", "Reads facts out of jobs"),
            Self::Score => ("score", "Ranks jobs for a profile"),
            Self::Projection(view) => (view.name, view.about),
            Self::Api => ("api", "Answers queries over HTTP"),
        }
    }

    /// As it is named on the command line.
    pub fn name(self) -> &'static str {
        self.words().0
    }

    /// As whom it reaches the log.
    fn roles(self) -> Roles {
        match self {
            Self::Effects => Role::Effects.into(),
            Self::Ingest => Role::Ingest.into(),
            Self::Normalize => Role::Normalize.into(),
            Self::Enrich => Role::Enrich.into(),
            Self::Score => Role::Score.into(),
            Self::Projection(_) => Role::Reader.into(),
            Self::Api => [Role::User, Role::Publisher].into(),
        }
    }
}

impl ValueEnum for Service {
    fn value_variants<'a>() -> &'a [Self] {
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let (name, does) = self.words();
        Some(PossibleValue::new(name).help(does))
    }
}

/// Where a system finds its servers, and what the API is given.
pub struct Settings {
    /// The log.
    pub nats_url: Secret,
    /// As whom `System::log` writes; services have roles of their own.
    pub roles: Roles,
    /// The read models.
    pub database_url: Secret,
    /// Where the API listens; needed when it runs.
    pub api_listen: Option<SocketAddr>,
    /// The key of its owner.
    pub api_key: Option<Secret>,
    /// Where metrics are shown without a key, when anywhere.
    pub metrics_listen: Option<SocketAddr>,
    /// Who else may ask it, and how much.
    pub access: Access,
    /// Folder of state caches and spooled exports.
    pub state_dir: Option<PathBuf>,
}

/// Running services.
pub struct System {
    tasks: JoinSet<()>,
    shutdown: CancellationToken,
    /// The log, for whoever started it.
    pub log: Log,
    /// The read models.
    pub store: Store,
    /// How the loops are.
    pub statuses: Statuses,
    /// Where the API listens, when it runs.
    pub api_address: Option<SocketAddr>,
    /// Where metrics are shown without a key, when they are.
    pub metrics_address: Option<SocketAddr>,
}

impl System {
    /// Starts services against servers whose streams are as `nats/` has them.
    ///
    /// Errors: a server cannot be reached, the streams differ, the address is taken, or the API
    /// has no address, or a key to check tokens by that is none.
    pub async fn start(services: &[Service], settings: Settings) -> anyhow::Result<Self> {
        // The shipped policy, where there is none.
        let adopts = services.contains(&Service::Score);
        let own = services.iter().map(|service| service.roles());
        let beside = adopts.then_some(Roles::from(Role::User));
        let all: Roles = own.chain(beside).chain([settings.roles]).collect();
        let log = Log::connect(settings.nats_url.reveal(), all).await?;
        let log = log.telling(news::tell);
        log.check_streams().await?;
        let store = Store::connect(settings.database_url.reveal())?;
        store.migrate().await.context("the database is not ready")?;
        let shutdown = CancellationToken::new();
        let context = Context {
            log: log.only(Role::Reader),
            statuses: Statuses::default(),
            state_dir: settings.state_dir.clone(),
            shutdown: shutdown.clone(),
            // One loop reads the log once anyway.
            feed: (services.len() > 1).then(Feed::default),
        };
        let mut tasks = JoinSet::new();
        if let Some(feed) = &context.feed {
            tasks.spawn(feed.clone().run(context.log.clone(), shutdown.clone()));
        }
        tasks.spawn(
            context
                .statuses
                .clone()
                .answer(context.log.clone(), shutdown.clone()),
        );
        for service in services.iter().filter(|&&service| service != Service::Api) {
            let context = Context {
                log: log.only(service.roles()),
                ..context.clone()
            };
            spawn(*service, &mut tasks, context, &store);
        }
        if adopts {
            adopt_default_policy(&log.only(Role::User), jmip_core::subjects::DEFAULT_TENANT)
                .await?;
        }
        let mut system = Self {
            tasks,
            shutdown,
            log: log.only(settings.roles),
            store,
            statuses: context.statuses,
            api_address: None,
            metrics_address: None,
        };
        if let Some(listen) = settings.metrics_listen {
            system.show_metrics(listen).await?;
        }
        if services.contains(&Service::Api) {
            system
                .serve(log.only(Service::Api.roles()), settings)
                .await?;
        }
        Ok(system)
    }

    async fn show_metrics(&mut self, listen: SocketAddr) -> anyhow::Result<()> {
        let listener = TcpListener::bind(listen)
            .await
            .with_context(|| format!("cannot listen on {listen}"))?;
        self.metrics_address = Some(listener.local_addr()?);
        let shutdown = self.shutdown.clone();
        self.tasks.spawn(async move {
            if let Err(error) = jmip_api::serve_metrics(listener, shutdown).await {
                tracing::error!(error = %error, "metrics are no longer shown");
            }
        });
        Ok(())
    }

    async fn serve(&mut self, log: Log, settings: Settings) -> anyhow::Result<()> {
        let listen = settings
            .api_listen
            .context("the API needs JMIP_API_LISTEN")?;
        let tokens = settings.access.jwt.as_ref().map(Tokens::new).transpose()?;
        let listener = TcpListener::bind(listen)
            .await
            .with_context(|| format!("cannot listen on {listen}"))?;
        self.api_address = Some(listener.local_addr()?);
        let api = Api {
            log,
            store: self.store.clone(),
            statuses: self.statuses.clone(),
            key: settings.api_key,
            limits: settings.access.limits,
            tokens,
            state_dir: settings.state_dir,
            import_profile: Arc::new(crate::profile::import),
            cut_record: crate::record::cut,
        };
        let shutdown = self.shutdown.clone();
        self.tasks.spawn(async move {
            if let Err(error) = jmip_api::serve(listener, api, shutdown).await {
                tracing::error!(error = %error, "the API stopped");
            }
        });
        Ok(())
    }

    /// Ends every loop after the stretch in hand.
    pub async fn stop(mut self) {
        self.shutdown.cancel();
        while self.tasks.join_next().await.is_some() {}
    }

    /// Waits until a service has ended, which none does unless it is told to.
    pub async fn ended(&mut self) {
        if let Some(Err(error)) = self.tasks.join_next().await {
            tracing::error!(error = %error, "a service ended");
        }
    }
}

fn spawn(service: Service, tasks: &mut JoinSet<()>, context: Context, store: &Store) {
    match service {
        Service::Effects => tasks.spawn(jmip_effects::run(context)),
        Service::Ingest => tasks.spawn(split_loop::run_splitter(
            context,
            jmip_ingest::SPLITTER,
            jmip_ingest::knowledge(),
        )),
        Service::Normalize => tasks.spawn(stage_loop::run_fold(
            context,
            jmip_normalize::FOLD,
            jmip_normalize::knowledge(),
        )),
        Service::Enrich => tasks.spawn(stage_loop::run_stage(
            context,
            jmip_enrich::STAGE,
            jmip_enrich::knowledge(),
        )),
        Service::Score => tasks.spawn(stage_loop::run_fold(
            context,
            jmip_score::FOLD,
            jmip_core::Knowledge::none(),
        )),
        Service::Projection(view) if view == &market::VIEW => {
            let sink = Telling::new(Projection::live(store, view), store);
            tasks.spawn(projection_loop::run_projection(context, sink))
        }
        Service::Projection(view) => tasks.spawn(projection_loop::run_projection(
            context,
            Projection::live(store, view),
        )),
        Service::Api => unreachable!("the API is started by itself, with its listener"),
    };
}

/// Puts the shipped policy on a log that has none for a tenant.
pub(crate) async fn adopt_default_policy(log: &Log, tenant: &str) -> anyhow::Result<()> {
    let adopted = jmip_core::subjects::POLICY_ADOPTED;
    if log.last_event(tenant, adopted).await?.is_some() {
        return Ok(());
    }
    jmip_api::append::adopt_policy(log, tenant, jmip_market::DEFAULT_POLICY).await?;
    Ok(())
}

//! A stack: started, asked, its processes killed and started again one by one, stopped.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::error::StackError;
use crate::name::{Name, Service};
use crate::options::Options;
use crate::ports::{Ports, Reservation};
use crate::process::{LOOK, Plan, tail};
use crate::state::{Dir, State};
use crate::{gateway, mongo, rabbit, services};

/// How long a process may take to become ready. A node of RabbitMQ on a busy machine takes its time.
const START: Duration = Duration::from_mins(2);

/// How long a process may take to end after SIGTERM; services finish what they answer, up to 30 s.
const END: Duration = Duration::from_secs(40);

/// How long a process that is started again waits for its ports.
const PORT_PATIENCE: Duration = Duration::from_secs(10);

/// What `up` found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// Nothing: all was started.
    Nothing,
    /// All of it runs already.
    Everything,
    /// A part runs already; the rest was started.
    Something,
}

/// What becomes of the processes when the value goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    Stop,
    Leave,
}

/// One process as `status` shows it.
#[derive(Debug, Clone)]
pub struct Process {
    /// Its name.
    pub name: Name,
    /// Its pid, if it runs.
    pub pid: Option<i32>,
    /// The ports that it listens on.
    pub ports: Vec<u16>,
    /// Whether it does its work; else why not.
    pub ready: Result<(), String>,
    /// Its log.
    pub log: PathBuf,
}

/// A running stack. Dropping it stops it, unless [`Stack::leave`] was called or it was there before ([`Stack::open`]).
#[derive(Debug)]
pub struct Stack {
    dir: Dir,
    state: State,
    found: Found,
    then: Then,
    http: reqwest::Client,
    _reservation: Option<Reservation>,
}

impl Stack {
    /// Starts what of the stack does not run; returns when all of it is ready.
    ///
    /// # Errors
    /// Whatever keeps it from starting, as a sentence that says what to do. What was started by then is stopped again.
    pub async fn up(options: Options) -> Result<Self, StackError> {
        options.shape.validate()?;
        let dir = Dir::create(&options.dir)?;
        let _lock = dir.lock()?;
        let earlier = State::read(&dir)?.filter(|state| state.is_anything_alive(&dir));
        let mut stack = match earlier {
            Some(state) if state.shape != options.shape => {
                return Err(StackError::OtherShape {
                    dir: options.dir,
                    what: state.shape.describe(),
                });
            }
            Some(state) => Self::new(dir, state, Found::Something, None)?,
            None => {
                let (ports, reservation) = options.choose_ports()?;
                let state = State {
                    shape: options.shape,
                    ports,
                    processes: std::collections::BTreeMap::new(),
                };
                Self::new(dir, state, Found::Nothing, reservation)?
            }
        };
        // What runs already is not ours to stop if the rest cannot be started.
        stack.then = if stack.found == Found::Nothing {
            Then::Stop
        } else {
            Then::Leave
        };
        stack.start_missing().await?;
        Ok(stack)
    }

    /// A stack that runs, if one does in `dir`. It goes on when the value is dropped.
    ///
    /// # Errors
    /// If the directory's state cannot be read.
    pub fn open(dir: &Path) -> Result<Option<Self>, StackError> {
        let Some(dir) = Dir::existing(dir) else {
            return Ok(None);
        };
        match State::read(&dir)? {
            Some(state) => Self::new(dir, state, Found::Something, None).map(Some),
            None => Ok(None),
        }
    }

    fn new(
        dir: Dir,
        state: State,
        found: Found,
        reservation: Option<Reservation>,
    ) -> Result<Self, StackError> {
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(5))
            .no_proxy()
            .build()
            .map_err(|error| StackError::Failed {
                command: "an HTTP client".to_owned(),
                reason: error.to_string(),
            })?;
        Ok(Self {
            dir,
            state,
            found,
            then: Then::Leave,
            http,
            _reservation: reservation,
        })
    }

    /// What `up` found.
    #[must_use]
    pub fn found(&self) -> Found {
        self.found
    }

    /// Lets the processes run on when this value goes.
    pub fn leave(&mut self) {
        self.then = Then::Leave;
    }

    /// `http://127.0.0.1:PORT` of the gateway.
    #[must_use]
    pub fn gateway_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.state.ports.gateway)
    }

    /// URI of the MongoDB replica set.
    #[must_use]
    pub fn mongo_uri(&self) -> String {
        mongo::uri(&self.state.ports.mongo)
    }

    /// URI of RabbitMQ.
    #[must_use]
    pub fn amqp_uri(&self) -> String {
        rabbit::uri(&self.state.ports)
    }

    /// Base URL of a replica's public port.
    #[must_use]
    pub fn public_url(&self, service: Service, replica: usize) -> Option<String> {
        let ports = self
            .state
            .ports
            .services
            .get(&Name::Service(service, replica))?;
        Some(format!("http://127.0.0.1:{}", ports.public))
    }

    /// Base URL of a replica's internal port.
    #[must_use]
    pub fn internal_url(&self, service: Service, replica: usize) -> Option<String> {
        let ports = self
            .state
            .ports
            .services
            .get(&Name::Service(service, replica))?;
        Some(format!("http://127.0.0.1:{}", ports.internal))
    }

    /// The ports of its processes.
    #[must_use]
    pub fn ports(&self) -> &Ports {
        &self.state.ports
    }

    /// The settings file of the services, for `marketplace audit --config`.
    #[must_use]
    pub fn config_path(&self) -> PathBuf {
        self.dir.settings()
    }

    /// Where nginx has its configuration (`conf/`) and the files it serves (`site/`).
    #[must_use]
    pub fn gateway_dir(&self) -> PathBuf {
        gateway::prefix(&self.dir)
    }

    /// The names of its processes, in the order in which they are started.
    #[must_use]
    pub fn names(&self) -> Vec<Name> {
        self.state.shape.names()
    }

    /// Every process and how it is.
    pub async fn processes(&self) -> Vec<Process> {
        let mut processes = Vec::new();
        for name in self.names() {
            let pid = self.pid(name);
            let ready = if pid.is_some() {
                self.check(name).await
            } else {
                Err("it does not run".to_owned())
            };
            processes.push(Process {
                name,
                pid,
                ports: self.state.ports.of(name),
                ready,
                log: self.dir.log(name),
            });
        }
        processes
    }

    /// The pid of a process that runs.
    #[must_use]
    pub fn pid(&self, name: Name) -> Option<i32> {
        let started = self.state.processes.get(&name)?;
        started.is_alive().then_some(started.pid)
    }

    /// Which member of the replica set is primary, if one is.
    pub async fn mongo_primary(&self) -> Option<Name> {
        mongo::primary(&self.state.ports.mongo)
            .await
            .map(Name::Mongo)
    }

    /// `kill -9`, and waits for the end: it gets no chance to tidy up.
    ///
    /// # Errors
    /// If there is no such process, or it does not end.
    pub fn kill(&self, name: Name) -> Result<(), StackError> {
        let started = self
            .state
            .processes
            .get(&name)
            .ok_or(StackError::NoSuchProcess(name))?;
        let run_dir = self.dir.run(name);
        started.kill(&run_dir);
        if started.wait_for_end(&run_dir, Instant::now() + Duration::from_secs(10)) {
            Ok(())
        } else {
            Err(StackError::Immortal {
                name,
                pid: started.pid,
            })
        }
    }

    /// SIGTERM, and waits for the end.
    ///
    /// # Errors
    /// If there is no such process, or it does not end within 40 seconds, killed or not.
    pub fn stop(&mut self, name: Name) -> Result<(), StackError> {
        if !self.state.processes.contains_key(&name) {
            return Err(StackError::NoSuchProcess(name));
        }
        self.end(&[name])
    }

    /// Starts a process that does not run, on the ports that it had. Does not wait until it is ready.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn start(&mut self, name: Name) -> Result<(), StackError> {
        if self.pid(name).is_some() {
            return Ok(());
        }
        if !self.names().contains(&name) {
            return Err(StackError::NoSuchProcess(name));
        }
        let plan = self.plan(name)?;
        if let Some(earlier) = self.state.processes.get(&name) {
            // Its leader is gone; what it left behind would hold its ports.
            earlier.kill(&plan.run_dir);
            let _ = earlier.wait_for_end(&plan.run_dir, Instant::now() + Duration::from_secs(5));
        }
        self.wait_for_ports(name)?;
        let started = plan.start()?;
        self.state.processes.insert(name, started);
        self.state.write(&self.dir)
    }

    /// A port that was free a moment ago may be the near end of somebody's connection for a while: of one that was just being made to
    /// the process that died, say.
    fn wait_for_ports(&self, name: Name) -> Result<(), StackError> {
        let deadline = Instant::now() + PORT_PATIENCE;
        loop {
            match self.state.ports.check_free(name) {
                Err(_) if Instant::now() < deadline => {
                    std::thread::sleep(Duration::from_millis(50));
                }
                free_or_late => return free_or_late,
            }
        }
    }

    /// Waits until a process is ready.
    ///
    /// # Errors
    /// If it ends, or is not ready in two minutes, with the end of its log.
    pub async fn wait_ready(&self, name: Name) -> Result<(), StackError> {
        self.wait(name, async || self.check(name).await).await
    }

    /// Stops all that was started, and nothing else. What of it does not end in time is killed.
    ///
    /// # Errors
    /// If something cannot be stopped.
    pub fn down(mut self) -> Result<(), StackError> {
        self.then = Then::Leave;
        let _lock: File = self.dir.lock()?;
        self.end_all()
    }

    /// Throws away all data of a stack that does not run.
    ///
    /// # Errors
    /// If something of it runs, or the directory is not that of a stack.
    pub fn wipe(dir: &Path) -> Result<(), StackError> {
        let Some(dir) = Dir::existing(dir) else {
            return Ok(());
        };
        let lock = dir.lock()?;
        if State::read(&dir)?.is_some_and(|state| state.is_anything_alive(&dir)) {
            return Err(StackError::BadOption(
                "it runs: stop it before its data is thrown away".to_owned(),
            ));
        }
        // By name: whatever else somebody keeps there stays.
        for part in ["data", "logs", "run", "nginx"] {
            let path = dir.path().join(part);
            if path.exists() {
                fs::remove_dir_all(&path).map_err(StackError::io(&path))?;
            }
        }
        for path in [dir.settings(), dir.signing_key()] {
            if path.exists() {
                fs::remove_file(&path).map_err(StackError::io(&path))?;
            }
        }
        drop(lock);
        Ok(())
    }

    async fn start_missing(&mut self) -> Result<(), StackError> {
        let missing: Vec<Name> = self
            .names()
            .into_iter()
            .filter(|name| self.pid(*name).is_none())
            .collect();
        if missing.is_empty() {
            self.found = Found::Everything;
            return Ok(());
        }
        for name in &missing {
            self.state.ports.check_free(*name)?;
        }
        services::write_settings(&self.dir, &self.state)?;
        let is_server = |name: &&Name| matches!(name, Name::Mongo(_) | Name::Epmd | Name::Rabbit);
        let (servers, ours): (Vec<&Name>, Vec<&Name>) = missing.iter().partition(is_server);
        for name in &servers {
            self.start(**name)?;
            if **name == Name::Epmd {
                self.wait_ready(Name::Epmd).await?;
            }
        }
        if self.names().contains(&Name::Mongo(0)) {
            self.found_replica_set().await?;
        }
        for name in servers {
            self.wait_ready(*name).await?;
        }
        for name in &ours {
            self.start(**name)?;
        }
        for name in ours {
            self.wait_ready(*name).await?;
        }
        Ok(())
    }

    /// Makes the members a replica set, if they are none yet, and waits for a primary.
    async fn found_replica_set(&self) -> Result<(), StackError> {
        let ports = &self.state.ports.mongo;
        for (member, port) in ports.iter().enumerate() {
            let answers = async || {
                mongo::hello(*port)
                    .await
                    .map(drop)
                    .map_err(|error| error.to_string())
            };
            self.wait(Name::Mongo(member), answers).await?;
        }
        mongo::initiate(&self.dir, &self.state).await?;
        let primary = async || {
            mongo::primary(ports)
                .await
                .map(drop)
                .ok_or_else(|| "no member is primary".to_owned())
        };
        self.wait(Name::Mongo(0), primary).await
    }

    async fn wait(
        &self,
        name: Name,
        check: impl AsyncFn() -> Result<(), String>,
    ) -> Result<(), StackError> {
        let log = self.dir.log(name);
        let deadline = Instant::now() + START;
        loop {
            let Err(reason) = check().await else {
                return Ok(());
            };
            if self.pid(name).is_none() {
                return Err(StackError::Ended {
                    name,
                    tail: tail(&log),
                    log,
                });
            }
            if Instant::now() >= deadline {
                return Err(StackError::NotReady {
                    name,
                    seconds: START.as_secs(),
                    reason,
                    tail: tail(&log),
                    log,
                });
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Whether a process does its work.
    async fn check(&self, name: Name) -> Result<(), String> {
        let ports = &self.state.ports;
        match name {
            Name::Mongo(member) => match ports.mongo.get(member) {
                Some(port) => mongo::check(*port).await,
                None => Err("there is no such member".to_owned()),
            },
            Name::Epmd => rabbit::check_epmd(ports).await,
            Name::Rabbit => rabbit::check(ports).await,
            Name::Gateway => {
                self.expect_200(&format!("{}/healthz", self.gateway_url()))
                    .await
            }
            Name::Service(service, replica) => match self.internal_url(service, replica) {
                Some(url) => self.expect_200(&format!("{url}/readyz")).await,
                None => Err("there is no such replica".to_owned()),
            },
        }
    }

    async fn expect_200(&self, url: &str) -> Result<(), String> {
        let answer = self
            .http
            .get(url)
            .send()
            .await
            .map_err(|error| error.to_string())?;
        let status = answer.status();
        if status.as_u16() == 200 {
            return Ok(());
        }
        let body = answer.text().await.unwrap_or_default();
        Err(format!("{url} answers {status}: {body}"))
    }

    fn plan(&self, name: Name) -> Result<Plan, StackError> {
        match name {
            Name::Mongo(member) => {
                let port = self
                    .state
                    .ports
                    .mongo
                    .get(member)
                    .ok_or(StackError::NoSuchProcess(name))?;
                mongo::plan(&self.dir, name, *port)
            }
            Name::Epmd => rabbit::epmd_plan(&self.dir, &self.state.ports),
            Name::Rabbit => rabbit::plan(&self.dir, &self.state.ports),
            Name::Service(service, replica) => {
                services::plan(&self.dir, &self.state, service, replica)
            }
            Name::Gateway => gateway::plan(&self.dir, &self.state),
        }
    }

    /// Services first, so that none works against servers that are gone; what each needs, after it.
    fn end_all(&mut self) -> Result<(), StackError> {
        let stage = |name: &Name| match name {
            Name::Service(..) => 0,
            Name::Gateway => 1,
            Name::Rabbit => 2,
            Name::Epmd => 3,
            Name::Mongo(_) => 4,
        };
        let mut problem = Ok(());
        for wanted in 0..=4 {
            let names: Vec<Name> = self
                .state
                .processes
                .keys()
                .filter(|name| stage(name) == wanted)
                .copied()
                .collect();
            // One that cannot be stopped does not keep the others running.
            problem = problem.and(self.end(&names));
        }
        problem.and_then(|()| State::remove(&self.dir))
    }

    /// Ends these at the same time: asks, waits, kills what is left.
    fn end(&mut self, names: &[Name]) -> Result<(), StackError> {
        for started in names
            .iter()
            .filter_map(|name| self.state.processes.get(name))
        {
            started.terminate();
        }
        let deadline = Instant::now() + END;
        for name in names {
            let Some(started) = self.state.processes.get(name).copied() else {
                continue;
            };
            let run_dir = self.dir.run(*name);
            // A leader that is gone asks nobody any more to end what it left behind.
            while started.is_alive() && Instant::now() < deadline {
                std::thread::sleep(LOOK);
            }
            started.kill(&run_dir);
            if !started.wait_for_end(&run_dir, Instant::now() + Duration::from_secs(10)) {
                return Err(StackError::Immortal {
                    name: *name,
                    pid: started.pid,
                });
            }
            self.state.processes.remove(name);
            self.state.write(&self.dir)?;
        }
        Ok(())
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        if self.then == Then::Stop
            && let Err(error) = self.end_all()
        {
            eprintln!("stack: {error}");
        }
    }
}

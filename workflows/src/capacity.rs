//! Whether the database has connections enough for what asks for them.
//!
//! Each thread of Puma and Sidekiq holds a connection of its own, each process of the streaming server a handful. They go to
//! the database directly, or to a pool in front of it, which shares a fixed number of connections among them. Too many, and
//! the last to come is refused: mostly the front end that was started to help.
//!
//! ```
//! use howdah_workflows::{capacity::{Capacity, Database, Mode, Pool}, instance::Process};
//!
//! let mut sidekiq = Process::new("sidekiq", 2, 2, 25);
//! sidekiq.pool = Some("sidekiq".into());
//! let database = Database {
//!     limit: 97,
//!     pools: vec![Pool { name: "sidekiq".into(), mode: Mode::Transaction, size: 40 }],
//! };
//! let capacity = Capacity::of(&[Process::new("puma", 3, 4, 5), sidekiq], &database);
//! assert!(!capacity.fits());
//! assert_eq!(capacity.problems[0].to_string(), "100 connections are asked for, and the database has 97: 3 too many");
//! println!("{capacity}");
//! ```

use std::fmt;

use serde::Serialize;

use crate::instance::Process;

/// What a database offers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Database {
    /// Connections for its users, without those that are reserved.
    pub limit: u32,
    pub pools: Vec<Pool>,
}

/// A pool in front of a database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct Pool {
    pub name: String,
    pub mode: Mode,
    /// Connections that it holds to the database.
    pub size: u32,
}

/// How long a pool lends a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// As long as the client stays.
    Session,
    /// For a transaction.
    Transaction,
    /// For a statement; transactions do not work.
    Statement,
}

/// The sums, and what is wrong with them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct Capacity {
    pub lines: Vec<Line>,
    pub pools: Vec<Shared>,
    /// Connections that processes hold without a pool.
    pub direct: u64,
    /// The same at the peak of a change, when old and new machines run side by side.
    pub direct_at_peak: u64,
    pub limit: u32,
    pub problems: Vec<Problem>,
}

/// What one kind of process asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct Line {
    pub process: Process,
    pub connections: u64,
    /// At the peak of a change.
    pub at_peak: u64,
}

/// A pool, and what is asked of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct Shared {
    pub pool: Pool,
    pub clients: u64,
    /// At the peak of a change.
    pub at_peak: u64,
}

/// Why it does not fit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Problem {
    #[error("{asked} connections are asked for, and the database has {limit}: {} too many", asked - u64::from(*limit))]
    TooMany { asked: u64, limit: u32 },
    #[error("at the peak of a change {asked} connections are asked for, and the database has {limit}: {} too many", asked - u64::from(*limit))]
    TooManyAtPeak { asked: u64, limit: u32 },
    #[error("{process} uses the pool `{pool}`, which the database does not have")]
    NoSuchPool { process: String, pool: String },
    #[error(
        "the pool `{pool}` lends its {size} connections for a whole session, and {clients} clients want one at a time"
    )]
    SessionsExceedPool { pool: String, size: u32, clients: u64 },
    #[error("the pool `{pool}` lends connections for single statements, and {process} needs transactions")]
    StatementsOnly { process: String, pool: String },
}

impl Capacity {
    /// Holds what the processes ask for against what the database offers.
    pub fn of(processes: &[Process], database: &Database) -> Self {
        let lines: Vec<Line> = processes
            .iter()
            .map(|process| Line {
                connections: process.connections(process.machines),
                at_peak: process.connections(process.machines.saturating_add(process.surge)),
                process: process.clone(),
            })
            .collect();
        let pools: Vec<Shared> = database
            .pools
            .iter()
            .map(|pool| {
                let users = || lines.iter().filter(|line| line.process.pool.as_ref() == Some(&pool.name));
                let clients = users().map(|line| line.connections).sum();
                let at_peak = users().map(|line| line.at_peak).sum();
                Shared { pool: pool.clone(), clients, at_peak }
            })
            .collect();
        let alone = || lines.iter().filter(|line| line.process.pool.is_none());
        let mut capacity = Self {
            direct: alone().map(|line| line.connections).sum(),
            direct_at_peak: alone().map(|line| line.at_peak).sum(),
            limit: database.limit,
            lines,
            pools,
            problems: Vec::new(),
        };
        capacity.problems = capacity.find_problems();
        capacity
    }

    /// Whether nothing is refused, at the peak of a change either.
    pub fn fits(&self) -> bool {
        self.problems.is_empty()
    }

    /// Connections that pools hold to the database, used or not.
    pub fn pooled(&self) -> u64 {
        self.pools.iter().map(|shared| u64::from(shared.pool.size)).sum()
    }

    /// Connections to the database in all.
    pub fn asked(&self) -> u64 {
        self.direct + self.pooled()
    }

    /// The same at the peak of a change.
    pub fn asked_at_peak(&self) -> u64 {
        self.direct_at_peak + self.pooled()
    }

    fn find_problems(&self) -> Vec<Problem> {
        let limit = self.limit;
        let mut problems = Vec::new();
        if self.asked() > limit.into() {
            problems.push(Problem::TooMany { asked: self.asked(), limit });
        } else if self.asked_at_peak() > limit.into() {
            problems.push(Problem::TooManyAtPeak { asked: self.asked_at_peak(), limit });
        }
        for Line { process, .. } in &self.lines {
            let Some(wanted) = &process.pool else { continue };
            let (process, pool) = (process.name.clone(), wanted.clone());
            match self.pools.iter().find(|shared| shared.pool.name == *wanted) {
                None => problems.push(Problem::NoSuchPool { process, pool }),
                Some(shared) if shared.pool.mode == Mode::Statement => {
                    problems.push(Problem::StatementsOnly { process, pool });
                }
                Some(_) => {}
            }
        }
        for Shared { pool, at_peak, .. } in &self.pools {
            if pool.mode == Mode::Session && *at_peak > pool.size.into() {
                let (pool, size) = (pool.name.clone(), pool.size);
                problems.push(Problem::SessionsExceedPool { pool, size, clients: *at_peak });
            }
        }
        problems
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Session => "session",
            Self::Transaction => "transaction",
            Self::Statement => "statement",
        })
    }
}

/// A sum and what it is at the peak of a change, where that differs.
fn with_peak(usual: u64, at_peak: u64) -> String {
    if at_peak > usual { format!("{usual}, at the peak of a change {at_peak}") } else { usual.to_string() }
}

impl fmt::Display for Capacity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Line { process, connections, at_peak } in &self.lines {
            let Process { name, machines, processes, threads, pool, .. } = process;
            let way = pool.as_ref().map_or_else(|| "directly".to_owned(), |pool| format!("by the pool `{pool}`"));
            let sum = with_peak(*connections, *at_peak);
            writeln!(f, "{name}: {machines} machines x {processes} processes x {threads} threads = {sum}, {way}")?;
        }
        for Shared { pool: Pool { name, mode, size }, clients, at_peak } in &self.pools {
            let clients = with_peak(*clients, *at_peak);
            writeln!(f, "pool `{name}` ({mode}): {size} connections for {clients} clients")?;
        }
        let (asked, limit) = (with_peak(self.asked(), self.asked_at_peak()), self.limit);
        writeln!(f, "in all: {} direct + {} pooled = {asked}, of {limit}", self.direct, self.pooled())?;
        for problem in &self.problems {
            writeln!(f, "does not fit: {problem}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn by_pool(mut process: Process, pool: &str) -> Process {
        process.pool = Some(pool.to_owned());
        process
    }

    fn pool(name: &str, mode: Mode, size: u32) -> Pool {
        Pool { name: name.to_owned(), mode, size }
    }

    #[test]
    fn what_fits_has_no_problem_and_the_sums_are_told() {
        let processes = [Process::new("puma", 2, 4, 5), by_pool(Process::new("sidekiq", 1, 4, 25), "jobs")];
        let database = Database { limit: 97, pools: vec![pool("jobs", Mode::Transaction, 40)] };
        let capacity = Capacity::of(&processes, &database);
        assert!(capacity.fits());
        assert_eq!((capacity.direct, capacity.pooled(), capacity.asked()), (40, 40, 80));
        assert_eq!(
            capacity.to_string(),
            "puma: 2 machines x 4 processes x 5 threads = 40, directly\n\
             sidekiq: 1 machines x 4 processes x 25 threads = 100, by the pool `jobs`\n\
             pool `jobs` (transaction): 40 connections for 100 clients\n\
             in all: 40 direct + 40 pooled = 80, of 97\n"
        );
    }

    #[test]
    fn the_machines_of_a_change_count() {
        let mut puma = Process::new("puma", 2, 4, 5);
        puma.surge = 3;
        let capacity = Capacity::of(&[puma], &Database { limit: 97, pools: Vec::new() });
        assert_eq!(capacity.problems, [Problem::TooManyAtPeak { asked: 100, limit: 97 }]);
    }

    #[test]
    fn each_way_not_to_fit_is_named() {
        let processes = [
            by_pool(Process::new("puma", 1, 2, 5), "web"),
            by_pool(Process::new("sidekiq", 1, 1, 25), "jobs"),
            by_pool(Process::new("streaming", 1, 1, 10), "live"),
        ];
        let pools = vec![pool("web", Mode::Session, 9), pool("jobs", Mode::Statement, 25)];
        let problems = Capacity::of(&processes, &Database { limit: 30, pools }).problems;
        let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "34 connections are asked for, and the database has 30: 4 too many",
                "the pool `jobs` lends connections for single statements, and sidekiq needs transactions",
                "streaming uses the pool `live`, which the database does not have",
                "the pool `web` lends its 9 connections for a whole session, and 10 clients want one at a time",
            ]
        );
    }

    proptest! {
        #[test]
        fn one_more_machine_never_helps(machines in 0u32..50, processes in 0u32..20, threads in 0u32..50, limit in 0u32..2000) {
            let database = Database { limit, pools: Vec::new() };
            let of = |machines| Capacity::of(&[Process::new("puma", machines, processes, threads)], &database);
            prop_assert_eq!(of(machines).asked(), u64::from(machines) * u64::from(processes) * u64::from(threads));
            prop_assert_eq!(of(machines).fits(), of(machines).asked() <= u64::from(limit));
            prop_assert!(of(machines).fits() || !of(machines + 1).fits());
        }
    }
}

//! The host's changes of jobs, and who may therefore write.

pub use super::switch::Asked;
use super::{plan::Plan, switch::Switch};

/// Which jobs are open: a switch for each, by its id.
#[derive(Debug)]
pub struct Jobs(Vec<Switch>);

impl Jobs {
    pub fn new(plan: &Plan) -> Self {
        Self(vec![Switch::default(); plan.jobs.len() + 1])
    }

    pub fn begin(&mut self, job: u64, open: bool, begun: u64) {
        self.0[usize::try_from(job).expect("few jobs")].begin(open, begun);
    }

    pub fn end(&mut self, job: u64, answered: bool, ended: u64) {
        self.0[usize::try_from(job).expect("few jobs")].end(answered, ended);
    }

    /// The job was open all the time, for every read.
    pub fn surely_open(&self, job: u64, asked: Asked) -> bool {
        self.job(job).is_some_and(|job| job.settled(asked) == Some(true))
    }

    /// The job was closed all the time: the last answer to the host before a send began decides.
    pub fn surely_closed(&self, job: u64, asked: Asked) -> bool {
        self.job(job).is_some_and(|job| job.settled(asked) == Some(false))
    }

    /// The status that the host was last answered.
    pub fn is_open(&self, job: u64) -> Option<bool> {
        self.job(job)?.last()
    }

    fn job(&self, job: u64) -> Option<&Switch> {
        self.0.get(usize::try_from(job).ok()?)
    }
}

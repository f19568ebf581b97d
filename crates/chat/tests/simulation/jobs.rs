//! What the host did to jobs, and who may therefore write.

use super::plan::Plan;

/// One `PUT` of a job.
#[derive(Debug, Clone)]
struct Put {
    begun: u64,
    ended: Option<u64>,
    /// It was answered, and no unanswered call for the opposite can still take effect.
    certain: bool,
    open: bool,
}

/// When a request began and ended.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    pub begun: u64,
    pub ended: u64,
}

#[derive(Debug)]
pub struct Jobs {
    puts: Vec<Vec<Put>>,
    /// For each job, whether calls to close and to open it were abandoned that may still take effect.
    ///
    /// Such a call runs concurrently with what follows it and may take effect last: if the host's next call found the job
    /// as wanted already, it wrote nothing that could stop the abandoned one.
    given_up: Vec<[bool; 2]>,
}

impl Jobs {
    pub fn new(plan: &Plan) -> Self {
        let count = plan.jobs.len() + 1;
        Self { puts: vec![Vec::new(); count], given_up: vec![[false; 2]; count] }
    }

    pub fn begin(&mut self, job: u64, open: bool, begun: u64) {
        let put = Put { begun, ended: None, certain: false, open };
        self.puts[usize::try_from(job).expect("few jobs")].push(put);
    }

    pub fn end(&mut self, job: u64, answered: bool, ended: u64) {
        let job = usize::try_from(job).expect("few jobs");
        let put = self.puts[job].last_mut().expect("it began");
        let given_up = &mut self.given_up[job];
        if !answered {
            given_up[usize::from(put.open)] = true;
        }
        let certain = answered && !given_up[usize::from(!put.open)];
        if certain {
            *given_up = [false; 2];
        }
        (put.ended, put.certain) = (Some(ended), certain);
    }

    /// The last answered call, if the job had its status all the time. `None` while a call is under way or its outcome is
    /// unknown.
    fn settled(&self, job: u64, asked: Asked) -> Option<&Put> {
        let puts = self.puts.get(usize::try_from(job).ok()?)?;
        let last = puts.iter().rfind(|put| put.begun < asked.ended)?;
        (last.certain && last.ended.is_some_and(|ended| ended < asked.begun)).then_some(last)
    }

    /// The job was open all the time, for every read.
    pub fn surely_open(&self, job: u64, asked: Asked) -> bool {
        self.settled(job, asked).is_some_and(|put| put.open)
    }

    /// The job was closed all the time: what the host was answered before a send began is what decides about it.
    pub fn surely_closed(&self, job: u64, asked: Asked) -> bool {
        self.settled(job, asked).is_some_and(|put| !put.open)
    }

    /// The status that the host was last answered.
    pub fn is_open(&self, job: u64) -> Option<bool> {
        let last = self.puts.get(usize::try_from(job).ok()?)?.last()?;
        last.certain.then_some(last.open)
    }
}

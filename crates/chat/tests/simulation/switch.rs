//! A switch that one party turns on and off by calls, and what is known of its state in between.

/// One call.
#[derive(Debug, Clone)]
struct Put {
    begun: u64,
    ended: Option<u64>,
    /// It was answered, and no unanswered call for the opposite can still take effect.
    certain: bool,
    on: bool,
}

/// When a request began and ended.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    pub begun: u64,
    pub ended: u64,
}

#[derive(Debug, Clone, Default)]
pub struct Switch {
    puts: Vec<Put>,
    /// Whether calls to turn it off and on were abandoned that may still take effect.
    ///
    /// Such a call runs concurrently with later ones and may take effect last: if the next call found the wanted state
    /// already, it wrote nothing that could stop the abandoned one.
    given_up: [bool; 2],
}

impl Switch {
    pub fn begin(&mut self, on: bool, begun: u64) {
        self.puts.push(Put { begun, ended: None, certain: false, on });
    }

    pub fn end(&mut self, answered: bool, ended: u64) {
        let put = self.puts.last_mut().expect("it began");
        if !answered {
            self.given_up[usize::from(put.on)] = true;
        }
        let certain = answered && !self.given_up[usize::from(!put.on)];
        if certain {
            self.given_up = [false; 2];
        }
        (put.ended, put.certain) = (Some(ended), certain);
    }

    /// Its constant state, for every read. `None` while a call is running, if the outcome of one is unknown, and if there
    /// was none.
    pub fn settled(&self, asked: Asked) -> Option<bool> {
        let last = self.puts.iter().rfind(|put| put.begun < asked.ended)?;
        (last.certain && last.ended.is_some_and(|ended| ended < asked.begun)).then_some(last.on)
    }

    /// Whether nobody had called before the request ended.
    pub fn is_untouched(&self, asked: Asked) -> bool {
        self.puts.iter().all(|put| put.begun > asked.ended)
    }

    /// Whether anybody ever asked to turn it on.
    pub fn was_ever_on(&self) -> bool {
        self.puts.iter().any(|put| put.on)
    }

    /// The state after the last answered call.
    pub fn last(&self) -> Option<bool> {
        let last = self.puts.last()?;
        last.certain.then_some(last.on)
    }
}

//! A question to the domain whose answer may be out of date when it comes.

/// One question is asked at a time, so an older answer never comes after a newer one. When something changes while it is being
/// answered, it is asked again, and the first answer is not used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Lookup {
    /// Nothing is being asked.
    #[default]
    Idle,
    /// The answer is awaited.
    Running,
    /// The answer is awaited, and something has changed since the question.
    Outdated,
}

impl Lookup {
    /// Whether the caller has to ask now: nothing is being asked yet.
    pub fn begin(&mut self) -> bool {
        let idle = self.is_idle();
        if idle {
            *self = Self::Running;
        }
        idle
    }

    /// Something has changed that the answer depends on.
    pub fn outdate(&mut self) {
        if !self.is_idle() {
            *self = Self::Outdated;
        }
    }

    /// The answer has come. Whether it can be used; if not, the caller has to ask again.
    pub fn end(&mut self) -> bool {
        let current = *self != Self::Outdated;
        *self = if current { Self::Idle } else { Self::Running };
        current
    }

    /// Whether nothing is being asked.
    pub fn is_idle(self) -> bool {
        self == Self::Idle
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_question_is_asked_at_a_time() {
        let mut lookup = Lookup::default();
        assert!(lookup.begin());
        assert!(!lookup.begin(), "the first answer is awaited");
        assert!(lookup.end());
        assert!(lookup.is_idle());
        assert!(lookup.begin());
    }

    #[test]
    fn after_a_change_it_is_asked_again_and_the_first_answer_is_not_used() {
        let mut lookup = Lookup::default();
        assert!(lookup.begin());
        lookup.outdate();
        lookup.outdate();
        assert!(!lookup.end());
        assert!(!lookup.is_idle(), "the second answer is awaited");
        assert!(!lookup.begin());
        assert!(lookup.end());
    }

    #[test]
    fn a_change_while_nothing_is_asked_outdates_no_answer() {
        let mut lookup = Lookup::default();
        lookup.outdate();
        assert!(lookup.begin());
        assert!(lookup.end());
    }
}

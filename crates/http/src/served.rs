/// In the extensions of an answer: which procedure gave it.
#[derive(Debug, Clone, Copy)]
pub struct Served {
    /// Its name: the label in metrics and logs.
    pub procedure: &'static str,
    /// Whether it is called so often that its line in the log is for debugging only.
    pub frequent: bool,
}

/// Which procedure gave a response; travels in the extensions of the response.
#[derive(Debug, Clone, Copy)]
pub struct Served {
    /// Its name: the label in metrics and logs.
    pub procedure: &'static str,
    /// Whether it is called so often that its log line has the level debug.
    pub frequent: bool,
}

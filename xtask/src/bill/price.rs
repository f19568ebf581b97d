use serde_json::Value;

/// `deploy/prices.json`: the prices of AWS, and assumptions for what cannot be measured here.
pub(crate) struct Prices(Value);

impl Prices {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map(Self).map_err(|error| format!("deploy/prices.json: {error}"))
    }

    /// The price in dollars with this name.
    ///
    /// # Panics
    /// When there is no such price: the names are in the code and in the file, and a test prices everything.
    pub(super) fn dollars(&self, name: &str) -> f64 {
        self.0["prices"][name]["price"].as_f64().unwrap_or_else(|| panic!("deploy/prices.json has no price \"{name}\""))
    }

    /// The assumption with this name.
    ///
    /// # Panics
    /// As [`Prices::dollars`].
    pub(super) fn assumed(&self, name: &str) -> f64 {
        self.0["assumed"][name]["value"]
            .as_f64()
            .unwrap_or_else(|| panic!("deploy/prices.json does not assume \"{name}\""))
    }

    /// When the prices were looked up, and where.
    pub(super) fn of(&self) -> String {
        format!("{}, {}", self.0["region"].as_str().unwrap_or_default(), self.0["as of"].as_str().unwrap_or_default())
    }
}

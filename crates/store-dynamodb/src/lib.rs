//! The DynamoDB engine of the Jobline storage port.

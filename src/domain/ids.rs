//! Names and ids that are daybook's own.

kit::text_id! {
    /// A connection's name in the configuration.
    ConnectionName
}
kit::text_id! {
    /// A pipeline's name in the configuration.
    PipelineName
}
kit::text_id! {
    /// Whose pipeline it is.
    TenantId
}
kit::text_id! {
    /// The books a target writes to: a QuickBooks realm id. What is unique is unique within it,
    /// whatever the connection is called.
    Realm
}
kit::text_id! {
    /// One run of a pipeline.
    BatchId
}
kit::text_id! {
    /// One stream of one run.
    SyncId
}

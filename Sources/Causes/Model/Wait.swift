/// The time that tasks lose to a resource, from a pressure file or a counter of waiting.
package struct Wait: Hashable, Sendable {
    /// The resource that they wait for.
    package let resource: Resource
    /// The measure: `some` (a task waits), `full` (all wait), or the name of a counter.
    package let what: String
    /// The share of the watched time, 0 to 1, or events per second; nil if unknown.
    package let amount: Double?
    /// Whether ``amount`` is a share of time.
    package let isShare: Bool
    /// The value, or the reason why there is none.
    package let evidence: Evidence
}

import CgroupModel

extension Duration {
    /// The duration in readable form: `60s`, `500ms`.
    package var shortText: String {
        milliseconds.isMultiple(of: 1000) ? "\(milliseconds / 1000)s" : "\(milliseconds)ms"
    }
}

/// Formats a count with its noun: `1 process`, `3 processes`.
package func counted(_ count: Int, _ one: String, _ many: String) -> String {
    "\(count) \(count == 1 ? one : many)"
}

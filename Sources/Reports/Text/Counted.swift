import CgroupModel

extension Duration {
    /// The duration in readable form: `60s`, `500ms`.
    package var shortText: String {
        milliseconds.isMultiple(of: 1000) ? "\(milliseconds / 1000)s" : "\(milliseconds)ms"
    }

    /// The exact duration, above two minutes in the largest unit of which it is a multiple: `90s`,
    /// `5m`, `100d`.
    package var exactText: String {
        let units: [(name: String, milliseconds: UInt64)] = [
            ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000),
        ]
        let unit = units.first { milliseconds.isMultiple(of: $0.milliseconds) }
        guard milliseconds > 120_000, let unit else { return shortText }
        return "\(milliseconds / unit.milliseconds)\(unit.name)"
    }
}

/// Formats a count with its noun: `1 process`, `3 processes`.
package func counted(_ count: Int, _ one: String, _ many: String) -> String {
    "\(count) \(count == 1 ? one : many)"
}

import CgroupModel

/// Amounts of memory in readable form.
package enum ByteText {
    /// Formats an amount: `63.9 MiB`.
    package static func of(_ bytes: UInt64) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
        var value = Double(bytes)
        var index = 0
        while value >= 1024, index < units.count - 1 {
            value /= 1024
            index += 1
        }
        return "\(DecimalText.fixed(value, places: index == 0 ? 0 : 1)) \(units[index])"
    }
}

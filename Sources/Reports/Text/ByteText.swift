import CgroupModel

/// Amounts of memory in readable form.
package enum ByteText {
    /// Formats an amount: `63.9 MiB`.
    package static func of(_ bytes: UInt64) -> String {
        DecimalText.bytes(bytes, in: [" B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB"])
    }
}

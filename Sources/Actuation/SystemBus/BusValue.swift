/// A D-Bus value, limited to the types of systemd's interface.
package indirect enum BusValue: Hashable, Sendable {
    /// `b`
    case boolean(Bool)
    /// `i`
    case int32(Int32)
    /// `u`
    case uint32(UInt32)
    /// `t`
    case uint64(UInt64)
    /// `s`
    case string(String)
    /// `o`
    case objectPath(String)
    /// `ay`
    case bytes([UInt8])
    /// `a` of values with this signature, stated because an empty array has no elements.
    case array(of: String, [BusValue])
    /// `(…)`
    case structure([BusValue])
    /// `v`
    case variant(BusValue)

    /// The D-Bus signature of the type.
    package var signature: String {
        switch self {
        case .boolean: "b"
        case .int32: "i"
        case .uint32: "u"
        case .uint64: "t"
        case .string: "s"
        case .objectPath: "o"
        case .bytes: "ay"
        case .array(let element, _): "a\(element)"
        case .structure(let fields): "(\(fields.map(\.signature).joined()))"
        case .variant: "v"
        }
    }
}

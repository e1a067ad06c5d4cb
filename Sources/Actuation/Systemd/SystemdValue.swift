/// The value of a unit's property.
package enum SystemdValue: Hashable, Sendable {
    /// Bytes, a weight or microseconds; all ones means "infinity" or "unset".
    case u64(UInt64)
    /// A Boolean.
    case bool(Bool)
    /// Text.
    case string(String)
    /// A mask: bit 0 of the first byte is CPU or node 0.
    case bytes([UInt8])
    /// A number for each of several devices.
    case deviceU64([SystemdDeviceValue])
    /// Process IDs.
    case processes([UInt32])

    /// No limit.
    package static let infinity = SystemdValue.u64(.max)

    var bus: BusValue {
        switch self {
        case .u64(let number): .uint64(number)
        case .bool(let flag): .boolean(flag)
        case .string(let text): .string(text)
        case .bytes(let mask): .bytes(mask)
        case .deviceU64(let values):
            .array(
                of: "(st)",
                values.map { .structure([.string($0.device), .uint64($0.value)]) })
        case .processes(let ids): .array(of: "u", ids.map { .uint32($0) })
        }
    }
}

/// A number for one device.
package struct SystemdDeviceValue: Hashable, Sendable {
    /// The device file, such as `/dev/vda`.
    package let device: String
    /// Bytes or operations per second, or a weight; all ones means "infinity".
    package let value: UInt64

    /// Creates the value of one device file.
    package init(_ device: String, _ value: UInt64) {
        self.device = device
        self.value = value
    }
}

/// A property with its new value.
package struct SystemdAssignment: Hashable, Sendable {
    /// The property.
    package let property: String
    /// The value.
    package let value: SystemdValue
    /// The first version of systemd that can set it at run time.
    package let since: Int

    /// Creates an assignment; `since` is 0 if every supported version accepts it.
    package init(_ property: String, _ value: SystemdValue, since: Int = 0) {
        self.property = property
        self.value = value
        self.since = since
    }

    var bus: BusValue { .structure([.string(property), .variant(value.bus)]) }
}

import CgroupModel

/// The text of a reading, in the unit of its catalog row.
enum MetricText {
    static func text(_ reading: Reading, _ metric: MetricID) -> String {
        let row = MetricCatalog[metric]
        if let value = reading.value {
            if row.kind == .text {
                let word = Word.text(value).onOneLine
                return word.isEmpty ? "not set" : word
            }
            switch row.unit {
            case .flag: return value == 0 ? "no" : "yes"
            case .signed:
                let magnitude = Int64(value >> 1)
                return "\(value & 1 == 0 ? magnitude : -magnitude - 1)"
            default: break
            }
        }
        return Figure(reading).text(format(row.unit))
    }

    private static func format(_ unit: MetricUnit) -> (Double) -> String {
        switch unit {
        case .bytes: Quantity.bytes
        case .bytesPerSecond: { Quantity.bytes($0) + "/s" }
        case .operationsPerSecond: { Quantity.count($0) + "/s" }
        case .microseconds: Quantity.duration
        case .percentHundredths: Quantity.hundredths
        case .count, .weight, .flag, .signed, .none: Quantity.count
        }
    }
}

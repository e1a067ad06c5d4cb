extension LimitGrammar {
    /// Formats a value as a user would type it; ``parse(_:host:)`` accepts the result.
    package func text(_ value: LimitValue) -> String {
        switch value {
        case .unlimited: return "max"
        case .text(let text): return text
        case .number(let number):
            switch self {
            case .bytes: return value.byteText
            case .cpus: return value.cpuText
            case .bytesPerSecond: return "\(value.shortestByteText)/s"
            case .percent: return "\(DecimalText.hundredths(number))%"
            case .operationsPerSecond: return "\(number)/s"
            case .time:
                return number > 0 && number % 1000 == 0 ? "\(number / 1000)ms" : "\(number)us"
            case .classID: return "0x\(String(number, radix: 16))"
            default: return "\(number)"
            }
        }
    }
}

extension LimitValue {
    /// The bytes in the largest binary unit that represents them exactly: `512MiB`.
    package var byteText: String { exact(["KiB", "MiB", "GiB", "TiB"], each: 1024) }

    /// The bytes rounded for people, as for an amount in use: `121.5MiB`.
    package var roundedByteText: String {
        number.map { DecimalText.bytes($0, in: ["B", "KiB", "MiB", "GiB", "TiB"]) } ?? "max"
    }

    /// The bytes in the unit with the shortest exact number: `10MB`, `1MiB`.
    package var shortestByteText: String {
        let decimal = exact(["kB", "MB", "GB", "TB"], each: 1000)
        return decimal.utf8.count < byteText.utf8.count ? decimal : byteText
    }

    private func exact(_ units: [String], each factor: UInt64) -> String {
        guard let number else { return "max" }
        var rest = number
        var unit = "B"
        for larger in units where rest > 0 && rest % factor == 0 {
            rest /= factor
            unit = larger
        }
        return "\(rest)\(unit)"
    }

    /// Millionths of a CPU, formatted as CPUs: `1.5cpus`.
    package var cpuText: String {
        guard let number else { return "max" }
        var rest = String(1_000_000 + number % 1_000_000).dropFirst()
        while rest.last == "0" { rest.removeLast() }
        return "\(number / 1_000_000)\(rest.isEmpty ? "" : ".\(rest)")cpus"
    }
}

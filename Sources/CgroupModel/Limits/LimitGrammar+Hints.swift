extension LimitGrammar {
    /// Returns the error about a value whose unit is missing, unknown or ambiguous.
    ///
    /// Only values that ``parse(_:host:)`` accepts are suggested.
    func unitError(_ text: String, _ unit: String, _ host: HostFacts) -> LimitError {
        let number = String(text.dropLast(unit.count))
        func accepted(_ units: [String]) -> [String] {
            units.map { number + $0 }.filter { (try? parse($0, host: host)) != nil }
        }
        let both = accepted(meanings(of: unit))
        if both.count == 2 {
            return LimitError(
                "\"\(text)\" has two meanings; write \(both.joined(separator: " or "))"
                    + (self == .bytes && !text.hasSuffix("/s")
                        ? " (systemd's \(text) is \(both[0]))" : ""))
        }
        if self == .cpus, let cpus = Self.kernelQuota(text) {
            return LimitError("\"\(text)\" is the kernel's form; write \(cpus)")
        }
        let near = corrected(unit).map { [$0] } ?? Spelling.names(like: unit, among: units, most: 1)
        let hint = accepted(near)
        if hint == [text + "/s"] {
            return LimitError(
                "\"\(text)\" needs a unit per second; write \(text)/s", isUnitMissing: true)
        }
        guard !unit.isEmpty else {
            return LimitError(
                "\"\(text)\" needs a unit; write "
                    + (hint.first ?? (accepted(["B", "B/s"]) + [example]).joined(separator: ", ")),
                isUnitMissing: true)
        }
        return LimitError(
            "unknown unit \(unit) in \"\(text)\"; "
                + (hint.isEmpty ? "write \(example)" : Spelling.question(hint)))
    }

    /// Returns a text that is accepted and means the given one, or else an example.
    func suggestion(for text: String, host: HostFacts) -> String {
        let number = String(text.prefix { $0.isNumber || $0 == "." })
        let unit = String(text.dropFirst(number.count))
        let texts = [text] + meanings(of: unit).map { number + $0 }
        return texts.first { (try? parse($0, host: host)) != nil } ?? firstExample
    }

    /// The CPUs of the kernel's `QUOTA PERIOD`; nil for any other text.
    private static func kernelQuota(_ text: String) -> String? {
        let words = text.split(separator: " ")
        guard words.count == 2, let quota = UInt64(words[0]), let period = UInt64(words[1]),
            period > 0, quota < 1 << 40
        else { return nil }
        return LimitValue.number(quota * 1_000_000 / period).cpuText
    }

    /// The two units that a letter may mean: `MiB` and `MB` for `M`; empty for other texts.
    private func meanings(of unit: String) -> [String] {
        guard self == .bytes || self == .bytesPerSecond else { return [] }
        let perSecond = "/s"
        let size = unit.hasSuffix(perSecond) ? unit.dropLast(perSecond.count) : unit[...]
        return ByteUnit.meanings(of: size).map {
            self == .bytesPerSecond ? $0.name + perSecond : $0.name
        }
    }

    /// Corrects a unit with the wrong case, without its `/s` or `host`, or with a needless `/s`;
    /// nil for any other.
    private func corrected(_ unit: String) -> String? {
        if unit == "%", units.contains("%host") { return "%host" }
        if self == .bytes, unit.hasSuffix("/s"), let size = ByteUnit(unit.dropLast(2)) {
            return size.name
        }
        let typed = [unit.lowercased(), unit.lowercased() + "/s"]
        return units.first { typed.contains($0.lowercased()) }
    }

    /// The units that a number may have.
    private var units: [String] {
        switch self {
        case .bytes: ByteUnit.all.map(\.name) + ["%host"]
        case .cpus: ["cpus", "cpu", "%cpu", "%", "%host"]
        case .time: Self.timeUnits.keys.sorted()
        case .bytesPerSecond: ByteUnit.all.map { "\($0.name)/s" }
        case .operationsPerSecond: ["/s"]
        case .percent: ["%"]
        default: []
        }
    }
}

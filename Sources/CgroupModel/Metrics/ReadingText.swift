extension Metric {
    /// Writes a reading as JSON: the number in the metric's unit, or the reason as a string.
    package func write(_ reading: Reading, to json: inout JSONWriter) {
        guard let value = reading.value else { return json.value(reading.word ?? "malformed") }
        switch (kind, unit) {
        case (.text, _): json.value(Word.text(value))
        case (_, .signed): json.value(reading.signedValue ?? 0)
        case (_, .percentHundredths): json.literal(DecimalText.hundredths(value))
        default: json.value(value)
        }
    }

    /// Formats a reading as plain text: the number in the metric's unit, or the reason.
    package func plainText(_ reading: Reading) -> String {
        guard let value = reading.value else { return reading.word ?? "malformed" }
        switch (kind, unit) {
        case (.text, _): return Word.text(value)
        case (_, .signed): return String(reading.signedValue ?? 0)
        case (_, .percentHundredths): return DecimalText.hundredths(value)
        default: return String(value)
        }
    }

    /// Formats a reading for people, with a unit.
    package func humanText(_ reading: Reading) -> String {
        guard let value = reading.value else { return reading.word ?? "malformed" }
        switch (kind, unit) {
        case (.text, _):
            let text = Word.text(value)
            return text.isEmpty ? "(not set)" : text.split(separator: "\n").joined(separator: "; ")
        case (_, .bytes): return value < 1024 ? "\(value)" : "\(DecimalText.bytes(Double(value)))"
        case (_, .bytesPerSecond): return "\(DecimalText.bytes(Double(value)))/s"
        case (_, .operationsPerSecond): return "\(value)/s"
        case (_, .microseconds):
            return value < 1000
                ? "\(value)us"
                : value < 1_000_000
                    ? DecimalText.fixed(Double(value) / 1e3, places: 1) + "ms"
                    : DecimalText.fixed(Double(value) / 1e6, places: 2) + "s"
        case (_, .percentHundredths): return DecimalText.hundredths(value) + "%"
        case (_, .flag): return value == 0 ? "no" : "yes"
        default: return plainText(reading)
        }
    }
}

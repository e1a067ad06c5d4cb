import CgroupModel

/// Formats amounts for people.
enum Amount {
    /// A value of a metric, for a counter its rate: `12.5M/s`, `0.80 s/s`, `max`.
    static func text(_ metric: Metric, _ reading: Reading, rate: Double?) -> String {
        guard metric.kind == .counter, reading.value != nil else {
            return metric.humanText(reading)
        }
        guard let rate else { return "\(metric.humanText(reading)) in total" }
        switch metric.unit {
        case .microseconds: return "\(fixed(rate / 1e6))s/s"
        case .bytes: return "\(bytes(rate))/s"
        default: return "\(fixed(rate))/s (\(metric.plainText(reading)) in total)"
        }
    }

    /// A level or rate in the unit of a limit: `512M`, `0.2 CPUs`, `10M/s`, `100`.
    static func text(_ amount: Double, of limit: MetricID) -> String {
        switch MetricCatalog[limit].unit {
        case .bytes: bytes(amount)
        case .bytesPerSecond: "\(bytes(amount))/s"
        case .operationsPerSecond: "\(fixed(amount))/s"
        case .microseconds: cpus(amount)
        default: fixed(amount)
        }
    }

    /// An amount of bytes: `10M`, `1.5G`.
    static func bytes(_ number: Double) -> String {
        let text = DecimalText.bytes(number)
        guard let zero = text.firstRange(of: ".0") else { return text }
        return String(text[..<zero.lowerBound] + text[zero.upperBound...])
    }

    /// A number of CPUs: `0.2 CPUs`, `1 CPU`.
    static func cpus(_ number: Double) -> String {
        let text = fixed(number)
        return "\(text) \(text == "1" ? "CPU" : "CPUs")"
    }

    /// The CPUs of a list: `1 CPU (3)`.
    static func cpuList(_ list: RangeList) -> String {
        "\(cpus(Double(list.numbers.count))) (\(list.description))"
    }

    /// A share of time: `37%`, and `0.4%` where the whole number would be 0.
    static func percent(_ share: Double) -> String {
        DecimalText.fixed(share * 100, places: share > 0 && share < 0.01 ? 1 : 0) + "%"
    }

    /// A time in seconds: `12s`, `4min`, `3h`, `5d`.
    static func seconds(_ seconds: Double) -> String {
        switch seconds {
        case ..<10: "\(fixed(seconds, places: 1))s"
        case ..<120: "\(fixed(seconds, places: 0))s"
        case ..<7200: "\(fixed(seconds / 60, places: 0))min"
        case ..<172_800: "\(fixed(seconds / 3600, places: 0))h"
        default: "\(fixed(seconds / 86_400, places: 0))d"
        }
    }

    /// A number with at most two decimals, without trailing zeros.
    static func fixed(_ number: Double, places: Int = 2) -> String {
        var text = DecimalText.fixed(number, places: places)
        guard text.contains(".") else { return text }
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        return text
    }
}

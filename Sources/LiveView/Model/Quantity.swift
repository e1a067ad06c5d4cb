/// Numbers in readable form, at most six cells wide.
enum Quantity {
    /// Formats bytes in powers of 1024: `0`, `512`, `1.2K`, `12.3M`, `1023G`.
    static func bytes(_ value: Double) -> String {
        scaled(value, by: 1024, units: ["", "K", "M", "G", "T", "P", "E"])
    }

    /// Formats a count in powers of 1000: `0`, `99999`, `123k`, `1.2M`.
    static func count(_ value: Double) -> String {
        value < 99_999.5
            ? fixed(value, 0) : scaled(value, by: 1000, units: ["", "k", "M", "G", "T", "P", "E"])
    }

    /// Formats the rate of a count: `0`, `0.3`, `12`, `1234`.
    static func countRate(_ value: Double) -> String {
        value > 0 && value < 9.95 ? fixed(value, 1) : count(value)
    }

    /// Formats a percentage with one decimal below 1000: `12.3`, `1000`.
    static func percent(_ value: Double) -> String { fixed(value, value < 999.95 ? 1 : 0) }

    /// Formats hundredths of a percent as the kernel prints them: `0.52`, `100`.
    static func hundredths(_ value: Double) -> String {
        value >= 10_000 ? "100" : fixed(value / 100, 2)
    }

    /// Formats microseconds: `0`, `350ms`, `1.25s`, `4m07s`, `3h12m`, `12d04h`.
    static func duration(_ microseconds: Double) -> String {
        let seconds = microseconds / 1e6
        if seconds <= 0 { return "0" }
        if seconds < 0.0995 { return fixed(seconds * 1000, 1) + "ms" }
        if seconds < 0.9995 { return fixed(seconds * 1000, 0) + "ms" }
        if seconds < 59.995 { return fixed(seconds, 2) + "s" }
        let whole = UInt64(clampedTo: seconds.rounded())
        if whole < 3600 { return "\(whole / 60)m\(two(whole % 60))s" }
        if whole < 86_400 { return "\(whole / 3600)h\(two(whole / 60 % 60))m" }
        return "\(whole / 86_400)d\(two(whole / 3600 % 24))h"
    }

    /// Formats a setting in seconds, exactly if it is whole: `250ms`, `1s`, `1.25s`.
    static func interval(_ seconds: Double) -> String {
        seconds >= 1 && seconds == seconds.rounded() && seconds < 60
            ? fixed(seconds, 0) + "s" : duration(seconds * 1e6)
    }

    /// Formats a number with one or two decimals, or none, rounded.
    static func fixed(_ value: Double, _ decimals: Int) -> String {
        guard decimals > 0 else { return "\(UInt64(clampedTo: value.rounded()))" }
        let scale: UInt64 = decimals == 1 ? 10 : 100
        let all = UInt64(clampedTo: (value * Double(scale)).rounded())
        let rest = all % scale
        return "\(all / scale)." + (decimals == 2 && rest < 10 ? "0\(rest)" : "\(rest)")
    }

    private static func scaled(_ value: Double, by base: Double, units: [String]) -> String {
        var rest = value
        var place = 0
        // A value that rounds up to the base uses the next unit: 1023.7K is 1.0M.
        while rest >= base - 0.5, place < units.count - 1 {
            rest /= base
            place += 1
        }
        return fixed(rest, place > 0 && rest < 99.95 ? 1 : 0) + units[place]
    }

    private static func two(_ value: UInt64) -> String { value < 10 ? "0\(value)" : "\(value)" }
}

extension UInt64 {
    /// Converts to the nearest number that fits; no displayed number is negative.
    fileprivate init(clampedTo value: Double) {
        self = value > 0 ? (value < 1.8e19 ? UInt64(value) : .max) : 0
    }
}

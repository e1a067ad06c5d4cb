import CgroupModel

/// The syntax of a value, with an example for messages.
struct ScalarGrammar<Value>: Sendable {
    let example: String
    /// Whether a bare number is rejected.
    var needsUnit = false
    /// Returns the valid text most similar to a mistyped one; nil if none is similar.
    var meant: @Sendable (String) -> String? = { _ in nil }
    let read: @Sendable (String) -> Value?
}

extension ScalarGrammar where Value == Duration {
    static let duration = ScalarGrammar(
        example: "a time such as 10s", needsUnit: true, meant: time
    ) { DurationText.duration($0) }
    /// A time above zero.
    static let period = ScalarGrammar(
        example: "a time such as 10s", needsUnit: true, meant: time
    ) { DurationText.duration($0).flatMap { $0 > .zero ? $0 : nil } }

    /// Returns the time that a mistyped text begins with: `10s` for `10sec`.
    @Sendable private static func time(_ text: String) -> String? {
        let digits = text.prefix { $0.isNumber || $0 == "." }
        let unit = ["ms", "us", "s", "m", "h", "d"].first {
            text.dropFirst(digits.count).hasPrefix($0)
        }
        return unit.map { digits + $0 }.flatMap { DurationText.duration($0) == nil ? nil : $0 }
    }
}

extension ScalarGrammar where Value == Bool {
    static let flag = ScalarGrammar(example: "true or false") {
        ["true": true, "false": false][$0]
    }
}

extension ScalarGrammar where Value == Double {
    /// `10%` as 0.1.
    static let share = ScalarGrammar(example: "a percentage such as 10%", needsUnit: true) {
        $0.hasSuffix("%") ? PlainNumber.value($0.dropLast(), shiftedBy: -2) : nil
    }
    /// `10%` as 10.
    static let percent = ScalarGrammar(example: "a percentage such as 10%", needsUnit: true) {
        $0.hasSuffix("%") ? PlainNumber.value($0.dropLast()) : nil
    }
    static let factor = ScalarGrammar(example: "a number such as 0.5") {
        PlainNumber.value($0).flatMap { $0 > 0 ? $0 : nil }
    }
}

extension ScalarGrammar where Value == Int {
    static func integer(_ bounds: ClosedRange<Int>) -> ScalarGrammar {
        ScalarGrammar(example: "a number from \(bounds.lowerBound) to \(bounds.upperBound)") {
            text in
            let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
            guard digits.utf8.allSatisfy(\.isDigit),
                digits == "0" || digits.first != "0", let number = Int(text),
                bounds.contains(number)
            else { return nil }
            return number
        }
    }
}

extension ScalarGrammar where Value == String {
    /// A user-defined name, which appears in messages and lists.
    static let name = ScalarGrammar(example: "a name of letters, digits and -_.:@") { text in
        let isPlain = text.utf8.allSatisfy {
            $0.isDigit || $0.isLetter
                || "-_.:@".utf8.contains($0)
        }
        return isPlain && text.utf8.count <= 64 ? text : nil
    }
    static let absolutePath = ScalarGrammar(example: "an absolute path") { text in
        text.hasPrefix("/") && !text.utf8.contains(0) ? text : nil
    }
    static let anything = ScalarGrammar(example: "a text") { $0.utf8.contains(0) ? nil : $0 }
    static let webAddress = ScalarGrammar(example: "http://… or https://…") { text in
        ["http://", "https://"].contains { text.hasPrefix($0) && text.count > $0.count }
            && text.utf8.allSatisfy { $0 > 0x20 } ? text : nil
    }
    static let signal = ScalarGrammar(
        example: "a signal such as TERM or KILL",
        meant: { Spelling.names(like: $0, among: signals, most: 1).first }
    ) { text in
        let name = text.hasPrefix("SIG") ? String(text.dropFirst(3)) : text
        return signals.contains(name) ? name : nil
    }
    private static let signals = [
        "HUP", "INT", "QUIT", "ABRT", "KILL", "USR1", "USR2", "ALRM", "TERM", "STOP", "CONT",
    ]
}

extension ScalarGrammar where Value == TextPattern {
    static let pattern = ScalarGrammar(example: "a pattern such as web*, brackets closed") {
        TextPattern($0)
    }
}

extension ScalarGrammar where Value == PathPattern {
    static let path = ScalarGrammar(example: "a path pattern such as /batch/*, brackets closed") {
        PathPattern($0)
    }
}

extension ScalarGrammar where Value == CgroupPath {
    static let cgroup = ScalarGrammar(example: "the path of a cgroup such as /system.slice") {
        $0.hasPrefix("/") ? CgroupPath($0) : nil
    }
}

extension ScalarGrammar where Value == DayWindow {
    static let window = ScalarGrammar(example: "a time of day such as 22:00-06:00") { text in
        let ends = text.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let start = minute(ends[0]), let end = minute(ends[1]),
            start < 1440
        else { return nil }
        return DayWindow(start: start, end: end % 1440)
    }

    private static func minute(_ text: Substring) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 }),
            let hour = UInt8(digits: parts[0]), let minute = UInt8(digits: parts[1]), minute < 60,
            hour < 24 || hour == 24 && minute == 0
        else { return nil }
        return Int(hour) * 60 + Int(minute)
    }
}

extension ScalarGrammar where Value == CPUDemand {
    /// A number of CPUs, not a list.
    static let count = ScalarGrammar(example: "a number of CPUs or a share: 4, 25%host") { text in
        guard text.hasSuffix("%host") else {
            return ScalarGrammar<Int>.integer(1...65_536).read(text).map { .count($0) }
        }
        return PlainNumber.value(text.dropLast(5), shiftedBy: -2).flatMap {
            $0 > 0 && $0 <= 1 ? .hostShare($0) : nil
        }
    }
}

extension ScalarGrammar where Value == Budgets.Budget {
    static let budget = ScalarGrammar(example: "a number within a time, such as 2/10s or 6/m") {
        text in
        let sides = text.split(separator: "/", omittingEmptySubsequences: false)
        guard sides.count == 2,
            let count = ScalarGrammar<Int>.integer(0...1_000_000).read(
                String(sides[0])),
            let period = DurationText.duration(sides[1])
                ?? DurationText.duration("1\(sides[1])"), period > .zero
        else { return nil }
        return Budgets.Budget(count, per: period)
    }
}

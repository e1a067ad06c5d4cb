internal import CgroupModel

extension ByteCursor {
    /// Parses one value in the syntax of a field; nil if it is malformed.
    mutating func takeReading(_ field: FieldRule) -> Reading? {
        switch field.grammar {
        case .number:
            let negative = take(UInt8(ascii: "-"))
            guard let number = takeNumber() else {
                return negative ? nil : takeKeyword()
            }
            return negative ? Reading(0) : Reading(field.converted(number))
        case .limit:
            if take(UInt8(ascii: "-")) { return takeNumber().map { _ in .unlimited } }
            guard let number = takeNumber() else { return takeKeyword() }
            return number >= LimitValue.endless ? .unlimited : Reading(field.converted(number))
        case .hundredths: return takeHundredths()
        case .signed:
            let negative = take(UInt8(ascii: "-"))
            guard let number = takeNumber(), number < 1 << 32 else { return nil }
            return Reading(negative && number > 0 ? number * 2 - 1 : number * 2)
        case .word: return nil
        }
    }

    private static let unlimited = Array(LimitValue.unlimitedText.utf8)

    private mutating func takeKeyword() -> Reading? {
        let word = takeWord()
        guard matches(word, Self.unlimited) else { return nil }
        return .unlimited
    }

    private mutating func takeHundredths() -> Reading? {
        guard let whole = takeNumber() else { return takeKeyword() }
        guard whole < 1 << 50 else { return nil }
        var value = whole * 100
        if take(UInt8(ascii: ".")) {
            let start = position
            guard let fraction = takeNumber() else { return nil }
            switch position - start {
            case 1: value += fraction * 10
            case 2: value += fraction
            default: return nil
            }
        }
        return Reading(value)
    }
}

extension FieldRule {
    /// USER_HZ is 100 on every Linux architecture that Swift supports.
    private static let microsecondsPerTick: UInt64 = 10_000

    func converted(_ number: UInt64) -> UInt64 {
        switch conversion {
        case .none, .frozenState, .shares: number
        case .nanoseconds: number / 1000
        case .ticks: number.multipliedClamping(by: Self.microsecondsPerTick)
        case .pages: number.multipliedClamping(by: MemoryPage.size)
        }
    }
}

extension UInt64 {
    func multipliedClamping(by factor: UInt64) -> UInt64 {
        let (product, overflow) = multipliedReportingOverflow(by: factor)
        return overflow ? .max : product
    }
}

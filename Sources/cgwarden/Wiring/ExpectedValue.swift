import ArgumentParser
import CgroupModel
import KernelIO
import Service

/// A type of option values that says which texts it accepts, for the message about a refused text.
protocol ExpectedValue {
    /// The accepted texts: `a whole number`.
    static var expected: String { get }

    /// Returns what is wrong with a refused text and what to write; nil if ``expected`` is enough.
    static func objection(to text: String) -> String?
}

extension ExpectedValue {
    static func objection(to text: String) -> String? { nil }
}

extension Optional: ExpectedValue where Wrapped: ExpectedValue {
    static var expected: String { Wrapped.expected }
    static func objection(to text: String) -> String? { Wrapped.objection(to: text) }
}

extension Array: ExpectedValue where Element: ExpectedValue {
    static var expected: String { Element.expected }
    static func objection(to text: String) -> String? { Element.objection(to: text) }
}

extension Int: ExpectedValue {
    static var expected: String { "a whole number" }
}

extension Int64: ExpectedValue {
    static var expected: String { Int.expected }
}

extension UInt64: ExpectedValue {
    static var expected: String { "a whole number that is not negative" }
}

/// Only process IDs have this type.
extension Int32: ExpectedValue {
    static var expected: String { "a process ID" }
}

extension Interval: ExpectedValue {
    static var expected: String {
        "a time from 1ms to 365d: 500ms, 10s, 5m, 2h, 1d, or a number of seconds"
    }
}

extension WrittenTime: ExpectedValue {
    static var expected: String {
        "a time: -2h, 14:02, 'yesterday 14:00' or 2026-11-30T14:02:00Z"
    }
}

extension ByteAmount: ExpectedValue {
    static var expected: String { "an amount above 0: 512KiB, 64MiB, 1GB" }

    static func objection(to text: String) -> String? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let units = ByteUnit.meanings(of: text.dropFirst(digits.count))
        guard !digits.isEmpty, units.count == 2 else { return nil }
        return "\"\(text)\" has two meanings; write \(digits)\(units[0].name) or "
            + "\(digits)\(units[1].name)"
    }
}

/// The value that the parser refused, with the type of its option or argument.
///
/// The parser's own message has only the option's help, which does not say what is accepted. The
/// type is found by the parser's error, which it does not publish: if that changes, messages refer
/// to the help instead, and `ExpectationTests` fails.
struct RefusedValue {
    /// The value as typed.
    let text: String
    private let type: any ExpectedValue.Type

    /// Reads an error of the parser; nil for another error, and for types that do not say what they
    /// accept.
    init?(_ error: any Error) {
        let mirror = Mirror(reflecting: error)
        guard
            let stack = mirror.descendant("commandStack") as? [any ParsableCommand.Type],
            let command = stack.last,
            let failure = mirror.descendant("parserError", "unableToParseValue")
        else { return nil }
        // The origin, the name of the option, the value, and the key of the property.
        let details = Mirror(reflecting: failure)
        guard
            let text = details.descendant(2) as? String,
            let name = details.descendant(3, "name") as? String,
            let groups = details.descendant(3, "path") as? [String],
            let type = Self.declaration(groups + [name], in: command.init())
        else { return nil }
        self.text = text
        self.type = type
    }

    /// The accepted texts.
    var expected: String { type.expected }

    /// What is wrong with the value and what to write; nil if ``expected`` is enough.
    var objection: String? { type.objection(to: text) }

    /// Returns the type of the property at a path through option groups.
    private static func declaration(
        _ path: [String], in arguments: any ParsableArguments
    ) -> (any ExpectedValue.Type)? {
        guard let name = path.first else { return nil }
        let wrapper = Mirror(reflecting: arguments).descendant("_\(name)")
        if let group = wrapper as? any DeclaredGroup {
            return declaration(Array(path.dropFirst()), in: group.declared)
        }
        return (wrapper as? any DeclaredValue)?.valueType as? any ExpectedValue.Type
    }
}

/// A property wrapper of the parser whose value comes from one word.
private protocol DeclaredValue {
    var valueType: Any.Type { get }
}

extension Option: DeclaredValue {
    fileprivate var valueType: Any.Type { Value.self }
}

extension Argument: DeclaredValue {
    fileprivate var valueType: Any.Type { Value.self }
}

/// A property wrapper of the parser for a group of options.
private protocol DeclaredGroup {
    var declared: any ParsableArguments { get }
}

extension OptionGroup: DeclaredGroup {
    fileprivate var declared: any ParsableArguments { Value() }
}

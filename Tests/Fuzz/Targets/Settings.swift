import CgroupModel
import Configuration

@testable import PolicyLanguage

extension FuzzTarget {
    static let settings: [FuzzTarget] = [
        FuzzTarget("configuration") { bytes in
            do throws(ConfigError) {
                _ = try ConfigLoader.load(bytes, file: "f")
            } catch {
                try checkMessage("\(error)")
            }
        },
        FuzzTarget("policy", policy),
        FuzzTarget("expression", expression),
        FuzzTarget("limit", limit),
        FuzzTarget("range-list") { bytes in
            guard let list = RangeList(String(decoding: bytes, as: UTF8.self)) else { return }
            try FuzzFailure.unless(
                RangeList("\(list)") == list, "\(list) is not what it says")
        },
        FuzzTarget("filter") { bytes in
            do throws(FilterError) {
                _ = try CgroupFilter(parsing: String(decoding: bytes, as: UTF8.self)).metrics
            } catch {
                try checkMessage("\(error)")
            }
        },
        FuzzTarget("glob") { bytes in
            let lines = String(decoding: bytes, as: UTF8.self).split(
                separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
            for separator: Character? in ["/", nil] {
                guard let glob = Glob(String(lines[0]), separator: separator) else { continue }
                _ = glob.matches(String(lines.last ?? ""))
            }
        },
    ]

    static let host = HostFacts(
        memoryBytes: 8 << 30, cpus: RangeList(0..<8), nodes: [0: RangeList(0..<8)])

    /// A message is one line, whatever it is about.
    static func checkMessage(_ message: String) throws {
        try FuzzFailure.unless(!message.isEmpty, "an empty message")
        let isOneLine = message.unicodeScalars.allSatisfy { scalar in
            ![.control, .lineSeparator, .paragraphSeparator].contains(
                scalar.properties.generalCategory)
        }
        try FuzzFailure.unless(isOneLine, "a message of several lines: \(message)")
    }

    private static func policy(_ bytes: [UInt8]) throws {
        let load = PolicyLoader(host: host, mode: .v2).load([PolicyFile(name: "f", bytes: bytes)])
        for finding in load.findings { try checkMessage("\(finding)") }
    }

    private static func expression(_ bytes: [UInt8]) throws {
        let text = String(decoding: bytes, as: UTF8.self)
        var parser = ExpressionParser(text, window: .seconds(10))
        if let condition = parser.condition() {
            let printed = "\(condition)"
            var second = ExpressionParser(printed, window: .seconds(10))
            try FuzzFailure.unless(
                second.condition() == condition,
                "\(printed) reads back otherwise: \(second.mistakes)")
        }
        var number = ExpressionParser(text, window: .seconds(10))
        if let (expression, unit) = number.number() {
            var second = ExpressionParser("\(expression)", window: .seconds(10))
            let back = second.number()
            try FuzzFailure.unless(
                back?.0 == expression && back?.1 == unit, "\(expression) reads back otherwise")
        }
    }

    /// `NAME=VALUE`, as `cgwarden set` takes it.
    private static func limit(_ bytes: [UInt8]) throws {
        let requests: [LimitRequest]
        do throws(LimitError) {
            requests = try LimitRequest.all(
                parsing: String(decoding: bytes, as: UTF8.self), host: host)
        } catch {
            return try checkMessage(error.description)
        }
        for request in requests {
            let grammar = request.limit.grammar
            let printed = grammar.text(request.value)
            let back = try? grammar.parse(printed, host: host)
            try FuzzFailure.unless(
                back == request.value,
                "\(request.limit.name)=\(printed) reads back as \(back as Any)")
        }
    }
}

import ArgumentParser
import CgroupModel
import PolicyLanguage
import Reports

/// A range of values that replace `${NAME}` in a policy, one after another: `limit=70%..95%/6`.
struct Sweep: ExpressibleByArgument, ExpectedValue {
    static let expected = "NAME=FIRST..LAST/STEPS, with 2 to \(mostSteps) steps: limit=70%..95%/6"

    private static let usualSteps = 5
    private static let mostSteps = 100

    let name: String
    let values: [String]

    init?(argument: String) {
        let halves = argument.split(separator: "=", maxSplits: 1).map(String.init)
        guard halves.count == 2, halves[0].allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" })
        else { return nil }
        let parts = halves[1].split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let dots = parts[0].firstRange(of: "..") else { return nil }
        let steps = parts.count == 2 ? Int(parts[1]) : Self.usualSteps
        guard let steps, (2...Self.mostSteps).contains(steps),
            let first = Self.amount(parts[0][..<dots.lowerBound]),
            let last = Self.amount(parts[0][dots.upperBound...]),
            first.unit == last.unit || first.unit.isEmpty
        else { return nil }
        name = halves[0]
        values = (0..<steps).map { step in
            let share = Double(step) / Double(steps - 1)
            return Self.text(first.number + (last.number - first.number) * share) + last.unit
        }
    }

    private static func amount(_ text: Substring) -> (number: Double, unit: String)? {
        let digits = text.prefix { $0.isNumber || $0 == "." || $0 == "-" }
        guard let number = Double(digits), number.isFinite, number.magnitude < 1e12 else {
            return nil
        }
        return (number, String(text.dropFirst(digits.count)))
    }

    /// Formats a number with at most three decimals.
    private static func text(_ number: Double) -> String {
        var text = DecimalText.fixed(number, places: 3)
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        return text
    }

    /// Returns the files with the value in place of `${NAME}`; throws if no file contains it.
    func files(_ files: [PolicyFile], _ value: String) throws -> [PolicyFile] {
        let mark = "${\(name)}"
        var isFound = false
        let result = files.map { file in
            guard case .success(let bytes) = file.content else { return file }
            let parts = String(decoding: bytes, as: UTF8.self).split(
                separator: mark, omittingEmptySubsequences: false)
            isFound = isFound || parts.count > 1
            return PolicyFile(name: file.name, bytes: Array(parts.joined(separator: value).utf8))
        }
        guard isFound else {
            throw CgwardenError(
                "no policy file contains \(mark); write it where the values belong", .usage)
        }
        return result
    }
}

/// A table of the results for each value of a sweep.
struct SweepReport {
    private var rows: [[String]]

    init(_ sweep: Sweep) {
        rows = [[sweep.name.uppercased(), "RULE", "FIRED", "CGROUPS", "ACTIVE", "ACTIONS"]]
    }

    mutating func add(_ value: String, _ tally: BacktestTally) {
        for rule in tally.document.rules {
            let total = tally.total(of: rule.name)
            rows.append([
                value, rule.name, "\(total.firings)", "\(total.cgroups)",
                BacktestReport.seconds(total.active), "\(total.actions)",
            ])
        }
    }

    var text: String { LeftTable(rows).text }
}

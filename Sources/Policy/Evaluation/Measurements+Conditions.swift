import CgroupModel
import PolicyLanguage

/// Evaluates conditions and expressions.
extension Measurements {
    /// Evaluates a condition for a row.
    func truth(_ program: Program, row: Row) -> Truth {
        truth(program, program.root, row.number)
    }

    /// Evaluates an expression for a row.
    func number(_ program: Program, row: Row) -> Double {
        number(program, program.root, row.number)
    }

    /// Returns the parts of a condition that are not true now; nil if the condition is true.
    func lacking(_ program: Program, row: Row) -> String? {
        lacking(program, program.root, row.number, isInner: false)
    }

    private func lacking(_ program: Program, _ node: Int, _ row: Int, isInner: Bool) -> String? {
        guard truth(program, node, row) != .yes else { return nil }
        func parts(_ left: Int, _ right: Int, _ word: String) -> String {
            [left, right].compactMap { lacking(program, $0, row, isInner: true) }
                .joined(separator: word)
        }
        switch program.nodes[node] {
        case .and(let left, let right): return parts(left, right, " and ")
        case .or(let left, let right):
            let text = parts(left, right, " or ")
            return isInner ? "(\(text))" : text
        default: return program.parts[node] ?? program.text
        }
    }

    /// Returns the terms of a program with their values.
    ///
    /// Reports give the reason for a missing value, the audit log does not.
    func evidence(
        _ program: Program, row: Row, withReasons: Bool
    ) -> [Cause.Evidence] {
        program.leaves.map { leaf in
            let row = row.number
            var coverage: Double?
            var resets = 0
            if case .window(_, let series, let window, _) = program.nodes[leaf.node] {
                let row = columns[histories[series].column].hasOneRow ? 0 : row
                let sum = histories[series].samples.sum(row: row, window: window, now: now)
                coverage = min(Double(sum.covered) / Double(max(window, 1)), 1)
                resets = sum.resets
            }
            let number = number(program, leaf.node, row)
            let lack = withReasons ? number.lack?.text.map { " (\($0))" } : nil
            let value = number.text(leaf.unit) + (lack ?? "")
            return Cause.Evidence(
                term: leaf.text, value: resets == 0 ? value : "\(value) (\(resets) resets)",
                coverage: coverage)
        }
    }

    private func truth(_ program: Program, _ node: Int, _ row: Int) -> Truth {
        switch program.nodes[node] {
        case .comparison(let comparison, let left, let right, let ifAbsent):
            let (left, right) = (number(program, left, row), number(program, right, row))
            if left.isNotApplicable || right.isNotApplicable { return ifAbsent }
            return comparison(left, right)
        case .increased(let series, let window):
            let row = columns[histories[series].column].hasOneRow ? 0 : row
            return histories[series].samples.increased(row: row, window: window, now: now)
        case .missing(let term): return Truth(number(program, term, row).isNaN)
        case .flag(let term):
            let value = number(program, term, row)
            return value.isNaN ? (value.isNotApplicable ? .no : .unknown) : Truth(value != 0)
        case .happened(let place):
            return Truth(happenings[place].isMet(row: eventRow(place, row), now: now))
        case .and(let left, let right):
            let first = truth(program, left, row)
            return first == .no ? .no : min(first, truth(program, right, row))
        case .or(let left, let right):
            let first = truth(program, left, row)
            return first == .yes ? .yes : max(first, truth(program, right, row))
        case .not(let part): return !truth(program, part, row)
        case .always(let truth): return truth
        default: return .unknown
        }
    }

    private func number(_ program: Program, _ node: Int, _ row: Int) -> Double {
        switch program.nodes[node] {
        case .constant(let number): return number
        case .hostShare(let share, let unit):
            return share * (unit == .bytes ? memoryTotal : cpuCount)
        case .level(let column): return level(column, row)
        case .share(let share, let term):
            let value = number(program, term, row)
            return value.isNaN ? value : share * value
        case .window(let function, let series, let window, let scale):
            let row = columns[histories[series].column].hasOneRow ? 0 : row
            let value = histories[series].samples.value(
                function, row: row, window: window, now: now)
            return value.isNaN ? value : value * scale
        case .happened(let place):
            return Double(happenings[place].count(row: eventRow(place, row), now: now))
        case .arithmetic(let arithmetic, let left, let right):
            return arithmetic(number(program, left, row), number(program, right, row))
        default: return .unknown
        }
    }

    private func eventRow(_ place: Int, _ row: Int) -> Int {
        happenings[place].group == nil ? row : 0
    }

    /// Returns the last value; unknown if it is too old.
    private func level(_ column: Int, _ row: Int) -> Double {
        let tier = tier(of: column)
        let period = tier == .costly ? interval * costlyEvery : interval
        guard now - tierReads[tier.rawValue].policy <= period * 5 / 2 else { return .unknown }
        let row = columns[column].hasOneRow ? 0 : row
        return row < values[column].count ? values[column][row] : .unknown
    }
}

import PolicyLanguage

/// Evaluates the conditions of rules for a row; in an engine these are the ``Measurements``.
protocol Conditions {
    /// Evaluates a condition.
    func truth(_ program: Program, row: Row) -> Truth
    /// Evaluates an expression.
    func number(_ program: Program, row: Row) -> Double
    /// Returns the terms of a program with their values, for the audit log.
    func evidence(_ program: Program, row: Row) -> [Cause.Evidence]
}

extension Conditions {
    /// Returns a condition with the values of its terms.
    func cause(_ program: Program, row: Row) -> Cause {
        Cause(program.text, evidence: evidence(program, row: row))
    }
}

extension Measurements: Conditions {
    func evidence(_ program: Program, row: Row) -> [Cause.Evidence] {
        evidence(program, row: row, withReasons: false)
    }
}

import PolicyLanguage

/// What the conditions of rules are for a row; ``Measurements`` in an engine.
protocol Conditions {
    /// Whether a condition holds.
    func truth(_ program: Program, row: Row) -> Truth
    /// The value of an expression.
    func number(_ program: Program, row: Row) -> Double
    /// The numbers that a program looks at, for the audit log.
    func evidence(_ program: Program, row: Row) -> [Cause.Evidence]
}

extension Conditions {
    /// A condition with its numbers.
    func cause(_ program: Program, row: Row) -> Cause {
        Cause(program.text, evidence: evidence(program, row: row))
    }
}

extension Measurements: Conditions {
    func evidence(_ program: Program, row: Row) -> [Cause.Evidence] {
        evidence(program, row: row, withReasons: false)
    }
}

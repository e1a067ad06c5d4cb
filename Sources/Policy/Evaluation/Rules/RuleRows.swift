/// The rows for which a rule is evaluated.
struct RuleRows: Sendable {
    /// The rows in path order; for an aggregate rule only ``Row/whole``.
    private(set) var order: [Row] = []
    /// By row: whether it belongs to the rule's group now.
    private var isMember = Table<Row, Bool>()

    /// Whether a row belongs to the rule's group now.
    func has(_ row: Row) -> Bool { row < isMember.endIndex && isMember[row] }

    /// Evaluates the group as a whole.
    mutating func takeWhole() { order = [.whole] }

    /// Evaluates the members of a group.
    ///
    /// An idle rule still evaluates a cgroup in the tick in which it lost its last process, because
    /// the rule may be about what killed that process.
    mutating func take(
        _ group: String, _ matcher: GroupMatcher, _ rows: CgroupRows, isIdle: (Row) -> Bool
    ) {
        var isMember = Table<Row, Bool>(repeating: false, count: rows.count)
        for position in matcher.members(of: group) { isMember[rows.rowAt[position]] = true }
        let watched = matcher.watched(of: group).map { rows.rowAt[$0] }
        for row in watched where isIdle(row) { isMember[row] = true }
        self.isMember = isMember
        order = watched.filter { isMember[$0] }
    }

    /// Continues to evaluate rows that left the group.
    mutating func keep(_ left: [Row], _ rows: CgroupRows) {
        order = (order + left).sorted { (rows.position($0) ?? 0) < (rows.position($1) ?? 0) }
    }
}

import PolicyLanguage

/// The freezes that rules request, with deadlines, and the rules that keep a cgroup thawed.
///
/// A cgroup is thawed when its last claim ends. Real claims and those of dry-run rules are counted
/// separately.
struct FreezeLedger: Sendable {
    private struct Account: Sendable {
        var claims: [FreezeClaim] = []
        /// The active rules that keep it thawed.
        var thawing: [RuleIndex] = []
        /// Whether a thaw failed and must be retried.
        var owesThaw = false
    }

    private var accounts = Table<Row, Account>()

    // MARK: Reading

    /// Returns the claims to a cgroup, oldest first.
    func claims(_ row: Row) -> [FreezeClaim] { accounts[row].claims }

    /// Whether a rule that is not a dry run keeps a cgroup frozen.
    func isFrozen(_ row: Row) -> Bool { accounts[row].claims.contains { !$0.isDryRun } }

    func isClaimed(_ row: Row, isDryRun: Bool) -> Bool {
        accounts[row].claims.contains { $0.isDryRun == isDryRun }
    }

    func isClaimed(_ row: Row, by rule: RuleIndex) -> Bool {
        accounts[row].claims.contains { $0.rule == rule }
    }

    /// Whether a rule keeps a cgroup frozen until it can be killed.
    func awaitsKill(_ row: Row, _ rule: RuleIndex) -> Bool {
        accounts[row].claims.contains { $0.rule == rule && $0.awaitsKill }
    }

    /// Returns the active rules that keep a cgroup thawed.
    func thawing(_ row: Row) -> [RuleIndex] { accounts[row].thawing }

    /// Whether a thaw failed and must be retried.
    func owesThaw(_ row: Row) -> Bool { accounts[row].owesThaw }

    // MARK: Claims

    mutating func add(_ claim: FreezeClaim, to row: Row) { accounts[row].claims.append(claim) }

    /// Drops claims; returns `false` if this ends the last real claim, and `true` if it ends the
    /// last dry-run claim.
    ///
    /// The caller must thaw the cgroup once for each element.
    mutating func drop(_ row: Row, where isDropped: (FreezeClaim) -> Bool) -> [Bool] {
        guard accounts[row].claims.contains(where: isDropped) else { return [] }
        let before = accounts[row].claims
        accounts[row].claims.removeAll(where: isDropped)
        return [false, true].filter { isDryRun in
            before.contains { $0.isDryRun == isDryRun && isDropped($0) }
                && !isClaimed(row, isDryRun: isDryRun)
        }
    }

    /// Returns the expired claims to a cgroup; expiry does not depend on samples.
    func expired(_ row: Row, at now: UInt64) -> [FreezeClaim] {
        accounts[row].claims.isEmpty ? [] : accounts[row].claims.filter { now >= $0.deadline }
    }

    /// Keeps a cgroup frozen until it can be killed.
    mutating func awaitKill(_ row: Row, _ rule: RuleIndex) {
        change(row, rule) { $0.awaitsKill = true }
    }

    /// Postpones the automatic thaw of a claim.
    mutating func renew(_ row: Row, _ rule: RuleIndex, at now: UInt64) {
        change(row, rule) { $0.renew(at: now) }
    }

    private mutating func change(
        _ row: Row, _ rule: RuleIndex, _ change: (inout FreezeClaim) -> Void
    ) {
        guard let place = accounts[row].claims.firstIndex(where: { $0.rule == rule }) else {
            return
        }
        change(&accounts[row].claims[place])
    }

    /// Compares claims with a snapshot, and removes and returns those that ended because another
    /// program thawed the cgroup.
    mutating func observe(_ row: Row, isFrozen: Bool) -> [FreezeClaim] {
        if isFrozen {
            for place in accounts[row].claims.indices {
                accounts[row].claims[place].isConfirmed = true
            }
            return []
        }
        let ended = accounts[row].claims.filter { $0.isConfirmed && !$0.isDryRun }
        if !ended.isEmpty {
            accounts[row].claims.removeAll { $0.isConfirmed && !$0.isDryRun }
        }
        return ended
    }

    // MARK: Thaws

    /// Lets a rule keep a cgroup thawed.
    mutating func keepThawed(_ row: Row, _ rule: RuleIndex) {
        accounts[row].thawing.append(rule)
    }

    /// Ends a rule's request to keep a cgroup thawed.
    mutating func allowFreezing(_ row: Row, _ rule: RuleIndex) {
        accounts[row].thawing.removeAll { $0 == rule }
    }

    mutating func owe(_ row: Row, _ owesThaw: Bool) { accounts[row].owesThaw = owesThaw }

    // MARK: Rows and rules

    mutating func grow(to count: Int) { accounts.grow(to: count, with: Account()) }

    mutating func forget(_ row: Row) { accounts[row] = Account() }

    /// Drops every claim without asking for a thaw.
    mutating func dropAll(_ row: Row) { accounts[row].claims.removeAll() }

    /// Drops every claim to any cgroup.
    mutating func dropAll() {
        for row in accounts.indices { accounts[row].claims.removeAll() }
    }

    /// Maps claims to the rule indices of a new policy.
    ///
    /// Claims of rules without one must be dropped before.
    mutating func renumber(_ row: Row, _ places: [RuleIndex: RuleIndex]) {
        accounts[row].claims = accounts[row].claims.compactMap { claim in
            places[claim.rule].map { claim.moved(to: $0) }
        }
        accounts[row].thawing = accounts[row].thawing.compactMap { places[$0] }
    }
}

import PolicyLanguage

/// What rules keep frozen and for how long, and which of them want a cgroup not to be frozen.
///
/// It decides when a cgroup is thawed: when no claim is left. Real claims and those of rules that
/// are tried out are counted apart.
struct FreezeLedger: Sendable {
    private struct Account: Sendable {
        var claims: [FreezeClaim] = []
        /// Active rules that want it not to be frozen.
        var thawing: [RuleIndex] = []
        /// Whether a thaw failed, so that it has to be repeated.
        var owesThaw = false
    }

    private var accounts = Table<Row, Account>()

    // MARK: Reading

    /// The claims to a cgroup, the oldest first.
    func claims(_ row: Row) -> [FreezeClaim] { accounts[row].claims }

    /// Whether a cgroup is really frozen for a rule.
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

    /// The active rules that want a cgroup not to be frozen.
    func thawing(_ row: Row) -> [RuleIndex] { accounts[row].thawing }

    /// Whether a thaw failed and has to be repeated.
    func owesThaw(_ row: Row) -> Bool { accounts[row].owesThaw }

    // MARK: Claims

    mutating func add(_ claim: FreezeClaim, to row: Row) { accounts[row].claims.append(claim) }

    /// Drops claims; the answer is which are to be thawed, for no such claim is left: the real
    /// cgroup, the one that is tried out, or both.
    mutating func drop(_ row: Row, where isDropped: (FreezeClaim) -> Bool) -> [Bool] {
        guard accounts[row].claims.contains(where: isDropped) else { return [] }
        let before = accounts[row].claims
        accounts[row].claims.removeAll(where: isDropped)
        return [false, true].filter { isDryRun in
            before.contains { $0.isDryRun == isDryRun && isDropped($0) }
                && !isClaimed(row, isDryRun: isDryRun)
        }
    }

    /// Claims to a cgroup whose time is over; that depends on no sample.
    func expired(_ row: Row, at now: UInt64) -> [FreezeClaim] {
        accounts[row].claims.isEmpty ? [] : accounts[row].claims.filter { now >= $0.deadline }
    }

    /// Keeps a cgroup frozen until it can be killed.
    mutating func awaitKill(_ row: Row, _ rule: RuleIndex) {
        change(row, rule) { $0.awaitsKill = true }
    }

    /// A claim goes on by itself for another while.
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

    /// Takes what a snapshot shows of a cgroup; the claims that end because thawed by another program.
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

    /// A rule wants a cgroup not to be frozen.
    mutating func keepThawed(_ row: Row, _ rule: RuleIndex) {
        accounts[row].thawing.append(rule)
    }

    /// A rule does not mind any more.
    mutating func allowFreezing(_ row: Row, _ rule: RuleIndex) {
        accounts[row].thawing.removeAll { $0 == rule }
    }

    mutating func owe(_ row: Row, _ owesThaw: Bool) { accounts[row].owesThaw = owesThaw }

    // MARK: Rows and rules

    mutating func grow(to count: Int) { accounts.grow(to: count, with: Account()) }

    mutating func forget(_ row: Row) { accounts[row] = Account() }

    /// Drops every claim, as nothing is frozen any more or never was.
    mutating func dropAll(_ row: Row) { accounts[row].claims.removeAll() }

    /// Drops every claim to any cgroup.
    mutating func dropAll() {
        for row in accounts.indices { accounts[row].claims.removeAll() }
    }

    /// Gives what is left the places of its rules in another policy; drop the claims of rules that
    /// are gone before.
    mutating func renumber(_ row: Row, _ places: [RuleIndex: RuleIndex]) {
        accounts[row].claims = accounts[row].claims.compactMap { claim in
            places[claim.rule].map { claim.moved(to: $0) }
        }
        accounts[row].thawing = accounts[row].thawing.compactMap { places[$0] }
    }
}
